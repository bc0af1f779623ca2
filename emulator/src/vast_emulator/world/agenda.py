# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Market events that have a time on the emulated clock and have not happened yet."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any, NamedTuple

from vast_emulator.world.store import Store

_KIND = "agenda"


class Due(NamedTuple):
    """Events ``wanted`` (name to details) at emulated epoch seconds; ``this`` is the instance they may speak of."""

    at: float
    serial: int
    wanted: dict[str, Any]
    this: int | None


class Agenda:
    """What is going to happen, in the order of time; at the same time, in the order in which it was added.

    The agenda does not know what the events mean. An entry leaves the journal in the transaction that its effects
    enter, so no event is lost or happens twice when the emulator is killed.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._queue = [Due(**record) for _key, record in store.load(_KIND)]
        heapq.heapify(self._queue)
        self._serial = max((due.serial for due in self._queue), default=0)

    def add(self, at: float, wanted: Mapping[str, Any], this: int | None = None) -> None:
        """Let events happen at a moment of the emulated clock; one that is past counts as now."""
        self._serial += 1
        due = Due(at, self._serial, dict(wanted), this)
        heapq.heappush(self._queue, due)
        self._store.put(_KIND, due.serial, due._asdict())

    def next_due(self) -> float:
        """Emulated epoch seconds of the first entry, infinite when there is none."""
        return self._queue[0].at if self._queue else float("inf")

    def pop_due(self, now: float) -> Due | None:
        """Take the first entry if it is due."""
        if self.next_due() > now:
            return None
        due = heapq.heappop(self._queue)
        self._store.remove(_KIND, due.serial)
        return due

    def pending(self) -> list[Due]:
        """All entries, the next one first."""
        return sorted(self._queue)
