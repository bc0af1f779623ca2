# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: when the ticks come."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils import _wait
from ansible_collections.cloudctl.vastai.plugins.module_utils._wait import ticks


class Clock:
    """Passes while somebody sleeps, and while somebody works between two ticks."""

    def __init__(self) -> None:
        self.now = 5000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.now += max(seconds, 1e-6)  # no sleep is so short that no time passes


def tick_times(timeout: float, work: float = 0.0) -> list[float]:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_wait, "time", clock)
        times = []
        for passed in ticks(timeout):
            times.append(passed)
            clock.now += work
        return times


def test_first_tick_comes_at_once(clock):
    assert next(ticks(900)) == 0.0
    assert clock.pauses == []


def test_no_time_means_one_look():
    assert tick_times(0) == [0.0]


def test_negative_time_means_one_look():
    assert tick_times(-5) == [0.0]


def test_last_tick_comes_at_the_deadline():
    assert tick_times(3) == [0.0, 1.0, 2.5, 3.0]


def test_pauses_grow_from_one_second_to_ten():
    times = tick_times(100)
    pauses = [later - earlier for earlier, later in pairwise(times[:-1])]
    assert pauses[:3] == [1.0, 1.5, 2.25]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 10.0


def test_leaving_the_loop_ends_the_waiting(clock):
    for passed in ticks(900):
        if passed:
            break
    assert clock.pauses == [1.0]


@given(timeout=st.floats(0, 5000), work=st.sampled_from([0.0, 0.3, 7.0, 50.0]))
def test_no_tick_is_later_than_the_deadline_and_a_piece_of_work(timeout, work):
    times = tick_times(timeout, work)
    assert times == sorted(times)
    assert times[-1] <= timeout + work + 1e-3


@given(timeout=st.floats(0, 5000))
def test_there_is_a_tick_at_the_deadline_itself(timeout):
    assert tick_times(timeout)[-1] == pytest.approx(timeout, abs=1e-3)
