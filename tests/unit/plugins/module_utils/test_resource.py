# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a task: check mode and the run tell the same story, and a failure tells what was done."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, Failure, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import Resource, converge

STEPS = st.lists(
    st.sampled_from("abc").map(lambda verb: Step(verb, f"do {verb}", {"x": verb}, {"y": verb})), max_size=4
)


class Account(Resource):
    """A resource that only keeps a diary."""

    def __init__(self, steps, fails_at=None, error=None):
        self.diary = []
        self.steps, self.fails_at, self.error = steps, fails_at, error

    def _note(self, what):
        self.diary.append(what)
        if what == self.fails_at:
            raise self.error

    def find(self):
        self._note("find")

    def plan(self):
        self._note("plan")
        return self.steps

    def apply(self, step):
        self._note(step.action)
        return step

    def wait(self, done):
        self._note("wait")

    def result(self):
        return {"instance": "now"}

    def preview(self, steps):
        return {"instance": "then"}


ONE, TWO = Step("one", "do one", {}, {"a": 1}), Step("two", "do two", {}, {"b": 2})


@given(STEPS)
def test_check_mode_says_what_the_run_will_say(steps):
    checked, done = converge(Account(steps), check_mode=True), converge(Account(steps), check_mode=False)
    assert {**checked, "instance": None} == {**done, "instance": None}


@given(STEPS)
def test_changed_means_that_there_are_steps(steps):
    assert converge(Account(steps), check_mode=False)["changed"] is bool(steps)


def test_check_mode_only_finds_and_plans():
    account = Account([ONE, TWO])
    assert converge(account, check_mode=True)["instance"] == "then"
    assert account.diary == ["find", "plan"]


def test_run_applies_all_steps_in_order_and_then_waits():
    account = Account([ONE, TWO])
    assert converge(account, check_mode=False)["instance"] == "now"
    assert account.diary == ["find", "plan", "one", "two", "wait"]


def test_run_without_steps_waits_all_the_same():
    account = Account([])
    converge(account, check_mode=False)
    assert account.diary == ["find", "plan", "wait"]


def test_step_is_accounted_as_it_really_went():
    class Surprise(Account):
        def apply(self, step):
            return Step(step.action, "did something else")

    assert converge(Surprise([ONE]), check_mode=False)["actions"] == [
        {"action": "one", "summary": "did something else"}
    ]


@pytest.mark.parametrize("moment", ["find", "plan"])
def test_error_before_the_first_step_stays_what_it_is(moment):
    with pytest.raises(BadRequest, match="no"):
        converge(Account([ONE], moment, BadRequest("no")), check_mode=False)


def test_error_in_the_middle_tells_what_exists_and_what_was_done():
    with pytest.raises(Failure, match="lost") as caught:
        converge(Account([ONE, TWO], "two", VastError("lost")), check_mode=False)
    assert caught.value.result == {
        "instance": "now",
        "changed": True,
        "actions": [{"action": "one", "summary": "do one"}],
        "diff": {"before": {}, "after": {"a": 1}},
    }


def test_what_the_failure_itself_knows_wins():
    with pytest.raises(Failure) as caught:
        converge(Account([ONE], "wait", Failure("late", instance={"id": 7})), check_mode=False)
    assert caught.value.result["instance"] == {"id": 7}
    assert caught.value.result["changed"] is True
