# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renting exactly once, changing nothing twice, and waiting."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, Run, as_module, but, instance, task
from vast_emulator.process import Emulator

CREATE = "/api/v0/asks/{id}/"
LIST = "/api/v1/instances/"
SHOW = "/api/v0/instances/{id}/"
STATES = ("present", "started", "stopped", "rebooted", "recycled", "absent")


def labels(emulator: Emulator) -> list[str | None]:
    return sorted(contract["label"] for contract in emulator.ledger()["contracts"] if contract["exists"])


def created(emulator: Emulator) -> int:
    """Contracts that ever existed."""
    return len(emulator.ledger()["contracts"])


def verbs(result: dict[str, Any]) -> list[str]:
    return [action["action"] for action in result["actions"]]


# Exactly once


REFUSED = {"success": False, "error": "invalid_args", "msg": "error 400/3467: Something went wrong."}
LOST_ANSWERS = [
    {"status": 504},
    {"status": 500, "body": {"success": False, "error": "internal"}},
    {"status": 200, "body": "<html>please wait</html>", "content_type": "text/html"},
    {"status": 200, "body": {"success": False}},
    {"status": 200, "body": {"success": True}},
    {"status": 400, "body": REFUSED},
]


def test_a_create_whose_answer_is_lost_rents_once(emulator: Emulator, plays: Plays) -> None:
    for answer in LOST_ANSWERS:
        emulator.fault("PUT", CREATE, when="after", **answer)
    names = [f"once-{number}" for number in range(len(LOST_ANSWERS))]
    first = plays.run([instance(name, image="pytorch/pytorch", wait=name == "once-0") for name in names])
    assert [verbs(result) for result in first] == [["rent"]] * len(names)
    assert [line["status"] for line in first.results] == ["ok"] * len(names)
    assert first.results[0]["result"]["instance"]["running"]
    assert emulator.count("PUT", CREATE) == created(emulator) == len(names)
    assert labels(emulator) == names


def test_a_throttled_create_is_sent_again(emulator: Emulator, plays: Plays) -> None:
    slow = {"success": False, "error": "rate_limit_exceeded", "msg": "slow down"}
    emulator.fault("PUT", CREATE, status=429, times=2, body=slow)
    assert plays.run([instance("patient", image="pytorch/pytorch", wait=False)]).only["changed"]
    assert emulator.count("PUT", CREATE, 429) == 2
    assert emulator.count("PUT", CREATE, 200) == created(emulator) == 1


def test_the_next_offer_is_rented_when_the_best_has_vanished(emulator: Emulator, plays: Plays) -> None:
    gone = {
        "success": False,
        "error": "invalid_args",
        "msg": "error 404/3603: no_such_ask Instance type is not available.",
    }
    emulator.fault("PUT", CREATE, status=404, body=gone)
    emulator.fault("PUT", CREATE, status=410, body={"success": False, "error": "no_such_ask", "msg": "gone"})
    emulator.vanish_on_create(1)
    preview, rented = plays.run(
        [
            but(instance("next", image="pytorch/pytorch"), check_mode=True),
            instance("next", image="pytorch/pytorch", wait=False),
        ]
    )
    assert rented["changed"]
    assert rented["offer"]["id"] == preview["runners_up"][2]["id"]
    assert [emulator.count("PUT", CREATE, status) for status in (404, 410, 400, 200)] == [1, 1, 1, 1]
    assert labels(emulator) == ["next"]


def test_a_certain_offer_that_vanished_is_not_replaced(
    emulator: Emulator, plays: Plays, offers: list[dict[str, Any]]
) -> None:
    emulator.vanish_on_create(1)
    failed = plays.run([instance("that-one", image="pytorch/pytorch", offer_id=offers[0]["id"])]).only
    assert failed["failed"]
    assert failed["msg"].startswith(
        "Nothing was rented for that-one: the offer went away between the search and the rent."
    )
    assert labels(emulator) == []


@pytest.mark.parametrize("attempt", range(3))
def test_two_controllers_that_race_end_with_one_instance(emulator: Emulator, plays: Plays, attempt: int) -> None:
    racers = [plays.start([instance("raced", image="pytorch/pytorch", wait=False)]) for _racer in range(2)]
    one, other = [plays.finish(*racer) for racer in racers]
    assert (one.rc, other.rc) == (0, 0), one.output + other.output
    assert one.only["instance"]["id"] == other.only["instance"]["id"]
    assert labels(emulator) == ["raced"]
    assert len(emulator.ledger()["billing"]) == 1


# Nothing twice


def test_finding_everything_in_order_costs_one_request(emulator: Emulator, plays: Plays, rent: Any) -> None:
    instance_id = rent("idle", env={"TOKEN": "one"}, onstart="echo hello")
    wanted = {"image": "pytorch/pytorch:latest", "env": {"TOKEN": "one"}, "onstart": "echo hello", "disk": 10}
    by_name = instance("idle", **wanted)
    run = plays.run(
        [
            by_name,
            as_module(by_name),
            instance("idle", state="started", **wanted),
            instance(id=instance_id, **wanted),
            instance("idle", id=instance_id),
        ]
    )
    assert [(result["failed"], result["changed"], result["actions"]) for result in run] == [(False, False, [])] * 5
    assert emulator.requests()["requests"] == [
        {"method": "GET", "path": LIST, "status": 200, "count": 3},
        {"method": "GET", "path": SHOW, "status": 200, "count": 2},
    ]


def test_check_mode_never_writes(emulator: Emulator, plays: Plays, rent: Any) -> None:
    rent("runs")
    stopped = rent("stopped")
    emulator.api("PUT", f"/api/v0/instances/{stopped}/", {"state": "stopped"})
    emulator.advance(60)
    emulator.forget_requests()
    tasks = [instance(name, state=state, image="other:1") for state in STATES for name in ("runs", "stopped", "nobody")]
    replacement = instance("runs", image="other:1", disk=50, force_replace=True)
    infos = [task("vast_instance_info"), task("vast_offer_info", limit=1)]
    through_the_module = map(as_module, [tasks[2], tasks[12], replacement, *infos])
    run = plays.run([*tasks, replacement, *infos, *through_the_module], "--check", "--diff")
    assert emulator.requests()["writes"] == 0
    assert [verbs(line["result"]) if line["status"] == "ok" else None for line in run.results[:19]] == [
        *(["update"], ["update"], ["rent"]),
        *(["update"], ["update", "start"], ["rent"]),
        *(["update", "stop"], ["update"], None),
        *(["update", "reboot"], ["update", "start"], None),
        *(["update", "recycle"], ["update", "recycle"], None),
        *(["destroy"], ["destroy"], []),
        ["destroy", "rent"],
    ]
    assert labels(emulator) == ["runs", "stopped"]


def test_module_defaults_of_the_group_and_the_ad_hoc_form(emulator: Emulator, plays: Plays) -> None:
    account = {"VAST_API_KEY": None, "VAST_URL": None}
    tasks = [task("vast_offer_info"), as_module(task("vast_instance_info")), instance("nobody", state="absent")]
    defaults = {"group/cloudctl.vastai.all": {"api_url": emulator.url, "api_key": emulator.api_key}}
    play = plays.run(tasks, variables=account, module_defaults=defaults)
    assert [line["status"] for line in play.results] == ["ok"] * 3
    rented = plays.command(
        "ansible", "localhost", "-m", "cloudctl.vastai.vast_instance", "-a", "name=x image=y wait=no"
    )
    assert rented.rc == 0
    assert rented.only["changed"]
    assert labels(emulator) == ["x"]


# Waiting


@pytest.fixture
def frozen(plays: Plays) -> Iterator[Emulator]:
    """A marketplace whose clock stands still: nothing that is rented there ever boots."""
    with Emulator(seed=7, speed=0) as emulator:
        plays.environment |= {"VAST_URL": emulator.url, "VAST_API_KEY": emulator.api_key}
        yield emulator


def test_waiting_for_what_never_boots(frozen: Emulator, plays: Plays) -> None:
    accepted, waited, still, gone = plays.run(
        [
            instance("slow", image="pytorch/pytorch", wait=False),
            instance("slow2", image="pytorch/pytorch", wait_timeout=1),
            instance("slow", wait_timeout=0),
            instance("slow", state="absent"),
        ],
    )
    assert accepted["changed"]
    assert accepted["instance"]["status"] == "creating"
    assert waited["failed"]
    assert waited["changed"]
    assert verbs(waited) == ["rent"]
    number = waited["instance"]["id"]
    assert waited["msg"].startswith(f"Instance {number} (slow2) did not become usable within 1 s: it is being created.")
    assert "state: absent destroys it" in waited["msg"]
    assert waited["cost"]["running_hourly_price"] > waited["cost"]["hourly_price"] > 0
    assert still["failed"]
    assert not still["changed"]
    assert gone["changed"]
    assert labels(frozen) == ["slow2"]


def test_running_is_not_ssh(emulator: Emulator, plays: Plays, rent: Any) -> None:
    """An instance behind the proxy has no direct address, however long one waits."""
    rent("hidden", runtype="ssh_proxy")
    rent("plain", runtype="args", args=["serve"])
    runs, unreachable, proxied, plain = plays.run(
        [
            instance("hidden", connect_with="direct", wait_for="running"),
            instance("hidden", connect_with="direct", wait_timeout=0),
            instance("hidden"),
            instance("plain"),
        ]
    )
    assert runs["instance"]["running"]
    assert runs["ssh"] is None
    assert unreachable["failed"]
    assert "runs, but has no SSH address yet" in unreachable["msg"]
    assert proxied["ssh"]["command"].startswith("ssh -p ")
    assert plain["instance"]["running"]
    assert plain["ssh"] is None


def test_an_image_that_does_not_exist(emulator: Emulator, plays: Plays) -> None:
    run: Run = plays.run([instance("dud", image="missing/image:1")])
    failed = run.only
    assert failed["failed"]
    assert failed["changed"]
    number = failed["instance"]["id"]
    assert failed["msg"].startswith(
        f"Instance {number} (dud) can't boot: Error response from daemon: manifest for missing/image:1"
    )
    assert "It exists and bills" in failed["msg"]
    assert failed["cost"]["hourly_price"] > 0
    assert labels(emulator) == ["dud"]
