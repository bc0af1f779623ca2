# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The requests about bids: changing one, and what the same GPUs cost on demand."""

from __future__ import annotations

from ansible_collections.cloudctl.vastai.plugins.module_utils._bids import change_bid, on_demand_prices
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import bid, offer
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import says

SEARCH = "/api/v0/bundles/"


def offers(*rows):
    return says({"offers": list(rows)})


def test_changing_a_bid_is_one_write(server, client):
    price = {"client_id": "me", "price": 0.6}
    server.expect("PUT", "/api/v0/instances/bid_price/7/", says({"success": True}), body=price)
    change_bid(client, 7, 0.6)


def test_on_demand_price_is_that_of_the_same_number_of_gpus(server, client):
    rented = {"rented": True, "rentable": False, "verification": "unverified"}
    half = offer(8, machine_id=107, num_gpus=1, dph_base=0.45)
    server.expect("POST", SEARCH, offers(half, offer(7, dph_base=0.9, **rented)))
    assert on_demand_prices(client, [bid(7)]) == {7: 0.9}
    [request] = server.requests
    assert request.body["machine_id"] == {"in": [107]}
    assert request.body["num_gpus"] == {"in": [2]}
    assert request.body["type"] == "on-demand"
    assert not {"verified", "external", "rentable", "rented"} & set(request.body)


def test_instances_whose_gpus_are_not_on_demand_are_left_out(server, client):
    server.expect("POST", SEARCH, offers(offer(7, num_gpus=1)))
    assert on_demand_prices(client, [bid(7), bid(8, machine_id=None), bid(9, num_gpus=None)]) == {}


def test_nothing_is_searched_for_nothing(server, client):
    assert on_demand_prices(client, []) == {}
    assert on_demand_prices(client, [bid(7, machine_id=None)]) == {}
    assert on_demand_prices(client, [bid(7, num_gpus="many")]) == {}
    assert server.requests == []


def test_eight_machines_are_searched_at_once(server, client):
    server.expect("POST", SEARCH, offers(*(offer(number) for number in range(1, 9))))
    server.expect("POST", SEARCH, offers(offer(9)))
    assert on_demand_prices(client, [bid(number) for number in range(1, 10)]) == dict.fromkeys(range(1, 10), 0.8)
