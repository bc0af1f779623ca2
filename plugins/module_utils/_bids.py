# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The noun *bid*: there is no collection of bids, a bid is an instance with ``is_bid``. What its row tells of it is
the business of ``_bid_facts.py``; here are the requests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number, number_or_zero
from ansible_collections.cloudctl.vastai.plugins.module_utils._offers import search
from ansible_collections.cloudctl.vastai.plugins.module_utils._query import build_query

Row = Mapping[str, Any]

LEAST_PRICE = 0.001
HIGHEST_PRICE = 128.0

# Vast.ai answers with 64 offers at most, and a machine may offer each of its GPUs.
_MACHINES_PER_SEARCH = 8
_ANY_OFFER = dict.fromkeys(("verified", "external", "rentable", "rented"), "any")


def change_bid(client: VastClient, instance_id: int, price: float) -> None:
    """Set the bid of an interruptible instance, in $/h for the whole instance."""
    body = {"client_id": "me", "price": price}
    client.write("PUT", f"/api/v0/instances/bid_price/{instance_id}/", body=body)


def on_demand_prices(client: VastClient, rows: Iterable[Row]) -> dict[Any, float]:
    """What each row's GPUs cost on demand, $/h without storage, by instance id; instances without such an offer are
    left out. One search for every eight machines.
    """
    rows = list(rows)
    sizes = sorted({int(row["num_gpus"]) for row in rows if number(row.get("num_gpus"))})
    machines = sorted({int(row["machine_id"]) for row in rows if number(row.get("machine_id"))})
    offers: dict[tuple[Any, Any], float] = {}
    for start in range(0, len(machines) if sizes else 0, _MACHINES_PER_SEARCH):
        wanted = machines[start : start + _MACHINES_PER_SEARCH]
        query = build_query(filters={"machine_id": wanted, "num_gpus": sizes, **_ANY_OFFER})
        for offer in search(client, query):
            offers[offer.get("machine_id"), offer.get("num_gpus")] = float(number_or_zero(offer.get("dph_base")))
    prices = {row["id"]: offers.get((row.get("machine_id"), row.get("num_gpus"))) for row in rows}
    return {instance_id: price for instance_id, price in prices.items() if price is not None}
