# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What README.md says works as it is written there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, Task
from vast_emulator.process import Emulator

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^ansible.*$", README, re.MULTILINE) + re.findall(r"`(ansible[^`]*)`", README)
AD_HOC = [command for command in COMMANDS if command.startswith("ansible localhost -m")]
PLAYBOOKS = [command for command in COMMANDS if command.startswith("ansible-playbook cloudctl.vastai.")]
YAML = re.findall(r"^```yaml\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def as_task(command: str) -> Task:
    """An ad-hoc command is a task: ``ansible`` makes the same of it, but starts for each."""
    _ansible, _localhost, _m, module, *more = shlex.split(command)
    assert [word for word in more if word.startswith("-")] in ([], ["-a"], ["-a", "--check"]), command
    return {"action": " ".join([module, *more[1:2]]), "check_mode": "--check" in more, "name": command}


def test_one_line_commands(emulator: Emulator, plays: Plays) -> None:
    deploys = [command for command in AD_HOC if "machine_id=" in command or "size=" in command]
    # The key is stored in a keyring: test_keyring.py has one.
    others = [command for command in AD_HOC if command not in deploys and "vast_keyring" not in command]
    assert (len(deploys), len(others)) == (3, 13)
    run = plays.run([as_task(command) for command in deploys + others])
    assert run.rc == 0, run.output
    assert [result["changed"] for result in run][:3] == [True] * 3
    command = plays.command(*shlex.split(AD_HOC[0]), "--check")
    assert command.rc == 0, command.output


def test_playbooks_and_their_variables() -> None:
    for command in PLAYBOOKS:
        words = shlex.split(command, comments=True)
        header = (ROOT / "playbooks" / f"{words[1].rpartition('.')[2]}.yml").read_text().partition("\n- name:")[0]
        for word in words[2:]:
            variable = word.partition("=")[0]
            assert variable in ("-e", "--check") or f"\n#   {variable} " in header, command
            assert word in header.replace('"', "") or "first_rent" in command, command
    told = {command.split()[1].rpartition(".")[2] for command in PLAYBOOKS}
    assert told == {path.stem for path in (ROOT / "playbooks").glob("*.yml")}


def test_every_variable_of_a_playbook_is_in_its_header() -> None:
    """Surveys are made of them."""
    for path in (ROOT / "playbooks").glob("*.yml"):
        text = path.read_text()
        for shared in re.findall(r"(vars/\w+\.yml)", text):
            text += (path.parent / shared).read_text()
        header, _play, body = text.partition("\n- name:")
        used = {name for name in re.findall(r"(?<![.\w])(\w+) \| default\(", body) if not name.startswith("vast_")}
        missing = {name for name in used if not re.search(rf"\b{name}\b", header)}
        assert not missing, path.name


@pytest.mark.parametrize("kind", ["modules", "inventory", "lookup", "filter", "callback"])
def test_every_plugin_is_named(kind: str) -> None:
    for path in (ROOT / "plugins" / kind).glob("[a-z]*.py"):
        assert f"`{path.stem}`" in README, path


def test_the_examples_in_yaml(emulator: Emulator, plays: Plays) -> None:
    play, defaults, inventory = [yaml.safe_load(block) for block in YAML]
    [trainer] = play
    run = plays.run(trainer.pop("tasks"), **{**trainer, **defaults})
    assert run.rc == 0, run.output
    assert re.fullmatch(r"ssh -p \d+ \S+: \$0\.\d+/h", run.results[-1]["result"]["msg"])
    (plays.folder / "rented.vast.yml").write_text(yaml.safe_dump(inventory))
    [graph] = [command for command in COMMANDS if command.startswith("ansible-inventory")]
    listing: Any = plays.command(*shlex.split(graph))
    assert listing.rc == 0, listing.output
    assert "@gpu_RTX_4090:" in listing.output
    assert "llama3-trainer" in listing.output
