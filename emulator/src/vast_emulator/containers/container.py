# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One container: at most one first process at a time, that builds it from its folder and ends with it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from vast_emulator.containers import home, launch
from vast_emulator.containers.launch import Isolation, Programs, Started

# Real seconds that a machine's first process gets to end by itself.
PATIENCE = 5.0
# Most of a log that is looked at, bytes.
_MOST_LOG = 4 << 20
Answer = Callable[[str], None]


class Container:
    """Runs, or not, as it was last told. What it is told never waits: ends and starts follow as soon as they can."""

    def __init__(self, folder: Path, isolation: Isolation, programs: Programs, died: Callable[[], None]) -> None:
        """``died`` is called when it ends without having been told to."""
        self.folder = folder
        self._died = died
        self._isolation = isolation
        self._programs = programs
        self._wanted: Callable[[], dict[str, Any]] | None = None
        self._listeners: Sequence[tuple[int, int]] = ()
        self._started: Started | None = None
        self._serves = False
        self._ending: asyncio.TimerHandle | None = None
        self._exit_file = -1
        self._heard = b""
        # Commands that wait for their answer, and those that wait for a machine.
        self._asked: dict[int, Answer] = {}
        self._numbers = itertools.count(1)
        self._questions: list[tuple[list[str], Answer]] = []
        self._commands_config: Callable[[], dict[str, Any]] | None = None
        self._afterwards: Callable[[], None] | None = None

    # What it is told

    @property
    def is_wanted(self) -> bool:
        """Whether it runs, or will."""
        return self._wanted is not None

    def start(self, config: Callable[[], dict[str, Any]], listeners: Sequence[tuple[int, int]]) -> None:
        """Run from now on, afresh if it runs. ``config`` is asked for at that moment."""
        self._wanted, self._listeners = config, listeners
        self._end()
        self._go_on()

    def stop(self) -> None:
        """End every process in it."""
        self._wanted = None
        if self._serves:
            self._end()

    def discard(self, afterwards: Callable[[], None]) -> None:
        """End for good; call when nothing of it runs."""
        self._wanted, self._afterwards = None, afterwards
        self._answer_nothing()
        self._end()
        self._go_on()

    def hang_up(self) -> None:
        """End, for good; :meth:`close` waits for it."""
        self._wanted, self._questions = None, []
        self._end()

    def listen(self) -> None:
        """Its ports were opened again."""
        self._say({"do": "listen"})

    def execute(self, command: list[str], config: Callable[[], dict[str, Any]], answer: Answer) -> None:
        """Run a command in it, whether it runs or not; ``answer`` gets what it prints, in a moment."""
        self._commands_config = config
        self._questions.append((command, answer))
        self._go_on()

    def log(self, daemon: bool) -> list[str]:
        """The end of what was printed in it, or said about it."""
        try:
            with (self.folder / ("daemon.log" if daemon else "log")).open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_LOG))
                return file.read().decode(errors="replace").splitlines()
        except FileNotFoundError:
            return []

    def note(self, text: str) -> None:
        """A line for the daemon's log."""
        # The folder may be out of the way by now.
        with contextlib.suppress(OSError), (self.folder / "daemon.log").open("a", encoding="utf-8") as file:
            file.write(text + "\n")

    # The first process

    @property
    def _up(self) -> bool:
        return self._started is not None and self._ending is None

    def _go_on(self) -> None:
        """Start what is wanted when nothing runs, and ask what is to be asked when something does."""
        if self._started is None:
            if self._wanted is not None:
                self._begin({**self._wanted(), "serve": True}, self._listeners)
            elif self._questions and self._commands_config is not None:
                self._begin({**self._commands_config(), "serve": False}, ())
            elif self._afterwards is not None:
                self._afterwards()
                self._afterwards = None
        if self._up:
            for command, answer in self._questions:
                number = next(self._numbers)
                self._asked[number] = answer
                self._say({"do": "execute", "command": command, "number": number})
            self._questions = []

    def _begin(self, config: dict[str, Any], listeners: Sequence[tuple[int, int]]) -> None:
        self._serves, self._heard = config["serve"], b""
        isolation = self._isolation if self._serves else self._isolation._replace(own_network=False)
        try:
            started = launch.start(config, isolation, self._programs, self.folder, listeners)
        except OSError as error:
            self._cannot(error)
            return
        try:
            self._exit_file = os.pidfd_open(started.process.pid)
        except OSError as error:
            started.process.kill()
            started.process.wait()
            started.control.close()
            _let_go(started)
            self._cannot(error)
            return
        self._started = started
        loop = asyncio.get_running_loop()
        started.control.setblocking(False)
        loop.add_reader(started.control, self._hear)
        loop.add_reader(self._exit_file, self._ended)

    def _cannot(self, error: OSError) -> None:
        self.note(f"the machine cannot be started: {error}")
        self._wanted = None
        self._answer_nothing()

    def _answer_nothing(self) -> None:
        questions, self._questions = self._questions, []
        for _command, answer in questions:
            answer("")

    def _end(self) -> None:
        if self._started is None or self._ending is not None:
            return
        self._ending = asyncio.get_running_loop().call_later(PATIENCE, self._started.process.kill)
        self._cut(self._started)

    def _cut(self, started: Started) -> None:
        if started.control.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(started.control)
            # Not only closed: the process that is just being started may have a copy.
            with contextlib.suppress(OSError):
                started.control.shutdown(socket.SHUT_RDWR)
            started.control.close()

    def _ended(self) -> None:
        started, self._started = self._started, None
        if started is None:
            return
        asyncio.get_running_loop().remove_reader(self._exit_file)
        os.close(self._exit_file)
        if started.process.wait() != 0 and started.mark is not None:
            home.kill_marked(started.mark)
        if self._ending is not None:
            self._ending.cancel()
        elif self._serves:
            self.note(f"the machine ended with exit code {started.process.returncode}")
            # It would only end again.
            self._wanted = None
            self._died()
        self._ending = None
        self._cut(started)
        _let_go(started)
        asked, self._asked = self._asked, {}
        for answer in asked.values():
            answer("")
        self._go_on()

    def _hear(self) -> None:
        if self._started is None:
            return
        try:
            content = self._started.control.recv(1 << 20)
        except OSError:
            return
        if not content:
            asyncio.get_running_loop().remove_reader(self._started.control)
            return
        *lines, self._heard = (self._heard + content).split(b"\n")
        for line in lines:
            said = json.loads(line)
            if "up" in said:
                self._connect()
            else:
                self._asked.pop(said["number"])(said["text"])
        if not self._serves and not self._asked:
            # It was only started for the commands.
            self._end()

    def _connect(self) -> None:
        if self._started is not None and self._programs.slirp4netns is not None:
            started, self._started = self._started, self._started._replace(ready=None)
            try:
                self._started = launch.connect(started, self._programs.slirp4netns)
            except OSError as error:
                self.note(f"the machine has no network: {error}")

    def _say(self, wish: dict[str, Any]) -> None:
        if self._up and self._started is not None:
            with contextlib.suppress(OSError):
                self._started.control.send(json.dumps(wish).encode() + b"\n")

    def close(self) -> None:
        """End, and return when nothing of it runs: for the end of the emulator."""
        self.hang_up()
        started = self._started
        if started is not None:
            try:
                started.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                started.process.kill()
            self._ended()


def _let_go(started: Started) -> None:
    for number in (started.ready, started.leash):
        if number is not None:
            os.close(number)
    if started.network is not None:
        # It has nothing left to do but to end.
        started.network.kill()
        started.network.wait()
