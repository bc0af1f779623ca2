# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts who ask for a higher price of a running contract, and the renter's answers.

An accepted price is billed from then on. A rejected or unanswered one changes nothing: the contract goes on at its
price until its end.
"""

from __future__ import annotations

from typing import Any

from vast_emulator.market.pricing import storage_price
from vast_emulator.world.contracts import Contract
from vast_emulator.world.ledger import SECONDS_PER_HOUR
from vast_emulator.world.world import World


def propose(world: World, contract: Contract, dph_base: float) -> None:
    """The host wants another GPU price in $/h; it takes the place of what was asked for before."""
    for old in pending(world):
        if old["contract_id"] == contract.id:
            world.increases.remove(old["pending_price_increase_id"])
    facts = world.machines[contract.machine_id].facts
    number = world.account.new_id()
    same = {
        "disk_ram_costpersec": storage_price(contract.storage_cost, contract.disk) / SECONDS_PER_HOUR,
        "bwu_cost": facts["inet_up_cost"],
        "bwd_cost": facts["inet_down_cost"],
        "platform_fee": None,
    }
    record = {
        "pending_price_increase_id": number,
        "contract_id": contract.id,
        "host_id": facts["host_id"],
        "new_gpu_costpersec": dph_base / SECONDS_PER_HOUR,
        "old_gpu_costpersec": contract.dph_base / SECONDS_PER_HOUR,
        "contract_end_date": contract.end_date,
        "ask_end_date": facts["end_date"],
        "created_at": world.now,
    }
    record.update({f"{when}_{name}": cost for name, cost in same.items() for when in ("new", "old")})
    world.increases.put(number, {"dph_base": dph_base, "shown": record})


def pending(world: World) -> list[dict[str, Any]]:
    """What was not answered yet, of contracts that exist."""
    return [one["shown"] for one in world.increases if one["shown"]["contract_id"] in world.contracts]


def answer(world: World, number: int, accepted: bool) -> Contract | None:
    """Accept or reject one; the contract that it was about, or None when there is no such increase."""
    found = world.increases.get(number)
    contract = world.contracts.get(found["shown"]["contract_id"]) if found else None
    if found is None or contract is None:
        return None
    world.increases.remove(number)
    if accepted:
        world.set_rate(contract, found["dph_base"])
    return contract
