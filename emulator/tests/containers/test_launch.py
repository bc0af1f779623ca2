# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine that cannot be started leaves no file open and no process, and closes nothing that is somebody else's."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
from pathlib import Path
from typing import Any, NoReturn

import pytest

from vast_emulator.containers import launch
from vast_emulator.containers.container import Container
from vast_emulator.containers.launch import Isolation, Programs, Started

PROGRAMS = Programs("/usr/sbin/sshd", "/usr/bin/ssh-keygen", None, "slirp4netns")
CONFIG = {"id": 0, "hostname": "x", "env": {}, "onstart": None, "volumes": [], "serve": True}


def open_files() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


def refuse(*_words: Any, **_more: Any) -> NoReturn:
    raise OSError("no more")


def test_a_start_that_fails_closes_what_it_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", refuse)
    before = open_files()
    with pytest.raises(OSError, match="no more"):
        launch.start(CONFIG, Isolation(True, True), PROGRAMS, tmp_path, [])
    assert open_files() == before


def test_a_network_that_fails_closes_its_files_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A number that is closed twice is by then that of another file."""
    container = Container(tmp_path, Isolation(True, True), PROGRAMS, lambda: None)
    control, other = socket.socketpair()
    closed: list[int] = []
    close = os.close
    with control, other:
        before = open_files()
        online, ready = os.pipe()
        with subprocess.Popen(["true"]) as process:
            container._started = Started(process, control, ready)
        with monkeypatch.context() as patch:
            patch.setattr(subprocess, "Popen", refuse)
            patch.setattr(os, "close", lambda number: (closed.append(number), close(number)))
            container._connect()
        assert container._started.ready is None
        assert closed.count(ready) == 1
        close(online)
        assert open_files() == before
    assert "no network" in container.log(daemon=True)[-1]


def test_a_process_that_cannot_be_watched_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []
    start = launch.start

    def remembered(*words: Any) -> Started:
        made = start(*words)
        started.append(made.process)
        return made

    monkeypatch.setattr(launch, "start", remembered)
    monkeypatch.setattr(os, "pidfd_open", refuse)
    container = Container(tmp_path, Isolation(False, False), PROGRAMS, lambda: None)

    answers: list[str] = []

    async def tell() -> None:
        before = open_files()
        container.start(lambda: CONFIG, [])
        container.execute(["ls"], lambda: CONFIG, answers.append)
        assert open_files() == before

    asyncio.run(tell())
    assert [one.returncode for one in started] == [-9, -9]
    assert answers == [""]
    assert not container.is_wanted
    assert "cannot be started" in container.log(daemon=True)[-1]
