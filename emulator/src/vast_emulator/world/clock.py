# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulated clock: Unix epoch seconds that run ``speed`` times as fast as the wall clock."""

from __future__ import annotations

import time

# Emulated seconds in a second.
HIGHEST_SPEED = 1e6
# Emulated seconds that may lie between now and anything that is asked for.
LONGEST = 366 * 86400.0


class Clock:
    """Emulated time as a pure function of an anchor and the wall clock.

    Nothing has to be written while time passes, so a killed emulator loses no time: with a state file the market
    goes on while the emulator is down, as the real one would. Speed 0 freezes time; it then moves only by
    :meth:`advance`. ``option`` is the speed that the emulator was started with; :meth:`run_at` changes the speed
    meanwhile.
    """

    def __init__(self, emulated: float, wall: float, speed: float, option: float | None = None) -> None:
        self.emulated = emulated
        self.wall = wall
        self.speed = speed
        self.option = speed if option is None else option
        self._latest = emulated

    @classmethod
    def starting_now(cls, speed: float) -> Clock:
        """A clock that reads the wall clock's time at this moment."""
        wall = time.time()
        return cls(emulated=wall, wall=wall, speed=speed)

    @classmethod
    def from_record(cls, record: dict, speed: float) -> Clock:
        """A clock that goes on where a stored one stands now.

        A restart with the same option keeps the speed that was set meanwhile; another option sets the speed.
        """
        stored = cls(**record)
        wall = time.time()
        kept = stored.speed if speed == stored.option else speed
        return cls(emulated=stored.at(wall), wall=wall, speed=kept, option=speed)

    def record(self) -> dict:
        """What a state file needs to know."""
        return {"emulated": self.emulated, "wall": self.wall, "speed": self.speed, "option": self.option}

    def at(self, wall: float) -> float:
        """Emulated time at a moment of the wall clock."""
        return self.emulated + max(0.0, wall - self.wall) * self.speed

    def now(self) -> float:
        """Emulated epoch seconds; never goes back, even when somebody sets the wall clock back."""
        self._latest = max(self._latest, self.at(time.time()))
        return self._latest

    def advance(self, seconds: float) -> None:
        """Jump forward by emulated seconds."""
        self.emulated += seconds
        self._latest += seconds

    def run_at(self, speed: float) -> None:
        """From now on, ``speed`` emulated seconds pass in a second."""
        self.emulated, self.wall, self.speed = self.now(), time.time(), speed

    def wall_seconds_until(self, emulated: float) -> float:
        """Real seconds until the emulated moment; infinite when time is frozen."""
        if self.speed == 0:
            return float("inf")
        return max(0.0, emulated - self.now()) / self.speed
