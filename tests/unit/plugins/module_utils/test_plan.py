# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans: what their diff and their list of actions say."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step, actions, diff

NAMES = st.sampled_from("abcd")
STATES = st.dictionaries(NAMES, st.integers(0, 3))


@st.composite
def histories(draw):
    """An object's fields at first and at last, and the steps between: each takes away ``before`` and puts ``after``."""
    first = draw(STATES)
    current, steps = dict(first), []
    for _step in range(draw(st.integers(0, 4))):
        removed = draw(st.sets(st.sampled_from(sorted(current)))) if current else set()
        before = {name: current.pop(name) for name in sorted(removed)}
        after = {name: value for name, value in draw(STATES).items() if name not in current}
        current |= after
        steps.append(Step("change", "change it", before, after))
    return first, current, steps


def test_no_steps_have_an_empty_diff():
    assert diff([]) == {"before": {}, "after": {}}


def test_no_steps_are_no_actions():
    assert actions([]) == []


def test_actions_are_verb_and_summary_in_order():
    steps = [Step("stop", "stop it"), Step("label", "rename it", arguments={"secret": 1})]
    assert actions(steps) == [{"action": "stop", "summary": "stop it"}, {"action": "label", "summary": "rename it"}]


def test_diff_of_one_step_is_the_step():
    assert diff([Step("label", "", {"name": "a"}, {"name": "b"})]) == {"before": {"name": "a"}, "after": {"name": "b"}}


def test_destroy_and_rent_together_show_old_and_new():
    steps = [Step("destroy", "", {"id": 1, "gpu": "old"}), Step("rent", "", after={"gpu": "new"})]
    assert diff(steps) == {"before": {"id": 1, "gpu": "old"}, "after": {"gpu": "new"}}


def test_what_appears_and_vanishes_again_is_not_in_the_diff():
    assert diff([Step("a", "", after={"x": 1}), Step("b", "", before={"x": 1})]) == {"before": {}, "after": {}}


@given(histories())
def test_diff_shows_fields_as_they_were_first(history):
    first, _last, steps = history
    assert diff(steps)["before"].items() <= first.items()


@given(histories())
def test_diff_shows_fields_as_they_are_last(history):
    _first, last, steps = history
    assert diff(steps)["after"].items() <= last.items()


@given(histories())
def test_diff_accounts_for_all_that_changed(history):
    first, last, steps = history
    shown = diff(steps)
    untouched = {name: value for name, value in first.items() if name not in shown["before"]}
    assert untouched | shown["after"] == last


@given(histories())
def test_diff_of_two_halves_is_the_diff_of_the_whole(history):
    _first, _last, steps = history
    for cut in range(len(steps) + 1):
        halves = [Step("half", "", **diff(part)) for part in (steps[:cut], steps[cut:])]
        assert diff(halves) == diff(steps)
