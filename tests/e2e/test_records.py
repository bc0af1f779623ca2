# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, templates and variables of the account: their secrets are seen nowhere but at the API, and nowhere twice."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, Task, as_module, but, task
from vast_emulator.process import Emulator

VALUE, NEXT_VALUE = "hf_SeCrEtVaLuE", "hf_SeCrEtVaLuE_tWo"
SCRIPT = "echo sCrIpT-nObOdY-sEeS"
LOGIN = "-u me -p lOgIn-tOkEn docker.io"
PRIVATE_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\npRiVaTe-kEy"
SECRETS = (VALUE, "sCrIpT-nObOdY-sEeS", "lOgIn-tOkEn", "pRiVaTe-kEy")
QUOTING = {"success": False, "error": "invalid_characters", "msg": f"{VALUE} has characters that can't be."}


def everything_with_secrets() -> list[Task]:
    """Creates, changes, failures, misspelt options."""
    secret: dict[str, Any] = {"onstart": SCRIPT, "args": [SCRIPT], "image_login": LOGIN}
    template = task("vast_template", name="t", image="a/b", env={"TOKEN": VALUE}, **secret)
    return [
        but(task("vast_env_var", name="TOKEN", value=VALUE), check_mode=True),
        task("vast_env_var", name="TOKEN", value=VALUE),
        task("vast_env_var", name="TOKEN", value=NEXT_VALUE, update_value="always"),
        but(template, check_mode=True),
        template,
        task("vast_template", name="t", env={"TOKEN": NEXT_VALUE}, **secret),
        task("vast_template", name="t", state="absent"),
        task("vast_template_info"),
        task("vast_env_var", name="OTHER", value=VALUE, update_value="sometimes"),
        task("vast_env_var", name="OTHER", vale=VALUE),
        task("vast_template", name="t", image="a/b", env={"TOKEN": [VALUE]}, **secret),
        task("vast_template", name="t", image="a/b", env={"TOKEN": VALUE}, onstrat=SCRIPT, image_login=LOGIN + " x"),
        task("vast_ssh_key", public_key=PRIVATE_KEY),
        task("vast_env_var", name="REFUSED", value=VALUE),
    ]


@pytest.mark.parametrize("door", ["in-process", "module"])
def test_no_secret_is_shown(emulator: Emulator, plays: Plays, door: str) -> None:
    tasks = everything_with_secrets()
    run = plays.run([as_module(one) if door == "module" else one for one in tasks[:-1]], "-vvvv", "--diff")
    emulator.fault("POST", "/api/v0/secrets/", when="before", status=400, body=QUOTING)
    refused = plays.run([as_module(tasks[-1]) if door == "module" else tasks[-1]], "-vvvv", "--diff")

    assert "".join(line["status"][0] for line in run.results + refused.results) == "o" * 8 + "f" * 6, run.output
    assert "******** has characters" in refused.only["msg"]
    shown = [secret for secret in SECRETS if secret in f"{run.output} {run.results} {refused.output} {refused.results}"]
    assert shown == []


@pytest.mark.parametrize("door", ["in-process", "module"])
def test_a_short_value_blanks_out_nothing_else(emulator: Emulator, plays: Plays, door: str) -> None:
    one = task("vast_env_var", name="LEVEL_1", value=1)
    run = plays.run([as_module(one) if door == "module" else one])
    assert run.only["env_var"] == {"name": "LEVEL_1"}


def test_two_controllers_that_create_the_same_end_with_one(emulator: Emulator, plays: Plays) -> None:
    tasks = [
        task("vast_template", name="shared", image="a/b"),
        task("vast_env_var", name="SHARED", value="x"),
    ]
    for run in [plays.finish(*started) for started in [plays.start(tasks), plays.start(tasks)]]:
        assert run.results[0]["status"] == "ok", run.output
        # Whoever came second is told so, or found it.
        assert run.results[1]["status"] == "ok" or "existing_key" in run.results[1]["result"]["msg"]
    assert emulator.api("GET", "/api/v0/template/")["templates_found"] == 1
    assert list(emulator.api("GET", "/api/v0/secrets/")["secrets"]) == ["SHARED"]
