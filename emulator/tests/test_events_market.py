# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offers that vanish, prices that move, strangers who take GPUs, and when any of it happens."""

from __future__ import annotations

import contextlib
import socket
from pathlib import Path
from typing import Any

import pytest

from vast_emulator import events
from vast_emulator.events.table import names
from vast_emulator.process import Emulator, EmulatorError

MACHINE = 123456
BID_MACHINE = 789012


def start(renter: Any, instance: int) -> tuple[int, Any]:
    return renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "running"})


def stop(renter: Any, instance: int) -> None:
    assert renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "stopped"})[0] == 200
    renter.emulator.advance(10)


def test_all_that_was_seen_vanishes(renter: Any, emulator: Emulator) -> None:
    seen = renter.offers(gpu_name={"eq": "A100 PCIE"})
    assert seen
    emulator.happen(vanish={"offers": "seen"})
    assert renter.offers(gpu_name={"eq": "A100 PCIE"}) == []
    assert renter.offers(machine_id={"eq": BID_MACHINE}), "others stay"
    for row in seen:
        assert "no_such_ask" in renter.ask("PUT", f"/api/v0/asks/{row['id']}/", {"image": "a/b"})[1]["msg"]


def test_what_a_search_showed_is_still_known_after_a_crash(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state", speed=0, ssh="off") as emulator:
        query = {"machine_id": {"eq": MACHINE}}
        assert emulator.api("POST", "/api/v0/bundles/", query)["offers"]
        emulator.kill()
        emulator.restart()
        emulator.happen(vanish="seen")
        assert emulator.api("POST", "/api/v0/bundles/", query)["offers"] == []


def test_offers_of_a_machine_vanish_for_a_while(renter: Any, emulator: Emulator) -> None:
    emulator.happen(vanish={"machine_id": MACHINE, "for": 60})
    assert renter.offers(machine_id={"eq": MACHINE}) == []
    emulator.advance(59)
    assert renter.offers(machine_id={"eq": MACHINE}) == []
    emulator.advance(1)
    assert len(renter.offers(machine_id={"eq": MACHINE})) == 1


def test_any_event_may_come_later(renter: Any, emulator: Emulator) -> None:
    emulator.happen(vanish={"offer_id": renter.offer(), "after": 30, "for": 30})
    for passed, there in ((29, 1), (1, 0), (29, 0), (1, 1)):
        emulator.advance(passed)
        assert len(renter.offers(machine_id={"eq": MACHINE})) == there


def test_what_comes_later_survives_a_crash(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state", speed=0, ssh="off") as emulator:
        emulator.happen(offline={"machine_id": MACHINE, "after": 30})
        emulator.kill()
        emulator.restart()
        emulator.advance(29)
        assert emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": MACHINE}})["offers"]
        emulator.advance(1)
        assert emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": MACHINE}})["offers"] == []


@pytest.mark.parametrize("where", [{"machine_id": BID_MACHINE}, {"offers": "all"}])
def test_prices_rise_between_search_and_create(renter: Any, emulator: Emulator, where: dict[str, Any]) -> None:
    old = renter.running(MACHINE)
    emulator.happen(price={**where, "factor": 2})
    row = renter.offers(machine_id={"eq": BID_MACHINE})[0]
    assert (row["dph_base"], row["min_bid"]) == (1.8, 0.8)
    assert renter.show(renter.running(BID_MACHINE))["dph_base"] == 1.8
    assert renter.show(old)["dph_base"] == 0.79, "what is rented keeps its price"


def test_a_price_for_several_offers_is_per_gpu(emulator: Emulator) -> None:
    machine = next(one for one in emulator.market()["machines"] if len(one["holders"]) == 4)
    emulator.happen(price={"machine_id": machine["machine_id"], "dph_base": 1.5, "min_bid": 0.5})
    changed = next(one for one in emulator.market()["machines"] if one["machine_id"] == machine["machine_id"])
    assert {(offer["num_gpus"], offer["price"], offer["min_bid"]) for offer in changed["offers"]} == {
        (1, 1.5, 0.5),
        (2, 3.0, 1.0),
        (4, 6.0, 2.0),
    }


def test_a_higher_price_to_win_stops_a_bid(renter: Any, emulator: Emulator) -> None:
    bid = renter.running(BID_MACHINE, price=0.5)
    emulator.happen(price={"instance": bid, "min_bid": 0.6})
    assert renter.show(bid)["cur_state"] == "stopped"


@pytest.mark.parametrize(
    ("shape", "status"),
    [
        ("stopped", ("stopped", "stopped", "stopped", "exited")),
        ("running", ("running", "stopped", "running", "exited")),
        ("loading", ("stopped", "stopped", "stopped", "loading")),
    ],
)
def test_an_outbid_instance_looks_as_the_event_says(
    renter: Any, emulator: Emulator, shape: str, status: tuple[str, ...]
) -> None:
    bid = renter.rent(BID_MACHINE, price=0.5)
    emulator.happen(outbid={"instance": bid, "shape": shape})
    emulator.advance(500)
    row = renter.show(bid)
    assert tuple(row[name] for name in ("intended_status", "cur_state", "next_state", "actual_status")) == status
    assert emulator.ledger()["hourly"] == pytest.approx(row["storage_total_cost"])
    stop(renter, bid)
    assert renter.show(bid)["intended_status"] == "stopped"
    emulator.set_min_bid(0.1, instance_id=bid)
    emulator.advance(500)
    assert renter.show(bid)["actual_status"] in (None, "exited"), "a stop that was asked for stays one"


def test_a_stranger_takes_the_gpus_of_what_is_stopped(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    stop(renter, instance)
    emulator.happen(take_gpus="newest")
    assert renter.offers(machine_id={"eq": MACHINE}, rentable={"eq": True}) == []
    status, answer = start(renter, instance)
    assert (status, answer["error"]) == (200, "resources_unavailable")
    emulator.advance(5000)
    row = renter.show(instance)
    assert (row["intended_status"], row["cur_state"], row["actual_status"]) == ("running", "stopped", "exited")
    assert emulator.ledger()["hourly"] == pytest.approx(0.01)
    emulator.happen(leave_gpus=instance)
    emulator.advance(100)
    assert renter.show(instance)["actual_status"] == "running"


def test_a_stranger_stays_for_a_while_and_survives_a_crash(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state", speed=0, ssh="off") as emulator:
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": MACHINE}})["offers"][0]["id"]
        body = {"image": "a/b", "target_state": "stopped"}
        instance = emulator.api("PUT", f"/api/v0/asks/{offer}/", body)["new_contract"]
        emulator.happen(take_gpus={"instance": instance, "for": 3600})
        emulator.kill()
        emulator.restart()
        path = f"/api/v0/instances/{instance}/"
        assert emulator.api("PUT", path, {"state": "running"})["error"] == "resources_unavailable"
        emulator.advance(3600)
        emulator.advance(200)
        assert emulator.api("GET", path)["instances"]["actual_status"] == "running"


def test_a_stranger_outbids_every_bid(renter: Any, emulator: Emulator) -> None:
    bid = renter.running(BID_MACHINE, price=5.0)
    emulator.happen(take_gpus=bid)
    assert renter.show(bid)["cur_state"] == "stopped"
    with pytest.raises(EmulatorError, match="rented on demand"):
        emulator.happen(take_gpus=renter.running(MACHINE))


def test_the_machine_of_an_instance_is_lost_for_a_while(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    before = emulator.ledger()["total"]
    emulator.happen(offline={"instance": "newest", "for": 600})
    emulator.advance(600)
    assert emulator.ledger()["total"] == pytest.approx(before, abs=1e-9)
    assert renter.show(instance)["actual_status"] == "running"
    # Who made it does not matter any more when it comes back.
    emulator.happen(offline={"instance": instance, "for": 600})
    renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})
    emulator.advance(600)
    assert renter.offers(machine_id={"eq": MACHINE})


def test_instances_are_named_by_label(renter: Any, emulator: Emulator) -> None:
    first, second = renter.running(MACHINE, label="train-1"), renter.running(BID_MACHINE, label="eval-1")
    emulator.happen(silence={"label": "train-*"})
    assert [renter.show(one)["actual_status"] for one in (first, second)] == ["unknown", "running"]
    emulator.happen(silence={"instance": {"machine_id": BID_MACHINE}})
    emulator.happen(hear=first)
    assert [renter.show(one)["actual_status"] for one in (first, second)] == ["running", "unknown"]
    emulator.happen(hear="all")
    assert renter.show(second)["actual_status"] == "running"


def test_refused_events(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    for name, details, status in (
        ("vanish", {"offers": "some"}, 400),
        ("vanish", {}, 400),
        ("vanish", {"offer_id": renter.offer(BID_MACHINE), "for": "ever"}, 400),
        ("vanish", {"offer_id": renter.offer(BID_MACHINE), "after": -1}, 400),
        ("vanish", {"offer_id": renter.offer(BID_MACHINE), "nonsense": 1}, 400),
        ("vanish", {"offer_id": 5}, 404),
        ("offline", {"machine_id": MACHINE, "instance": instance}, 400),
        ("outbid", {"instance": instance, "for": 5}, 400),
        ("outbid", {"instance": instance, "shape": "round"}, 400),
        ("outbid", instance, 409),
        ("price", {"offers": "all"}, 400),
        ("price", {"offers": "all", "factor": 0}, 400),
        ("price", {"offers": "all", "factor": 2, "dph_base": 1}, 400),
        ("take_gpus", instance, 409),
        ("silence", "this", 404),
        ("silence", {"instance": {"name": "x"}}, 400),
        ("silence", {"instance": {"machine_id": 5}}, 404),
        ("silence", {"instance": {"left_of": 5}}, 400),
        ("silence", "newst", 400),
        ("silence", {}, 400),
        ("revive", {}, 400),
        ("linger", {"instance": [5], "seconds": 5}, 404),
        ("offline", {"machine_id": 5, "after": 5}, 404),
        ("price", {"offer_id": 5, "factor": 2, "after": 5}, 404),
        ("heal", {"after": 5}, 400),
        ("stuck", {"instance": instance, "status": "running"}, 400),
        ("stuck", {"instance": instance, "boots": 0}, 400),
        ("slow", instance, 400),
        ("fail", {"instance": instance, "error": "mood"}, 400),
        ("fail", {"instance": instance, "error": ["driver"]}, 400),
        ("fail", {"instance": instance, "intended": "frozen"}, 400),
        ("stale_message", {"instance": instance, "text": 5}, 400),
        ("expire", {"volume_id": 5}, 404),
        ("revive", instance, 404),
        ("hide", instance, 400),
        ("linger", {"instance": 5, "seconds": 5}, 404),
        ("raise_price", instance, 400),
        ("rent_elsewhere", {}, 404),
        ("credit", -1, 400),
        ("traffic", instance, 400),
        ("traffic", {"instance": 5, "up_gb": 1}, 404),
    ):
        answer = emulator.call("POST", "/_emulator/market", {name: details})
        assert (name, answer[0]) == (name, status)
        assert answer[1]["success"] is False


def test_what_cannot_happen_later_does_not(renter: Any, emulator: Emulator) -> None:
    """An event of the agenda may be about something that is gone by then."""
    instance = renter.running()
    emulator.happen(exit={"instance": instance, "after": 60}, revive={"instance": "newest", "after": 60})
    renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})
    emulator.advance(120)
    assert renter.show(instance) is None
    assert emulator.ledger()["billing"] == []


@pytest.mark.parametrize(
    ("event", "details"),
    [
        ("silence", {}),
        ("stuck", {}),
        ("slow", {"factor": 50}),
        ("fail", {}),
        ("refuse_ssh", {}),
        ("exit", {}),
        ("stale_message", {"text": "old news"}),
        ("take_gpus", {}),
    ],
)
def test_what_lasts_a_while_ends_for_those_that_are_left(
    renter: Any, emulator: Emulator, event: str, details: dict[str, Any]
) -> None:
    gone, left = (renter.running(machine, price=1.0) for machine in (MACHINE, BID_MACHINE))
    emulator.happen(**{event: {**details, "instance": [gone, left], "for": 60}})
    renter.ask("DELETE", f"/api/v0/instances/{gone}/", {})
    emulator.advance(200)
    assert renter.show(left)["actual_status"] == "running"
    renter.ask("PUT", f"/api/v0/instances/reboot/{left}/", {})
    emulator.advance(100)
    row = renter.show(left)
    assert (row["actual_status"], row["status_msg"] == "old news") == ("running", False)
    assert socket_answers(row)
    assert renter.offers(machine_id={"eq": MACHINE}), "strangers left the GPUs of what was destroyed, too"
    assert emulator.control("GET", "scenario")["refused"] == []


def socket_answers(row: dict[str, Any]) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((row["ssh_host"], row["ssh_port"]), timeout=5):
        return True
    return False


def test_the_readme_tells_of_every_event() -> None:
    events.load()
    told = (Path(__file__).parents[1] / "README.md").read_text()
    table = told[told.index("## Market events") : told.index("## Endpoints")]
    assert [name for name in names() if f"`{name}`" not in table] == []
