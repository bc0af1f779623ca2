# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contracts that end, come back, cost more, are not seen yet or still, or are made by another client."""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator

MACHINE = 123456
BID_MACHINE = 789012
TWO_DAYS = 48 * 3600


def listed(renter: Any, label: str | None = None) -> list[int]:
    filters = {} if label is None else {"label": {"eq": label}}
    query = urllib.parse.quote(json.dumps(filters))
    answer = renter.ask("GET", f"/api/v1/instances/?select_filters={query}")[1]
    assert answer["total_instances"] == len(answer["instances"]) == sum(answer["label_counts"].values())
    return [row["id"] for row in answer["instances"]]


def destroy(renter: Any, instance: int) -> None:
    assert renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})[0] == 200


def billing(emulator: Emulator) -> dict[int, float]:
    return {one["contract"]: one["hourly"] for one in emulator.ledger()["billing"]}


# The end


def test_a_contract_ends(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    emulator.happen(expire={"instance": instance, "in": 600})
    assert renter.show(instance)["duration"] == pytest.approx(600)
    emulator.advance(610)
    row = renter.show(instance)
    assert (row["intended_status"], row["cur_state"], row["actual_status"]) == ("stopped", "stopped", "exited")
    assert row["duration"] == pytest.approx(-10)
    status, answer = renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "running"})
    assert (status, "ended" in answer["msg"]) == (400, True)
    assert billing(emulator) == {instance: pytest.approx(0.01)}
    emulator.advance(TWO_DAYS - 11)
    assert renter.show(instance)
    emulator.advance(1)
    assert renter.show(instance) is None
    (contract,) = emulator.ledger()["contracts"]
    assert contract["disk"] == pytest.approx(0.01 * (100 + 600 + TWO_DAYS) / 3600, abs=1e-9)
    assert billing(emulator) == {}


def test_an_ended_contract_is_kept_if_the_setting_says_so(renter: Any, emulator: Emulator) -> None:
    emulator.settings(expired="kept")
    instance = renter.running()
    emulator.happen(expire=instance)
    emulator.advance(30 * 86400)
    assert billing(emulator) == {instance: pytest.approx(0.01)}


def test_a_volume_ends(renter: Any, emulator: Emulator) -> None:
    offer = emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": MACHINE}})["offers"][0]["id"]
    volume = emulator.api("PUT", "/api/v0/volumes/", {"id": offer, "size": 10})["volume_id"]
    emulator.happen(expire={"volume_id": volume, "in": 60})
    emulator.advance(TWO_DAYS + 59)
    assert volume in billing(emulator)
    emulator.advance(1)
    assert (billing(emulator), emulator.api("GET", "/api/v0/volumes")["volumes"]) == ({}, [])


# Lags


def test_what_was_made_is_not_listed_yet(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.happen(hide={"instance": "newest", "seconds": 20})
    assert (listed(renter), listed(renter, "trainer"), renter.show(instance)) == ([], [], None)
    assert billing(emulator) == {instance: pytest.approx(0.01)}
    emulator.advance(20)
    assert (listed(renter), listed(renter, "trainer")) == ([instance], [instance])
    assert renter.show(instance)["id"] == instance


def test_what_was_destroyed_is_still_listed(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    destroy(renter, instance)
    emulator.happen(linger={"instance": instance, "seconds": 20})
    assert (listed(renter, "trainer"), renter.show(instance)["actual_status"]) == ([instance], "running")
    assert billing(emulator) == {}
    assert renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})[0] == 404
    emulator.advance(20)
    assert (listed(renter), renter.show(instance)) == ([], None)


def test_one_that_will_linger(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    emulator.happen(linger={"instance": instance, "seconds": 20})
    destroy(renter, instance)
    emulator.advance(19)
    assert listed(renter) == [instance]
    emulator.advance(1)
    assert listed(renter) == []


def test_lags_of_everything_survive_a_crash(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state", speed=0, ssh="off") as emulator:
        emulator.settings(create_lag=5, destroy_lag=7)
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": MACHINE}})["offers"][0]["id"]
        instance = emulator.api("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})["new_contract"]
        seen = []
        for step in range(4):
            emulator.kill()
            emulator.restart()
            if step == 2:
                emulator.settings(destroy_lag=7)
                emulator.api("DELETE", f"/api/v0/instances/{instance}/")
            seen.append(emulator.api("GET", "/api/v1/instances/")["total_instances"])
            emulator.advance(5)
        emulator.advance(2)
        seen.append(emulator.api("GET", "/api/v1/instances/")["total_instances"])
    assert seen == [0, 1, 1, 1, 0]


# Back from the dead


def test_a_destroyed_instance_comes_back(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    destroy(renter, instance)
    before = emulator.ledger()["total"]
    emulator.happen(revive={"instance": instance, "after": 3600})
    emulator.advance(3600)
    assert emulator.ledger()["total"] == before
    row = renter.show(instance)
    assert (row["label"], row["actual_status"]) == ("trainer", "running")
    assert listed(renter, "trainer") == [instance]
    assert billing(emulator) == {instance: pytest.approx(0.8)}
    emulator.advance(3600)
    assert emulator.ledger()["total"] == pytest.approx(before + 0.8, abs=1e-9)
    destroy(renter, instance)
    assert billing(emulator) == {}


def test_one_whose_gpus_are_taken_comes_back_stopped(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    destroy(renter, instance)
    other = renter.running()
    emulator.happen(revive=instance)
    assert renter.show(instance)["cur_state"] == "stopped"
    assert billing(emulator) == {instance: pytest.approx(0.01), other: pytest.approx(0.8)}


def test_it_comes_back_after_a_crash_too(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state", speed=0, ssh="off") as emulator:
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": MACHINE}})["offers"][0]["id"]
        body = {"image": "a/b", "label": "ghost"}
        instance = emulator.api("PUT", f"/api/v0/asks/{offer}/", body)["new_contract"]
        emulator.api("DELETE", f"/api/v0/instances/{instance}/")
        emulator.kill()
        emulator.restart()
        emulator.happen(revive=instance)
        emulator.kill()
        emulator.restart()
        assert emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]["label"] == "ghost"
        assert list(billing(emulator)) == [instance]


# Prices of running contracts


def asked(renter: Any) -> list[dict[str, Any]]:
    answer = renter.ask("GET", "/api/v0/instances/pending-price-increases/")[1]
    assert answer["count"] == len(answer["pending_price_increases"])
    return answer["pending_price_increases"]


@pytest.mark.parametrize("accepted", [True, False])
def test_the_host_asks_for_more(renter: Any, emulator: Emulator, accepted: bool) -> None:
    instance = renter.running()
    emulator.happen(raise_price={"instance": instance, "dph_base": 1.58})
    (one,) = asked(renter)
    assert one["contract_id"] == instance
    assert one["new_gpu_costpersec"] == pytest.approx(2 * one["old_gpu_costpersec"])
    emulator.advance(3600)
    assert billing(emulator) == {instance: pytest.approx(0.8)}
    word = "accept" if accepted else "reject"
    body = {"pending_price_increase_id": one["pending_price_increase_id"]}
    status, answer = renter.ask("PUT", f"/api/v0/instances/{word}-price-increase/", body)
    assert (status, answer["contract_id"]) == (200, instance)
    assert (asked(renter), renter.ask("PUT", f"/api/v0/instances/{word}-price-increase/", body)[0]) == ([], 404)
    before = emulator.ledger()["contracts"][0]["gpu"]
    emulator.advance(3600)
    hour = emulator.ledger()["contracts"][0]["gpu"] - before
    assert hour == pytest.approx(1.58 if accepted else 0.79, abs=1e-9)
    assert renter.show(instance)["dph_base"] == (1.58 if accepted else 0.79)


def test_what_was_asked_for_goes_with_the_instance(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    emulator.happen(raise_price={"instance": "all", "factor": 1.5})
    emulator.happen(raise_price={"instance": "all", "factor": 2})
    (one,) = asked(renter)
    destroy(renter, instance)
    body = {"pending_price_increase_id": one["pending_price_increase_id"]}
    assert asked(renter) == []
    assert renter.ask("PUT", "/api/v0/instances/accept-price-increase/", body)[0] == 404


# Another client


def test_somebody_else_rents_under_the_label(renter: Any, emulator: Emulator) -> None:
    instance = renter.running(label="trainer")
    emulator.happen(rent_elsewhere={"label": "trainer", "machine_id": BID_MACHINE})
    emulator.happen(rent_elsewhere={"label": "trainer"})
    emulator.advance(100)
    twins = listed(renter, "trainer")
    assert (len(twins), instance in twins) == (3, True)
    assert {renter.show(twin)["actual_status"] for twin in twins} == {"running"}
    assert BID_MACHINE in {renter.show(twin)["machine_id"] for twin in twins}
    assert set(billing(emulator)) == set(twins)
