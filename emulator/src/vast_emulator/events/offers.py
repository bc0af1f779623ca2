# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offers go, and prices change."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.events import named
from vast_emulator.events.table import Happening, Scene, event
from vast_emulator.failures import invalid_args
from vast_emulator.market.machines import BID_STEP

MOST_DOLLARS = 1000.0


@event("vanish_on_create")
def vanish_on_create(scene: Scene, wanted: Any) -> Happening:
    """The next offers that somebody tries to rent turn out to be gone."""
    number = values.integer(wanted, "vanish_on_create", 0, 10**6)

    def happen() -> None:
        scene.world.vanish_on_create = number

    return happen


@event("vanish")
def vanish(scene: Scene, wanted: Any) -> Happening:
    """An offer goes off the market."""
    offer = named.offer(scene, wanted)

    def happen() -> None:
        offer.vanished = True
        scene.world.save_offer(offer)

    return happen


@event("price")
def price(scene: Scene, wanted: Any) -> Happening:
    """A host changes the price of an offer on demand, in $/h."""
    wanted = values.mapping(wanted, "price")
    if set(wanted) != {"offer_id", "dph_base"}:
        raise invalid_args("price takes offer_id and dph_base.")
    offer = named.offer(scene, wanted["offer_id"])
    dollars = values.number(wanted["dph_base"], "dph_base", BID_STEP, MOST_DOLLARS)
    return lambda: scene.world.set_price(offer, dollars)
