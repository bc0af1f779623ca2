# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What emulator/README.md shows to those who test their own playbooks works as it is written there."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

README = (Path(__file__).resolve().parents[2] / "emulator" / "README.md").read_text(encoding="utf-8")
GUIDE = README.partition("\n## Testing your own playbooks\n")[2].partition("\n## ")[0]
# The first line of a block names its file.
FILES = dict(re.findall(r"^```\w+\n# (\S+)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL))
[WORKFLOW] = [name for name in FILES if name.startswith(".github/")]
[JOB] = yaml.safe_load(FILES[WORKFLOW])["jobs"].values()
COMMANDS = [step["run"] for step in JOB["steps"] if "run" in step]
INSTALLS = ("pip install ", "ansible-galaxy collection install ")


@pytest.fixture
def project(tmp_path: Path, vast_env: dict[str, str]) -> Iterator[Path]:
    """Everything that the guide shows, in a folder. What a scenario that failed has left running is ended."""
    folder = tmp_path / "project"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    yield folder
    process = Path(vast_env["HOME"], ".cache", "vast-emulator", "pid")
    if process.exists():
        os.kill(int(process.read_text()), signal.SIGTERM)


def test_every_block_is_a_file_and_every_tool_is_used() -> None:
    blocks = re.findall(r"^```(\w+)$", GUIDE, re.MULTILINE)
    assert len(FILES) == len([kind for kind in blocks if kind != "console"])
    assert [command for command in COMMANDS if not command.startswith(INSTALLS)] == [
        "sh rehearse.sh",
        "pytest",
        "molecule test",
    ]


@pytest.mark.parametrize("command", [command for command in COMMANDS if not command.startswith(INSTALLS)])
def test_what_ci_runs(command: str, project: Path, vast_env: dict[str, str]) -> None:
    # The guide's reader has no marketplace yet.
    environment = {name: value for name, value in vast_env.items() if not name.startswith("VAST_")}
    done = subprocess.run(
        shlex.split(command),
        cwd=project,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_installed_is_what_this_project_offers() -> None:
    installs = [command for command in COMMANDS if command.startswith(INSTALLS)]
    told = (Path(__file__).resolve().parents[2] / "roles/emulator/meta/argument_specs.yml").read_text()
    [emulator] = [command for command in installs if "vast-emulator" in command]
    assert emulator in told
    assert emulator in GUIDE.partition("```console\n$ ")[2].partition("\n")[0]
