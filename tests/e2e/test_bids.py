# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bids on a marketplace where others bid too."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, as_module, but, task
from vast_emulator.process import Emulator

MACHINE = 789012
CREATE, PRICE = "/api/v0/asks/{id}/", "/api/v0/instances/bid_price/{id}/"
SHAPES = ("stopped", "running")


def bid(name: str = "gpu-bid-01", price: float | None = None, **options: Any) -> dict[str, Any]:
    priced = {} if price is None else {"price": price}
    return task("vast_bid", name=name, **priced, **options)


def place(price: float = 0.5, **options: Any) -> dict[str, Any]:
    return bid(price=price, machine_id=MACHINE, image="pytorch/pytorch:latest", **options)


def verbs(result: dict[str, Any]) -> list[str]:
    return [action["action"] for action in result["actions"]]


def billing(emulator: Emulator) -> list[float]:
    return [round(one["hourly"], 6) for one in emulator.ledger()["billing"]]


def as_soon_as(condition: Callable[[], bool], action: Callable[[], None]) -> threading.Thread:
    """Watch from the side while a play runs."""

    def watch() -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and not condition():
            time.sleep(0.05)
        action()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


def test_the_whole_life_of_a_bid(emulator: Emulator, plays: Plays) -> None:
    first = plays.run([but(place(), check_mode=True), place(), place(), bid(price=0.3), bid(price=0.6)])
    checked, placed, again, refused, raised = first
    assert (verbs(checked), checked["bid"]["status"]) == (["rent"], "planned")
    assert (verbs(placed), placed["bid"]["status"], placed["instance"]["running"]) == (["rent"], "winning", True)
    assert placed["bid"]["on_demand_price"] == 0.9
    assert placed["bid"]["since"] <= emulator.clock()["now"]
    assert verbs(again) == []
    assert "the lowest bid that wins now is $0.40/h" in refused["msg"]
    assert raised["bid"]["price"] == 0.6
    assert emulator.count("PUT", CREATE) == 1
    assert emulator.count("PUT", PRICE) == 1
    instance = placed["instance"]["id"]
    emulator.outbid(instance)
    lost, listed = plays.run([place(0.6), task("vast_bid_info")])
    assert (lost["failed"], lost["changed"], lost["bid"]["status"]) == (False, False, "outbid")
    assert "is outbid: $0.66/h wins now" in lost["warnings"][0]
    assert (listed["bids"][0]["bid"]["status"], listed["bids"][0]["bid"]["price_to_win"]) == ("outbid", 0.66)
    assert billing(emulator) == [round(0.15 * 10 / 720, 6)]
    won, gone = plays.run([place(0.7), bid(state="absent")])
    assert (verbs(won), won["bid"]["status"], won["ssh"] is None) == (["bid"], "winning", False)
    assert verbs(gone) == ["destroy"]
    assert billing(emulator) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_waiting_ends_when_a_bid_that_boots_is_outbid(plays: Plays, shape: str) -> None:
    with Emulator(seed=7, speed=0) as emulator:
        plays.environment |= {"VAST_URL": emulator.url, "VAST_API_KEY": emulator.api_key}
        emulator.settings(outbid_shape=shape)
        placed = plays.run([place(wait=False)]).only
        assert placed["bid"]["status"] == "starting"
        emulator.forget_requests()

        def waits() -> bool:
            return emulator.count("GET", "/api/v1/instances/") >= 2

        rival = as_soon_as(waits, lambda: emulator.outbid(placed["instance"]["id"]))
        outcome = plays.run([place(wait_timeout=100)]).only
        rival.join()
        assert (outcome["failed"], outcome["changed"], outcome["bid"]["status"]) == (False, False, "outbid")
        assert "is outbid" in outcome["warnings"][0]


def test_a_losing_bid_leaves_nothing_behind(emulator: Emulator, plays: Plays) -> None:
    """The minimum rises between the search and the create, and the refusal has rented all the same."""
    offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": MACHINE}})["offers"][0]["id"]
    left = emulator.api("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b", "price": 0.1, "label": "other"})
    emulator.forget_requests()
    refusal = {"success": False, "error": "invalid_price", "msg": "The bid is below the minimum of 0.8."}
    emulator.fault("PUT", CREATE, when="after", status=400, body=refusal)
    answer: dict[str, Any] = plays.run([place()]).only
    assert not answer["failed"], "it was rented all the same, and runs"
    assert emulator.count("PUT", CREATE) == 1
    plays.run([bid(state="absent")])
    emulator.fault("PUT", CREATE, status=400, body={**refusal, "new_contract": left["new_contract"]})
    emulator.api("PUT", f"/api/v0/instances/{left['new_contract']}/", {"label": "gpu-bid-01"})
    emulator.fault(
        "GET", "/api/v1/instances/", body={"success": True, "instances": [], "total_instances": 0}, status=200
    )
    failed = plays.run([place()]).only
    assert "It left the stopped instance" in failed["msg"]
    assert billing(emulator) == []


def test_a_price_that_rises_above_the_cap_is_not_paid(emulator: Emulator, plays: Plays) -> None:
    offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
    rented = task("vast_instance", name="dear", machine_id=123456, image="a/b", disk=50, max_price=0.85)

    def searched() -> bool:
        return emulator.count("POST", "/api/v0/bundles/") >= 1

    emulator.fault(
        "PUT", CREATE, status=429, body={"success": False, "error": "rate_limit_exceeded", "msg": "slow down"}
    )
    emulator.forget_requests()
    rise = as_soon_as(searched, lambda: emulator.set_price(offer, 5.0))
    failed = plays.run([rented]).only
    rise.join()
    assert "more than max_price $0.85/h, as its price rose between the search and the rent" in failed["msg"]
    assert billing(emulator) == []


def test_on_demand_and_bids_keep_apart(emulator: Emulator, plays: Plays, rent: Any) -> None:
    rent("on-demand")
    rent("a-bid", price=20.0)
    wrong, absent, other, stopped, destroyed = plays.run(
        [
            bid("on-demand", price=0.5, image="a/b"),
            as_module(bid("on-demand", state="absent")),
            task("vast_instance", name="a-bid", image="pytorch/pytorch"),
            task("vast_instance", name="a-bid", state="stopped"),
            task("vast_instance", name="a-bid", state="absent"),
        ]
    )
    assert "is no bid: it was rented on demand" in wrong["msg"]
    assert "is no bid: it was rented on demand" in absent["msg"]
    assert "its GPUs are rented for a bid" in other["msg"]
    assert (verbs(stopped), verbs(destroyed)) == (["stop"], ["destroy"])
    assert [one["label"] for one in emulator.ledger()["contracts"] if one["exists"]] == ["on-demand"]


def test_a_stop_holds_against_the_market(emulator: Emulator, plays: Plays, rent: Any) -> None:
    instance = rent("gpu-bid-01", price=20.0)
    emulator.outbid(instance)
    assert verbs(plays.run([bid(state="stopped")]).only) == ["stop"]
    emulator.set_min_bid(0.01, instance_id=instance)
    emulator.advance(900)
    assert emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]["actual_status"] == "exited"
    started = plays.run([bid(state="started")]).only
    assert (verbs(started), started["bid"]["status"]) == (["start"], "winning")


def test_more_bids_than_one_search_covers(emulator: Emulator, plays: Plays, rent: Any) -> None:
    for number in range(9):
        rent(f"bid-{number}", price=20.0)
    listed = plays.run([task("vast_bid_info"), task("vast_bid_info", name="bid-3"), task("vast_bid_info", name="x")])
    every, one, none = listed
    assert len(every["bids"]) == 9
    assert {entry["bid"]["status"] for entry in every["bids"]} == {"winning"}
    assert all(entry["bid"]["on_demand_price"] == entry["bid"]["price"] for entry in every["bids"])
    assert [entry["name"] for entry in one["bids"]] == ["bid-3"]
    assert (none["bids"], none["cost"]["hourly_price"]) == ([], 0)
