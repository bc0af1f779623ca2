# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients that others wrote, driven as their own programs drive them, on the emulator's clock."""

from __future__ import annotations

import pytest

from vast_emulator.process import Emulator


class EmulatedTime:
    """Stands in for a client's ``time`` module: its waits move the emulated clock, and no test waits."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def time(self) -> float:
        return self.emulator.clock()["now"]

    monotonic = time

    def sleep(self, seconds: float) -> None:
        self.emulator.advance(seconds)


@pytest.fixture
def emulated_time(emulator: Emulator) -> EmulatedTime:
    return EmulatedTime(emulator)
