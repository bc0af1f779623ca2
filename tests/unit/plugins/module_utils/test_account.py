# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long the money lasts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._account import current_user, describe
from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import OutcomeUnknown
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import ScriptedServer, says

JUNK = st.none() | st.booleans() | st.integers() | st.floats() | st.text()


def test_credit_lasts_as_long_as_the_burn_rate_lets_it() -> None:
    row = {"id": 5, "username": "me", "email": "me@example.com", "credit": 24.0, "balance": 0.0, "api_key": "secret"}
    assert describe(row, 0.48) == {
        "id": 5,
        "username": "me",
        "email": "me@example.com",
        "credit": 24.0,
        "balance": 0.0,
        "spendable": 24.0,
        "burn_rate": 0.48,
        "hours_left": 50.0,
    }


def test_nothing_burns_for_ever() -> None:
    assert describe({"credit": 1}, 0.0)["hours_left"] is None


def test_what_is_owed_is_taken_off() -> None:
    assert describe({"credit": 1.0, "balance": -0.25}, 0.5)["spendable"] == 0.75
    assert describe({"credit": 0.0, "balance": -2.0}, 0.5)["hours_left"] == 0.0
    assert describe({"credit": 1.0, "balance": 3.0}, 0.5)["spendable"] == 1.0


@given(st.dictionaries(st.sampled_from(["id", "username", "email", "credit", "balance"]), JUNK), st.floats(0, 1e6))
def test_no_row_is_too_odd(row: dict[str, Any], burn_rate: float) -> None:
    facts = describe(row, burn_rate)
    assert facts["hours_left"] is None or facts["hours_left"] >= 0


def test_an_answer_without_an_account_is_an_error(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", "/api/v0/users/current/", says([]))
    with pytest.raises(OutcomeUnknown, match="without an account"):
        current_user(client)
