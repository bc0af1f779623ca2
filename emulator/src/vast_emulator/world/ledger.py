# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Money: who was billed for what, from when to when, at which rate. Exact, on the emulated clock."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from vast_emulator.world.store import Store

SECONDS_PER_HOUR = 3600.0


@dataclass
class Span:
    """A time in which a contract was billed for one thing at one rate in $/h; ``end`` is None while it bills.

    Traffic has no duration: ``gigabytes`` at ``rate`` $/GB, billed at ``start``, which is also its ``end``.
    """

    id: int
    contract: int
    kind: str
    rate: float
    start: float
    end: float | None = None
    gigabytes: float | None = None

    def dollars(self, now: float) -> float:
        """Cost until ``now``."""
        if self.gigabytes is not None:
            return self.rate * self.gigabytes
        return self.rate * ((now if self.end is None else self.end) - self.start) / SECONDS_PER_HOUR

    def dollars_between(self, first: float, last: float, now: float) -> float:
        """Cost, until ``now``, of the part of the span between two moments; the last one belongs to what follows."""
        if self.gigabytes is not None:
            return self.dollars(now) if first <= self.start < last else 0.0
        end = min(last, now if self.end is None else self.end)
        return self.rate * max(0.0, end - max(self.start, first)) / SECONDS_PER_HOUR


class Ledger:
    """All spans of the account.

    Kinds are ``gpu`` (only while it runs), ``disk`` and ``volume`` (until destroyed), ``bwu`` and ``bwd`` (traffic up
    and down).
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._spans: dict[int, list[Span]] = {}
        self._open: dict[tuple[int, str], Span] = {}
        self._count = 0
        # Running sums, only to know in constant time when the credit is used up; amounts shown are summed from the
        # spans.
        self._closed = 0.0
        self._rate = 0.0
        self._origin: float | None = None
        self._offset = 0.0
        for _key, record in store.load("span"):
            self._take(Span(**record))
        # What would bill if the machine were not offline: $/h by kind.
        self._paused: dict[int, dict[str, float]] = {int(key): record["rates"] for key, record in store.load("paused")}
        # A bill names what it was for, also when that is gone.
        self._labels = {int(key): record["label"] for key, record in store.load("billed")}

    def _take(self, span: Span) -> None:
        self._count = max(self._count, span.id)
        self._spans.setdefault(span.contract, []).append(span)
        if span.end is None:
            self._open[span.contract, span.kind] = span
            self._sum(span, 1)
        else:
            self._closed += span.dollars(span.end)

    def _sum(self, span: Span, sign: int) -> None:
        if self._origin is None:
            self._origin = span.start
        self._rate += sign * span.rate
        self._offset += sign * span.rate * (span.start - self._origin)
        if not self._open:
            self._rate = self._offset = 0.0

    def open(self, contract: int, kind: str, rate: float, at: float) -> None:
        """Start billing at ``rate`` $/h. A span of this kind that is already open goes on unless its rate changes."""
        if contract in self._paused:
            self._paused[contract][kind] = rate
            self._keep_paused(contract)
            return
        running = self._open.get((contract, kind))
        if running is not None:
            if running.rate == rate:
                return
            self.close(contract, kind, at)
        span = Span(self._count + 1, contract, kind, rate, at)
        self._take(span)
        self._store.put("span", span.id, span.__dict__)

    def close(self, contract: int, kind: str, at: float) -> None:
        """Stop billing; nothing happens when it does not bill."""
        if self._paused.get(contract, {}).pop(kind, None) is not None:
            self._keep_paused(contract)
        span = self._open.pop((contract, kind), None)
        if span is None:
            return
        span.end = at
        self._sum(span, -1)
        self._closed += span.dollars(at)
        self._store.put("span", span.id, span.__dict__)

    def add_traffic(self, contract: int, kind: str, rate: float, gigabytes: float, at: float) -> None:
        """Bill traffic of one kind at ``rate`` $/GB."""
        span = Span(self._count + 1, contract, kind, rate, at, at, gigabytes)
        self._take(span)
        self._store.put("span", span.id, span.__dict__)

    def pause(self, contract: int, at: float) -> None:
        """Bill nothing until :meth:`resume`; what starts or ends meanwhile is kept in mind."""
        if contract in self._paused:
            return
        rates = {kind: span.rate for (owner, kind), span in self._open.items() if owner == contract}
        for kind in rates:
            self.close(contract, kind, at)
        self._paused[contract] = rates
        self._keep_paused(contract)

    def resume(self, contract: int, at: float) -> None:
        """Bill again what would have been billed all along."""
        rates = self._paused.pop(contract, {})
        self._store.remove("paused", contract)
        for kind, rate in rates.items():
            self.open(contract, kind, rate, at)

    def _keep_paused(self, contract: int) -> None:
        self._store.put("paused", contract, {"rates": self._paused[contract]})

    def remember(self, contract: int, label: str | None) -> None:
        """What a contract that is gone now was called in the end."""
        if self._paused.pop(contract, None) is not None:
            self._store.remove("paused", contract)
        self._labels[contract] = label
        self._store.put("billed", contract, {"label": label})

    def label(self, contract: int) -> str | None:
        """What a contract that is gone was called."""
        return self._labels.get(contract)

    def bills(self, contract: int, kind: str) -> bool:
        """Whether the contract is being billed for this, or would be if its machine were not offline."""
        return (contract, kind) in self._open or kind in self._paused.get(contract, {})

    def rate(self, contract: int) -> float:
        """What the contract accrues now, in $/h."""
        return math.fsum(span.rate for span in self._spans.get(contract, []) if span.end is None)

    def total(self, now: float) -> float:
        """Dollars spent by the account until ``now``."""
        return math.fsum(span.dollars(now) for span in self.spans())

    def burn_rate(self) -> float:
        """What the account accrues now, in $/h."""
        return math.fsum(span.rate for span in self._open.values())

    def estimate(self, now: float) -> float:
        """The total in constant time; differs from :meth:`total` by rounding only."""
        if self._origin is None:
            return 0.0
        return self._closed + (self._rate * (now - self._origin) - self._offset) / SECONDS_PER_HOUR

    def reaches(self, dollars: float) -> float:
        """When the total reaches an amount at today's rates: epoch seconds, infinite if never."""
        if self._origin is None or self._rate <= 1e-12:
            return float("inf")
        return self._origin + ((dollars - self._closed) * SECONDS_PER_HOUR + self._offset) / self._rate

    def spans(self) -> Iterator[Span]:
        """Every span of every contract, those of destroyed ones included."""
        for spans in self._spans.values():
            yield from spans

    def by_contract(self) -> Iterator[tuple[int, list[Span]]]:
        """Spans grouped by contract id."""
        yield from self._spans.items()
