# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Money that is left, and traffic that costs some."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.events import named
from vast_emulator.events.table import Happening, Scene, event
from vast_emulator.failures import invalid_args

MOST_CREDIT = 1e6
MOST_GIGABYTES = 1e6


@event("credit")
def credit(scene: Scene, wanted: Any) -> Happening:
    """So many dollars are left in the account; with none, everything that runs is stopped."""
    wanted = named.details(wanted, "credit", "left")
    left = values.number(wanted.get("left"), "credit", 0.0, MOST_CREDIT)
    return lambda: scene.world.set_credit(left)


@event("traffic")
def traffic(scene: Scene, wanted: Any) -> Happening:
    """Instances sent ``up_gb`` and received ``down_gb``, billed at their machines' prices."""
    wanted = named.details(wanted, "traffic", "instance", "up_gb", "down_gb")
    up, down = (values.number(wanted.get(name, 0), name, 0.0, MOST_GIGABYTES) for name in ("up_gb", "down_gb"))
    if not up and not down:
        raise invalid_args("traffic takes up_gb or down_gb or both.")
    found = named.instances(scene, wanted.get("instance"))
    contracts = [contract for contract in found if contract.answers]
    if found and not contracts:
        raise named.not_now("only what runs has traffic.")

    def happen() -> None:
        for contract in contracts:
            scene.world.add_traffic(contract, up, down)

    return happen
