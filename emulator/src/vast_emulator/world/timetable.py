# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When something is due for a contract."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import NamedTuple


class Entry(NamedTuple):
    """Something of a ``kind`` is due for a contract at emulated epoch seconds; of two at once the older goes first."""

    at: float
    serial: int
    kind: str
    contract: int


class Timetable:
    """Entries in the order of time. Plans change, so whoever reads it says which entries still hold."""

    def __init__(self, holds: Callable[[Entry], bool]) -> None:
        self._holds = holds
        self._queue: list[Entry] = []
        self._serial = itertools.count()

    def add(self, at: float, kind: str, contract: int) -> None:
        """Plan something; what was planned before stays until it does not hold any more."""
        heapq.heappush(self._queue, Entry(at, next(self._serial), kind, contract))

    def next_due(self) -> float:
        """When the first entry that holds is due; infinite when there is none."""
        while self._queue and not self._holds(self._queue[0]):
            heapq.heappop(self._queue)
        return self._queue[0].at if self._queue else float("inf")

    def pop(self) -> Entry:
        """Take the first entry, after :meth:`next_due` found one."""
        return heapq.heappop(self._queue)
