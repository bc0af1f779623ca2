# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Creating an instance, and every way in which that is refused."""

from __future__ import annotations

from typing import Any

import pytest

from vast_emulator.process import Emulator


def test_create_answers_the_contract_and_its_key(renter: Any, emulator: Emulator) -> None:
    status, answer = renter.ask("PUT", f"/api/v0/asks/{renter.offer()}/", {"image": "a/b", "env": {"A": "1"}})
    assert status == 200
    assert answer["success"] is True
    row = renter.show(answer["new_contract"])
    assert (row["image_uuid"], row["disk_space"], row["extra_env"]) == ("a/b", 8.0, [["A", "1"]])
    assert isinstance(row["start_date"], float)
    # The instance's own key stops and destroys it, and does nothing else.
    key = answer["instance_api_key"]
    path = f"/api/v0/instances/{answer['new_contract']}/"
    assert emulator.call("PUT", path, {"state": "stopped"}, key=key)[0] == 200
    assert emulator.call("PUT", path, {"label": "mine"}, key=key)[0] == 403
    assert emulator.call("GET", "/api/v0/users/current", key=key)[0] == 403
    assert emulator.call("DELETE", path, {}, key=key)[0] == 200
    assert emulator.call("DELETE", path, {}, key=key)[0] == 404


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "invalid_args"),
        ({"image": ""}, "invalid_args"),
        ({"image": 5}, "invalid_args"),
        ({"image": "x" * 1025}, "invalid_args"),
        ({"template_hash_id": "nope"}, "invalid_args"),
        ({"image": "a/b", "disk": "big"}, "invalid_args"),
        ({"image": "a/b", "disk": 10**9}, "invalid_args"),
        ({"image": "a/b", "disk": 2000}, "invalid_args"),
        ({"image": "a/b", "disk": -1}, "invalid_args"),
        ({"image": "a/b", "env": [1]}, "invalid_args"),
        ({"image": "a/b", "env": {"A": 1}}, "invalid_args"),
        ({"image": "a/b", "env": {"A" * 257: "1"}}, "invalid_args"),
        ({"image": "a/b", "env": {"A": "1" * 40000}}, "invalid_args"),
        ({"image": "a/b", "runtype": "telnet"}, "invalid_args"),
        ({"image": "a/b", "runtype": "args ssh"}, "invalid_args"),
        ({"image": "a/b", "onstart": "x" * 4049}, "invalid_args"),
        ({"image": "a/b", "onstart": "x" * 4000, "args": ["y" * 200]}, "invalid_args"),
        ({"image": "a/b", "args": "ls"}, "invalid_args"),
        ({"image": "a/b", "target_state": "sleeping"}, "invalid_args"),
        ({"image": "a/b", "label": "x" * 257}, "label_too_long"),
        ({"image": "a/b", "price": 0}, "invalid_price"),
        ({"image": "a/b", "price": 129}, "invalid_price"),
        ({"image": "a/b", "price": "free"}, "invalid_price"),
        ({"image": "a/b", "vm": True}, "no_ssh_key_for_vm"),
    ],
)
def test_refusals_leave_nothing_behind(renter: Any, emulator: Emulator, body: dict[str, Any], error: str) -> None:
    status, answer = renter.ask("PUT", f"/api/v0/asks/{renter.offer()}/", body)
    assert (status, answer["success"], answer["error"]) == (400, False, error)
    assert emulator.api("GET", "/api/v1/instances/")["total_instances"] == 0
    assert emulator.ledger()["contracts"] == []


@pytest.mark.parametrize(
    ("knob", "status", "error"), [(400, 400, "no_such_ask"), (404, 404, "invalid_args"), (410, 410, "no_such_ask")]
)
def test_a_stale_offer(renter: Any, emulator: Emulator, knob: int, status: int, error: str) -> None:
    emulator.settings(stale_offer_status=knob)
    seen, answer = renter.ask("PUT", "/api/v0/asks/1/", {"image": "a/b"})
    assert (seen, answer["error"]) == (status, error)
    assert "no_such_ask" in answer["msg"]


def test_one_offer_is_rented_once(renter: Any) -> None:
    offer = renter.offer()
    assert renter.ask("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})[0] == 200
    assert renter.ask("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})[1]["error"] == "no_such_ask"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("ssh", "ssh ssh_proxy"),
        ("ssh_proxy", "ssh ssh_proxy"),
        ("ssh_direct", "ssh ssh_direc ssh_proxy"),
        ("ssh_direc ssh_proxy", "ssh ssh_direc ssh_proxy"),
        ("jupyter", "jupyter_proxy ssh_proxy"),
        ("jupyter_direct", "jupyter_direc ssh_direc ssh_proxy"),
        ("jupyter_direc ssh_direc ssh_proxy", "jupyter_direc ssh_direc ssh_proxy"),
        ("args", "args"),
    ],
)
def test_runtypes_in_both_spellings(renter: Any, sent: str, shown: str) -> None:
    assert renter.show(renter.rent(runtype=sent))["image_runtype"] == shown


def test_a_text_as_env_is_ignored_without_a_word(renter: Any) -> None:
    assert renter.show(renter.rent(env="-e A=1"))["extra_env"] == []


def test_no_credit_no_instance(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    emulator.advance(1300 * 3600)
    row = renter.show(instance)
    assert (row["actual_status"], row["intended_status"]) == ("exited", "stopped")
    user = emulator.api("GET", "/api/v0/users/current")
    assert user["credit"] == 0
    assert -1 < user["balance"] < 0
    status, answer = renter.ask("PUT", f"/api/v0/asks/{renter.offer(789012)}/", {"image": "a/b"})
    assert (status, answer["error"]) == (400, "insufficient_credit")
    assert renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "running"})[0] == 400


def test_a_bid_below_the_minimum_leaves_a_stopped_contract(renter: Any, emulator: Emulator) -> None:
    path = f"/api/v0/asks/{renter.offer(789012)}/"
    status, answer = renter.ask("PUT", path, {"image": "a/b", "price": 0.1})
    assert (status, answer["error"]) == (400, "invalid_price")
    emulator.advance(100)
    row = renter.show(answer["new_contract"])
    assert (row["actual_status"], row["intended_status"], row["is_bid"]) == ("exited", "stopped", True)
    assert [one["contract"] for one in emulator.ledger()["billing"]] == [answer["new_contract"]]
    refused = renter.ask("PUT", path, {"image": "a/b", "price": 0.1, "cancel_unavail": True})[1]
    assert "new_contract" not in refused


def test_on_demand_goes_before_a_bid(renter: Any, emulator: Emulator) -> None:
    bid = renter.running(789012, price=0.5)
    assert renter.show(bid)["dph_base"] == 0.5
    renter.rent(789012)
    row = renter.show(bid)
    assert {row["cur_state"], row["intended_status"], row["next_state"]} == {"stopped"}
    assert row["actual_status"] == "exited"
    assert row["instance"]["gpuCostPerHour"] == 0


def test_bulk_create_and_launch(renter: Any) -> None:
    offers = [row["id"] for row in renter.offers(rentable={"eq": True}, num_gpus={"eq": 1}, limit=3)]
    status, answer = renter.ask("POST", "/api/v0/asks/bulk/", {"image": "a/b", "ids": [*offers, 1]})
    assert (status, len(answer["new_contracts"]), answer["results"][3]["success"]) == (200, 3, False)
    assert renter.ask("POST", "/api/v0/asks/bulk/", {"image": "a/b", "ids": [1]})[0] == 400
    query = {"gpu_name": {"eq": "H200"}, "rentable": {"eq": True}, "num_gpus": {"eq": "4"}}
    status, answer = renter.ask("PUT", "/api/v0/launch_instance/", {"image": "a/b", "disk": 16, "q": query})
    assert renter.show(answer["new_contract"])["gpu_name"] == "H200"
    status, answer = renter.ask("PUT", "/api/v0/launch_instance/", {"image": "a/b", "q": {"num_gpus": {"eq": 77}}})
    assert (status, "no_such_ask" in answer["message"]) == (400, True)
