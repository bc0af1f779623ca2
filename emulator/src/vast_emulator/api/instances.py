# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listing and showing instances."""

from __future__ import annotations

from typing import Any

from vast_emulator.api import listing
from vast_emulator.failures import Refusal
from vast_emulator.instances.rows import COLUMNS, row
from vast_emulator.web.routing import Call, Reply, api


@api.add("GET", "/api/v1/instances")
def list_page(call: Call) -> Reply:
    """One page of the account's instances, with totals over the whole match."""
    return listing.page(call)


@api.add("GET", "/api/v0/instances")
def list_retired(call: Call) -> dict[str, Any]:
    """The old list is gone; a setting brings it back."""
    if call.world.settings.v0_list == "gone":
        text = "/api/v0/instances/ is deprecated. Use /api/v1/instances/ instead."
        raise Refusal(410, "deprecated_endpoint", text)
    return {"instances": [row(one, call.world, call.service.addresses) for one in call.world.shown.contracts.values()]}


@api.add("GET", "/api/v0/instances/filters")
def filters(call: Call) -> dict[str, Any]:
    """The combinations that occur, for a client to offer as choices."""
    world = call.world
    columns = ("actual_status", "verification", "gpu_name")
    shown = world.shown.contracts.values()
    found = {tuple(COLUMNS[column](one, world) for column in columns) for one in shown}
    return {"filters": [dict(zip(columns, one, strict=True)) for one in sorted(found, key=str)]}


@api.add("GET", "/api/v0/instances/{id}")
def show(call: Call) -> dict[str, Any]:
    """One object under a plural key; null for every id that is not an instance of the account."""
    contract = call.world.shown.contract(call.params["id"])
    if contract is None:
        return {"instances": None}
    made = row(contract, call.world, call.service.addresses)
    # The single read lacks what the list has.
    del made["volume_info"]
    return {"instances": made}
