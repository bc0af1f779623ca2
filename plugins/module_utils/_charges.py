# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API nouns *charge* (what was used) and *invoice* (what was paid), in dollars.

Facts: charges come as one row per contract and UTC day, with their parts inside; both lists need a period and come in
pages; a payment that adds credit is negative on the wire, transfers and payouts are positive.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, OutcomeUnknown
from ansible_collections.cloudctl.vastai.plugins.module_utils._fields import identifier, text
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number, number_or_zero
from ansible_collections.cloudctl.vastai.plugins.module_utils._pages import pages

Row = dict[str, Any]

CHARGE_TYPES = ("instance", "volume", "serverless")
DEFAULT_DAYS = 30
# Types of invoices that are money from your card or wallet to Vast.ai, and back.
PAYMENT_TYPES = ("credit", "refund")

_CHARGES = "/api/v0/charges/"
_INVOICES = "/api/v1/invoices/"
_CHARGES_PER_PAGE = 500
_INVOICES_PER_PAGE = 100
_COMPLETE_LISTING_TRIES = 3
# Vast.ai is younger, and the API counts seconds in 32 bits here and there.
_EARLIEST, _LATEST = datetime.date(2010, 1, 1), datetime.date(2037, 12, 31)
# The official client turns the sign of every other type.
_SIGN_STAYS = ("transfer", "payout")
_PART_NAMES = {"gpu": "gpu", "disk": "storage", "bwd": "download", "bwu": "upload"}


@dataclass(frozen=True)
class Period:
    """Whole days in UTC: the first and the last."""

    first: datetime.date
    last: datetime.date

    @property
    def start(self) -> float:
        """Epoch seconds of its first moment."""
        return _midnight(self.first)

    @property
    def end(self) -> float:
        """Epoch seconds of the first moment after it."""
        return _midnight(self.last + datetime.timedelta(days=1))

    def covers(self, row: Mapping[str, Any]) -> bool:
        """Whether a row begins in it."""
        return self.start <= number_or_zero(row.get("start")) < self.end

    def filter(self) -> dict[str, float]:
        """As the API wants it; both ends belong to it there."""
        return {"gte": self.start, "lte": self.end - 1}


def period_of(start: str | None, end: str | None, today: datetime.date) -> Period:
    """From the dates of a task, as ``2026-11-01``: up to today, and 30 days unless it begins otherwise.

    Raises :class:`BadRequest`.
    """
    last = _date("end_date", end) if end else today
    first = _date("start_date", start) if start else last - datetime.timedelta(days=DEFAULT_DAYS - 1)
    if first > last:
        raise BadRequest(f"The period ends before it begins: {first} is after {last}.")
    return Period(first, last)


def list_charges(client: VastClient, period: Period, types: Sequence[str] | None = None) -> list[Row]:
    """What was used in a period, oldest first. ``types``: of CHARGE_TYPES, None for all."""
    filters: Row = {"day": period.filter()}
    if types:
        filters["type"] = {"in": list(types)}
    params = {"select_filters": filters, "latest_first": False, "limit": _CHARGES_PER_PAGE, "format": "table"}
    rows = _complete(client, _CHARGES, params)
    # A whole day belongs to a charge, so it may begin at the midnight after the period.
    return [row for row in rows if period.covers(row) and (not types or row.get("type") in types)]


def list_invoices(client: VastClient, period: Period) -> list[Row]:
    """What was paid in a period, oldest first."""
    params = {"select_filters": {"when": period.filter()}, "latest_first": False, "limit": _INVOICES_PER_PAGE}
    return [row for row in _complete(client, _INVOICES, params) if period.covers(row)]


def describe_charge(row: Mapping[str, Any]) -> Row:
    """The documented facts of a charge; amounts are what it cost."""
    source = {"id": str(row.get("source") or "").rpartition("-")[2]}
    return {
        "day": _day(row.get("start")),
        "type": text(row, "type"),
        "id": identifier(source),
        "name": text(_metadata(row), "label"),
        "description": text(row, "description"),
        "amount": _dollars(row.get("amount")),
        "start_time": number(row.get("start")),
        "end_time": number(row.get("end")),
        "parts": [_part(item) for item in _items(row)],
    }


def describe_invoice(row: Mapping[str, Any]) -> Row:
    """The documented facts of an invoice; what you paid is positive, what you got back is negative."""
    kind = text(row, "type")
    amount = number_or_zero(row.get("amount"))
    return {
        "day": _day(row.get("start")),
        "type": kind,
        "id": identifier(_metadata(row), "invoice_id"),
        "service": text(_metadata(row), "service") or text(row, "source"),
        "description": text(row, "description"),
        "amount": _dollars(amount if kind in _SIGN_STAYS else -amount),
        "start_time": number(row.get("start")),
        "end_time": number(row.get("end")),
    }


def amount(rows: Iterable[Mapping[str, Any]]) -> float:
    """The sum of described rows, in dollars."""
    return _dollars(math.fsum(row["amount"] for row in rows))


def amounts_by(rows: Sequence[Mapping[str, Any]], *fields: str) -> list[Row]:
    """Sums over rows that have the same fields, the largest first: ``[{"type": "instance", "amount": 3.2}]``."""
    groups: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(tuple(row[field] for field in fields), []).append(row)
    sums = [{**dict(zip(fields, group, strict=True)), "amount": amount(members)} for group, members in groups.items()]
    return sorted(sums, key=lambda one: -one["amount"])


def _complete(client: VastClient, path: str, params: Mapping[str, Any]) -> list[Row]:
    """All rows of all pages. An incomplete list would make a wrong bill, so it is an error."""
    listed, total = 0, 0
    for _attempt in range(_COMPLETE_LISTING_TRIES):
        read = list(pages(client, path, params))
        if not all(isinstance(page.get("results"), list) for page in read):
            raise OutcomeUnknown(f"GET {path} was answered without results; check that api_url is Vast.ai's API.")
        rows = [row for page in read for row in page["results"] if isinstance(row, dict)]
        listed, total = len(rows), int(number_or_zero(read[-1].get("total")))
        if listed >= total:
            return rows
    raise OutcomeUnknown(f"GET {path} named {total} rows but listed {listed}; run the task again.")


def _part(item: Mapping[str, Any]) -> Row:
    kind = str(item.get("type") or "")
    return {
        "type": _PART_NAMES.get(kind, kind or None),
        "amount": _dollars(item.get("amount")),
        "description": text(item, "description"),
    }


def _items(row: Mapping[str, Any]) -> list[Row]:
    items = row.get("items")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _metadata(row: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = row.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _dollars(value: Any) -> float:
    return round(number_or_zero(value), 6) + 0.0


def _day(value: Any) -> str | None:
    """The UTC date of a moment, None for what is none."""
    try:
        return datetime.datetime.fromtimestamp(number_or_zero(value), datetime.UTC).date().isoformat()
    except (OverflowError, OSError, ValueError):
        return None


def _date(option: str, written: str) -> datetime.date:
    try:
        found = datetime.date.fromisoformat(written.strip())
    except ValueError as error:
        raise BadRequest(f"{option} must be a day written as 2026-11-30, not {written!r}.") from error
    if not _EARLIEST <= found <= _LATEST:
        raise BadRequest(f"{option} must be a day between {_EARLIEST} and {_LATEST}, not {found}.")
    return found


def _midnight(day: datetime.date) -> float:
    return datetime.datetime.combine(day, datetime.time(), datetime.UTC).timestamp()
