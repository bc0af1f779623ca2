# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Traffic and credit to the last cent, and a clock that anybody can set."""

from __future__ import annotations

import json
import math
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator, EmulatorError

DAY = 86400.0


def price(renter: Any) -> tuple[float, float]:
    """$/GB up and down."""
    row = renter.offers(machine_id={"eq": 123456})[0]
    return row["inet_up_cost"], row["inet_down_cost"]


def charges(emulator: Emulator) -> list[dict[str, Any]]:
    query = urllib.parse.urlencode({"select_filters": json.dumps({"day": {"gte": 0, "lte": 4e9}}), "limit": 500})
    return emulator.api("GET", f"/api/v0/charges/?{query}")["results"]


def test_traffic_is_billed_by_the_gigabyte(renter: Any, emulator: Emulator) -> None:
    up, down = price(renter)
    instance = renter.running()
    before = emulator.api("GET", "/api/v0/users/current")["credit"]
    emulator.happen(traffic={"instance": instance, "up_gb": 100, "down_gb": 40})
    dollars = 100 * up + 40 * down
    (contract,) = emulator.ledger()["contracts"]
    assert (contract["up"], contract["down"]) == (pytest.approx(100 * up), pytest.approx(40 * down))
    assert emulator.api("GET", "/api/v0/users/current")["credit"] == pytest.approx(before - dollars, abs=1e-9)
    emulator.advance(2 * DAY)
    emulator.happen(traffic={"instance": "all", "down_gb": 10})
    destroyed = renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})
    assert destroyed[0] == 200
    ledger = emulator.ledger()
    (contract,) = ledger["contracts"]
    assert contract["down"] == pytest.approx(50 * down)
    assert contract["dollars"] == pytest.approx(ledger["total"], abs=1e-12)
    rows = charges(emulator)
    assert math.fsum(row["amount"] for row in rows) == pytest.approx(ledger["total"], abs=1e-9)
    items = [item for row in rows for item in row["items"] if item["type"] in ("bwu", "bwd")]
    assert sorted((item["type"], item["amount"]) for item in items) == [
        ("bwd", pytest.approx(10 * down)),
        ("bwd", pytest.approx(40 * down)),
        ("bwu", pytest.approx(100 * up)),
    ]
    assert len(rows) == len({row["start"] // DAY for row in rows}), "one row per day"
    invoices = emulator.api("GET", "/api/v0/users/me/invoices?owner=me")
    old = [row for row in invoices["invoices"] if row["type"] == "charge"]
    assert math.fsum(row["amount"] for row in old) == pytest.approx(ledger["total"], abs=1e-9)


def test_traffic_is_in_one_period_of_the_old_invoices(renter: Any, emulator: Emulator) -> None:
    up, _down = price(renter)
    renter.running()
    emulator.happen(traffic={"instance": "newest", "up_gb": 100})
    moment = emulator.clock()["now"]
    emulator.advance(3600)

    def sent(first: float, last: float) -> float:
        rows = emulator.api("GET", f"/api/v0/users/me/invoices?sdate={first!r}&edate={last!r}")["invoices"]
        return math.fsum(row["amount"] for row in rows if row["description"].endswith("bwu"))

    assert [sent(0, moment), sent(moment, moment + 1), sent(moment + 1, 4e9)] == [0, pytest.approx(100 * up), 0]


def test_only_what_runs_has_traffic(renter: Any, emulator: Emulator) -> None:
    renter.rent()
    with pytest.raises(EmulatorError, match="only what runs"):
        emulator.happen(traffic={"instance": "newest", "up_gb": 1})


def test_credit_runs_out(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    emulator.happen(credit=0.8)
    emulator.advance(3599)
    assert renter.show(instance)["actual_status"] == "running"
    emulator.advance(10)
    row = renter.show(instance)
    assert (row["intended_status"], row["actual_status"]) == ("stopped", "exited")
    path = f"/api/v0/instances/{instance}/"
    assert renter.ask("PUT", path, {"state": "running"})[1]["error"] == "insufficient_credit"
    emulator.happen(credit=10)
    assert emulator.api("GET", "/api/v0/users/current")["credit"] == pytest.approx(10)
    assert renter.ask("PUT", path, {"state": "running"})[0] == 200
    emulator.happen(credit=0)
    assert renter.show(instance)["intended_status"] == "stopped"
    create = f"/api/v0/asks/{renter.offer(789012)}/"
    assert renter.ask("PUT", create, {"image": "a"})[1]["error"] == "insufficient_credit"


def test_traffic_can_use_up_the_credit(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    emulator.happen(credit=1)
    emulator.happen(traffic={"instance": instance, "up_gb": 10_000})
    assert renter.show(instance)["intended_status"] == "stopped"
    assert emulator.ledger()["credit"] < 0


def test_the_clock_goes_until_a_moment(renter: Any, emulator: Emulator) -> None:
    end = emulator.clock()["now"] + 7200.5
    assert emulator.advance_until(end)["now"] == end
    for wanted in ({"until": end - 1}, {"until": "noon"}, {"until": end, "advance": 1}, {}, {"speed": -1}, {"pace": 1}):
        with pytest.raises(EmulatorError):
            emulator.control("POST", "clock", wanted)
    assert emulator.clock()["now"] == end


def test_the_speed_changes_at_run_time_and_survives_a_crash(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state", speed=0, ssh="off") as emulator:
        start = emulator.clock()["now"]
        assert emulator.run_at(1e6)["speed"] == 1e6
        while emulator.clock()["now"] < start + 1000:
            pass
        emulator.kill()
        emulator.restart()
        assert emulator.clock()["speed"] == 1e6
        assert emulator.run_at(0)["speed"] == 0
        stopped = emulator.clock()["now"]
        assert stopped > start + 1000
        assert emulator.clock()["now"] == stopped
        emulator.run_at(5)
        emulator.stop()
        emulator.options["speed"] = 7
        emulator.start()
        assert emulator.clock()["speed"] == 7, "another option sets another speed"


def test_boots_bills_and_ends_follow_the_speed(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.happen(expire={"instance": instance, "in": 7200})
    emulator.run_at(1e5)
    while renter.show(instance)["intended_status"] == "running":
        pass
    emulator.run_at(0)
    (contract,) = emulator.ledger()["contracts"]
    (gpu,) = [span for span in contract["spans"] if span["kind"] == "gpu"]
    boot = gpu["start"] - renter.show(instance)["start_date"]
    assert 20 <= boot <= 90
    assert contract["gpu"] <= 0.79 * 2


def test_a_reset_brings_back_the_speed_of_the_start(emulator: Emulator) -> None:
    emulator.run_at(100)
    emulator.reset()
    assert emulator.clock()["speed"] == 0
