# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offers as searches see them: fields that depend on the moment, and whole rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vast_emulator.market import pricing
from vast_emulator.market.generator import driver_number
from vast_emulator.market.machines import Offer
from vast_emulator.market.pricing import View


def is_free(offer: Offer, is_bid: Callable[[int], bool]) -> bool:
    """Whether somebody can rent it now. A bid keeps neither those from a GPU who rent on demand nor a higher bid."""
    return not any(holder < 0 or not is_bid(holder) for holder in offer.holders())


def country(offer: Offer) -> str:
    """The two-letter code at the end of the location."""
    return offer.facts["geolocation"][-2:]


def _per_dollar(field: str) -> Callable[[Offer, View], float]:
    return lambda offer, view: round(offer.facts[field] / pricing.total(offer, view), 3)


# Fields and virtual names that are not stored as they are, as (offer, view) -> value. Numbers at the wire are MB, s
# and $/h.
COMPUTED: dict[str, Callable[[Offer, View], Any]] = {
    "ask_contract_id": lambda offer, view: offer.id,
    "id": lambda offer, view: offer.id,
    "dph_base": pricing.base,
    "dph_total": pricing.total,
    "dph_total_adj": pricing.total,
    "dphtotal": pricing.total,
    "discounted_dph_total": pricing.discounted_total,
    "discount_rate": pricing.discount,
    "storage_total_cost": pricing.disk,
    "min_bid": lambda offer, view: offer.price_to_win(),
    "is_bid": lambda offer, view: view.kind == "bid",
    "rented": lambda offer, view: any(holder > 0 for holder in offer.holders()),
    "duration": lambda offer, view: offer.facts["end_date"] - view.now,
    "dlperf_per_dphtotal": _per_dollar("dlperf"),
    "flops_per_dphtotal": _per_dollar("total_flops"),
    "vram_costperhour": lambda offer, view: pricing.total(offer, view) / (offer.facts["gpu_total_ram"] / 1000.0),
    "verified": lambda offer, view: offer.facts["verification"] == "verified",
    "datacenter": lambda offer, view: offer.facts["hosting_type"] == 1,
    "geolocation": lambda offer, view: country(offer),
    "driver_version": lambda offer, view: offer.facts["driver_vers"],
    "ubuntu_version": lambda offer, view: offer.facts["os_version"],
    "target_reliability": lambda offer, view: offer.facts["expected_reliability"],
    "gpu_totalram": lambda offer, view: offer.facts["gpu_total_ram"],
    "gpu_ram_GB": lambda offer, view: offer.facts["gpu_ram"] / 1000.0,
    "gpu_totalram_GB": lambda offer, view: offer.facts["gpu_total_ram"] / 1000.0,
    "cpu_ram_GB": lambda offer, view: offer.facts["cpu_ram"] / 1000.0,
    "allocated_storage": lambda offer, view: offer.facts["disk_space"],
    "avail_vol_dph": lambda offer, view: pricing.storage_price(offer.facts["volume_price"], view.storage),
}
_DROPPED = ("direct_ports", "machine_gpus", "tflops", "dlperf_per_gpu", "volume_price", "country_code")


def driver_operand(value: Any) -> Any:
    """``"570.124.04"`` in a filter becomes the number that is compared; everything else stays."""
    if isinstance(value, str) and len(value) < 16:
        parts = value.split(".")
        if len(parts) == 3 and all(part.isascii() and part.isdecimal() for part in parts):
            return driver_number(value)
    return value


def row(offer: Offer, view: View, free: bool) -> dict[str, Any]:
    """One offer as an answer to a search."""
    facts = offer.facts
    made = {name: value for name, value in facts.items() if name not in _DROPPED}
    made.update(pricing.row_prices(offer, view))
    for field in (
        "rented",
        "duration",
        "dlperf_per_dphtotal",
        "flops_per_dphtotal",
        "vram_costperhour",
        "avail_vol_dph",
    ):
        made[field] = COMPUTED[field](offer, view)
    made.update(
        id=offer.id,
        ask_contract_id=offer.id,
        gpu_ids=list(offer.gpu_ids),
        rentable=free,
        reliability_mult=round(facts["reliability"] ** 4, 6),
        internet_up_cost_per_tb=round(facts["inet_up_cost"] * 1024, 4),
        internet_down_cost_per_tb=round(facts["inet_down_cost"] * 1024, 4),
        bundled_results=1,
        logo="/static/logos/vastai_small2.png",
        webpage=None,
        rn=1,
        time_remaining="",
        time_remaining_isbid="",
    )
    return made
