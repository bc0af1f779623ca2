# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at, move and change the emulated clock."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.failures import invalid_args
from vast_emulator.web.routing import Call, control
from vast_emulator.world.clock import HIGHEST_SPEED, LONGEST
from vast_emulator.world.world import World


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


def _jump(world: World, wanted: dict[str, Any]) -> float:
    """Seconds to jump forward."""
    if "until" not in wanted:
        return values.number(wanted.get("advance", 0.0), "advance", 0.0, LONGEST)
    seconds = values.number(wanted["until"], "until", 0.0, 1e12) - world.now
    if not 0.0 <= seconds <= LONGEST:
        raise invalid_args(f"until must be within a year from now, which is {world.now:.3f}.")
    return seconds


@control.add("POST", "/_emulator/clock")
def change(call: Call) -> dict[str, Any]:
    """Jump forward by seconds or until a moment, then run at another speed; everything that was due on the way has
    happened when this answers.
    """
    wanted, world = call.body, call.world
    if not wanted or not set(wanted) <= {"advance", "until", "speed"} or {"advance", "until"} <= set(wanted):
        raise invalid_args("say advance (seconds) or until (epoch seconds), or speed, or one of the first and speed.")
    world.settle()
    seconds = _jump(world, wanted)
    speed = values.number(wanted["speed"], "speed", 0.0, HIGHEST_SPEED) if "speed" in wanted else None
    world.advance(seconds)
    if speed is not None:
        world.run_at(speed)
    return _clock(call)
