# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role that starts and stops the emulator."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

PROGRAM = Path(sys.executable).parent / "vast-emulator"


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that now has the number that an emulator had."""
    with subprocess.Popen(["sleep", "300"]) as process:
        yield process
        process.kill()


@pytest.fixture
def folder(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> Path:
    """What the emulator left behind."""
    folder = tmp_path / "emulator"
    folder.mkdir()
    (folder / "pid").write_text(f"{stranger.pid}\n")
    (folder / "ready.json").write_text('{"url": "http://127.0.0.1:9", "api_key": "stale"}\n')
    return folder


class Role:
    """Runs the role in a folder of its own."""

    def __init__(self, ansible: Any, folder: Path) -> None:
        self.ansible = ansible
        self.folder = folder

    def run(self, state: str, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run it for a state, whatever comes of it."""
        role = {"emulator_state": state, "emulator_folder": str(self.folder), "emulator_command": str(PROGRAM)}
        given = {f"emulator_{name}": value for name, value in options.items()}
        return self.ansible.play([], *arguments, roles=[{"role": "cloudctl.vastai.emulator", **role, **given}])

    def be(self, state: str, *arguments: str, **options: Any) -> int:
        """Run it for a state; how many tasks changed something."""
        done = self.run(state, *arguments, **options)
        assert done.returncode == 0, done.stdout + done.stderr
        return int(done.stdout.partition("changed=")[2].split()[0])

    def ask(self, path: str, method: str = "GET", **body: Any) -> Any:
        """What the emulator that the role started answers."""
        ready = json.loads((self.folder / "ready.json").read_text())
        headers = {"Authorization": f"Bearer {ready['api_key']}"}
        answer = requests.request(method, f"{ready['url']}{path}", json=body or None, headers=headers, timeout=10)
        assert answer.ok, answer.text
        return answer.json()


@pytest.fixture
def role(ansible: Any, tmp_path: Path) -> Iterator[Role]:
    role = Role(ansible, tmp_path / "emulator")
    yield role
    role.be("stopped")


def test_its_life(role: Role) -> None:
    assert role.be("started", "--check") > 0
    assert not role.folder.exists()
    assert role.be("started") > 0
    assert role.ask("/api/v0/users/current/")["credit"] == 1000
    assert role.be("started") == 0
    process = int((role.folder / "pid").read_text())
    assert role.be("stopped", "--check") > 0
    assert role.ask("/api/v0/users/current/")
    assert role.be("stopped") > 0
    # Gone, or what init has not yet noticed.
    arguments = subprocess.run(["ps", "-o", "args=", "-p", str(process)], check=False, capture_output=True, text=True)
    assert "serve" not in arguments.stdout
    assert role.be("stopped") == 0


def test_other_options_start_it_anew(role: Role, tmp_path: Path) -> None:
    state = str(tmp_path / "state.sqlite")
    options = {"speed": 0, "state_file": state, "arguments": ["--request-log", str(tmp_path / "requests")]}
    role.be("started", **options)
    assert role.ask("/_emulator/clock")["speed"] == 0
    offers = role.ask("/api/v0/bundles/", "POST", machine_id={"eq": 123456})["offers"]
    role.ask(f"/api/v0/asks/{offers[0]['id']}/", "PUT", image="pytorch/pytorch", disk=10)
    assert '"POST"' in (tmp_path / "requests").read_text()
    assert role.be("started", **options) == 0
    options["rate_limits"] = "documented"
    assert role.be("started", "--check", **options) > 0
    assert role.be("started", **options) > 0
    assert role.be("started", **options) == 0
    assert len(role.ask("/api/v1/instances/")["instances"]) == 1


def test_scenarios(role: Role, tmp_path: Path) -> None:
    own = tmp_path / "own.yml"
    own.write_text("credit: 12.5\n")
    role.be("started", scenarios=["lost_answer", str(own)], speed=0)
    assert role.ask("/api/v0/users/current/")["credit"] == 12.5
    [fault] = role.ask("/_emulator/faults")["faults"]
    assert (fault["when"], fault["status"]) == ("after", 504)


def test_why_it_does_not_start(role: Role) -> None:
    done = role.run("started", command="/no/such/vast-emulator")
    assert "The program /no/such/vast-emulator was not found on localhost. Install it there with pip" in done.stdout
    done = role.run("started", port=99999)
    assert "The emulator did not start: vast-emulator: cannot listen on 127.0.0.1:99999" in done.stdout
    done = role.run("started", rate_limits="some")
    assert "must be one of: off, documented, got: some" in done.stdout


def test_another_process_is_not_taken_for_the_emulator(
    ansible: Any, folder: Path, stranger: subprocess.Popen[bytes]
) -> None:
    role = Role(ansible, folder)
    role.be("started")
    try:
        ready = json.loads((folder / "ready.json").read_text())
        assert ready["api_key"] != "stale"
        assert role.ask("/api/v0/users/current/")
        assert role.be("started") == 0
    finally:
        role.be("stopped")
    assert not folder.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(ready["url"], timeout=10)
    assert stranger.poll() is None


def test_another_process_is_not_stopped(ansible: Any, folder: Path, stranger: subprocess.Popen[bytes]) -> None:
    Role(ansible, folder).be("stopped")
    assert not folder.exists()
    assert stranger.poll() is None


def test_it_can_have_real_machines(role: Role) -> None:
    path = f"{os.environ['PATH']}:/usr/sbin"
    if shutil.which("sshd", path=path) is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("sshd: not installed")
    role.be("started", ssh="sshd")
    command = Path(f"/proc/{int((role.folder / 'pid').read_text())}/cmdline").read_bytes().split(b"\0")
    assert command[command.index(b"--ssh") + 1] == b"sshd"
