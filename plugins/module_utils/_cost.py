# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What things cost: dollars per hour, day and month with their parts, out of API rows.

A month is 720 hours: that is how Vast.ai turns storage prices ($/GB/month) into $/h. Storage is billed from creation
until destruction, GPU time only while an instance runs; nothing is billed while its machine is offline.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import (
    number,
    number_or_zero,
)

HOURS_PER_DAY = 24
HOURS_PER_MONTH = 720
CURRENCY = "USD"

_SUMMED = (
    "hourly_price",
    "daily_price",
    "monthly_price",
    "gpu_hourly_price",
    "storage_hourly_price",
    "running_hourly_price",
)


def offer_cost(row: Mapping[str, Any], disk_gb: float) -> dict[str, Any]:
    """What an offer will cost once it is rented with ``disk_gb`` GB of storage and runs."""
    gpu = _offer_gpu_price(row)
    storage = _per_hour(row, disk_gb)
    return _cost(row, gpu=gpu, storage=storage, running=gpu + storage)


def instance_cost(row: Mapping[str, Any]) -> dict[str, Any]:
    """What an instance accrues now: without its GPU while it is stopped or loading, nothing while it is offline.

    The row's ``dph_total`` stays at the full rate when an instance is stopped; its ``instance`` object is what accrues.
    """
    full_gpu = _first_number(row.get("dph_base"), _priced(row, "search", "gpuCostPerHour"))
    full_storage = _instance_storage_price(row)
    if full_gpu is None:
        full_gpu = max(number_or_zero(row.get("dph_total")) - full_storage, 0.0)
    gpu, storage = _accruing(row, full_gpu, full_storage)
    return _cost(row, gpu=gpu, storage=storage, running=full_gpu + full_storage)


def volume_cost(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a volume accrues, whether an instance uses it or not; its row has $/h, but no price per GB."""
    size = number_or_zero(row.get("disk_space"))
    storage = number(row.get("storage_total_cost"))
    if storage is None:
        storage = _per_hour(row, size)
    per_gb = storage * HOURS_PER_MONTH / size if size > 0 else 0.0
    return _cost({"storage_cost": per_gb, **row}, gpu=0.0, storage=storage, running=storage)


def total(costs: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The sum of several costs: only the prices per time add up, so the prices per GB are left out."""
    listed = list(costs)
    return {"currency": CURRENCY} | {
        name: round(math.fsum(number_or_zero(cost.get(name)) for cost in listed), 6) for name in _SUMMED
    }


def _cost(row: Mapping[str, Any], gpu: float, storage: float, running: float) -> dict[str, Any]:
    hourly = gpu + storage
    prices = {
        "hourly_price": hourly,
        "daily_price": hourly * HOURS_PER_DAY,
        "monthly_price": hourly * HOURS_PER_MONTH,
        "gpu_hourly_price": gpu,
        "storage_hourly_price": storage,
        "running_hourly_price": running,
        "storage_price_per_gb_month": number_or_zero(row.get("storage_cost")),
        "upload_price_per_gb": number_or_zero(row.get("inet_up_cost")),
        "download_price_per_gb": number_or_zero(row.get("inet_down_cost")),
    }
    return {"currency": CURRENCY} | {name: round(float(price), 6) for name, price in prices.items()}


def _offer_gpu_price(row: Mapping[str, Any]) -> float:
    """An offer's ``dph_total`` includes storage, of a size that the search asked for; the GPU is the rest."""
    price = _first_number(row.get("dph_base"), _priced(row, "search", "gpuCostPerHour"))
    if price is not None:
        return price
    return max(
        number_or_zero(row.get("dph_total")) - number_or_zero(row.get("storage_total_cost")),
        0.0,
    )


def _instance_storage_price(row: Mapping[str, Any]) -> float:
    known = _first_number(row.get("storage_total_cost"), _priced(row, "search", "diskHour"))
    return _per_hour(row, row.get("disk_space")) if known is None else known


def _accruing(row: Mapping[str, Any], gpu: float, storage: float) -> tuple[float, float]:
    """(GPU, storage) in $/h at this moment, given the full rates."""
    status = row.get("actual_status")
    if status == "offline":
        return 0.0, 0.0
    now_gpu, now_storage = (
        _priced(row, "instance", "gpuCostPerHour"),
        _priced(row, "instance", "diskHour"),
    )
    if now_gpu is None:
        now_gpu = gpu if status == "running" else 0.0
    return now_gpu, storage if now_storage is None else now_storage


def _per_hour(row: Mapping[str, Any], gigabytes: Any) -> float:
    return number_or_zero(row.get("storage_cost")) * number_or_zero(gigabytes) / HOURS_PER_MONTH


def _priced(row: Mapping[str, Any], name: str, price: str) -> float | None:
    """A price inside the row's ``search`` or ``instance`` object."""
    prices = row.get(name)
    return number(prices.get(price)) if isinstance(prices, Mapping) else None


def _first_number(*values: Any) -> float | None:
    return next((found for found in map(number, values) if found is not None), None)
