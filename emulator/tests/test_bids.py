# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Competition for GPUs: who gets them, what a loser looks like, what it pays, and when it comes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator, EmulatorError

BID_MACHINE = 789012


def states(row: dict[str, Any]) -> tuple[str, ...]:
    return row["intended_status"], row["next_state"], row["cur_state"], row["actual_status"]


LOST = ("stopped", "stopped", "stopped", "exited")
RUNS = ("running", "running", "running", "running")


def rates(emulator: Emulator) -> dict[int, float]:
    """What bills now, in $/h, by contract."""
    return {one["contract"]: one["hourly"] for one in emulator.ledger()["billing"]}


def big_machine(emulator: Emulator) -> dict[str, Any]:
    """A free machine of four GPUs or more."""
    return next(
        one
        for one in emulator.market()["machines"]
        if len(one["holders"]) >= 4 and not any(one["holders"]) and one["verification"] == "verified"
    )


def split(machine: dict[str, Any], *gpu_ids: int) -> dict[str, Any]:
    return next(offer for offer in machine["offers"] if offer["gpu_ids"] == list(gpu_ids))


def take(renter: Any, offer: dict[str, Any], price: float | None, **body: Any) -> int:
    status, answer = renter.ask("PUT", f"/api/v0/asks/{offer['id']}/", {"image": "a/b", "price": price, **body})
    assert status == 200, answer
    return answer["new_contract"]


@pytest.mark.parametrize(("shape", "lost"), [("stopped", LOST), ("running", ("running", "running", *LOST[2:]))])
def test_an_outbid_instance_stops_and_pays_for_its_disk_only(
    renter: Any, emulator: Emulator, shape: str, lost: tuple[str, ...]
) -> None:
    emulator.settings(outbid_shape=shape)
    bid = renter.running(BID_MACHINE, price=0.5)
    assert rates(emulator)[bid] == pytest.approx(0.5 + 0.15 * 50 / 720)
    emulator.outbid(bid)
    row = renter.show(bid)
    assert states(row) == lost
    assert row["min_bid"] > row["dph_base"] == 0.5
    assert row["instance"]["totalHour"] == rates(emulator)[bid] == pytest.approx(0.15 * 50 / 720)
    emulator.advance(86400)
    assert states(renter.show(bid)) == lost


@pytest.mark.parametrize("shape", ["stopped", "running"])
def test_it_resumes_by_itself_when_its_bid_wins_again(renter: Any, emulator: Emulator, shape: str) -> None:
    emulator.settings(outbid_shape=shape)
    bid = renter.running(BID_MACHINE, price=0.5)
    emulator.outbid(bid)
    emulator.set_min_bid(0.501, instance_id=bid)
    emulator.advance(100)
    assert renter.show(bid)["actual_status"] == "exited"
    emulator.set_min_bid(0.5, machine_id=BID_MACHINE)
    emulator.advance(100)
    assert states(renter.show(bid)) == RUNS
    assert rates(emulator)[bid] == pytest.approx(0.5 + 0.15 * 50 / 720)


def test_a_higher_bid_wins_and_a_lower_one_loses(renter: Any, emulator: Emulator) -> None:
    path = "/api/v0/instances/bid_price/{}/"
    bid = renter.running(BID_MACHINE, price=0.5)
    emulator.set_min_bid(0.6, offer_id=renter.offer(BID_MACHINE))
    assert states(renter.show(bid)) == LOST
    assert renter.ask("PUT", path.format(bid), {"price": 0.7})[0] == 200
    emulator.advance(100)
    row = renter.show(bid)
    assert states(row) == RUNS
    assert (row["dph_base"], row["min_bid"]) == (0.7, 0.6)
    renter.ask("PUT", path.format(bid), {"price": 0.55})
    assert states(renter.show(bid)) == LOST
    renter.ask("PUT", path.format(bid), {"price": None})
    emulator.advance(100)
    assert (renter.show(bid)["dph_base"], renter.show(bid)["actual_status"]) == (0.6, "running")


def test_a_stop_that_was_asked_for_stays_one(renter: Any, emulator: Emulator) -> None:
    bid = renter.running(BID_MACHINE, price=0.5)
    emulator.outbid(bid)
    renter.ask("PUT", f"/api/v0/instances/{bid}/", {"state": "stopped"})
    emulator.set_min_bid(0.4, instance_id=bid)
    emulator.advance(500)
    assert states(renter.show(bid)) == LOST
    renter.ask("PUT", f"/api/v0/instances/{bid}/", {"state": "running"})
    # While it winds down it may be outbid, which does not bring it back either.
    emulator.advance(100)
    renter.ask("PUT", f"/api/v0/instances/{bid}/", {"state": "stopped"})
    emulator.outbid(bid)
    emulator.set_min_bid(0.4, instance_id=bid)
    emulator.advance(500)
    assert states(renter.show(bid)) == LOST


def test_a_start_that_would_lose_is_queued(renter: Any, emulator: Emulator) -> None:
    bid = renter.running(BID_MACHINE, price=0.5)
    emulator.outbid(bid)
    answer = renter.ask("PUT", f"/api/v0/instances/{bid}/", {"state": "running"})
    assert (answer[0], answer[1]["error"]) == (200, "resources_unavailable")
    emulator.set_min_bid(0.3, instance_id=bid)
    emulator.advance(100)
    assert states(renter.show(bid)) == RUNS


def test_those_who_rent_on_demand_come_first(renter: Any, emulator: Emulator) -> None:
    bid = renter.running(BID_MACHINE, price=5.0)
    on_demand = renter.running(BID_MACHINE)
    assert states(renter.show(bid)) == LOST
    assert renter.ask("PUT", f"/api/v0/instances/bid_price/{bid}/", {"price": 30.0})[0] == 200
    assert states(renter.show(bid)) == LOST
    renter.ask("DELETE", f"/api/v0/instances/{on_demand}/", {})
    emulator.advance(100)
    assert states(renter.show(bid)) == RUNS


def test_bids_of_one_account_compete(renter: Any, emulator: Emulator) -> None:
    low = renter.running(BID_MACHINE, price=0.5)
    row = renter.offers(machine_id={"eq": BID_MACHINE}, type="bid")[0]
    assert (row["min_bid"], row["rentable"], row["rented"]) == (0.501, True, True)
    status, answer = renter.ask("PUT", f"/api/v0/asks/{row['id']}/", {"image": "a/b", "price": 0.5})
    assert (status, answer["error"]) == (400, "invalid_price")
    high = renter.running(BID_MACHINE, price=0.6)
    assert states(renter.show(low)) == LOST
    assert renter.show(low)["min_bid"] == 0.601
    assert renter.show(high)["min_bid"] == 0.4, "it need not beat itself"
    renter.ask("PUT", f"/api/v0/instances/bid_price/{low}/", {"price": 0.65})
    assert states(renter.show(high)) == LOST
    renter.ask("PUT", f"/api/v0/instances/{low}/", {"state": "stopped"})
    emulator.advance(200)
    assert states(renter.show(high)) == RUNS


def test_bids_are_compared_per_gpu(renter: Any, emulator: Emulator) -> None:
    machine = big_machine(emulator)
    one, other, both = split(machine, 0), split(machine, 1), split(machine, 0, 1)
    base = max(one["min_bid"], both["min_bid"])
    double = take(renter, both, price=base * 2 + 2)
    assert take(renter, other, price=base + 1.5)
    assert states(renter.show(double))[:3] == LOST[:3]
    # Half of the pair is free now, and a lower bid can have it.
    small = take(renter, one, price=base + 0.5)
    emulator.advance(100)
    assert states(renter.show(small)) == RUNS


def test_a_winner_frees_what_it_does_not_need(renter: Any, emulator: Emulator) -> None:
    machine = big_machine(emulator)
    one, other, both = split(machine, 0), split(machine, 1), split(machine, 0, 1)
    base = max(one["min_bid"], both["min_bid"])
    waiting = take(renter, one, price=base + 0.5)
    take(renter, both, price=base * 2 + 2)
    assert states(renter.show(waiting))[:3] == LOST[:3]
    take(renter, other, price=base + 1.5)
    emulator.advance(100)
    assert states(renter.show(waiting)) == RUNS


def test_a_bid_never_pays_more_than_the_price_on_demand(renter: Any, emulator: Emulator) -> None:
    offer = renter.offer(BID_MACHINE)
    bid = renter.running(BID_MACHINE, price=2.0)
    disk = 0.15 * 50 / 720
    assert (renter.show(bid)["dph_base"], rates(emulator)[bid]) == (0.9, pytest.approx(0.9 + disk))
    emulator.set_price(offer, 1.5)
    assert rates(emulator)[bid] == pytest.approx(1.5 + disk)
    emulator.set_price(offer, 3.0)
    assert rates(emulator)[bid] == pytest.approx(2.0 + disk)
    renter.ask("PUT", f"/api/v0/instances/bid_price/{bid}/", {"price": 10.0})
    assert renter.show(bid)["dph_base"] == 3.0
    emulator.outbid(bid)
    assert rates(emulator)[bid] == pytest.approx(disk)


def test_a_price_rises_between_search_and_create(renter: Any, emulator: Emulator) -> None:
    offer = renter.offer()
    emulator.set_price(offer, 1.25)
    instance = renter.running()
    assert renter.show(instance)["dph_base"] == 1.25
    emulator.set_price(offer, 9.0)
    assert renter.show(instance)["dph_base"] == 1.25, "what is rented on demand keeps its price"
    assert renter.offers(machine_id={"eq": 123456})[0]["dph_base"] == 9.0


def test_competition_survives_a_restart(tmp_path: Path) -> None:
    with Emulator(seed=7, speed=0, ssh="off", state=tmp_path / "state") as emulator:
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": BID_MACHINE}})["offers"][0]["id"]
        create = {"image": "a/b", "disk": 50, "price": 0.5}
        low = emulator.api("PUT", f"/api/v0/asks/{offer}/", create)["new_contract"]
        high = emulator.api("PUT", f"/api/v0/asks/{offer}/", {**create, "price": 0.6})["new_contract"]
        emulator.restart()
        row = emulator.api("GET", f"/api/v0/instances/{low}/")["instances"]
        assert (states(row)[2], row["min_bid"]) == ("stopped", 0.601)
        emulator.api("DELETE", f"/api/v0/instances/{high}/")
        emulator.advance(100)
        assert states(emulator.api("GET", f"/api/v0/instances/{low}/")["instances"]) == RUNS


def test_refused_market_events(renter: Any, emulator: Emulator) -> None:
    on_demand = renter.running()
    for body in (
        {"outbid": on_demand},
        {"outbid": 1},
        {"set_min_bid": {"min_bid": 1}},
        {"set_min_bid": {"machine_id": BID_MACHINE}},
        {"set_min_bid": {"machine_id": 1, "min_bid": 1}},
        {"set_min_bid": {"offer_id": 1, "min_bid": 1}},
        {"set_min_bid": {"instance_id": on_demand, "machine_id": BID_MACHINE, "min_bid": 1}},
        {"set_min_bid": 7},
        {"price": {"offer_id": 1, "dph_base": 1}},
        {"price": {"offer_id": renter.offer()}},
        {"vanish": renter.offer(BID_MACHINE), "outbid": 1},
        {"nonsense": 1},
    ):
        with pytest.raises(EmulatorError):
            emulator.control("POST", "market", body)
    assert renter.offer(BID_MACHINE), "nothing happens when a part can't"
