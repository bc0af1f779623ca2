# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the marketplace and make things happen in it."""

from __future__ import annotations

from typing import Any

from vast_emulator.events.table import Scene, let_happen
from vast_emulator.market.generator import BID_MACHINE, ON_DEMAND_MACHINE
from vast_emulator.market.machines import Machine, Offer
from vast_emulator.market.offers import is_free
from vast_emulator.web.routing import Call, control


@control.add("GET", "/_emulator/market")
def show(call: Call) -> dict[str, Any]:
    """Every machine with its offers, and the two machines that exist for every seed."""
    call.world.settle()
    return {
        "well_known": {"on_demand_machine": ON_DEMAND_MACHINE, "bid_machine": BID_MACHINE},
        "seed": call.world.seed,
        "machines": [_machine(call, machine) for machine in call.world.machines.values()],
    }


def _machine(call: Call, machine: Machine) -> dict[str, Any]:
    names = ("gpu_name", "geolocation", "verification", "reliability", "storage_cost", "hosting_type")
    return {
        "machine_id": machine.id,
        **{name: machine.facts[name] for name in names},
        "holders": machine.holders,
        "offers": [_offer(call, offer) for offer in machine.offers],
    }


def _offer(call: Call, offer: Offer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "num_gpus": len(offer.gpu_ids),
        "gpu_ids": list(offer.gpu_ids),
        "price": offer.price,
        "min_bid": offer.price_to_win(),
        "disk_space": offer.facts["disk_space"],
        "rentable": not offer.gone and is_free(offer, call.world.is_bid),
        "vanished": offer.vanished,
    }


@control.add("POST", "/_emulator/market")
def change(call: Call) -> dict[str, Any]:
    """Let one or several things happen; all of them are understood before the first happens."""
    call.world.settle()
    let_happen(Scene(call.world), call.body)
    return {"success": True}
