# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renting: one offer, several, or the best that matches."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.api.offers import search
from vast_emulator.failures import Refusal
from vast_emulator.instances.renting import rent
from vast_emulator.web.routing import Call, Reply, api


@api.add("PUT", "/api/v0/asks/{id}")
def create(call: Call) -> dict[str, Any]:
    """Rent one offer. A price makes it interruptible."""
    number = values.identifier(call.params["id"])
    contract = rent(call.world, call.params["id"] if number is None else number, call.body)
    return {
        "success": True,
        "new_contract": contract.id,
        "instance_api_key": contract.api_key,
        "ask_id": contract.ask_id,
    }


@api.add("POST", "/api/v0/asks/bulk")
def create_many(call: Call) -> Any:
    """The same for a list of offers; each stands for itself, and one that works makes it a success."""
    body = call.body
    results, rented = [], []
    for number in values.identifiers(body.get("ids"), "ids"):
        try:
            contract = rent(call.world, number, body)
        except Refusal as refusal:
            results.append({**refusal.body, "ask_id": number})
            continue
        rented.append(contract.id)
        results.append({"success": True, "ask_id": number, "new_contract": contract.id})
    if not rented:
        return Reply({**results[0], "results": results}, 400)
    return {"success": True, "new_contracts": rented, "results": results}


@api.add("PUT", "/api/v0/launch_instance")
def launch(call: Call) -> Any:
    """Search with ``q`` and rent the first row; failures speak in ``message`` too."""
    body = call.body
    rows = search(call, body.get("q", {}))
    for row in rows:
        if row["rentable"]:
            contract = rent(call.world, row["id"], body)
            return {"success": True, "new_contract": contract.id, "instance_api_key": contract.api_key}
    text = "no_such_ask: no offer matches the query."
    return Reply({"success": False, "error": "no_such_ask", "msg": text, "message": text}, 400)
