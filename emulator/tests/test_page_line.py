# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line of dollars over time: what it is computed from, and how it is drawn."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vast_emulator.page.chart import ceiling, figure
from vast_emulator.page.spending import growth
from vast_emulator.world.ledger import Ledger, Span
from vast_emulator.world.store import Store

START = 1_780_000_000.0


def spent(span: Span, at: float) -> float:
    """Dollars of a span that starts at or after START, until a moment."""
    end = at if span.end is None else min(span.end, at)
    return span.rate * max(0.0, end - span.start) / 3600


class AtOnce(Span):
    """Something that is billed without taking time."""

    def dollars(self, now: float) -> float:
        return 2.5


moments = st.floats(START, START + 90 * 86400)


@st.composite
def span(draw: st.DrawFn) -> Span:
    start = draw(moments)
    end = draw(st.none() | moments.map(lambda at: max(at, start)))
    return Span(1, 1, "gpu", draw(st.floats(0.0, 50.0)), start, end)


@given(st.lists(span(), max_size=30), st.floats(1.0, 90 * 86400), st.integers(1, 50))
def test_the_line_is_what_the_ledger_says_at_each_moment(spans: list[Span], seconds: float, steps: int) -> None:
    line = growth(spans, START, START + seconds, steps)
    assert len(line) == steps + 1
    for index, amount in enumerate(line):
        at = START + seconds * index / steps
        assert amount == pytest.approx(math.fsum(spent(one, at) for one in spans), abs=1e-5)


@given(st.lists(span(), max_size=30), st.floats(0.0, 90 * 86400))
def test_the_line_never_falls(spans: list[Span], seconds: float) -> None:
    line = growth(spans, START, START + seconds, 40)
    assert line[0] == 0.0
    assert all(before <= after for before, after in itertools.pairwise(line))


def test_rates_that_leave_a_trace_do_not_let_it_fall() -> None:
    # (0.3 + 1000) - 1000 is less than 0.3, so that much less than nothing burns once all is over.
    long = Span(1, 1, "gpu", 0.3, START + 3599.99, START + 7200.01)
    short = Span(2, 2, "gpu", 1000.0, START + 3599.99, START + 3600.01)
    line = growth([long, short], START, START + 36000, 10)
    assert all(before <= after for before, after in itertools.pairwise(line))


def test_the_line_ends_at_the_ledgers_total() -> None:
    ledger = Ledger(Store(None))
    for number in range(500):
        ledger.open(number, "disk", 0.01 + number / 1e4, START + number * 7.3)
        ledger.open(number, "gpu", 0.5 + number / 1e3, START + number * 11.1)
        if number % 3:
            ledger.close(number, "gpu", START + number * 17.9)
    now = START + 9000.5
    assert growth(ledger.spans(), START, now, 240)[-1] == pytest.approx(ledger.total(now), abs=1e-8)


def test_what_is_billed_at_once_is_a_step_in_the_line() -> None:
    spans = [AtOnce(number, 1, "gb", 99.0, at, at) for number, at in enumerate((START, START + 1800, START + 3600))]
    assert growth(spans, START, START + 3600, 4) == pytest.approx([0.0, 2.5, 2.5, 5.0, 7.5])
    late = AtOnce(1, 1, "gb", 99.0, START + 3601, START + 3601)
    assert growth([late], START, START + 3600, 4)[-1] == 0.0


def test_long_spans_cost_no_more_than_short_ones() -> None:
    class Counted(float):
        looks = 0

        def __radd__(self, other: float) -> float:
            Counted.looks += 1
            return other + float(self)

    spans = [Span(1, 1, "gpu", Counted(0.5), START, None)]
    looks = []
    for steps in (10, 1000):
        Counted.looks = 0
        growth(spans, START, START + 86400, steps)
        looks.append(Counted.looks)
    assert looks[0] == looks[1] > 0


@pytest.mark.parametrize(
    ("most", "top"), [(0.0, 1.0), (0.3, 0.5), (1.0, 1.0), (1.01, 2.0), (4.0, 5.0), (7.0, 10.0), (1234.5, 2000.0)]
)
def test_the_scale_ends_at_a_round_amount(most: float, top: float) -> None:
    assert ceiling(most) == pytest.approx(top)


def test_the_figure_says_in_words_what_it_shows() -> None:
    drawn = figure([0.0, 1.0, 4.0], START, START + 7200)
    assert "Burnt $4.0000 from 2026-05-28 20:26:40 to 2026-05-28 22:26:40" in drawn
    assert 'points="0.0,100.00 300.0,80.00 600.0,20.00"' in drawn
