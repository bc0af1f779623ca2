# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The faults that are planned, first come first served, and kept across restarts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vast_emulator.faults import consequences
from vast_emulator.faults.fault import Fault
from vast_emulator.faults.matching import Asked
from vast_emulator.world.world import World

_KIND = "fault"
_SERIAL = "fault_serial"


class Faults:
    """Planned faults of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        stored = sorted((int(key), record) for key, record in world.store.load(_KIND))
        self._planned = {number: Fault.from_record(number, record) for number, record in stored}
        # The last id that was given; dice are thrown by id, so ids must not depend on restarts.
        self._last = next((record["last"] for _key, record in world.store.load(_SERIAL)), 0)

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._planned.values())

    def check(self, wanted: Mapping[str, Any]) -> Fault:
        """A fault as it would be planned. Refuses what can't be understood or can't happen."""
        fault = Fault(self._last + 1, wanted)
        consequences.check(fault.events, self._world)
        return fault

    def add(self, wanted: Mapping[str, Any]) -> Fault:
        """Plan one; refused as by :meth:`check`."""
        fault = self.check(wanted)
        self._number(fault.id)
        self._keep(fault)
        return fault

    def take(self, asked: Asked) -> Fault | None:
        """The fault that happens to this request. One that does not happen this time leaves it to the next."""
        for fault in list(self):
            if fault.left == 0 or not fault.filter.matches(asked):
                continue
            happens = fault.draw(self._world.seed)
            if fault.left == 0:
                self.remove(fault.id)
            else:
                self._keep(fault)
            if happens:
                return fault
        return None

    def note(self, fault: Fault, error: str) -> None:
        """Remember why an event could not happen. The fault stays to be seen, even if it is used up."""
        fault.last_error = error
        self._keep(fault)

    def remove(self, number: int) -> bool:
        """Forget one; false when there is none of that id."""
        self._world.store.remove(_KIND, number)
        return self._planned.pop(number, None) is not None

    def clear(self) -> None:
        """Forget all."""
        for fault in list(self):
            self.remove(fault.id)

    def restart(self) -> None:
        """Forget all and give ids from 1 again, so that a world that starts again draws as the first time."""
        self.clear()
        self._number(0)

    def _number(self, last: int) -> None:
        self._last = last
        self._world.store.put(_SERIAL, "last", {"last": last})

    def _keep(self, fault: Fault) -> None:
        self._planned[fault.id] = fault
        self._world.store.put(_KIND, fault.id, fault.record())
