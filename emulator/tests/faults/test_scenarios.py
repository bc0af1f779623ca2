# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios: from files and at run time, on the emulated clock, once, and again after a reset."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator, EmulatorError
from vast_emulator.scenarios import files as scenario_files

LIST = "/api/v1/instances/"
FULL = """
description: Everything that a file can say.
settings: {v0_list: list, throttle_header: retry_after}
rate_limits: off
credit: 12.5
faults:
  - {method: GET, path: /api/v1/instances/, times: 2, status: 502}
  - method: PUT
    path: /api/v0/asks/{id}/
    match: {body: {price: {not: null}}}
    event: {outbid: this}
events:
  - {at: 60, offline: 123456}
  - {at: 120, online: 123456, vanish_on_create: 1}
"""


README = Path(__file__).parents[2] / "README.md"


def check(*files: Path | str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vast_emulator", "check", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def write(folder: Path, text: str, name: str = "bad.yml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def rentable(emulator: Emulator) -> bool:
    return bool(emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"])


def statuses(emulator: Emulator, count: int) -> list[int]:
    return [emulator.call("GET", LIST, key=emulator.api_key)[0] for _call in range(count)]


def test_a_file_and_a_shipped_one_at_the_start(tmp_path: Path) -> None:
    full = write(tmp_path, FULL, "full.yml")
    with Emulator(api_key="k", speed=0, scenario=["lost_answer", full]) as emulator:
        for _world in range(2):
            assert [fault["id"] for fault in emulator.faults()] == [1, 2, 3]
            assert emulator.settings()["throttle_header"] == "retry_after"
            assert emulator.ledger()["credit"] == 12.5
            assert statuses(emulator, 3) == [502, 502, 200]
            assert rentable(emulator)
            emulator.advance(60)
            assert not rentable(emulator)
            emulator.advance(60)
            assert rentable(emulator)
            # A reset is the start of the world.
            emulator.reset()


def test_what_began_survives_and_does_not_begin_again(tmp_path: Path) -> None:
    full = write(tmp_path, FULL, "full.yml")
    with Emulator(state=tmp_path / "state.db", speed=0, scenario=full) as emulator:
        assert statuses(emulator, 1) == [502]
        emulator.settings(wrong_key_status=401)
        emulator.advance(60)
        before = (emulator.faults(), emulator.settings(), emulator.ledger(), emulator.control("GET", "scenario"))
        for _crash in range(2):
            emulator.kill()
            emulator.restart()
            after = (emulator.faults(), emulator.settings(), emulator.ledger(), emulator.control("GET", "scenario"))
            assert after == before
        assert [due["at"] for due in before[3]["agenda"]] == [120]
        assert not rentable(emulator)
        assert statuses(emulator, 2) == [502, 200]
        emulator.advance(60)
        emulator.kill()
        emulator.restart()
        assert rentable(emulator)
        assert emulator.control("GET", "scenario")["agenda"] == []
        # A scenario that is new to the state file begins when it is first given.
        emulator.options["scenario"] = [full, "lost_answer"]
        emulator.restart()
        assert [fault["path"] for fault in emulator.faults()] == ["/api/v0/asks/{id}/"] * 2
        emulator.reset()
        assert len(emulator.faults()) == 3
        emulator.kill()
        emulator.restart()
        assert len(emulator.faults()) == 3
        assert emulator.settings()["wrong_key_status"] == 404


def test_limits_that_a_scenario_turned_on_stay_on(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state.db", speed=0) as emulator:
        emulator.scenario(rate_limits="documented", settings={"throttle_body": "text"})
        emulator.kill()
        emulator.restart()
        assert statuses(emulator, 2) == [200, 429]
        emulator.reset()
        assert statuses(emulator, 2) == [200, 200]


def test_chance_goes_on_where_it_was(tmp_path: Path) -> None:
    def run(emulator: Emulator, crash: bool) -> list[int]:
        emulator.scenario("flaky_edge")
        first = statuses(emulator, 25)
        if crash:
            emulator.kill()
            emulator.restart()
        emulator.fault("GET", LIST, times="always", probability=0.5, status=504)
        return first + statuses(emulator, 25)

    with Emulator(speed=0) as plain, Emulator(state=tmp_path / "state.db", speed=0) as durable:
        seen = run(plain, crash=False)
        assert seen == run(durable, crash=True)
        assert {200, 502, 503, 504} <= set(seen)


def test_a_scenario_that_begins_later_counts_from_then(emulator: Emulator) -> None:
    emulator.advance(1000)
    emulator.scenario(events=[{"at": 30, "offline": 123456}, {"at": 10, "outbid": 21000001}], credit=3)
    assert emulator.ledger()["credit"] == 3
    assert [due["at"] for due in emulator.control("GET", "scenario")["agenda"]] == [1010, 1030]
    emulator.advance(29)
    assert rentable(emulator)
    emulator.advance(1)
    assert not rentable(emulator)
    (refused,) = emulator.control("GET", "scenario")["refused"]
    assert refused == {"at": 1010, "event": {"outbid": 21000001}, "error": "No such instance: 21000001."}
    emulator.reset()
    assert emulator.control("GET", "scenario")["refused"] == []


def test_what_could_not_happen_survives(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state.db", speed=0) as emulator:
        emulator.scenario(events=[{"at": 10, "outbid": 21000001}])
        emulator.advance(20)
        before = emulator.control("GET", "scenario")["refused"]
        assert len(before) == 1
        emulator.kill()
        emulator.restart()
        assert emulator.control("GET", "scenario")["refused"] == before
        emulator.reset()
        emulator.kill()
        emulator.restart()
        assert emulator.control("GET", "scenario")["refused"] == []


def test_descriptions_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = scenario_files.shipped().values()
    known = [scenario_files.description(path) for path in paths]
    monkeypatch.setattr(scenario_files, "_text", lambda path: pytest.fail("read again"))
    assert [scenario_files.description(path) for path in paths] == known


def test_those_that_ship(emulator: Emulator) -> None:
    ships = emulator.control("GET", "scenario")["ships"]
    assert [one["name"] for one in ships] == sorted(scenario_files.shipped())
    assert {"lost_answer", "throttled", "flaky_edge"} <= {one["name"] for one in ships}
    assert all(one["description"] for one in ships)
    for one in ships:
        emulator.reset()
        emulator.scenario(one["name"])
    done = check(*scenario_files.shipped())
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == len(ships)


def test_a_lost_answer(renter: Any, emulator: Emulator) -> None:
    emulator.scenario("lost_answer")
    path = f"/api/v0/asks/{renter.offer()}/"
    assert renter.ask("PUT", path, {"image": "a/b"})[0] == 504
    assert renter.ask("PUT", path, {"image": "a/b"})[1]["error"] == "no_such_ask"
    assert emulator.api("GET", LIST)["total_instances"] == 1


def test_throttled(renter: Any, emulator: Emulator) -> None:
    emulator.scenario("throttled")
    answers = []
    for _call in range(6):
        answers.append(renter.ask("GET", LIST))
        emulator.advance(1)
    assert [status for status, _answer in answers] == [200, 200, 429, 429, 200, 200]
    assert answers[2][1] == "API requests too frequent"
    renter.ask("GET", LIST)
    assert renter.ask("GET", LIST)[1]["retry_after"] == 1.0


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("faults: [", "line 1", "not YAML"),
        ("a: 1\na: 2", "line 2", "'a' is given twice"),
        ("- 1", "", "a scenario is an object"),
        ("credit: 2026-01-01", "", "neither text, number"),
        ("credit: .nan", "", "not YAML with plain values"),
        ("fault: []", "line 1", "no such key"),
        ("description: [a]", "line 1: description", "must be text"),
        ("credit: -1", "line 1: credit", "credit must be a number"),
        ("rate_limits: strict", "line 1: rate_limits", "off or documented"),
        ("settings: {v0_list: maybe}", "line 1: settings", "v0_list must be one of"),
        ("faults: {}", "line 1: faults", "must be a list of objects"),
        ("faults:\n  - {path: /api/v0/x}\n  - path: /api/v0/x\n    tiems: 2", "line 3: faults[1]", "'tiems'"),
        ("faults:\n  - {refuse: 3}", "line 2: faults[0]", "path must start with"),
        ("events:\n  - {offline: 123456}", "line 2: events[0]", "at (emulated seconds)"),
        ("events:\n\n  - {at: 5}", "line 3: events[0]", "event takes"),
        ("events:\n  - {at: 5, meteor: 1}", "line 2: events[0]", "event takes"),
        ("events:\n  - {at: 5, offline: 1}", "line 2: events[0]", "There is no machine 1"),
        ("events:\n  - {at: 5, offline: {machine_id: 1, after: 5}}", "line 2: events[0]", "There is no machine 1"),
        ("events:\n  - {at: 5, price: {offer_id: 1, factor: 2, after: 5}}", "line 2: events[0]", "There is no offer 1"),
        ("events:\n  - {at: 5, heal: {}}", "line 2: events[0]", "instance must be an id"),
        ("events:\n  - {at: 5, heal: newst}", "line 2: events[0]", "instance must be an id"),
        ("events:\n  - {at: 5, heal: {instance: {lable: a}}}", "line 2: events[0]", "named by label"),
        ("events:\n  - {at: 5, outbid: this}", "line 2: events[0]", "name an instance by its id"),
    ],
)
def test_files_that_make_no_sense(tmp_path: Path, text: str, place: str, reason: str) -> None:
    path = write(tmp_path, text)
    done = check(path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"vast-emulator: {path}")
    assert place in line
    assert reason in line
    assert "3467" not in line


def test_the_example_of_the_readme(tmp_path: Path) -> None:
    (section,) = re.findall(r"^## Scenario files\n(.*?)^## ", README.read_text(), re.DOTALL | re.MULTILINE)
    (example,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    done = check(write(tmp_path, example))
    assert (done.returncode, done.stderr) == (0, "")
    assert "faults: 3, events: 2" in done.stdout


def test_the_fault_of_the_readme(emulator: Emulator) -> None:
    (example,) = re.findall(r"```json\n(.*?)```", README.read_text(), re.DOTALL)
    emulator.control("POST", "faults", json.loads(example))
    assert emulator.faults()[0]["times"] == 2


def test_the_readme_names_all_that_ship() -> None:
    assert set(scenario_files.shipped()) <= set(re.findall(r"^\| `(\w+)` \|", README.read_text(), re.MULTILINE))


def test_files_that_are_not_there(tmp_path: Path) -> None:
    done = check("nonsense", tmp_path / "none.yml", tmp_path)
    assert done.returncode == 2
    assert [("no scenario of this name" in line or "cannot be read" in line) for line in done.stderr.splitlines()] == [
        True
    ] * 3


def test_serve_refuses_a_bad_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path, "faults: 7")
    with pytest.raises(EmulatorError, match="exit code 2"):
        Emulator(scenario=path).start()
    assert capfd.readouterr().err == f"vast-emulator: {path}, line 1: faults: must be a list of objects.\n"


@pytest.mark.parametrize(
    "body", [{"name": "nonsense"}, {"name": 7}, {"name": "lost_answer", "credit": 1}, {"faults": 1}]
)
def test_bad_scenarios_at_run_time(emulator: Emulator, body: dict[str, Any]) -> None:
    with pytest.raises(EmulatorError, match="400"):
        emulator.control("POST", "scenario", body)
    assert emulator.faults() == []


def test_nothing_of_a_bad_scenario_is_done(emulator: Emulator) -> None:
    with pytest.raises(EmulatorError, match=r"events\[0\]"):
        emulator.scenario(faults=[{"path": LIST}], settings={"v0_list": "list"}, events=[{"at": 1, "offline": 1}])
    assert emulator.faults() == []
    assert emulator.settings()["v0_list"] == "gone"
