# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists of the account that are short or empty here, in the shapes that clients index."""

from __future__ import annotations

from typing import Any

from vast_emulator.failures import Refusal
from vast_emulator.web.routing import Call, api


@api.add("GET", "/api/v0/audit_logs")
def audit_logs(call: Call) -> list[dict[str, Any]]:
    """A bare array, empty."""
    return []


@api.add("GET", "/api/v0/users/me/ipaddrs")
def ip_addresses(call: Call) -> dict[str, Any]:
    """Where the account was used from."""
    return {"results": [{"ip": "127.0.0.1", "first_seen": call.world.genesis.at, "first_location": "loopback"}]}


@api.add("GET", "/api/v0/users/cloud_integrations")
def cloud_connections(call: Call) -> list[dict[str, Any]]:
    """A bare array, empty."""
    return []


@api.add("GET", "/api/v0/invoices")
def search_invoices(call: Call) -> list[dict[str, Any]]:
    """A bare array, empty: payments are at ``/api/v1/invoices``."""
    return []


@api.add("GET", "/api/v0/benchmarks")
def search_benchmarks(call: Call) -> dict[str, Any]:
    """Nobody has measured anything."""
    return {"success": True, "benchmarks_found": 0, "benchmarks": [], "next_token": None}


@api.add("GET", "/api/v0/instance_backups")
def backups(call: Call) -> dict[str, Any]:
    """None are taken."""
    return {"backups": []}


@api.add("GET", "/api/v0/instance_backups/{id}/download")
def backup_files(call: Call) -> dict[str, Any]:
    """There is no backup, so there are no files of it."""
    raise Refusal(404, "not_found", f"There is no backup of {call.params['id']}.")


@api.add("GET", "/api/v0/endptjobs")
@api.add("GET", "/api/v0/autojobs")
@api.add("GET", "/api/v0/workergroups")
def serverless(call: Call) -> dict[str, Any]:
    """No endpoints and no workergroups."""
    return {"success": True, "results": []}


@api.add("GET", "/api/v0/deployments")
def deployments(call: Call) -> dict[str, Any]:
    """None."""
    return {"deployments": []}
