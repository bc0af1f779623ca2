# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines are lost and come back; strangers take GPUs and leave them."""

from __future__ import annotations

from typing import Any

from vast_emulator.events import named
from vast_emulator.events.table import Happening, Scene, event
from vast_emulator.world.contracts import Contract


@event("offline", undo="online")
def offline(scene: Scene, wanted: Any) -> Happening:
    """Machines are lost."""
    return _set_offline(scene, wanted, "offline", True)


@event("online")
def online(scene: Scene, wanted: Any) -> Happening:
    """Machines come back."""
    return _set_offline(scene, wanted, "online", False)


def _set_offline(scene: Scene, wanted: Any, name: str, lost: bool) -> Happening:
    machines = named.machines(scene, named.details(wanted, name, "machine_id", "instance"), name)

    def happen() -> dict[str, Any]:
        for machine in machines:
            scene.world.set_offline(machine, lost)
        return {"machine_id": [machine.id for machine in machines]}

    return happen


@event("take_gpus", undo="leave_gpus")
def take_gpus(scene: Scene, wanted: Any) -> Happening:
    """Strangers rent the GPUs of instances, which must not hold them on demand."""
    contracts = named.instances(scene, named.details(wanted, "take_gpus", "instance").get("instance"))
    for contract in contracts:
        _refuse_rented(scene, contract)

    def happen() -> dict[str, Any]:
        for contract in contracts:
            scene.world.take_gpus(contract)
        return named.those_left(contracts)

    return happen


def _refuse_rented(scene: Scene, contract: Contract) -> None:
    if not scene.world.holding.is_free_of_demand(contract):
        raise named.not_now(f"the GPUs of instance {contract.id} are rented on demand; nobody else can have them.")


@event("leave_gpus")
def leave_gpus(scene: Scene, wanted: Any) -> Happening:
    """Strangers leave the GPUs of instances, to whoever waits for them."""
    about = named.details(wanted, "leave_gpus", "instance").get("instance")
    # Those who came for a while leave, whatever became of the instance that they came for.
    contracts = named.instances(scene, about) + named.destroyed_since(scene, about)

    def happen() -> None:
        for contract in contracts:
            scene.world.leave_gpus(contract)

    return happen
