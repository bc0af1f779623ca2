# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's machine and the offers made for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

# Stands in ``Machine.holders`` for GPUs that another client of the marketplace rents.
STRANGER = -1
# A bid wins when it is this much above the bid that holds the GPUs, in $/h.
BID_STEP = 0.001


@dataclass(eq=False)
class Machine:
    """Hardware that does not change, and who holds each GPU now: a contract id, :data:`STRANGER` or None.

    ``bids``: what the interruptible contracts among the holders pay for one GPU, in $/h, by contract id.
    """

    id: int
    facts: dict[str, Any]
    holders: list[int | None]
    offers: list[Offer] = field(default_factory=list)
    bids: dict[int, float] = field(default_factory=dict)
    offline: bool = False

    def strangers(self) -> list[int]:
        """GPUs that another client of the marketplace rents."""
        return [gpu for gpu, holder in enumerate(self.holders) if holder == STRANGER]

    def record(self) -> dict[str, Any]:
        """What market events may have changed."""
        return {"offline": self.offline, "strangers": self.strangers()}

    def restore(self, record: dict[str, Any]) -> None:
        """Take in what :meth:`record` said; of the holders, only the strangers."""
        self.offline = record["offline"]
        if "strangers" in record:
            self.holders = [STRANGER if gpu in record["strangers"] else None for gpu in range(len(self.holders))]


@dataclass(eq=False)
class Offer:
    """A set of GPUs of one machine at a price in $/h. ``min_bid`` is the lowest bid that wins against strangers.

    ``own_facts``: what differs from the machine's.
    """

    id: int
    machine: Machine
    gpu_ids: tuple[int, ...]
    price: float
    min_bid: float
    own_facts: dict[str, Any]
    vanished: bool = False

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The machine's and its own. Made when somebody first looks: most offers of a large market nobody ever sees."""
        return {**self.machine.facts, **self.own_facts}

    @property
    def gone(self) -> bool:
        """Whether it can't be had at any price."""
        return self.vanished or self.machine.offline

    def holders(self) -> set[int]:
        """Contracts (or the stranger) on any of the offer's GPUs; they make overlapping splits unavailable."""
        holders = self.machine.holders
        return {holder for gpu in self.gpu_ids if (holder := holders[gpu]) is not None}

    def price_to_win(self, besides: int | None = None) -> float:
        """The lowest bid that wins now, $/h, also against the account's own; ``besides``: a contract not to beat."""
        if not self.machine.bids:
            return max(self.min_bid, 0.0)
        rivals = [self.machine.bids[one] for one in self.holders() if one != besides and one in self.machine.bids]
        return max(self.min_bid, *(round(rival * len(self.gpu_ids) + BID_STEP, 6) for rival in rivals), 0.0)

    def record(self) -> dict[str, Any]:
        """What market events may have changed."""
        return {"vanished": self.vanished, "price": self.price, "min_bid": self.min_bid}
