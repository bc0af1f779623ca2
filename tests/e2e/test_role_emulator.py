# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role that starts and stops the emulator, after the machine was restarted while an emulator ran."""

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


def be(ansible: Any, state: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """Run the role for a state."""
    role = {"role": "cloudctl.vastai.emulator", "emulator_state": state, "emulator_folder": str(folder), **more}
    done = ansible.play([], roles=[{**role, "emulator_command": str(PROGRAM)}])
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_another_process_is_not_taken_for_the_emulator(
    ansible: Any, folder: Path, stranger: subprocess.Popen[bytes]
) -> None:
    be(ansible, "started", folder)
    try:
        ready = json.loads((folder / "ready.json").read_text())
        assert ready["api_key"] != "stale"
        headers = {"Authorization": f"Bearer {ready['api_key']}"}
        assert requests.get(f"{ready['url']}/api/v0/users/current/", headers=headers, timeout=10).ok
        assert "changed=0" in be(ansible, "started", folder).stdout
    finally:
        be(ansible, "stopped", folder)
    assert not folder.exists()
    with pytest.raises(requests.ConnectionError):
        requests.get(ready["url"], timeout=10)
    assert stranger.poll() is None


def test_another_process_is_not_stopped(ansible: Any, folder: Path, stranger: subprocess.Popen[bytes]) -> None:
    be(ansible, "stopped", folder)
    assert not folder.exists()
    assert stranger.poll() is None


def test_it_can_have_real_machines(ansible: Any, tmp_path: Path) -> None:
    path = f"{os.environ['PATH']}:/usr/sbin"
    if shutil.which("sshd", path=path) is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("sshd: not installed")
    folder = tmp_path / "emulator"
    be(ansible, "started", folder, emulator_ssh="sshd")
    try:
        command = Path(f"/proc/{int((folder / 'pid').read_text())}/cmdline").read_bytes().split(b"\0")
        assert command[command.index(b"--ssh") + 1] == b"sshd"
    finally:
        be(ansible, "stopped", folder)
