# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong ends in one sentence, Ansible's exit code, and no traceback."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, as_module, but, instance, task
from vast_emulator.process import Emulator

IMAGE = {"image": "pytorch/pytorch"}
NO_PATIENCE = {"api_retry_timeout": 0}


def check(run: Any, sayings: list[str]) -> None:
    """Every task failed, saying this."""
    assert "Traceback" not in run.output
    for line, saying in zip(run.results, sayings, strict=True):
        message = line["result"]["msg"]
        assert line["status"] == "failed", message
        assert saying in message
        assert "\n" not in message
        assert message.endswith((".", "]"))


@pytest.mark.parametrize("door", ["in-process", "module"])
def test_wrong_keys_and_addresses(emulator: Emulator, plays: Plays, door: str) -> None:
    tasks = {
        "does not accept the API key": instance("a", **IMAGE, api_key="0123456789abcdef" * 4),
        "No Vast.ai API key was found: set the option api_key or": instance("a", **IMAGE),
        "can't be reached at http://127.0.0.1:9: Connection refused": instance(
            "a", **IMAGE, **NO_PATIENCE, api_key="k" * 64, api_url="http://127.0.0.1:9"
        ),
        "must be an address such as https://console.vast.ai, not 'localhost'": instance(
            "a", api_key="k" * 64, api_url="localhost"
        ),
    }
    variables = {"VAST_API_KEY": None, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}
    run = plays.run([as_module(one) if door == "module" else one for one in tasks.values()], variables=variables)
    check(run, list(tasks))


def test_the_exit_code_is_ansibles(emulator: Emulator, plays: Plays) -> None:
    run = plays.run([but(instance("a"), ignore_errors=False)])
    assert run.rc == 2
    check(run, ["Renting a needs an image (such as pytorch/pytorch:latest) or a template_hash_id."])


def test_offers_that_do_not_exist(emulator: Emulator, plays: Plays) -> None:
    tasks = {
        "Offer 1 does not exist, is rented, or does not fit": instance("a", **IMAGE, offer_id=1),
        "Machine 1 has no offer that can be rented": instance("a", **IMAGE, machine_id=1),
        "No offer fits the conditions, among them max_price $0.0001/h": instance("a", **IMAGE, max_price=0.0001),
        "Instance 1 does not exist (any more) in this account": instance(id=1),
        "There is no instance named a that could be stopped": instance("a", state="stopped"),
    }
    check(plays.run(list(tasks.values())), list(tasks))
    assert emulator.requests()["writes"] == 0


def test_answers_that_are_no_answers(emulator: Emulator, plays: Plays) -> None:
    emulator.fault("GET", "/api/v1/instances/", status=502)
    emulator.fault("GET", "/api/v1/instances/", status=200, body="<html>maintenance</html>", content_type="text/html")
    emulator.fault("GET", "/api/v1/instances/", status=200, body={"success": True})
    emulator.fault("POST", "/api/v0/bundles/", status=502)
    reads = {
        "GET /api/v1/instances/ was answered with HTTP 502 (an HTML page)": task("vast_instance_info", **NO_PATIENCE),
        "was answered with an HTML page instead of JSON": task("vast_instance_info", **NO_PATIENCE),
        "without a list of instances": task("vast_instance_info", **NO_PATIENCE),
        "POST /api/v0/bundles/ was answered with HTTP 502": task("vast_offer_info", **NO_PATIENCE),
    }
    check(plays.run(list(reads.values())), list(reads))
    # With patience, the same is no error.
    emulator.fault("GET", "/api/v1/instances/", status=502)
    assert not plays.run([task("vast_instance_info")]).only["failed"]


def test_a_create_that_certainly_failed(emulator: Emulator, plays: Plays) -> None:
    """The label is listed until the list can't be lagging any more, then the error stands: nothing exists."""
    emulator.fault("PUT", "/api/v0/asks/{id}/", status=502)
    run = plays.run([instance("nothing", **IMAGE)])
    check(run, ["PUT /api/v0/asks/"])
    assert run.only["instance"] is None
    assert emulator.count("PUT", "/api/v0/asks/{id}/") == 1
    assert emulator.ledger()["contracts"] == []


def test_what_exists_after_a_failure_is_told(emulator: Emulator, plays: Plays) -> None:
    """The create is answered, but nothing can be read afterwards."""
    emulator.fault(
        "GET", "/api/v1/instances/", status=200, body={"success": True, "instances": [], "total_instances": 0}
    )
    emulator.fault("GET", "/api/v1/instances/", times=20, status=502)
    run = plays.run([instance("blind", **IMAGE, **NO_PATIENCE)])
    (contract,) = emulator.ledger()["contracts"]
    check(run, [f"Instance {contract['contract']} was rented as blind and bills, but can't be read back"])
    assert run.only["instance"]["id"] == contract["contract"]


# Usage errors

WRONG: dict[str, dict[str, Any]] = {
    "name is empty": {"name": "", **IMAGE},
    "name is empty; an instance": {"name": "", "state": "absent"},
    "has white space at an end": {"name": "a ", **IMAGE},
    "or a line break": {"name": "a\nb", **IMAGE},
    "name has 300 characters": {"name": "x" * 300, **IMAGE},
    "one of the following is required: name, id]": IMAGE,
    "id must be a number above 0, not 0": {"id": 0},
    "to int": {"id": "abc"},
    "image 'a b' is no name": {"name": "a", "image": "a b"},
    "disk must be a number of GB from 1": {"name": "a", **IMAGE, "disk": 0},
    "not nan": {"name": "a", **IMAGE, "disk": "nan"},
    "to float": {"name": "a", **IMAGE, "disk": "ten"},
    "wait_timeout must be": {"name": "a", **IMAGE, "wait_timeout": -1},
    "rent_timeout must be": {"name": "a", **IMAGE, "rent_timeout": "nan"},
    "api_timeout must be": {"name": "a", **IMAGE, "api_timeout": 0},
    "api_retry_timeout must be": {"name": "a", **IMAGE, "api_retry_timeout": -1},
    "args is for runtype: args only": {"name": "a", **IMAGE, "args": ["x"], "runtype": "ssh_proxy"},
    "as JSON": {"name": "a", **IMAGE, "filters": '{"num_gpus": 2'},
    "the nearest known one is num_gpus": {"name": "a", **IMAGE, "filters": '{"num_gpu": {"gte": 2}}'},
    "ports has 'http'": {"name": "a", **IMAGE, "ports": ["http"]},
    "ports has '0'": {"name": "a", **IMAGE, "ports": [0]},
    "env has a variable '-p 80:80'": {"name": "a", **IMAGE, "env": {"-p 80:80": "1"}},
    "env variable A has no value": {"name": "a", **IMAGE, "env": {"A": None}},
    "env variable A must be text or a number": {"name": "a", **IMAGE, "env": {"A": [1]}},
    "onstart_file /nowhere can't be read": {"name": "a", **IMAGE, "onstart_file": "/nowhere"},
    "the nearest known one is gpu_name": {"name": "a", "state": "absent", "filters": "gpu_nam=RTX_4090"},
    "'Atlantis'": {"name": "a", **IMAGE, "region": "Atlantis"},
    "max_price takes a number above 0": {"name": "a", **IMAGE, "max_price": 0},
}


def test_usage_errors_are_found_before_anything_is_sent(emulator: Emulator, plays: Plays) -> None:
    run = plays.run([instance(**options) for options in WRONG.values()])
    for line, saying in zip(run.results, WRONG, strict=True):
        assert line["status"] == "failed", saying
        assert saying.rstrip("]") in line["result"]["msg"]
        assert "Task failed" not in line["result"]["msg"]
    assert "Traceback" not in run.output
    assert emulator.requests()["total"] == 0


def test_strange_names_are_names(emulator: Emulator, plays: Plays) -> None:
    names = ["{% raw %}{{ 1+1 }}{% endraw %}", 'it\'s "q" ünï€ 🚀 $(id) `x` & <b>', "42", "--help"]
    shown = ["{{ 1+1 }}", *names[1:]]
    tasks = [instance(name, **IMAGE, wait=False) for name in names]
    again = [instance(name, wait_for="running") for name in names]
    run = plays.run([*tasks, *again, *[task("vast_instance_info", name=name) for name in names]])
    assert [line["status"] for line in run.results] == ["ok"] * 12
    assert [result["instance"]["name"] for result in list(run)[:4]] == shown
    assert [result["changed"] for result in list(run)[4:]] == [False] * 8
    assert [[one["name"] for one in result["instances"]] for result in list(run)[8:]] == [[name] for name in shown]
