# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection in every scenario that the emulator ships: it does its work, or one sentence says why not and what
bills.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, Run, instance, task
from vast_emulator.process import Emulator
from vast_emulator.scenarios import files as scenario_files

CREATE = "/api/v0/asks/{id}/"
SEARCH = "/api/v0/bundles/"
LIST = "/api/v1/instances/"
INSTANCE = "/api/v0/instances/{id}/"
ON_DEMAND_MACHINE = 123456
BID_MACHINE = 789012
HOUR = 3600.0
DAY = 86400.0
# Real seconds, in which a healthy boot is long over at the marketplace's speed, and with which a test does not last.
PATIENT, IMPATIENT = {"wait_timeout": 30}, {"wait_timeout": 4}


def job(name: str = "job", **options: Any) -> dict[str, Any]:
    return instance(name, **{"image": "pytorch/pytorch:latest", "disk": 10, **PATIENT, **options})


def gone(name: str = "job", **options: Any) -> dict[str, Any]:
    return instance(name, state="absent", **{**PATIENT, **options})


def billing(emulator: Emulator) -> list[int]:
    return [one["contract"] for one in emulator.ledger()["billing"]]


def statuses(run: Run) -> list[str]:
    assert "Traceback" not in run.output
    return [line["status"] for line in run.results]


def sentence(result: dict[str, Any]) -> str:
    """Why a task failed."""
    assert result["failed"]
    assert "\n" not in result["msg"]
    return result["msg"]


def test_every_scenario_is_played() -> None:
    played = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    assert set(scenario_files.shipped()) <= played | set(HARMLESS)


# Scenarios that nobody notices who rents and destroys with this collection; and what shows that they were met

HARMLESS: dict[str, Callable[[Emulator], bool]] = {
    "destroy_answers_null": lambda emulator: emulator.count("DELETE", INSTANCE) == 1 and emulator.faults() == [],
    "errors_with_200": lambda emulator: emulator.count("DELETE", INSTANCE) == 2,
    "flaky_edge": lambda emulator: any(emulator.count(status=status) for status in (502, 503, 403)),
    "lost_answer": lambda emulator: emulator.count("PUT", CREATE, 504) == 1,
    "offers_vanish": lambda emulator: emulator.count("PUT", CREATE, 410) == 3,
    "orphans": lambda emulator: emulator.count("DELETE", INSTANCE) == 4,
    "ports_come_late": lambda emulator: any(fault["fired"] for fault in emulator.faults()),
    "throttled": lambda emulator: emulator.requests()["throttled"] > 0,
    "wrong_types": lambda emulator: all(fault["fired"] for fault in emulator.faults()),
}


@pytest.mark.parametrize("name", HARMLESS)
def test_a_life_without_harm(emulator: Emulator, plays: Plays, name: str) -> None:
    emulator.scenario(name)
    look = task("vast_instance_info")
    run = plays.run([job(), job(), *[look] * 4, gone(), gone()])
    assert statuses(run) == ["ok"] * 8, run.output
    rented, again, listed, *_listed, destroyed, nothing = run
    assert [result["changed"] for result in (rented, again, destroyed, nothing)] == [True, False, True, False]
    assert rented["instance"]["running"]
    assert rented["ssh"]["command"].startswith("ssh -p ")
    assert "\n" not in rented["ssh"]["command"]
    assert [one["id"] for one in listed["instances"]] == [rented["instance"]["id"]]
    assert len(emulator.ledger()["contracts"]) == 1
    assert billing(emulator) == []
    assert HARMLESS[name](emulator)


def test_wrong_types_in_other_plugins(emulator: Emulator, plays: Plays, ansible: Any) -> None:
    emulator.scenario("wrong_types")
    bid = {"machine_id": BID_MACHINE, "price": 0.5, "image": "pytorch/pytorch"}
    infos = ("vast_instance_info", "vast_bid_info", "vast_offer_info", "vast_account_info", "vast_charge_info")
    run = plays.run([job(max_price=20), task("vast_bid", name="bid", **bid, **PATIENT), *map(task, infos)])
    assert statuses(run) == ["ok"] * 7, run.output
    (warning,) = run.results[0]["result"]["warnings"]
    assert "costs can't be read from Vast.ai's answer" in warning
    assert sorted(ansible.hosts()) == ["bid", "job"]
    priced = ansible.evaluate("query('cloudctl.vastai.vast_cost', 'job', 'bid')")
    assert [one["name"] for one in priced] == ["job", "bid"]


# Renting


def test_invisible_but_billing(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("invisible_but_billing")
    # Slow enough for several looks at a list that lags.
    emulator.control("POST", "clock", {"speed": 5})
    run = plays.run([job(wait=False), job(wait=False), gone(wait=False)])
    assert statuses(run) == ["ok"] * 3
    assert [result["changed"] for result in run] == [True, False, True]
    assert len(emulator.ledger()["contracts"]) == 1
    assert emulator.count("GET", LIST) > 4


def test_search_quota(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("search_quota")
    run = plays.run([job(f"job-{number}", wait=False) for number in range(4)])
    assert statuses(run) == ["ok", "ok", "ok", "failed"]
    assert "The daily quota is used up until " in sentence(run.results[3]["result"])
    assert emulator.count("POST", SEARCH) == 4
    assert len(billing(emulator)) == 3


def test_price_rises(emulator: Emulator, plays: Plays, offers: list[dict[str, Any]]) -> None:
    emulator.scenario("price_rises")
    capped, accepted = plays.run([job("capped", max_price=round(offers[0]["dph_total"] * 1.1, 4)), job("any")])
    assert "more than max_price" in sentence(capped)
    assert capped["msg"].endswith("It was destroyed, and nothing of it bills.")
    assert capped["instance"] is None
    assert accepted["cost"]["running_hourly_price"] > 0
    assert billing(emulator) == [accepted["instance"]["id"]]


def test_twins(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("twins")
    rented, again = plays.run([job(), job()])
    ours, theirs = sorted(billing(emulator))
    assert rented["instance"]["id"] == ours
    assert f"Others are named job as well: instance {theirs}." in rented["warnings"][0]
    assert sentence(again) == f"2 instances are named job: {ours}, {theirs}. Say which one with id."
    plays.run([instance(id=theirs, state="absent"), gone()])
    assert billing(emulator) == []


# Booting, and being reached


def test_duds(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("duds")
    names = [f"job-{number}" for number in range(1, 7)]
    run = plays.run([job(name, wait_timeout=4 if name == "job-1" else 30) for name in names])
    assert statuses(run) == ["failed", "failed", "ok", "failed", "ok", "failed"]
    causes = ("it is created", "can't boot: ", None, "will not come up by itself: is unknown", None, "can't boot: ")
    for result, cause in zip(run, causes, strict=True):
        if cause is not None:
            assert cause in sentence(result)
            assert "It exists and bills $" in result["msg"]
    assert "no space left" in run.results[1]["result"]["msg"]
    assert "port forwarding failed" in run.results[5]["result"]["msg"]
    assert len(billing(emulator)) == 6
    assert statuses(plays.run([gone(name) for name in names])) == ["ok"] * 6
    assert billing(emulator) == []


def test_stuck_in_loading(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("stuck_in_loading")
    stuck, _gone, again, _gone_again, works = plays.run([job(**IMPATIENT), gone(), job(**IMPATIENT), gone(), job()])
    for result in (stuck, again):
        assert "did not become usable within 4 s: it is loading" in sentence(result)
        assert "It exists and bills $" in result["msg"]
    assert billing(emulator) == [works["instance"]["id"]]


def test_driver_mismatch(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("driver_mismatch")
    image = "vastai/pytorch:cuda-13.0.1-auto"
    careless, careful = plays.run(
        [job("careless", image=image, machine_id=ON_DEMAND_MACHINE), job("careful", image=image, filters=CUDA_13)]
    )
    assert "nvidia-container-cli: requirement error" in sentence(careless)
    assert "It exists and bills $" in careless["msg"]
    assert careful["instance"]["running"]


CUDA_13 = "cuda_max_good>=13.0"


def test_ssh_never_answers(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("ssh_never_answers")
    deaf, _destroyed, works = plays.run([job(wait_timeout=8), gone(), job()])
    assert "it runs, but SSH does not answer at " in sentence(deaf)
    assert "It exists and bills $" in deaf["msg"]
    assert billing(emulator) == [works["instance"]["id"]]


def test_ssh_dies_later(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("ssh_dies_later")
    assert statuses(plays.run([job()])) == ["ok"]
    emulator.advance(2 * HOUR)
    deaf, rebooted = plays.run([job(**IMPATIENT), job(state="rebooted")])
    assert "it runs, but SSH does not answer at " in sentence(deaf)
    assert rebooted["actions"][0]["action"] == "reboot"
    assert not rebooted["failed"]


# Running


def test_outbid(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("outbid")
    bid = {"machine_id": BID_MACHINE, "price": 0.5, "image": "pytorch/pytorch"}
    for round_ in ("first", "second"):
        wanted = task("vast_bid", name=round_, **bid, **PATIENT)
        assert plays.run([wanted]).only["bid"]["status"] == "winning"
        emulator.advance(700)
        outbid = plays.run([wanted]).only
        assert not outbid["failed"]
        assert outbid["bid"]["status"] == "outbid"
        assert "is outbid: $0.55/h wins now" in outbid["warnings"][0]
        emulator.advance(1500)
        back, _destroyed = plays.run([wanted, task("vast_bid", name=round_, state="absent")])
        assert back["bid"]["status"] == "winning"
    assert billing(emulator) == []


def test_machine_dies(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("machine_dies")
    assert statuses(plays.run([job()])) == ["ok"]
    emulator.advance(HOUR)
    lost, listed, _destroyed = plays.run([job(), task("vast_instance_info"), gone()])
    assert "will not come up by itself: is offline" in sentence(lost)
    assert listed["instances"][0]["status"] == "offline"
    emulator.advance(3 * HOUR)
    assert billing(emulator) == []


def test_gpu_taken(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("gpu_taken")
    run = plays.run([job(), instance("job", state="stopped"), instance("job", state="started", **IMPATIENT)])
    assert statuses(run) == ["ok", "ok", "failed"]
    assert "is taken by another renter" in sentence(run.results[2]["result"])
    assert "The queued start was cancelled. It exists and bills $" in run.results[2]["result"]["msg"]
    emulator.advance(8 * HOUR)
    (contract,) = emulator.ledger()["contracts"]
    assert [span["kind"] for span in contract["spans"] if span["end"] is None] == ["disk"]


def test_contract_ends(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("contract_ends")
    plays.run([job(), instance("job", state="stopped")])
    emulator.advance(2 * HOUR)
    ended = plays.run([instance("job", state="started")]).only
    assert "has ended" in sentence(ended)
    assert ") exists and bills $" in ended["msg"]


# Money


def test_credit_runs_out(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("credit_runs_out")
    assert statuses(plays.run([job(machine_id=ON_DEMAND_MACHINE)])) == ["ok"]
    emulator.advance(3 * HOUR)
    account, restarted = plays.run([task("vast_account_info"), instance("job", state="started")])
    assert account["account"]["spendable"] < 0.01
    assert "Add credit" in sentence(restarted)
    assert ") exists and bills $" in restarted["msg"]


def test_stopped_still_bills(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("stopped_still_bills")
    big = job(machine_id=ON_DEMAND_MACHINE, disk=500)
    _rented, stopped = plays.run([big, instance("job", state="stopped")])
    assert stopped["cost"]["hourly_price"] == pytest.approx(0.1)
    emulator.advance(21 * DAY)
    assert "Add credit" in sentence(plays.run([instance("job", state="started")]).only)


def test_traffic_bill(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("traffic_bill")
    assert statuses(plays.run([job(machine_id=ON_DEMAND_MACHINE)])) == ["ok"]
    emulator.advance(HOUR)
    charges = plays.run([task("vast_charge_info")]).only
    parts = {part["type"]: part["amount"] for part in charges["charged_by_part"]}
    assert (parts["upload"], parts["download"]) == (0.4, 4.5)
    assert charges["charged"] == pytest.approx(sum(parts.values()))


# Destroying


def test_comes_back(emulator: Emulator, plays: Plays) -> None:
    emulator.scenario("comes_back")
    assert statuses(plays.run([job(), gone()])) == ["ok", "ok"]
    emulator.advance(HOUR)
    account, destroyed = plays.run([task("vast_account_info"), gone()])
    assert [one["name"] for one in account["resources"]] == ["job"]
    assert destroyed["changed"]
    emulator.advance(HOUR)
    assert billing(emulator) == []
