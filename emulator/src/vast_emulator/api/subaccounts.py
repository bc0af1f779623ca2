# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts below the account. They have a name, an id and what was given to them; nobody can log in to them."""

from __future__ import annotations

import math
from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.web.routing import Call, api
from vast_emulator.world.account import USER_ID, Account


def _text(body: dict[str, Any], name: str) -> str:
    given = values.text(body.get(name), name, 256)
    if not given:
        raise invalid_args(f"{name} is required.")
    return given


@api.add("POST", "/api/v0/users")
def create_subaccount(call: Call) -> dict[str, Any]:
    """The password is not kept."""
    body, account = call.body, call.world.account
    email, username = _text(body, "email"), _text(body, "username")
    _text(body, "password")
    host_only = values.flag(body.get("host_only"), "host_only")
    if any(email == one["email"] or username == one["username"] for one in account.subaccounts):
        raise Refusal(409, "user_exists", "A user with this name or email exists.")
    number = USER_ID + account.new_id()
    account.subaccounts.put(number, {"id": number, "email": email, "username": username, "host_only": host_only})
    return {"success": True, "id": number, "username": username, "email": email, "key_id": account.new_id()}


@api.add("GET", "/api/v0/subaccounts")
def list_subaccounts(call: Call) -> dict[str, Any]:
    """``credit`` is what was transferred to each."""
    return {"users": [_shown(call.world.account, record) for record in call.world.account.subaccounts]}


def _shown(account: Account, record: dict[str, Any]) -> dict[str, Any]:
    names = {str(record["id"]), record["email"]}
    credit = math.fsum(transfer["amount"] for transfer in account.transfers if transfer["to"] in names)
    shown = {name: value for name, value in record.items() if name != "number"}
    return {**shown, "parent_id": USER_ID, "balance": 0.0, "credit": credit}
