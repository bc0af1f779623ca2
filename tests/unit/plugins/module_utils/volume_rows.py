# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of volumes and of offers of volumes for tests."""

from __future__ import annotations

from typing import Any


def volume(number: int = 7, instances: list[Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A volume of 200 GB at $0.10 per GB and month, as the list has it."""
    return {
        "id": number,
        "label": "models",
        "status": "in-use" if instances else "created",
        "type": "machine",
        "disk_space": 200.0,
        "machine_id": 100 + number,
        "cluster_id": None,
        "host_id": 9,
        "instances": instances or [],
        "start_date": 1795000000.0,
        "end_date": 1799000000.0,
        "storage_total_cost": 0.027778,
        "disk_name": "Samsung SSD 980",
        "inet_up": 812.3,
        "inet_down": 934.8,
        "reliability2": 0.9912,
        "verification": "verified",
        "geolocation": "Sweden, SE",
        **fields,
    }


def volume_offer(number: int = 7, **fields: Any) -> dict[str, Any]:
    """An offer row, on the machine on which ``volume(number)`` would be."""
    return {
        "id": number,
        "ask_contract_id": number,
        "machine_id": 100 + number,
        "host_id": 9,
        "disk_space": 500.0,
        "storage_cost": 0.1,
        "storage_total_cost": 0.027778,
        "geolocation": "Sweden, SE",
        "verification": "verified",
        "external": False,
        "reliability": 0.99,
        "duration": 8640000.5,
        **fields,
    }
