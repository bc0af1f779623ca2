# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an offer costs, as searches show it. Dollars per hour; a month is 720 hours."""

from __future__ import annotations

from typing import Any, NamedTuple

from vast_emulator.market.machines import Offer

HOURS_PER_MONTH = 720


class View(NamedTuple):
    """How a search looks at offers: on-demand, bid or reserved; with so many GB of disk; at an emulated moment."""

    kind: str
    storage: float
    now: float


def storage_price(storage_cost: float, gigabytes: float) -> float:
    """$/h of a disk priced in $/GB/month."""
    return storage_cost * gigabytes / HOURS_PER_MONTH


def price_block(gpu: float, disk: float, discounted: float | None = None) -> dict[str, float]:
    """The ``search`` and ``instance`` objects of rows."""
    total = gpu + disk
    return {
        "gpuCostPerHour": gpu,
        "diskHour": disk,
        "totalHour": total,
        "discountTotalHour": 0.0 if discounted is None else total - discounted,
        "discountedTotalPerHour": total if discounted is None else discounted,
    }


def base(offer: Offer, view: View) -> float:
    """The GPU part: the lowest winning bid in a search for bids, else the fixed price."""
    return offer.price_to_win() if view.kind == "bid" else offer.price


def disk(offer: Offer, view: View) -> float:
    """The storage part for the view's disk size."""
    return storage_price(offer.facts["storage_cost"], view.storage)


def total(offer: Offer, view: View) -> float:
    """GPU and storage."""
    return base(offer, view) + disk(offer, view)


def discount(offer: Offer, view: View) -> float:
    """Prepaying lowers only the GPU part, by the host's largest discount."""
    return offer.facts["credit_discount_max"] if view.kind == "reserved" else 0.0


def discounted_total(offer: Offer, view: View) -> float:
    """Total with the prepaid discount."""
    return base(offer, view) * (1.0 - discount(offer, view)) + disk(offer, view)


def row_prices(offer: Offer, view: View) -> dict[str, Any]:
    """The price fields of an offer row."""
    all_in = total(offer, view)
    return {
        "dph_base": base(offer, view),
        "dph_total": all_in,
        "dph_total_adj": all_in,
        "storage_total_cost": disk(offer, view),
        "min_bid": offer.price_to_win(),
        "is_bid": view.kind == "bid",
        "discount_rate": discount(offer, view),
        "discounted_hourly": base(offer, view) * (1.0 - discount(offer, view)) if view.kind == "reserved" else 0.0,
        "discounted_dph_total": discounted_total(offer, view),
        "search": price_block(base(offer, view), disk(offer, view), discounted_total(offer, view)),
        "instance": price_block(base(offer, view), disk(offer, view), discounted_total(offer, view)),
    }
