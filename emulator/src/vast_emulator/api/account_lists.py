# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of the account that are short or empty here, in the shapes that clients index."""

from __future__ import annotations

from typing import Any

from vast_emulator.routing import Call, api


@api.add("GET", "/api/v0/audit_logs")
def audit_logs(call: Call) -> list[dict[str, Any]]:
    """A bare array, empty."""
    return []


@api.add("GET", "/api/v0/users/me/ipaddrs")
def ip_addresses(call: Call) -> dict[str, Any]:
    """Where the account was used from."""
    return {"results": [{"ip": "127.0.0.1", "first_seen": call.world.genesis.at, "first_location": "loopback"}]}


@api.add("GET", "/api/v0/subaccounts")
def subaccounts(call: Call) -> dict[str, Any]:
    """None."""
    return {"users": []}


@api.add("GET", "/api/v0/users/cloud_integrations")
def cloud_connections(call: Call) -> list[dict[str, Any]]:
    """A bare array, empty."""
    return []


@api.add("GET", "/api/v0/commands/schedule_job")
def scheduled_jobs(call: Call) -> list[dict[str, Any]]:
    """A bare array, empty."""
    return []
