# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API key, values of variables and scripts are seen nowhere but at the API."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, Task, as_module, but, instance, task
from ansible_collections.cloudctl.vastai.tests.e2e.support.processes import CommandLines
from vast_emulator.process import Emulator

KEY = "7f3e9a1c5b8d2046e7f3a9c1b5d82046" * 2
VALUE = "hf_SeCrEtOfAvArIaBlE"
NEXT_VALUE = "hf_SeCrEtOfAvArIaBlE_tWo"
SCRIPT = "echo sCrIpT-nObOdY-sEeS"
LOGIN = "-u me -p lOgIn-tOkEn docker.io"
ARGUMENT = "--token=aRgUmEnT"
SECRETS = (KEY, VALUE, NEXT_VALUE, "sCrIpT-nObOdY-sEeS", "lOgIn-tOkEn", "aRgUmEnT")


def life() -> list[Task]:
    """Everything that could show a secret: rents, changes, failures, misspelt options."""
    private: dict[str, Any] = {"image": "pytorch/pytorch", "onstart": SCRIPT, "image_login": LOGIN, "wait": False}
    wrong_key = task("vast_instance_info", api_key=KEY.replace("7", "8"))
    return [
        but(instance("a", env={"TOKEN": VALUE}, **private), check_mode=True),
        instance("a", env={"TOKEN": VALUE}, **private),
        instance("a", env={"TOKEN": NEXT_VALUE}, args=[ARGUMENT], **private),
        instance("a", env={"TOKEN": VALUE}, **{**private, "wait": "perhaps"}),
        instance("a", env=f"TOKEN={VALUE}", stat="present", onstartt=SCRIPT, image_logn=LOGIN),
        instance("a", env={"TOKEN": [VALUE]}),
        instance("a", state="absent", env={"TOKEN": VALUE}),
        task("vast_instance_info"),
        wrong_key,
    ]


@pytest.mark.parametrize("door", ["in-process", "module"])
def test_no_secret_is_shown(plays: Plays, tmp_path: Path, door: str) -> None:
    log = tmp_path / "requests.jsonl"
    with Emulator(seed=7, speed=60, api_key=KEY, request_log=log) as emulator, CommandLines() as command_lines:
        (plays.folder / "key").write_text(KEY)
        defaults = {"group/cloudctl.vastai.all": {"api_url": emulator.url, "api_key": "{{ lookup('file', key_file) }}"}}
        run = plays.run(
            [as_module(one) if door == "module" else one for one in life()],
            "-vvvv",
            "--diff",
            variables={"ANSIBLE_INJECT_INVOCATION": "true", "VAST_API_KEY": None, "VAST_URL": None},
            module_defaults=defaults,
            vars={"key_file": str(plays.folder / "key")},
        )
        assert emulator.requests()["writes"] == 3
    statuses = "".join(line["status"][0] for line in run.results)
    assert statuses == "ooo" + "fff" + "oo" + "f", run.output
    assert "invocation" in run.results[1]["result"]
    everything = {
        "output": run.output,
        "results": str(run.results),
        "request log": log.read_text(),
        "command lines": str(command_lines),
    }
    assert "ansible-playbook" in everything["command lines"]
    shown = [(place, secret) for place, text in everything.items() for secret in SECRETS if secret in text]
    assert shown == []
