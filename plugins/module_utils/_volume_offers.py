# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offers of volumes: the same query language as for GPUs, over the fields that storage has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _offers
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import offer_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._match import MISSING, row_value
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number
from ansible_collections.cloudctl.vastai.plugins.module_utils._offer_fields import CONTROLS
from ansible_collections.cloudctl.vastai.plugins.module_utils._query import build_query

SEARCH_PATH = "/api/v0/volumes/search/"

DEFAULT_ORDER = "storage_cost"
"""Cheapest first: Vast.ai does not judge storage by a score of its own."""

VOLUME_OFFER_ARGUMENTS: dict[str, dict[str, Any]] = {
    "filters": {"type": "raw"},
    "regions": {"type": "list", "elements": "str", "aliases": ["region"]},
    "order": {"type": "list", "elements": "str"},
    "machine_id": {"type": "int"},
    "offer_id": {"type": "int"},
    "max_monthly_price": {"type": "float"},
}
"""The options that say which offers are wanted, documented in the fragment volume_offers."""

# fmt: off
FIELDS = frozenset((
    "ask_contract_id", "cluster_id", "cpu_arch", "cpu_ghz", "cuda_max_good", "datacenter", "disk_bw", "disk_name",
    "disk_space", "driver_version", "duration", "end_date", "external", "geolocation", "gpu_arch", "has_avx", "host_id",
    "hosting_type", "inet_down", "inet_down_cost", "inet_up", "inet_up_cost", "machine_id", "nw_disk_avg_bw",
    "nw_disk_max_bw", "nw_disk_min_bw", "os_version", "pci_gen", "pcie_bw", "reliability", "score", "start_date",
    "static_ip", "storage_cost", "storage_total_cost", "total_flops", "ubuntu_version", "vericode", "verification",
    "verified", "vms_enabled",
))
# fmt: on
"""What volume offers can be asked for; about everything else Vast.ai would find nothing."""


def volume_query(params: Mapping[str, Any], size_gb: int, limit: int | None = None) -> dict[str, Any]:
    """The wire query for the options of VOLUME_OFFER_ARGUMENTS and a volume of ``size_gb`` GB. Raises BadRequest."""
    cap = params.get("max_monthly_price")
    query = build_query(
        filters=params.get("filters"),
        regions=params.get("regions"),
        order=params.get("order") or DEFAULT_ORDER,
        offer_type=None,
        limit=limit,
        storage=size_gb,
        machine_id=params.get("machine_id"),
        offer_id=params.get("offer_id"),
        max_storage_cost=None if cap is None else _per_gigabyte(cap, size_gb),
    )
    asked = [*(field for field in query if field not in CONTROLS), *(field for field, _direction in query["order"])]
    foreign = [field for field in asked if field not in FIELDS]
    if foreign:
        raise BadRequest(
            f"Offers of volumes have no {foreign[0]}; the documentation of the option filters lists what they have."
        )
    return query


def search(client: _offers.Reader, query: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The offer rows that meet the query, as for GPUs."""
    return _offers.search(client, query, SEARCH_PATH)


def describe(row: Mapping[str, Any], size_gb: int) -> dict[str, Any]:
    """A row as the documented offer, priced for a volume of ``size_gb`` GB; None for what is unknown."""
    duration = number(row.get("duration"))
    described: dict[str, Any] = {name: _text(row.get(field)) for name, field in _TEXTS.items()}
    described |= {name: number(row.get(field)) for name, field in _NUMBERS.items()}
    described |= {name: _known(row_value(row, field)) for name, field in _FROM_CONDITIONS.items()}
    return described | {
        "duration_seconds": None if duration is None else int(duration),
        "cost": offer_cost(row, size_gb),
    }


_TEXTS = {
    "cpu_arch": "cpu_arch",
    "disk_name": "disk_name",
    "driver_version": "driver_version",
    "geolocation": "geolocation",
    "verification": "verification",
}
_NUMBERS = {
    "cuda_max_good": "cuda_max_good",
    "disk_bandwidth_mb_per_s": "disk_bw",
    "disk_space_gb": "disk_space",
    "host_id": "host_id",
    "inet_down_mbps": "inet_down",
    "inet_up_mbps": "inet_up",
    "machine_id": "machine_id",
}
_FROM_CONDITIONS = {
    "country": "geolocation",
    "datacenter": "datacenter",
    "id": "ask_contract_id",
    "reliability": "reliability",
    "static_ip": "static_ip",
    "verified": "verified",
}


def _per_gigabyte(monthly: float, size_gb: int) -> float:
    """$/GB/month; rounded, as a quotient may fall a hair below the price that it stands for."""
    if not 0 < monthly < float("inf"):
        raise BadRequest(f"max_monthly_price must be more than 0 $, not {monthly:g}.")
    return round(monthly / size_gb, 9)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _known(value: Any) -> Any:
    return None if value is MISSING else value
