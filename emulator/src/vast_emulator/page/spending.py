# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the dollars spent grew with time."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from vast_emulator.world.ledger import SECONDS_PER_HOUR, Span


def growth(spans: Iterable[Span], first: float, last: float, steps: int) -> list[float]:
    """Dollars spent since ``first`` at ``steps + 1`` moments, evenly from ``first`` to ``last`` (epoch seconds).

    Each span costs the same work however long it is: only the steps in which it starts and ends are looked at, and
    its rate counts for all between them. A span without duration is billed at once.
    """
    width = (last - first) / steps
    if width <= 0:
        return [0.0] * (steps + 1)
    hours = width / SECONDS_PER_HOUR
    spent = [0.0] * steps
    # Changes of the rate ($/h) that holds for whole steps.
    turns = [0.0] * (steps + 1)
    for span in spans:
        start = max(0.0, (span.start - first) / width)
        end = min(float(steps), ((last if span.end is None else span.end) - first) / width)
        if span.end == span.start and 0.0 <= start <= steps:
            spent[min(int(start), steps - 1)] += span.dollars(last) / hours
        if end <= start:
            continue
        began, ended = min(int(start), steps - 1), min(int(end), steps - 1)
        if began == ended:
            spent[began] += span.rate * (end - start)
            continue
        spent[began] += span.rate * (began + 1 - start)
        spent[ended] += span.rate * (end - ended)
        turns[began + 1] += span.rate
        turns[ended] -= span.rate
    # Rates that cancel each other may leave a trace below zero.
    rates = (max(0.0, rate) for rate in accumulate(turns))
    return [0.0, *accumulate((part + rate) * hours for part, rate in zip(spent, rates, strict=False))]
