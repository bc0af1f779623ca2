# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machine, offer or instance that an event is about."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.contracts import Contract
from vast_emulator.events.table import Scene
from vast_emulator.failures import Refusal, no_such_instance
from vast_emulator.market.machines import Machine, Offer


def machine(scene: Scene, wanted: Any) -> Machine:
    """A machine by its id."""
    found = scene.world.machines.get(values.identifier(wanted) or 0)
    if found is None:
        raise Refusal(404, "no_such_machine", f"There is no machine {wanted}.")
    return found


def offer(scene: Scene, wanted: Any) -> Offer:
    """An offer by its id."""
    number = values.identifier(wanted)
    found = None if number is None else scene.world.offers.get(number)
    if found is None:
        raise Refusal(404, "no_such_ask", f"There is no offer {wanted}.")
    return found


def instance(scene: Scene, wanted: Any) -> Contract:
    """An instance by its id, or ``"this"``: the one of the request that set the event off."""
    found = scene.world.contract(scene.this if wanted == "this" else wanted)
    if found is None:
        raise no_such_instance(wanted)
    return found
