# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official command line client, unmodified, in a home of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "command(name): a test that runs this command of the official client")


class Client:
    """Runs ``vastai`` as a person would. ``ran`` keeps the words of each run."""

    def __init__(self, home: Path, url: str, key: str | None) -> None:
        self.home = home
        self.ran: list[tuple[str, ...]] = []
        folders = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "CACHE", "STATE", "DATA")}
        keep = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
        self.environment = {**keep, **folders, "HOME": str(home), "VAST_URL": url, "CI": "true", "COLUMNS": "200"}
        if key is not None:
            self.environment["VAST_API_KEY"] = key

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        # The script that pip made has its interpreter's own path; -m has none to offer.
        program = Path(sys.executable).with_name("vastai")
        self.ran.append(words)
        return subprocess.run(
            [sys.executable, str(program), *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def says(self, *words: str) -> str:
        """What a command prints; it must end well and without complaint."""
        done = self.run(*words)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        assert "Failed with error" not in done.stderr, done.stderr
        return done.stdout

    def raw(self, *words: str) -> Any:
        """The same with --raw, as data."""
        return json.loads(self.says(*words, "--raw"))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def client(emulator: Any, home: Path, request: pytest.FixtureRequest) -> Iterator[Client]:
    """A client; a test that is marked with a command must have run it."""
    # Ids start again with each reset, so an SSH address remembered by id would be another test's.
    for remembered in (home / "cache" / "vastai").glob("ssh_*.json"):
        remembered.unlink()
    client = Client(home, emulator.url, emulator.api_key)
    yield client
    for mark in request.node.iter_markers("command"):
        name = tuple(mark.args[0].split())
        assert any(words[: len(name)] == name for words in client.ran), f"{mark.args[0]} was not run"


@pytest.fixture
def stranger(emulator: Any, tmp_path: Path) -> Client:
    """A client with the wrong key and an empty home."""
    return Client(tmp_path, emulator.url, "not-the-key")
