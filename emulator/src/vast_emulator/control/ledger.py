# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the money went."""

from __future__ import annotations

import math
from typing import Any

from vast_emulator.web.routing import Call, control
from vast_emulator.world.ledger import Span


def _span(span: Span) -> dict[str, Any]:
    shown = {"kind": span.kind, "rate": span.rate, "start": span.start, "end": span.end}
    return shown if span.gigabytes is None else {**shown, "gigabytes": span.gigabytes}


@control.add("GET", "/_emulator/ledger")
def show(call: Call) -> dict[str, Any]:
    """Dollars per contract (or volume) and part until now, what still bills in $/h, and the account's total."""
    world = call.world
    world.settle()
    contracts = []
    for number, spans in world.ledger.by_contract():
        parts: dict[str, float] = {}
        for span in spans:
            parts[span.kind] = parts.get(span.kind, 0.0) + span.dollars(world.now)
        rate = world.ledger.rate(number)
        owner = world.contracts.get(number) or world.volumes.volumes.get(number)
        contracts.append(
            {
                "contract": number,
                "exists": owner is not None,
                "label": owner.label if owner else world.ledger.label(number),
                "gpu": parts.get("gpu", 0.0),
                "disk": parts.get("disk", 0.0),
                "volume": parts.get("volume", 0.0),
                "up": parts.get("bwu", 0.0),
                "down": parts.get("bwd", 0.0),
                "dollars": math.fsum(parts.values()),
                "hourly": rate,
                "billing": rate > 0,
                "spans": [_span(span) for span in spans],
            }
        )
    return {
        "now": world.now,
        "total": world.ledger.total(world.now),
        "hourly": world.ledger.burn_rate(),
        "credit": world.credit_left(),
        "billing": [{"contract": one["contract"], "hourly": one["hourly"]} for one in contracts if one["billing"]],
        "contracts": contracts,
    }
