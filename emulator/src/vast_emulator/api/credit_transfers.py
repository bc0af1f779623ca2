# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credit that is given to another account."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.web.routing import Call, api
from vast_emulator.world.account import USER_EMAIL, USER_ID

LEAST_DOLLARS = 0.01


@api.add("PUT", "/api/v0/commands/transfer_credit")
def transfer_credit(call: Call) -> dict[str, Any]:
    """It is gone at once. Every mail address and every id but the account's own is taken for somebody's."""
    body, world = call.body, call.world
    recipient = _recipient(body.get("recipient"))
    amount = values.number(body.get("amount"), "amount", LEAST_DOLLARS)
    if round(amount, 2) != amount:
        raise invalid_args("amount must be in whole cents.")
    if amount > world.credit_left():
        raise Refusal(400, "insufficient_balance", "Insufficient balance.")
    number = world.account.new_id()
    world.account.transfers.put(number, {"to": recipient, "amount": amount, "at": world.now})
    call.world.stop_without_credit()
    return {"success": True}


def _recipient(given: Any) -> str:
    """A mail address or an id, as text."""
    number = values.identifier(given)
    name = str(number) if number is not None else values.text(given, "recipient", 256) or ""
    known = number is not None or 0 < name.find("@") < len(name) - 1
    if not known or name in (str(USER_ID), USER_EMAIL):
        raise Refusal(400, "invalid_recipient", "Invalid recipient.")
    return name
