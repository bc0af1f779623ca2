# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the instance that is to the one that is wanted: every state, with and without differences."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_plan import (
    RENTING_STATES,
    STATES,
    Wanted,
    gpu,
    needs_offers,
    plan_instance,
    rent_step,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._launch import Launch
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import diff
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import instance, offer, stopped

IMAGE = "pytorch/pytorch:latest"
RUNNING, STOPPED = instance(7), stopped(7)
SECRET = "hunter2-hunter2"


def wanted(state="present", *, name="train", instance_id=None, machine_id=None, force_replace=False, **launch):
    return Wanted(
        state=state,
        launch=Launch(**{"image": IMAGE, **launch}),
        name=name,
        instance_id=instance_id,
        machine_id=machine_id,
        force_replace=force_replace,
    )


OFFERS = (offer(9),)


def verbs(want, row, offers=OFFERS):
    return [step.action for step in plan_instance(want, row, offers)]


# -- the table


@pytest.mark.parametrize(
    ("state", "missing", "running", "at_rest"),
    [
        ("present", ["rent"], [], []),
        ("started", ["rent"], [], ["start"]),
        ("stopped", BadRequest, ["stop"], []),
        ("rebooted", BadRequest, ["reboot"], ["start"]),
        ("recycled", BadRequest, ["recycle"], ["recycle"]),
        ("absent", [], ["destroy"], ["destroy"]),
    ],
)
class TestStates:
    def test_without_an_instance(self, state, missing, running, at_rest):
        if missing is BadRequest:
            with pytest.raises(BadRequest, match=f"There is no instance named train that could be {state}"):
                verbs(wanted(state), None)
        else:
            assert verbs(wanted(state), None) == missing

    def test_with_a_running_instance(self, state, missing, running, at_rest):
        assert verbs(wanted(state), RUNNING) == running

    def test_with_a_stopped_instance(self, state, missing, running, at_rest):
        assert verbs(wanted(state), STOPPED) == at_rest

    def test_with_another_image(self, state, missing, running, at_rest):
        update = [] if state == "absent" else ["update"]
        assert verbs(wanted(state, image="a/b"), RUNNING) == [*update, *running]

    def test_with_another_label(self, state, missing, running, at_rest):
        label = [] if state == "absent" else ["label"]
        assert verbs(wanted(state, instance_id=7, name="new"), RUNNING) == [*label, *running]

    def test_with_a_difference_that_can_not_be_changed(self, state, missing, running, at_rest):
        if state == "absent":
            assert verbs(wanted(state, disk_gb=100.0), RUNNING) == ["destroy"]
        else:
            with pytest.raises(BadRequest, match="disk is 50 GB, not 100 GB"):
                verbs(wanted(state, disk_gb=100.0), RUNNING)

    def test_with_leave_to_replace(self, state, missing, running, at_rest):
        want = wanted(state, disk_gb=100.0, force_replace=True)
        if state in RENTING_STATES:
            assert verbs(want, RUNNING) == ["destroy", "rent"]
        elif state == "absent":
            assert verbs(want, RUNNING) == ["destroy"]
        else:
            with pytest.raises(BadRequest, match="with state: present or started"):
                verbs(want, RUNNING, ())


@pytest.mark.parametrize("status", [None, "created", "loading", "exited", "offline", "unknown"])
def test_instance_that_is_meant_to_run_is_not_started_again(status):
    assert verbs(wanted("started"), instance(actual_status=status)) == []


def test_leave_to_replace_changes_nothing_without_a_difference():
    assert verbs(wanted(force_replace=True), RUNNING) == []


def test_other_machine_can_not_be_changed_in_place():
    with pytest.raises(BadRequest, match="machine is 107, not 5"):
        verbs(wanted(machine_id=5), RUNNING)


def test_all_differences_are_said_at_once():
    with pytest.raises(BadRequest, match=r"disk is 50 GB, not 100 GB; its runtype is .*; its machine is 107, not 5"):
        verbs(wanted(disk_gb=100.0, runtype="args", machine_id=5), RUNNING)


@pytest.mark.parametrize("row", [None, instance(disk_space=10)])
def test_rent_without_image_and_template_is_refused_before_anything_is_destroyed(row):
    with pytest.raises(BadRequest, match="needs an image"):
        verbs(wanted(image=None, disk_gb=50.0, force_replace=True), row)


def test_replacement_without_a_name_is_refused_as_nothing_could_find_it():
    with pytest.raises(BadRequest, match="give the new instance a name"):
        verbs(wanted(name=None, instance_id=7, disk_gb=100.0, force_replace=True), RUNNING)


def test_template_is_enough_to_rent():
    assert verbs(wanted(image=None, template_hash_id="abc"), None) == ["rent"]


# -- properties

STATE = st.sampled_from(STATES)
ROWS = st.sampled_from([None, RUNNING, STOPPED, instance(7, disk_space=100.0, image_uuid="a/b", label=None)])
WANTED = st.builds(
    wanted,
    STATE,
    name=st.sampled_from(["train", "other", None]),
    instance_id=st.just(7),
    machine_id=st.sampled_from([None, 107, 5]),
    force_replace=st.booleans(),
    image=st.sampled_from([None, IMAGE, "x/y"]),
    disk_gb=st.sampled_from([None, 50.0, 100.0]),
    variables=st.sampled_from([None, {}, {"TOKEN": SECRET}]),
    onstart=st.sampled_from([None, f"echo {SECRET}"]),
    args=st.sampled_from([None, (SECRET,)]),
    image_login=st.sampled_from([None, f"-u user -p {SECRET} docker.io"]),
)


def planned(want, row, offers=()):
    """The steps, or None if the wish was refused."""
    try:
        return plan_instance(want, row, offers)
    except BadRequest:
        return None


@given(want=WANTED, row=ROWS)
def test_offers_are_searched_exactly_when_the_plan_rents(want, row):
    steps = planned(want, row, [offer(9)])
    if steps is not None:
        assert needs_offers(want, row) is any(step.action == "rent" for step in steps)


@given(want=WANTED, row=ROWS)
def test_plan_that_needs_no_offers_can_do_without(want, row):
    if not needs_offers(want, row):
        planned(want, row, ())


@given(want=WANTED, row=ROWS)
def test_no_secret_is_in_what_a_plan_shows(want, row):
    for step in planned(want, row, [offer(9)]) or []:
        assert SECRET not in json.dumps([step.summary, dict(step.before), dict(step.after)])


@given(want=WANTED, row=ROWS)
def test_plan_for_a_fulfilled_wish_is_empty(want, row):
    """What a label and an update change is what the next plan finds in order."""
    steps = planned(want, row, [offer(9)])
    if steps and want.state == "present" and not needs_offers(want, row):
        changed = dict(row)
        for step in steps:
            if step.action == "label":
                changed["label"] = want.name
            elif step.action == "update":
                sent = dict(step.arguments)
                changed["image_uuid"] = sent.pop("image", changed["image_uuid"])
                changed["image_args"] = sent.pop("args", changed["image_args"])
                changed["extra_env"] = [list(pair) for pair in sent.pop("env", {}).items()] or changed["extra_env"]
                changed |= sent
        assert planned(want, changed) == []


@given(want=WANTED, row=ROWS)
def test_destruction_comes_only_when_it_was_asked_for(want, row):
    steps = planned(want, row, [offer(9)]) or []
    if any(step.action == "destroy" for step in steps):
        assert want.state == "absent" or want.force_replace


# -- what is shown


def test_rent_says_what_where_and_for_how_much():
    step = plan_instance(wanted(disk_gb=50.0), None, [offer(9), offer(10)])[0]
    assert step.summary == "rent offer 9 as train: 2x RTX 4090 on machine 109 (Sweden, SE) at $0.81/h"
    assert diff([step])["after"]["hourly_price"] == 0.81
    assert step.arguments["offers"] == [offer(9), offer(10)]


def test_rent_of_another_offer_is_told_as_it_went():
    assert "rent offer 10" in rent_step(wanted(), offer(10)).summary


def test_destroy_says_what_is_lost_and_what_stays():
    row = instance(7, volume_info=[{"id": 3, "label": "models"}])
    step = plan_instance(wanted("absent"), row, ())[0]
    assert step.summary == (
        "destroy instance 7 (train, 2x RTX 4090) with all data on its disk; it bills $0.81/h; "
        "its volumes stay and bill: models"
    )
    assert step.before["id"] == 7


def test_update_warns_that_the_container_is_created_anew():
    step = plan_instance(wanted(image="a/b"), RUNNING, ())[0]
    assert step.summary == "update image of instance 7 (train, 2x RTX 4090), which creates its container anew"
    assert diff([step]) == {"before": {"image": IMAGE}, "after": {"image": "a/b"}}


def test_changed_variables_are_shown_by_name_only():
    row = instance(7, extra_env=[["A", "old"], ["B", "same"]])
    step = plan_instance(wanted(variables={"A": "new", "B": "same", "C": "new"}), row, ())[0]
    hidden = "(changed, not shown)"
    assert diff([step]) == {"before": {"env": {"A": "(set)"}}, "after": {"env": {"A": hidden, "C": hidden}}}


def test_stop_says_that_the_disk_goes_on_billing():
    assert plan_instance(wanted("stopped"), RUNNING, ())[0].summary.endswith("; its disk goes on billing")


@pytest.mark.parametrize(
    ("row", "text"),
    [({"num_gpus": 1, "gpu_name": "H100"}, "1x H100"), ({}, "?x unknown GPU"), ({"num_gpus": None}, "?x unknown GPU")],
)
def test_gpu_is_said_briefly(row, text):
    assert gpu(row) == text
