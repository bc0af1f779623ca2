# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that is lost: nothing on it answers, bills, or can be rented, until it is back."""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator, EmulatorError

MACHINE = 123456
HOUR = 3600.0


def store(emulator: Emulator) -> int:
    """A volume on the machine."""
    found = emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": MACHINE}})["offers"]
    return emulator.api("PUT", "/api/v0/volumes/", {"id": found[0]["id"], "size": 50})["volume_id"]


def billing(emulator: Emulator) -> set[int]:
    return {one["contract"] for one in emulator.ledger()["billing"]}


def test_nothing_on_it_bills_meanwhile(renter: Any, emulator: Emulator) -> None:
    volume, instance = store(emulator), renter.running(MACHINE)
    before = emulator.ledger()
    emulator.set_offline(MACHINE)
    emulator.advance(HOUR)
    assert billing(emulator) == set()
    assert emulator.ledger()["total"] == pytest.approx(before["total"])
    emulator.set_offline(MACHINE, offline=False)
    assert billing(emulator) == {volume, instance}
    emulator.advance(HOUR)
    assert emulator.ledger()["total"] == pytest.approx(before["total"] + before["hourly"])


def test_an_instance_on_it_is_offline_and_comes_back(renter: Any, emulator: Emulator) -> None:
    instance = renter.running(MACHINE)
    emulator.set_offline(MACHINE)
    row = renter.show(instance)
    assert (row["actual_status"], row["intended_status"], row["cur_state"]) == ("offline", "running", "running")
    assert not row.get("ports")
    assert row["instance"]["totalHour"] == 0
    filters = urllib.parse.quote(json.dumps({"actual_status": {"in": ["offline"]}}))
    assert emulator.api("GET", f"/api/v1/instances/?select_filters={filters}")["total_instances"] == 1
    emulator.set_offline(MACHINE, offline=False)
    assert renter.show(instance)["actual_status"] == "running"


def test_nothing_of_it_can_be_rented(renter: Any, emulator: Emulator) -> None:
    offer = renter.offer(MACHINE)
    emulator.set_offline(MACHINE)
    assert renter.offers(machine_id={"eq": MACHINE}) == []
    assert emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": MACHINE}})["offers"] == []
    status, answer = renter.ask("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})
    assert status == 400
    assert "no_such_ask" in json.dumps(answer)


def test_what_is_destroyed_meanwhile_stays_gone(renter: Any, emulator: Emulator) -> None:
    volume, instance = store(emulator), renter.running(MACHINE)
    emulator.set_offline(MACHINE)
    assert renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})[0] == 200
    assert renter.ask("DELETE", f"/api/v0/volumes/?id={volume}", {})[0] == 200
    emulator.set_offline(MACHINE, offline=False)
    assert billing(emulator) == set()


def test_what_stops_meanwhile_bills_its_disk_only(renter: Any, emulator: Emulator) -> None:
    instance = renter.running(MACHINE)
    emulator.set_offline(MACHINE)
    assert renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "stopped"})[0] == 200
    emulator.advance(HOUR)
    emulator.set_offline(MACHINE, offline=False)
    row = renter.show(instance)
    assert row["actual_status"] in ("exited", "stopped")
    assert emulator.ledger()["hourly"] == pytest.approx(row["storage_total_cost"])


def test_it_is_still_offline_after_a_crash(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state.db", speed=0) as emulator:
        volume = store(emulator)
        emulator.set_offline(MACHINE)
        ledger = emulator.ledger()
        emulator.kill()
        emulator.restart()
        assert emulator.ledger() == ledger
        assert billing(emulator) == set()
        emulator.set_offline(MACHINE, offline=False)
        assert billing(emulator) == {volume}


def test_only_a_machine_can_be_lost(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match="There is no machine 5"):
        emulator.set_offline(5)
