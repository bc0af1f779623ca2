# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Periods, signs and sums of bills, and lists that must be complete."""

from __future__ import annotations

import datetime
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._charges import (
    Period,
    amount,
    amounts_by,
    describe_charge,
    describe_invoice,
    list_charges,
    list_invoices,
    period_of,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, OutcomeUnknown
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import ScriptedServer, says

TODAY = datetime.date(2026, 11, 23)
DAY = 86400
MIDNIGHT = 1795392000
CHARGES, INVOICES = "/api/v0/charges/", "/api/v1/invoices/"
JUNK = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())


def charge(
    start: float = MIDNIGHT, dollars: float = 1.5, number: int = 42, label: str | None = "trainer"
) -> dict[str, Any]:
    return {
        "start": start,
        "end": start + 3600,
        "type": "instance",
        "source": f"instance-{number}",
        "description": "GPU and storage",
        "amount": dollars,
        "metadata": {"label": label},
        "items": [
            {"type": "gpu", "amount": dollars - 0.5, "description": "GPU", "items": []},
            {"type": "disk", "amount": 0.5, "description": "Disk", "items": []},
        ],
    }


def page(rows: list[Any], total: int | None = None, token: str | None = None) -> dict[str, Any]:
    return {"success": True, "results": rows, "total": len(rows) if total is None else total, "next_token": token}


def test_a_period_has_whole_days_in_utc() -> None:
    period = period_of("2026-11-23", "2026-11-23", TODAY)
    assert (period.start, period.end) == (MIDNIGHT, MIDNIGHT + DAY)
    assert period.filter() == {"gte": MIDNIGHT, "lte": MIDNIGHT + DAY - 1}
    assert period.covers({"start": MIDNIGHT})
    assert period.covers({"start": MIDNIGHT + DAY - 0.001})
    assert not period.covers({"start": MIDNIGHT + DAY})


def test_without_dates_it_is_the_last_30_days() -> None:
    assert period_of(None, None, TODAY) == Period(datetime.date(2026, 10, 25), TODAY)
    assert period_of(None, "2026-01-30", TODAY) == Period(datetime.date(2026, 1, 1), datetime.date(2026, 1, 30))
    assert period_of("2026-11-01", None, TODAY) == Period(datetime.date(2026, 11, 1), TODAY)


@pytest.mark.parametrize(
    ("start", "end", "says"),
    [
        ("yesterday", None, "start_date must be a day written as 2026-11-30, not 'yesterday'"),
        (None, "2026-02-30", "end_date must be a day"),
        ("2026-12-01", None, "The period ends before it begins: 2026-12-01 is after 2026-11-23"),
        ("0001-01-01", None, "start_date must be a day between"),
    ],
)
def test_a_wrong_date_is_a_sentence(start: str | None, end: str | None, says: str) -> None:
    with pytest.raises(BadRequest, match=says):
        period_of(start, end, TODAY)


def test_all_pages_are_read_and_rows_checked_again(server: ScriptedServer, client: VastClient) -> None:
    filters = '{"day":{"gte":1795392000.0,"lte":1795478399.0},"type":{"in":["instance"]}}'
    first = {"select_filters": filters, "latest_first": "false", "limit": "500", "format": "table"}
    tomorrow, volume = charge(MIDNIGHT + DAY), {**charge(), "type": "volume"}
    server.expect("GET", CHARGES, says(page([charge()], 3, "t1")), query=first)
    server.expect("GET", CHARGES, says(page([tomorrow, volume], 3)), query={**first, "after_token": "t1"})
    assert list_charges(client, period_of("2026-11-23", None, TODAY), ["instance"]) == [charge()]


def test_an_incomplete_list_is_read_again(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", INVOICES, says(page([], 1)))
    server.expect("GET", INVOICES, says(page([{"start": MIDNIGHT}], 1)))
    assert list_invoices(client, period_of("2026-11-23", None, TODAY)) == [{"start": MIDNIGHT}]


def test_a_list_that_stays_incomplete_is_no_bill(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", INVOICES, says(page([], 1)), times=3)
    with pytest.raises(OutcomeUnknown, match="named 1 rows but listed 0"):
        list_invoices(client, period_of(None, None, TODAY))


def test_an_answer_without_results_is_no_bill(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", INVOICES, says({"success": True}))
    with pytest.raises(OutcomeUnknown, match="without results"):
        list_invoices(client, period_of(None, None, TODAY))


def test_a_charge_in_our_words() -> None:
    assert describe_charge(charge()) == {
        "day": "2026-11-23",
        "type": "instance",
        "id": 42,
        "name": "trainer",
        "description": "GPU and storage",
        "amount": 1.5,
        "start_time": MIDNIGHT,
        "end_time": MIDNIGHT + 3600,
        "parts": [
            {"type": "gpu", "amount": 1.0, "description": "GPU"},
            {"type": "storage", "amount": 0.5, "description": "Disk"},
        ],
    }


@pytest.mark.parametrize(
    ("kind", "wire", "ours"),
    [("credit", -25.0, 25.0), ("refund", 5.0, -5.0), ("transfer", 3.0, 3.0), ("payout", 9.0, 9.0)],
)
def test_what_was_paid_is_positive(kind: str, wire: float, ours: float) -> None:
    row = {"type": kind, "amount": wire, "start": MIDNIGHT, "source": "stripe_payments", "metadata": {"invoice_id": 7}}
    described = describe_invoice(row)
    assert described["amount"] == ours
    assert (described["id"], described["service"]) == (7, "stripe_payments")


@given(
    st.dictionaries(st.sampled_from([*charge()]), JUNK | st.lists(st.dictionaries(st.sampled_from(["amount"]), JUNK)))
)
def test_no_row_is_too_odd_to_describe(row: dict[str, Any]) -> None:
    for described in (describe_charge(row), describe_invoice(row)):
        assert math.isfinite(described["amount"])
        assert str(described["amount"]) != "-0.0"


@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(0, 1000)), max_size=20))
def test_sums_by_a_field_make_the_whole(rows: list[tuple[str, float]]) -> None:
    described = [{"name": name, "amount": round(dollars, 6)} for name, dollars in rows]
    groups = amounts_by(described, "name")
    assert amount(groups) == pytest.approx(amount(described), abs=1e-5)
    assert [group["amount"] for group in groups] == sorted((group["amount"] for group in groups), reverse=True)
    assert {group["name"] for group in groups} == {name for name, _dollars in rows}
