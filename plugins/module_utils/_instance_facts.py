# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance as the collection's results and hostvars show it: our units, stable names, no secrets.

Environment variables and start-up scripts often hold tokens, and ``jupyter_token`` is one: of the first only the names
are shown, the others not at all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _ssh
from ansible_collections.cloudctl.vastai.plugins.module_utils._bid_facts import bid_status
from ansible_collections.cloudctl.vastai.plugins.module_utils._fields import text
from ansible_collections.cloudctl.vastai.plugins.module_utils._launch import environment
from ansible_collections.cloudctl.vastai.plugins.module_utils._mounts import mounted_volumes
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number, number_or_zero
from ansible_collections.cloudctl.vastai.plugins.module_utils._readiness import status_message

_COUNTRY = re.compile(r"\b([A-Z]{2})\s*$")
_MB_PER_GB = 1000


def describe(row: Mapping[str, Any]) -> dict[str, Any]:
    """The documented facts of an instance row; fields that the API left out or broke are None."""
    return {
        "id": int(number_or_zero(row.get("id"))),
        "name": text(row, "label"),
        "status": text(row, "actual_status") or "creating",
        "status_message": status_message(row) or None,
        "intended_status": text(row, "intended_status"),
        "running": row.get("actual_status") == "running",
        "is_bid": bool(row.get("is_bid")),
        "bid_status": bid_status(row) if row.get("is_bid") else None,
        **_machine(row),
        **_container(row),
        "hourly_price": round(float(number_or_zero(row.get("dph_total"))), 6),
        "start_time": number(row.get("start_date")),
        "end_time": number(row.get("end_date")),
    }


def country(row: Mapping[str, Any]) -> str | None:
    """The two-letter code at the end of ``Sweden, SE``."""
    code = _COUNTRY.search(str(row.get("geolocation") or ""))
    return code.group(1) if code else None


def volumes(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``[{"id": 7, "name": "models", "mount_path": "/data"}]``; the single read does not tell ids."""
    return mounted_volumes(row, environment(row))


def _machine(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "machine_id": number(row.get("machine_id")),
        "host_id": number(row.get("host_id")),
        "gpu_name": text(row, "gpu_name"),
        "num_gpus": number(row.get("num_gpus")),
        "gpu_ram_gb": _gigabytes(row, "gpu_ram"),
        "cpu_cores": number(row.get("cpu_cores_effective")),
        "cpu_ram_gb": _gigabytes(row, "cpu_ram"),
        "disk_gb": number(row.get("disk_space")),
        "inet_up_mbps": number(row.get("inet_up")),
        "inet_down_mbps": number(row.get("inet_down")),
        "cuda_max_good": number(row.get("cuda_max_good")),
        "driver_version": text(row, "driver_version"),
        "reliability": number(row.get("reliability2")),
        "verification": text(row, "verification"),
        "geolocation": text(row, "geolocation"),
        "country": country(row),
        "public_ip": _ssh.public_address(row) or None,
    }


def _container(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "image": text(row, "image_uuid"),
        "template_hash_id": text(row, "template_hash_id"),
        "runtype": text(row, "image_runtype"),
        "env_names": [name for name in environment(row) if not name.startswith("-")],
        "ports": _ssh.mapped_ports(row),
        "volumes": volumes(row),
    }


def _gigabytes(row: Mapping[str, Any], field: str) -> float | None:
    megabytes = number(row.get(field))
    return None if megabytes is None else round(megabytes / _MB_PER_GB, 3)
