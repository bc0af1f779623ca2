# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that cannot be the state of an emulator: a sentence, and exit code 1."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from vast_emulator.process import Emulator


def complaint(path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "vast_emulator", "serve", "--state", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    return line.removeprefix(f"vast-emulator: The state file {path} cannot be used: ")


def test_another_emulator_has_it(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with Emulator(state=path, speed=0) as emulator:
        assert complaint(path) == "another emulator uses it."
        emulator.kill()
        emulator.restart()
        assert complaint(path) == "another emulator uses it."
    with Emulator(state=path, speed=0) as emulator:
        assert emulator.api("GET", "/api/v0/users/current/")["credit"] == 1000


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("none/state.db", "No such file or directory."),
        ("folder", "Is a directory."),
        ("text", "file is not a database."),
    ],
)
def test_what_is_no_state_file(tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("dear diary, " * 400)
    assert complaint(tmp_path / name) == reason


def test_an_address_of_ipv6_is_written_as_a_url(tmp_path: Path) -> None:
    with Emulator(host="::1", speed=0) as emulator:
        assert emulator.url.startswith("http://[::1]:")
        assert emulator.api("GET", "/api/v0/users/current/")["credit"] == 1000


def test_what_cannot_be_written_is_said_and_written_later(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    with Emulator(state=path, speed=0) as emulator:
        somebody = sqlite3.connect(path, isolation_level=None)
        somebody.execute("BEGIN IMMEDIATE")
        secret = {"key": "A", "value": "b"}
        status, answer = emulator.call("POST", "/api/v0/secrets/", secret, key=emulator.api_key)
        assert (status, answer["error"]) == (503, "resources_unavailable")
        assert "It has taken effect, but the state file cannot be written" in answer["msg"]
        somebody.execute("ROLLBACK")
        somebody.close()
        assert emulator.api("GET", "/api/v0/users/current/")["credit"] == 1000
        emulator.kill()
        emulator.restart()
        assert list(emulator.api("GET", "/api/v0/secrets/")["secrets"]) == ["A"]
