# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The old list of payments and charges in one."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.api.billing import payments
from vast_emulator.web.routing import Call, api
from vast_emulator.world.ledger import SECONDS_PER_HOUR, Span
from vast_emulator.world.world import World

LATEST = 1e12


@api.add("GET", "/api/v0/users/me/invoices")
def show_invoices(call: Call) -> dict[str, Any]:
    """Charges are cut at ``sdate`` and ``edate``, so those of adjoining periods add up to the whole."""
    world = call.world
    first = values.number(call.query.get("sdate") or 0, "sdate", 0, LATEST)
    last = values.number(call.query.get("edate") or LATEST, "edate", 0, LATEST)
    rows = [_payment(row) for row in payments(world) if first <= row["start"] <= last]
    if call.query.get("inc_charges", "true").lower() != "false":
        rows += [row for span in world.ledger.spans() if (row := _charge(world, span, first, last))["amount"] > 0]
    used = world.ledger.total(world.now)
    current = {"charges": used, "service_fee": 0.0, "total": used, "credit": world.credit_left()}
    return {"invoices": sorted(rows, key=lambda row: row["timestamp"]), "current": current}


def _payment(row: dict[str, Any]) -> dict[str, Any]:
    """Money that came in is positive here, money given away negative."""
    return {
        "id": row["metadata"]["invoice_id"],
        "type": "payment",
        "description": row["description"],
        "quantity": 1,
        "rate": -row["amount"],
        "amount": -row["amount"],
        "timestamp": row["start"],
        "instance_id": None,
    }


def _charge(world: World, span: Span, first: float, last: float) -> dict[str, Any]:
    start, end = max(first, span.start), min(last, world.now if span.end is None else span.end)
    kind = "Volume" if span.kind == "volume" else "Instance"
    return {
        "id": None,
        "type": "charge",
        "description": f"{kind} {span.contract} {span.kind}",
        "quantity": max(0.0, end - start) / SECONDS_PER_HOUR if span.gigabytes is None else span.gigabytes,
        "rate": span.rate,
        "amount": span.dollars_between(first, last, world.now),
        "timestamp": end,
        "instance_id": span.contract,
    }


@api.add("POST", "/api/v0/contracts/fetch")
def fetch_contracts(call: Call) -> dict[str, Any]:
    """Which of some instances have a label; ``show invoices --instance-label`` asks this."""
    body, world = call.body, call.world
    label = values.text(body.get("label"), "label", 1024)
    numbers = values.identifiers(body["contract_ids"], "contract_ids", 10_000) if body.get("contract_ids") else []
    return {"contracts": [{"id": number} for number in numbers if _label(world, number) == label]}


def _label(world: World, number: int) -> str | None:
    owner = world.contracts.get(number) or world.volumes.volumes.get(number)
    return owner.label if owner else world.ledger.label(number)
