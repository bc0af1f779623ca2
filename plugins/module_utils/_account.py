# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API noun *user*: whose key it is, and how long the money lasts.

Facts: ``credit`` is prepaid money, ``balance`` goes below zero when it is used up; at zero all instances are stopped,
while their storage goes on billing; the answer holds the API key, which must not be passed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import OutcomeUnknown
from ansible_collections.cloudctl.vastai.plugins.module_utils._fields import identifier, text
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number_or_zero

Row = dict[str, Any]

_PATH = "/api/v0/users/current/"


def current_user(client: VastClient) -> Row:
    """The account's row; not for results, since it holds the API key."""
    answer = client.read("GET", _PATH)
    if not isinstance(answer, dict) or "id" not in answer:
        raise OutcomeUnknown(f"GET {_PATH} was answered without an account; check that api_url is Vast.ai's API.")
    return answer


def describe(row: Mapping[str, Any], burn_rate: float) -> Row:
    """The documented facts of an account that spends ``burn_rate`` $/h."""
    credit, balance = number_or_zero(row.get("credit")), number_or_zero(row.get("balance"))
    spendable = credit + min(balance, 0.0)
    hours_left = max(spendable, 0.0) / burn_rate if burn_rate > 0 else None
    return {
        "id": identifier(row),
        "username": text(row, "username"),
        "email": text(row, "email"),
        "credit": round(credit, 6),
        "balance": round(balance, 6),
        "spendable": round(spendable, 6),
        "burn_rate": round(burn_rate, 6),
        "hours_left": None if hours_left is None else round(hours_left, 2),
    }
