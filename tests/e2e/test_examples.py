# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of every module run as they are written."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cloudctl.vastai.tests.e2e.support import file_keyring
from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, task
from vast_emulator.process import Emulator

MODULES = sorted((Path(__file__).resolve().parents[2] / "plugins" / "modules").glob("vast_*.py"))

# What the examples take for granted, beside the machines 123456 and 789012 that every marketplace has.
VARIABLES = {
    "vault_hf_token": "hf_0123456789",
    "guest_public_key": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGd1ZXN0Z3Vlc3RndWVzdGd1ZXN0Z3Vlc3RndWVzdDEy guest",
}
KEYS = {
    "id_ed25519.pub": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG1pbmVtaW5lbWluZW1pbmVtaW5lbWluZW1pbmVtaW5l mine",
    "new.pub": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG5ld25ld25ld25ld25ld25ld25ld25ld25ld25ld24x new",
}
# These rent llama3-trainer themselves.
RENTERS = ("vast_instance", "vast_template_info", "vast_volume")


def examples(module: Path) -> str:
    """Its EXAMPLES."""
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            return ast.literal_eval(node.value)
    raise AssertionError(f"{module.name} has no EXAMPLES")


@pytest.fixture
def home(plays: Plays) -> Path:
    """The user's home with SSH keys."""
    folder = Path(plays.environment["HOME"], ".ssh")
    folder.mkdir()
    for name, key in KEYS.items():
        (folder / name).write_text(key + "\n")
    return folder.parent


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)
def test_the_examples_run(emulator: Emulator, plays: Plays, rent: Any, home: Path, module: Path) -> None:
    text = examples(module)
    if module.stem not in RENTERS:
        rent("llama3-trainer")
    if "4242" in text:
        text = text.replace("4242", str(rent("another")))
    if "id: 17\n" in text:
        key = emulator.api("POST", "/api/v0/ssh/", {"ssh_key": VARIABLES["guest_public_key"] + "s-old-one"})
        text = text.replace("id: 17\n", f"id: {key['key']['id']}\n")
    if "name: trainer\n" in text:
        emulator.api("POST", "/api/v0/template/", {"name": "trainer", "image": "vastai/pytorch", "tag": "latest"})
    if "trained_models" in text and module.stem != "vast_volume":
        # Not on the machine that another example takes.
        volume = {"name": "trained_models", "size": 50, "filters": "machine_id!=123456 disk_space>=500"}
        assert plays.run([task("vast_volume", **volume)]).only["changed"]
    tasks = yaml.safe_load(text)
    variables = {**VARIABLES, "vaulted_vast_api_key": emulator.api_key}
    run = plays.run(tasks, variables=file_keyring.environment(), vars=variables)
    assert run.rc == 0, run.output
    assert len(run.results) >= len(tasks)
    assert f"cloudctl.vastai.{module.stem}" in text
