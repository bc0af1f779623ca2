# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offers: search the marketplace, and describe what was found in the words of this collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import offer_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._match import (
    MISSING,
    matches,
    row_value,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number
from ansible_collections.cloudctl.vastai.plugins.module_utils._query import build_query

SEARCH_PATH = "/api/v0/bundles/"

ROWS_PER_SEARCH = 64
"""What Vast.ai answers with at the most, whatever the limit."""

MB_PER_GB = 1000

OFFER_ARGUMENTS: dict[str, dict[str, Any]] = {
    "filters": {"type": "raw"},
    "regions": {"type": "list", "elements": "str", "aliases": ["region"]},
    "order": {"type": "list", "elements": "str"},
    "machine_id": {"type": "int"},
    "offer_id": {"type": "int"},
    "max_price": {"type": "float"},
}
"""The options that say which offers are wanted: of every module that searches, documented in the fragment offers."""


class Reader(Protocol):
    """What a search needs of the client."""

    def read(self, method: str, path: str, params: Any = None, body: Any = None) -> Any:
        """The decoded answer."""


def offer_query(
    params: Mapping[str, Any],
    offer_type: str = "on-demand",
    limit: int | None = None,
    storage: float | None = None,
) -> dict[str, Any]:
    """The wire query for the options of OFFER_ARGUMENTS; ``storage`` in GB. Raises BadRequest."""
    asked = {name: params.get(name) for name in OFFER_ARGUMENTS}
    return build_query(**asked, offer_type=offer_type, limit=limit, storage=storage)


def search(client: Reader, query: Mapping[str, Any], path: str = SEARCH_PATH) -> list[dict[str, Any]]:
    """The offer rows that meet the query, best first, each offer once, and no more than the query's ``limit``.

    ``path``: where offers of this kind are searched.

    The server gives at most about 64 rows whatever the limit, applies the order within a sample, and now and then
    ignores a condition: so all three are done again here.
    """
    # A short list could consist of nothing but rows that slipped through: the limit is for us to apply.
    wanted = {**query, "limit": max(query["limit"], ROWS_PER_SEARCH)} if query.get("limit") else dict(query)
    found = client.read("POST", path, body=wanted)
    unique: dict[Any, dict[str, Any]] = {}
    for row in _rows(found):
        offer_id = row_value(row, "ask_contract_id")
        if offer_id not in (None, MISSING) and matches(row, query):
            unique.setdefault(offer_id, row)
    rows = ordered(list(unique.values()), query.get("order") or [])
    return rows[: query.get("limit") or len(rows)]


def _rows(answer: Any) -> list[dict[str, Any]]:
    """The rows of an answer: one row may come as a bare object."""
    if not isinstance(answer, Mapping) or "offers" not in answer:
        raise VastError("Vast.ai answered the offer search with something that is no list of offers; try again later.")
    offers = answer["offers"] or []
    if isinstance(offers, Mapping):
        offers = [offers]
    return [dict(row) for row in offers if isinstance(row, Mapping)] if isinstance(offers, list) else []


def ordered(rows: list[dict[str, Any]], order: list[list[str]]) -> list[dict[str, Any]]:
    """The rows by ``[[field, "asc" | "desc"], ...]``; those that lack a field come last in either direction."""
    for field, direction in reversed(order):
        known = [row for row in rows if row_value(row, field) not in (None, MISSING)]
        unknown = [row for row in rows if row_value(row, field) in (None, MISSING)]
        rows = (
            sorted(
                known,
                key=lambda row: _sort_key(row_value(row, field)),
                reverse=direction == "desc",
            )
            + unknown
        )
    return rows


def _sort_key(value: Any) -> tuple[float, str]:
    """Numbers by size and before text; flags count as 0 and 1."""
    found = number(int(value)) if isinstance(value, bool) else number(value)
    return (found, "") if found is not None else (float("inf"), str(value))


def describe(row: Mapping[str, Any], storage: float) -> dict[str, Any]:
    """A row as the documented offer: units in the names, prices for ``storage`` GB, None for what is unknown."""
    described: dict[str, Any] = {name: _plain(row.get(field)) for name, field in _AS_THEY_ARE.items()}
    described |= {name: number(row.get(field)) for name, field in _NUMBERS.items()}
    described |= {name: _gigabytes(row.get(field)) for name, field in _MEMORY.items()}
    described |= {name: _known(row_value(row, field)) for name, field in _FROM_CONDITIONS.items()}
    duration, reserved = number(row.get("duration")), number(row.get("discounted_dph_total"))
    return described | {
        "duration_seconds": None if duration is None else int(duration),
        "reserved_hourly_price": None if reserved is None else round(float(reserved), 6),
        "cost": offer_cost(row, storage),
    }


_AS_THEY_ARE = {
    "cpu_arch": "cpu_arch",
    "cpu_name": "cpu_name",
    "driver_version": "driver_version",
    "geolocation": "geolocation",
    "gpu_arch": "gpu_arch",
    "gpu_name": "gpu_name",
    "verification": "verification",
}
_NUMBERS = {
    "compute_cap": "compute_cap",
    "cpu_cores": "cpu_cores_effective",
    "cuda_max_good": "cuda_max_good",
    "direct_port_count": "direct_port_count",
    "disk_bandwidth_mb_per_s": "disk_bw",
    "disk_space_gb": "disk_space",
    "dlperf": "dlperf",
    "gpu_fraction": "gpu_frac",
    "gpu_memory_bandwidth_gb_per_s": "gpu_mem_bw",
    "host_id": "host_id",
    "inet_down_mbps": "inet_down",
    "inet_up_mbps": "inet_up",
    "machine_id": "machine_id",
    "min_bid_price": "min_bid",
    "num_gpus": "num_gpus",
    "pcie_bandwidth_gb_per_s": "pcie_bw",
    "score": "score",
    "total_tflops": "total_flops",
}
_MEMORY = {
    "cpu_ram_gb": "cpu_ram",
    "gpu_ram_gb": "gpu_ram",
    "gpu_total_ram_gb": "gpu_total_ram",
}
_FROM_CONDITIONS = {
    "country": "geolocation",
    "datacenter": "datacenter",
    "id": "ask_contract_id",
    "is_bid": "is_bid",
    "reliability": "reliability",
    "rentable": "rentable",
    "static_ip": "static_ip",
    "verified": "verified",
}


def _plain(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _known(value: Any) -> Any:
    return None if value is MISSING else value


def _gigabytes(value: Any) -> float | None:
    megabytes = number(value)
    return None if megabytes is None else round(megabytes / MB_PER_GB, 3)
