# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contracts end, come back, cost more, are not seen yet or still, or are made by somebody else of the account."""

from __future__ import annotations

import contextlib
from typing import Any

from vast_emulator import values
from vast_emulator.events import named
from vast_emulator.events.offers import MOST_DOLLARS
from vast_emulator.events.table import Happening, Scene, event
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.instances.renting import rent
from vast_emulator.market.machines import BID_STEP, Offer
from vast_emulator.world.clock import LONGEST
from vast_emulator.world.price_increases import propose

DEFAULT_IMAGE = "vastai/base-image:latest"


@event("expire")
def expire(scene: Scene, wanted: Any) -> Happening:
    """The contract of instances or of a volume ends ``in`` so many seconds (0 when not given)."""
    wanted = named.details(wanted, "expire", "instance", "volume_id", "in")
    seconds, world = values.number(wanted.get("in", 0), "in", 0.0, LONGEST), scene.world
    if "volume_id" in wanted:
        volume = named.volume(scene, wanted["volume_id"])
        return lambda: world.set_end_of_volume(volume, world.now + seconds)
    contracts = named.instances(scene, wanted.get("instance"))

    def happen() -> None:
        for contract in contracts:
            world.set_end(contract, world.now + seconds)

    return happen


@event("revive")
def revive(scene: Scene, wanted: Any) -> Happening:
    """An instance that was destroyed exists again."""
    ghost = named.destroyed(scene, named.details(wanted, "revive", "instance").get("instance"))
    return lambda: scene.world.revive(ghost)


@event("hide")
def hide(scene: Scene, wanted: Any) -> Happening:
    """Lists and single reads do not have instances for so many ``seconds``; they exist and bill."""
    wanted = named.details(wanted, "hide", "instance", "seconds")
    seconds = values.number(wanted.get("seconds"), "seconds", 0.0, LONGEST)
    contracts = named.instances(scene, wanted.get("instance"))

    def happen() -> None:
        for contract in contracts:
            scene.world.show_from(contract, scene.world.now + seconds)

    return happen


@event("linger")
def linger(scene: Scene, wanted: Any) -> Happening:
    """Lists and single reads go on to have a destroyed instance for so many ``seconds``, as it was; one that exists,
    once it is destroyed.
    """
    wanted = named.details(wanted, "linger", "instance", "seconds")
    seconds = values.number(wanted.get("seconds"), "seconds", 0.0, LONGEST)
    try:
        contracts = named.instances(scene, wanted.get("instance"))
    except Refusal as refusal:
        if refusal.status != 404 or isinstance(wanted["instance"], (list, dict)):
            raise
        ghost = named.destroyed(scene, wanted.get("instance"))
        return lambda: scene.world.linger(ghost, seconds)

    def happen() -> None:
        for contract in contracts:
            contract.lingers = seconds
            scene.world.save(contract)

    return happen


@event("raise_price")
def raise_price(scene: Scene, wanted: Any) -> Happening:
    """The host of instances on demand asks for another GPU price: ``dph_base`` $/h, or a ``factor`` of today's."""
    wanted = named.details(wanted, "raise_price", "instance", "dph_base", "factor")
    if ("factor" in wanted) == ("dph_base" in wanted):
        raise invalid_args("raise_price takes dph_base or factor.")
    name = "factor" if "factor" in wanted else "dph_base"
    number = values.number(wanted[name], name, BID_STEP, MOST_DOLLARS)
    found = named.instances(scene, wanted.get("instance"))
    contracts = [contract for contract in found if not contract.is_bid]
    if found and not contracts:
        raise named.not_now("hosts do not ask for higher prices of bids.")

    def happen() -> None:
        for contract in contracts:
            propose(scene.world, contract, contract.dph_base * number if name == "factor" else number)

    return happen


@event("rent_elsewhere")
def rent_elsewhere(scene: Scene, wanted: Any) -> Happening:
    """Another client of the same account rents a free offer (of ``machine_id``, if given) under a ``label``: that of
    ``this`` when not given.
    """
    wanted = named.details(wanted, "rent_elsewhere", "label", "machine_id", "image")
    label = values.text(wanted.get("label"), "label", 256)
    if "label" not in wanted:
        label = named.instance(scene, "this").label
    image = values.text(wanted.get("image"), "image", 1024) or DEFAULT_IMAGE
    machines = list(scene.world.machines.values())
    if "machine_id" in wanted:
        machines = [named.machine(scene, wanted["machine_id"])]
    offers = [offer for machine in machines for offer in machine.offers]
    body = {"label": label, "image": image, "runtype": "ssh_direct"}
    return lambda: _rent_one(scene, offers, body)


def _rent_one(scene: Scene, offers: list[Offer], body: dict[str, Any]) -> None:
    """The first offer that can be had without taking it from a bid; nothing happens when there is none."""
    for offer in offers:
        if not offer.holders():
            with contextlib.suppress(Refusal):
                rent(scene.world, offer.id, body)
                return
