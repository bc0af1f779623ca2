# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charges, straight from the ledger, and the payments into the account."""

from __future__ import annotations

import math
from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal
from vast_emulator.market.query import predicates
from vast_emulator.web.routing import Call, api
from vast_emulator.world.ledger import Span
from vast_emulator.world.world import World

DAY = 86400.0
MOST_CHARGES = 500
MOST_INVOICES = 100
PAID_BEFORE = 60.0


def _page(call: Call, rows: list[dict[str, Any]], default: int, most: int) -> dict[str, Any]:
    """A page of rows; the token is the place where the next one starts."""
    rows = sorted(rows, key=lambda row: row["start"], reverse=call.query.get("latest_first", "true") == "true")
    limit = values.integer(call.query.get("limit", default), "limit", 1)
    token = call.query.get("after_token")
    if token and not (token.isascii() and token.isdigit() and len(token) < 10):
        raise Refusal(400, "invalid_token", "Invalid after_token.")
    start = int(token or 0)
    page = rows[start : start + min(limit, most)]
    end = start + len(page)
    return {
        "success": True,
        "count": len(page),
        "total": len(rows),
        "next_token": str(end) if end < len(rows) else None,
        "results": page,
    }


def _range(filters: Any, name: str) -> tuple[float, float] | None:
    """(first, last) epoch seconds of a filter, None when it has no range."""
    condition = filters.get(name) if isinstance(filters, dict) else None
    if not isinstance(condition, dict) or not {"gte", "lte"} <= set(condition):
        return None
    return values.number(condition["gte"], "gte", 0, 1e12), values.number(condition["lte"], "lte", 0, 1e12)


def _item(span: Span, first: float, last: float, dollars: float) -> dict[str, Any]:
    return {
        "start": first,
        "end": last,
        "type": "disk" if span.kind == "volume" else span.kind,
        "source": None,
        "description": _description(span),
        "amount": dollars,
        "metadata": {},
        "items": [],
    }


def _description(span: Span) -> str:
    if span.gigabytes is None:
        return f"{span.kind} at ${span.rate:.4f}/hour"
    return f"{span.gigabytes:g} GB {'up' if span.kind == 'bwu' else 'down'} at ${span.rate:.4f}/GB"


def _contract_days(world: World, number: int, spans: list[Span], first: float, last: float) -> list[dict[str, Any]]:
    """A contract's rows, one per UTC day that it was billed in; whole days, as the column is ``day``."""
    begin = min(span.start for span in spans)
    end = max(world.now if span.end is None else span.end for span in spans)
    contract = world.contracts.get(number)
    owner = contract or world.volumes.volumes.get(number)
    kind = "volume" if spans[0].kind == "volume" else "instance"
    description = f"Volume {number}" if kind == "volume" else f"Instance {number} GPU, storage and traffic"
    rows = []
    day = math.floor(max(first, begin) / DAY) * DAY
    while day <= end and day <= last:
        low, high = max(day, begin), min(day + DAY, end)
        items = [
            _item(span, max(low, span.start), min(high, world.now if span.end is None else span.end), dollars)
            for span in spans
            if (dollars := span.dollars_between(day, day + DAY, world.now)) > 0
        ]
        if items:
            rows.append(
                {
                    "start": low,
                    "end": high,
                    "type": kind,
                    "source": f"{kind}-{number}",
                    "description": description,
                    "amount": math.fsum(item["amount"] for item in items),
                    "metadata": {
                        "label": owner.label if owner else world.ledger.label(number),
                        "template_id": contract.template_id if contract else None,
                        "endpoint_id": None,
                        "workergroup_id": None,
                    },
                    "items": items,
                }
            )
        day += DAY
    return rows


@api.add("GET", "/api/v0/charges")
def charges(call: Call) -> dict[str, Any]:
    """One row per contract and day, with its parts."""
    filters = call.query_json("select_filters", {})
    days = _range(filters, "day")
    if days is None:
        raise Refusal(400, "invalid_request", "A day range is required in select_filters.")
    tests = predicates("type", filters["type"]) if "type" in filters else []
    rows = [
        row
        for number, spans in call.world.ledger.by_contract()
        for row in _contract_days(call.world, number, spans, *days)
        if all(test(row["type"]) for test in tests)
    ]
    return _page(call, rows, 100, MOST_CHARGES)


@api.add("GET", "/api/v1/invoices")
def invoices(call: Call) -> Any:
    """Payments; money that comes in is negative on the wire."""
    filters = call.query_json("select_filters", {})
    when = _range(filters, "when")
    if when is None:
        empty = {"count": 0, "total": 0, "results": [], "next_token": None}
        raise Refusal(200, "Invalid date range", "Invalid date range", **empty)
    tests = predicates("service", filters["service"]) if "service" in filters else []
    rows = [
        row
        for row in payments(call.world)
        if when[0] <= row["start"] <= when[1] and all(test(row["metadata"]["service"]) for test in tests)
    ]
    return _page(call, rows, 60, MOST_INVOICES)


def payments(world: World) -> list[dict[str, Any]]:
    """What was paid in, then what was given to other accounts."""
    # Before the world begins, so that whoever asks for everything up to now, in whole seconds, finds it.
    paid = world.genesis.at - PAID_BEFORE
    return [
        _payment(paid, "credit", "stripe_payments", "Card payment", -world.account.paid, 1),
        *(
            _payment(one["at"], "transfer", "transfer", f"Transfer to {one['to']}", one["amount"], 1 + one["number"])
            for one in world.account.transfers
        ),
    ]


def _payment(at: float, kind: str, service: str, description: str, amount: float, number: int) -> dict[str, Any]:
    return {
        "start": at,
        "end": at,
        "type": kind,
        "source": service,
        "description": description,
        "amount": amount,
        "metadata": {"invoice_id": number, "service": service},
        "items": [],
    }
