# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asks: the account's key, a further key of the account, or the key of one instance."""

from __future__ import annotations

import hmac
from dataclasses import dataclass

from vast_emulator.failures import Refusal
from vast_emulator.world.world import World


@dataclass(frozen=True)
class Caller:
    """``contract`` is the only instance that the key may start, stop and destroy; None for the account's keys."""

    key: str
    contract: int | None = None


def given_key(authorization: str | None, parameter: str | None) -> str | None:
    """The key of a request, from the header or from ``?api_key=``."""
    if authorization is not None:
        scheme, _space, key = authorization.partition(" ")
        if scheme.lower() == "bearer" and key.strip():
            return key.strip()
    return parameter or None


def identify(world: World, master_key: str, key: str | None) -> Caller:
    """The caller. No key: 403. Unknown key: 404 with ``auth_error`` (or 401, see the settings)."""
    if key is None:
        raise Refusal(403, "auth_error", "This action requires login.")
    if _equal(key, world.account.key(master_key)) or any(_equal(key, one["key"]) for one in world.account.api_keys):
        return Caller(key)
    contract = world.contract_of_key(key)
    if contract is None:
        raise Refusal(world.settings.wrong_key_status, "auth_error", "Invalid user key")
    return Caller(key, contract)


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))
