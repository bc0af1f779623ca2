# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.failures import invalid_args
from vast_emulator.web.routing import Call, api
from vast_emulator.world.account import USER_EMAIL, USER_ID

# What a renter may set about itself: texts with their greatest length, numbers, flags.
_TEXTS = {
    "fullname": 256,
    "phone_number": 64,
    "billaddress_name": 256,
    "billaddress_addr1": 256,
    "billaddress_addr2": 256,
    "billaddress_city": 256,
    "billaddress_zip": 64,
    "billaddress_country": 64,
    "billaddress_taxinfo": 256,
}
_NUMBERS = ("balance_threshold", "autobill_threshold")
_FLAGS = ("balance_threshold_enabled",)


@api.add("GET", "/api/v0/users/current")
def current_user(call: Call) -> dict[str, Any]:
    """No envelope. ``credit`` falls with the clock; ``balance`` goes below zero once it is used up."""
    left = call.world.credit_left()
    keys = list(call.world.account.ssh_keys)
    return {
        "id": USER_ID,
        "user": USER_EMAIL,
        "username": "renter",
        "fullname": "Emulated Renter",
        "email": USER_EMAIL,
        "email_verified": True,
        "credit": max(0.0, left),
        "balance": min(0.0, left),
        "balance_threshold": 0.0,
        "balance_threshold_enabled": False,
        "has_billing": True,
        "can_pay": True,
        "billing_creditonly": 0,
        "got_signup_credit": 0,
        "host_agreement_accepted": False,
        "last4": "4242",
        "paypal_email": None,
        "billed_expected": call.world.ledger.total(call.world.now),
        "billed_verified": 0.0,
        "paid_expected": call.world.account.paid,
        "paid_verified": call.world.account.paid,
        "billaddress_country": "SE",
        "ssh_key": keys[-1]["public_key"] if keys else None,
        "api_key": call.caller.key if call.caller else None,
        "sid": None,
        "key_id": 1,
        **call.world.account.profile,
    }


@api.add("PUT", "/api/v0/users")
def change_user(call: Call) -> dict[str, Any]:
    """Name, address and limits are kept and shown; nothing is charged by them. Other fields are refused."""
    call.world.account.set_profile({name: _setting(name, value) for name, value in call.body.items()})
    return {"success": True, "msg": "User updated."}


def _setting(name: str, value: Any) -> Any:
    """One field in its type."""
    if name in _TEXTS:
        return values.text(value, name, _TEXTS[name])
    if name in _NUMBERS:
        return values.number(value, name)
    if name in _FLAGS:
        return values.flag(value, name)
    raise invalid_args(f"{name} cannot be set; known: {', '.join([*_TEXTS, *_NUMBERS, *_FLAGS])}.")


@api.add("GET", "/api/v0/tfa/status")
def two_factor_status(call: Call) -> dict[str, Any]:
    """No second factor is set up, and none can be."""
    return {"success": True, "tfa_enabled": False, "methods": [], "backup_codes_remaining": 0}
