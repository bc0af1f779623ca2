# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines are lost, and come back."""

from __future__ import annotations

from typing import Any

from vast_emulator.events import named
from vast_emulator.events.table import Happening, Scene, event


@event("offline")
def offline(scene: Scene, wanted: Any) -> Happening:
    """A machine is lost."""
    machine = named.machine(scene, wanted)
    return lambda: scene.world.set_offline(machine, True)


@event("online")
def online(scene: Scene, wanted: Any) -> Happening:
    """A machine comes back."""
    machine = named.machine(scene, wanted)
    return lambda: scene.world.set_offline(machine, False)
