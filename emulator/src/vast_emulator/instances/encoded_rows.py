# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance rows as JSON text. The part that stays is encoded when it is first asked for after a change."""

from __future__ import annotations

from vast_emulator.instances.rows import MOVING, moving, still
from vast_emulator.instances.ssh_endpoints import DocumentationAddresses
from vast_emulator.values import dump_json, join_objects
from vast_emulator.world.contracts import Contract
from vast_emulator.world.world import World

# Names of columns, or None for all.
Columns = tuple[str, ...] | None


def encoded_row(contract: Contract, world: World, addresses: DocumentationAddresses, columns: Columns) -> str:
    """The row, or these columns of it; columns that do not exist are null."""

    def still_part() -> str:
        made = still(contract, world, addresses)
        return dump_json(made if columns is None else {name: made.get(name) for name in columns if name not in MOVING})

    stays = world.derived.form(contract.id, columns, still_part)
    if columns is None:
        return join_objects(stays, dump_json(moving(contract, world)))
    moves = [name for name in columns if name in MOVING]
    if not moves:
        return stays
    made = moving(contract, world)
    return join_objects(stays, dump_json({name: made[name] for name in moves}))
