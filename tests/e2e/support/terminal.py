# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A person at a terminal."""

from __future__ import annotations

import os
import pty
import sys
import time
from collections.abc import Mapping
from pathlib import Path


class Terminal:
    """Runs one of Ansible's commands as a person would. ``shown``: everything on the screen so far."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *command: str) -> None:
        """Start it in ``folder``."""
        self.shown = ""
        self.pid, self._terminal = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            os.execve(Path(sys.executable).with_name(command[0]), command, {**environment, "TERM": "dumb"})

    def answer(self, question: str, text: str) -> None:
        """Wait for a question; type an answer and Return."""
        while question not in self.shown and self._read():
            continue
        assert question in self.shown
        time.sleep(0.2)  # a person answers when the program has switched off the echo, right after its question
        os.write(self._terminal, f"{text}\r".encode())

    def rc(self) -> int:
        """Wait for the end."""
        while self._read():
            continue
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bool:
        try:
            text = os.read(self._terminal, 4096).decode(errors="replace")
        except OSError:  # the other end is closed
            text = ""
        self.shown += text
        return bool(text)
