# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment variables of the account; their values are never shown."""

from __future__ import annotations

import re
from typing import Any

from vast_emulator.failures import Refusal
from vast_emulator.web.routing import Call, api

MASK = "********"
MOST = 128
LONGEST_KEY = 256
LONGEST_VALUE = 8192
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _name(body: dict[str, Any]) -> str:
    name = body.get("key")
    if name is None:
        raise Refusal(400, "missing_input", "key is missing.")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise Refusal(400, "invalid_characters", "key must be made of letters, digits and underscores.")
    if len(name) > LONGEST_KEY:
        raise Refusal(400, "input_too_long", f"key is longer than {LONGEST_KEY} characters.")
    return name.upper()


def _value(body: dict[str, Any]) -> str:
    value = body.get("value")
    if value is None:
        raise Refusal(400, "missing_input", "value is missing.")
    if not isinstance(value, str) or not value.isprintable():
        raise Refusal(400, "invalid_characters", "value must be printable text.")
    if not value:
        raise Refusal(400, "empty_input", "value is empty.")
    if len(value) > LONGEST_VALUE:
        raise Refusal(400, "input_too_long", f"value is longer than {LONGEST_VALUE} characters.")
    return value


@api.add("GET", "/api/v0/secrets")
def list_secrets(call: Call) -> dict[str, Any]:
    """Names with masked values."""
    return {"success": True, "secrets": {one["key"]: MASK for one in call.world.account.secrets}}


@api.add("POST", "/api/v0/secrets")
def create_secret(call: Call) -> dict[str, Any]:
    """A new one."""
    shelf, name, value = call.world.account.secrets, _name(call.body), _value(call.body)
    if shelf.get(name) is not None:
        raise Refusal(400, "existing_key", f"{name} exists already.")
    if len(shelf) >= MOST:
        raise Refusal(400, "max_secrets", f"There can be no more than {MOST}.")
    shelf.put(name, {"key": name, "value": value})
    return {"success": True, "msg": f"{name} created."}


def _known(call: Call) -> str:
    name = _name(call.body)
    if call.world.account.secrets.get(name) is None:
        raise Refusal(400, "nonexistent_key", f"{name} does not exist.")
    return name


@api.add("PUT", "/api/v0/secrets")
def update_secret(call: Call) -> dict[str, Any]:
    """Another value."""
    name, value = _known(call), _value(call.body)
    call.world.account.secrets.put(name, {"key": name, "value": value})
    return {"success": True, "msg": f"{name} updated."}


@api.add("DELETE", "/api/v0/secrets")
def delete_secret(call: Call) -> dict[str, Any]:
    """Gone."""
    name = _known(call)
    call.world.account.secrets.remove(name)
    return {"success": True, "msg": f"{name} deleted."}
