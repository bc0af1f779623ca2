# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offers go and come back, and prices change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vast_emulator import values
from vast_emulator.events import named
from vast_emulator.events.table import Happening, Scene, event
from vast_emulator.failures import invalid_args
from vast_emulator.market.machines import BID_STEP, Offer

MOST_DOLLARS = 1000.0
_CHANGES = ("dph_base", "min_bid", "factor")


@event("vanish_on_create")
def vanish_on_create(scene: Scene, wanted: Any) -> Happening:
    """The next offers that somebody tries to rent turn out to be gone."""
    wanted = named.details(wanted, "vanish_on_create", "count")
    number = values.integer(wanted.get("count"), "vanish_on_create", 0, 10**6)

    def happen() -> None:
        scene.world.vanish_on_create = number

    return happen


@event("vanish", undo="reappear")
def vanish(scene: Scene, wanted: Any) -> Happening:
    """Offers go off the market."""
    return _set_vanished(scene, wanted, "vanish", True)


@event("reappear")
def reappear(scene: Scene, wanted: Any) -> Happening:
    """Offers that vanished are back."""
    return _set_vanished(scene, wanted, "reappear", False)


def _set_vanished(scene: Scene, wanted: Any, name: str, vanished: bool) -> Happening:
    about = "offers" if wanted in ("all", "seen") else "offer_id"
    offers = named.offers(scene, named.details(wanted, name, about, *named.OFFERS), name)

    def happen() -> dict[str, Any]:
        for offer in offers:
            offer.vanished = vanished
            scene.world.save_offer(offer)
        return {"offers": [offer.id for offer in offers]}

    return happen


@event("price")
def price(scene: Scene, wanted: Any) -> Happening:
    """Hosts change prices in $/h: of one offer to ``dph_base`` or ``min_bid`` as a whole, of several to so much for
    each GPU, or both prices by a ``factor``.
    """
    wanted = named.details(values.mapping(wanted, "price"), "price", "offer_id", *named.OFFERS, *_CHANGES)
    offers = named.offers(scene, wanted, "price")
    whole = "offer_id" in wanted or "instance" in wanted
    changes = _changes(wanted)

    def happen() -> None:
        for offer in offers:
            share = 1 if whole else len(offer.gpu_ids)
            for change in changes:
                change(scene, offer, share)
        for machine_id in {offer.machine.id for offer in offers}:
            scene.world.settle_bids(machine_id)

    return happen


Change = Callable[[Scene, Offer, int], None]


def _changes(wanted: dict[str, Any]) -> list[Change]:
    """What happens to an offer, given what prices are for: 1 for the whole offer, else the number of its GPUs."""
    given = {
        name: values.number(wanted[name], name, BID_STEP if name == "dph_base" else 0.0, MOST_DOLLARS)
        for name in _CHANGES
        if name in wanted
    }
    if not given or ("factor" in given and len(given) > 1):
        raise invalid_args("price takes dph_base or min_bid or both, or factor.")
    if given.get("factor", 1.0) <= 0.0:
        raise invalid_args("factor must be above 0.")
    changes: list[Change] = []
    if "factor" in given:
        changes.append(lambda scene, offer, share: _multiply(scene, offer, given["factor"]))
    if "dph_base" in given:
        changes.append(lambda scene, offer, share: scene.world.set_price(offer, round(given["dph_base"] * share, 6)))
    if "min_bid" in given:
        changes.append(lambda scene, offer, share: _set_min_bid(scene, offer, given["min_bid"] * share))
    return changes


def _multiply(scene: Scene, offer: Offer, factor: float) -> None:
    scene.world.set_price(offer, max(BID_STEP, round(offer.price * factor, 6)))
    _set_min_bid(scene, offer, offer.min_bid * factor)


def _set_min_bid(scene: Scene, offer: Offer, dollars: float) -> None:
    offer.min_bid = round(dollars, 6)
    scene.world.save_offer(offer)
