# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Both doors of a module: the same results, and each taken when it should be."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import (
    MODULE_DOOR,
    Plays,
    Task,
    as_module,
    but,
    instance,
    task,
)
from vast_emulator.process import Emulator

# What the two doors may differ in: nothing but the state of the marketplace's clock.
CLOCK_FIELDS = re.compile(r"'(duration_seconds|start_time|end_time)': [\d.]+")


@pytest.fixture
def still(plays: Plays) -> Iterator[Emulator]:
    """A marketplace whose clock stands still and whose addresses are made up: the same tasks have the same results."""
    with Emulator(seed=7, speed=0, ssh="off") as emulator:
        plays.environment |= {"VAST_URL": emulator.url, "VAST_API_KEY": emulator.api_key}
        yield emulator


def conversation(api_key: str) -> list[Task]:
    """Success, change, failure, usage errors, check mode: one of each kind."""
    image = "pytorch/pytorch"
    secret = {"TOKEN": "s3cret", "COUNT": 1}
    return [
        but(instance("a", image=image, env=secret, onstart="echo s3cret"), check_mode=True),
        instance("a", image=image, env=secret, onstart="echo s3cret", wait=False, api_key=api_key),
        but(instance("a", image="other:2", env={"TOKEN": "changed"}, wait=False), check_mode=True),
        instance("a", image="other:2", env={"TOKEN": "changed"}, wait=False),
        instance("a", disk=99, wait=False),
        instance("a", wait_timeout=0),
        instance("a", wait_timeout="soon"),
        instance("a", imag=image, evn=secret),
        instance(
            "a", image_login="-u me -p hunter2hunter2 docker.io", wait=False, onstart_file="/nowhere/hunter2hunter2"
        ),
        instance(image=image),
        instance("a", onstart="x", onstart_file="y"),
        instance("b", image=image, filters="gpu_nam=RTX_4090"),
        task("vast_instance_info", name="a"),
        task("vast_instance_info", id=1, name="a"),
        task("vast_offer_info", limit=2, regions="europe"),
        instance("a", state="absent"),
    ]


def test_both_doors_give_the_same_results(still: Emulator, plays: Plays) -> None:
    seen = []
    for environment in ({}, MODULE_DOOR):
        still.reset()
        run = plays.run(
            conversation(still.api_key),
            "--diff",
            variables={"ANSIBLE_INJECT_INVOCATION": "true"},
            **({"environment": environment} if environment else {}),
        )
        assert run.rc == 0, run.output
        assert "Traceback" not in run.output
        seen.append((run.results, still.requests()["requests"]))
    (in_process, asked), (module, asked_too) = seen
    for one, other in zip(in_process, module, strict=True):
        assert CLOCK_FIELDS.sub("", str(other)) == CLOCK_FIELDS.sub("", str(one))
    assert asked == asked_too
    statuses = "".join(line["status"][0] for line in in_process)
    assert statuses == "oooo" + "ffffffff" + "ofoo", statuses
    assert "invocation" in in_process[0]["result"]
    assert "diff" in in_process[0]["result"]


def sections(output: str) -> dict[str, str]:
    """What ``-vvv`` printed, by task."""
    parts = re.split(r"^TASK \[(.*?)\] \*+$", output, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_the_module_runs_when_the_task_would_not_run_here_anyway(emulator: Emulator, plays: Plays) -> None:
    look = task("vast_instance_info")
    ours = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    here = {
        "plain": look,
        "loop": but(look, loop=[1, 2]),
        "delegated": but(look, delegate_to="localhost"),
        "our Python": but(look, vars=ours),
        "any Python": but(look, vars={"ansible_python_interpreter": "auto"}),
        "empty environment": but(look, environment={}),
        "check mode": but(look, check_mode=True),
        "no_log": but(look, no_log=True),
    }
    there = {
        "become": but(look, become=True, become_method="ansible.builtin.su"),
        "async": but(look, vars=ours, **{"async": 60, "poll": 1}),
        "environment": but(as_module(look), vars=ours),
        "other Python": but(look, vars={"ansible_python_interpreter": "/nowhere/python3"}),
    }
    tasks = [but(one, name=name) for name, one in {**here, **there}.items()]
    variables = {"ANSIBLE_PYTHON_INTERPRETER": None, "ANSIBLE_ASYNC_DIR": str(plays.folder / "async")}
    run = plays.run(tasks, "-vvv", variables=variables)
    printed = sections(run.output)
    executed = {name for name, text in printed.items() if "EXEC /bin/sh" in text}
    assert executed & set(here) == set()
    assert executed & set(there) == set(there)
    found = {line["task"]: line["status"] for line in run.results}
    assert {name: found[name] for name in (*here, "async", "environment")} == dict.fromkeys(
        (*here, "async", "environment"), "ok"
    )
    assert found["other Python"] == "failed"


def test_a_rent_in_the_background(emulator: Emulator, plays: Plays) -> None:
    job = "{{ job.ansible_job_id }}"
    run = plays.run(
        [
            but(instance("later", image="pytorch/pytorch"), **{"async": 60, "poll": 0, "register": "job"}),
            {
                "ansible.builtin.async_status": {"jid": job},
                "register": "outcome",
                "until": "outcome is finished",
                "retries": 60,
                "delay": 1,
            },
            instance("later"),
        ],
        variables={"ANSIBLE_ASYNC_DIR": str(plays.folder / "async")},
    )
    assert run.rc == 0, run.output
    started, ended, other = run
    assert started["ansible_job_id"]
    assert ended["instance"]["name"] == "later"
    assert ended["instance"]["running"]
    assert ended["changed"]
    assert not other["changed"]
