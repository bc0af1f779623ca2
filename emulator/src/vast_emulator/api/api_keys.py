# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's keys. Permissions of further ones are kept and shown but not enforced."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal
from vast_emulator.web.routing import Call, api
from vast_emulator.world.account import USER_ID


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name not in ("key", "number")}


def _key(call: Call) -> dict[str, Any]:
    record = call.world.account.api_keys.get(values.identifier(call.params["id"]))
    if record is None:
        raise Refusal(404, "not_found", "No such API key.")
    return record


@api.add("GET", "/api/v0/auth/apikeys")
def list_keys(call: Call) -> dict[str, Any]:
    """Without the keys themselves."""
    return {"apikeys": [_shown(record) for record in call.world.account.api_keys]}


@api.add("POST", "/api/v0/auth/apikeys")
def create_key(call: Call) -> dict[str, Any]:
    """The key is shown this once."""
    body, world = call.body, call.world
    number = world.account.new_id()
    record = {
        "id": number,
        "name": values.text(body.get("name"), "name", 256, ""),
        "permissions": values.mapping(body.get("permissions"), "permissions"),
        "rights": None,
        "created_at": world.now,
        "user_id": USER_ID,
        "team_id": None,
        "team_name": None,
        "key": world.secret("api key", number),
    }
    world.account.api_keys.put(number, record)
    return {"success": True, "id": number, "key": record["key"], "permissions": record["permissions"]}


@api.add("GET", "/api/v0/auth/apikeys/{id}")
def show_key(call: Call) -> dict[str, Any]:
    """One, without the key itself."""
    return _shown(_key(call))


@api.add("DELETE", "/api/v0/auth/apikeys/{id}")
def delete_key(call: Call) -> str:
    """The answer is a JSON string."""
    call.world.account.api_keys.remove(_key(call)["id"])
    return "Successfully Deleted API Key"


@api.add("PUT", "/api/v0/commands/reset_apikey")
def reset_key(call: Call) -> dict[str, Any]:
    """The key that asks stops working; the new one takes its place."""
    values.text(call.body.get("client_id"), "client_id", 16)
    world, service = call.world, call.service
    used = call.caller.key if call.caller else service.current_key
    new = world.secret("account key", world.account.new_id())
    further = next((record for record in world.account.api_keys if record["key"] == used), None)
    if further is None:
        world.account.reset_key(service.api_key, new)
    else:
        world.account.api_keys.put(further["id"], {**further, "key": new})
    return {"success": True, "new_api_key": new}
