# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's machine and the offers made for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

# Stands in ``Machine.holders`` for GPUs that another client of the marketplace rents.
STRANGER = -1


@dataclass(eq=False)
class Machine:
    """Hardware that does not change, and who holds each GPU now: a contract id, :data:`STRANGER` or None."""

    id: int
    facts: dict[str, Any]
    holders: list[int | None]
    offers: list[Offer] = field(default_factory=list)


@dataclass(eq=False)
class Offer:
    """A set of GPUs of one machine at a price in $/h. ``min_bid`` is the lowest interruptible price that wins now."""

    id: int
    machine: Machine
    gpu_ids: tuple[int, ...]
    price: float
    min_bid: float
    facts: dict[str, Any]
    vanished: bool = False
    # What instance rows show of the offer; filled when the first one is asked for.
    row_facts: dict[str, Any] = field(default_factory=dict)

    def holders(self) -> set[int]:
        """Contracts (or the stranger) on any of the offer's GPUs; they make overlapping splits unavailable."""
        holders = self.machine.holders
        return {holder for gpu in self.gpu_ids if (holder := holders[gpu]) is not None}

    def record(self) -> dict[str, Any]:
        """What market events may have changed."""
        return {"vanished": self.vanished, "price": self.price, "min_bid": self.min_bid}
