# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Strangers bid."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.events import named
from vast_emulator.events.offers import MOST_DOLLARS
from vast_emulator.events.table import Happening, Scene, event
from vast_emulator.failures import invalid_args
from vast_emulator.market.machines import BID_STEP
from vast_emulator.world.contracts import Contract
from vast_emulator.world.settings import CHOICES

# Strangers outbid by a tenth, at least by the smallest step.
_MORE = 1.1


@event("outbid")
def outbid(scene: Scene, wanted: Any) -> Happening:
    """A stranger bids more than interruptible instances; ``shape`` says what they look like then."""
    wanted = named.details(wanted, "outbid", "instance", "shape")
    shape = wanted.get("shape")
    if shape is not None and shape not in CHOICES["outbid_shape"]:
        raise invalid_args(f"shape must be one of {', '.join(CHOICES['outbid_shape'])}.")
    contracts = named.instances(scene, wanted.get("instance"))
    bids = [contract for contract in contracts if contract.is_bid]
    if contracts and not bids:
        raise named.not_now("only a bid can be outbid.")

    def happen() -> None:
        for contract in bids:
            _outbid(scene, contract, shape)

    return happen


def _outbid(scene: Scene, contract: Contract, shape: str | None) -> None:
    offer = scene.world.offers[contract.ask_id]
    dollars = contract.price or 0.0
    more = max(dollars * _MORE, dollars + BID_STEP)
    contract.outbid_shape = shape
    scene.world.save(contract)
    scene.world.ask_for_bids(offer, more / len(offer.gpu_ids))


@event("set_min_bid")
def set_min_bid(scene: Scene, wanted: Any) -> Happening:
    """Another lowest bid that wins against strangers, in $/h: of an offer or instance as a whole, or for each GPU of a
    machine.
    """
    wanted = values.mapping(wanted, "set_min_bid")
    names = set(wanted) - {"min_bid"}
    if len(names) != 1 or not names <= {"machine_id", "offer_id", "instance_id"}:
        raise invalid_args("set_min_bid takes min_bid and one of machine_id, offer_id, instance_id.")
    dollars = values.number(wanted.get("min_bid"), "min_bid", 0.0, MOST_DOLLARS)
    if "machine_id" in wanted:
        machine = named.machine(scene, wanted["machine_id"])
        whole = max(machine.offers, key=lambda one: len(one.gpu_ids))
        return lambda: scene.world.ask_for_bids(whole, dollars)
    if "offer_id" in wanted:
        offer = named.offer(scene, wanted["offer_id"])
    else:
        offer = scene.world.offers[named.instance(scene, wanted["instance_id"]).ask_id]
    return lambda: scene.world.ask_for_bids(offer, dollars / len(offer.gpu_ids))
