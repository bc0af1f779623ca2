# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at and move the emulated clock."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.routing import Call, control

LONGEST_JUMP = 366 * 86400.0


def _clock(call: Call) -> dict[str, Any]:
    return {
        "now": call.world.now,
        "speed": call.world.clock.speed,
        "since_start": call.world.now - call.world.genesis.at,
    }


@control.add("GET", "/_emulator/clock")
def show(call: Call) -> dict[str, Any]:
    """Emulated epoch seconds, speed, seconds since the world began."""
    call.world.settle()
    return _clock(call)


@control.add("POST", "/_emulator/clock")
def advance(call: Call) -> dict[str, Any]:
    """Jump forward; everything that was due on the way has happened when this answers."""
    call.world.advance(values.number(call.body.get("advance"), "advance", 0.0, LONGEST_JUMP))
    return _clock(call)
