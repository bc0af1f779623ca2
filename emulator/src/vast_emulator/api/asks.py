# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renting an offer."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.renting import rent
from vast_emulator.routing import Call, api


@api.add("PUT", "/api/v0/asks/{id}")
def create(call: Call) -> dict[str, Any]:
    """Rent one offer. A price makes it interruptible."""
    number = values.identifier(call.params["id"])
    contract = rent(call, call.params["id"] if number is None else number, call.body)
    return {"success": True, "new_contract": contract.id, "instance_api_key": contract.api_key, "ask_id": contract.ask_id}
