# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans for volumes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._volume_plan import (
    STATES,
    Wanted,
    plan_volume,
    will_destroy,
    will_rent,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.volume_rows import volume, volume_offer


def verbs(wanted: Wanted, row: Any, users: Any = (), offers: Any = ()) -> list[str]:
    return [step.action for step in plan_volume(wanted, row, users, offers)]


def test_a_missing_volume_is_rented_from_the_best_offer() -> None:
    (step,) = plan_volume(Wanted("present", "models", size_gb=200), None, (), [volume_offer(5), volume_offer(6)])
    assert step.action == "rent"
    assert step.summary == (
        "rent 200 GB of volume offer 5 as models on machine 105 (Sweden, SE) at $20.00/month ($0.0278/h)"
    )
    assert dict(step.after) == {
        "name": "models",
        "size_gb": 200,
        "machine_id": 105,
        "geolocation": "Sweden, SE",
        "monthly_price": 20.0,
    }


def test_without_a_size_it_has_15_gb() -> None:
    (step,) = plan_volume(Wanted("present", "models"), None, (), [volume_offer()])
    assert step.after["size_gb"] == 15


@pytest.mark.parametrize("wanted", [Wanted("present", "models"), Wanted("present", "models", None, 200, 107)])
def test_what_is_there_stays(wanted: Wanted) -> None:
    assert verbs(wanted, volume()) == []


def test_another_size_is_an_error_with_both_ways_out() -> None:
    with pytest.raises(BadRequest) as error:
        verbs(Wanted("present", "models", size_gb=300), volume())
    sentence = str(error.value)
    assert sentence.startswith("Volume vol-7 (models, 200 GB) exists, but its size is 200 GB, not 300 GB.")
    assert "force_replace: true" in sentence
    assert "another name and copy" in sentence


def test_another_machine_too() -> None:
    with pytest.raises(BadRequest, match="its size is 200 GB, not 300 GB and its machine is 107, not 108"):
        verbs(Wanted("present", "models", size_gb=300, machine_id=108), volume())


def test_force_replace_destroys_and_rents() -> None:
    wanted = Wanted("present", "models", size_gb=300, force_replace=True)
    assert verbs(wanted, volume(), (), [volume_offer()]) == ["destroy", "rent"]


def test_force_replace_does_nothing_when_nothing_differs() -> None:
    assert verbs(Wanted("present", "models", size_gb=200, force_replace=True), volume()) == []


def test_absent_destroys() -> None:
    (step,) = plan_volume(Wanted("absent", "models"), volume(), (), ())
    assert step.summary == "destroy volume vol-7 (models, 200 GB) with all its data; it bills $20.00/month"
    assert (step.before["id"], step.before["size_gb"], dict(step.after)) == (7, 200, {})
    assert verbs(Wanted("absent", "models"), None) == []


@pytest.mark.parametrize("wanted", [Wanted("absent", "models"), Wanted("present", "models", None, 5, None, True)])
def test_a_volume_in_use_is_not_destroyed_and_its_users_are_named(wanted: Wanted) -> None:
    users = [{"id": 4242, "label": "trainer"}, {"id": 4243, "label": None}]
    with pytest.raises(BadRequest, match=r"is attached to instances 4242 \(trainer\), 4243, and"):
        verbs(wanted, volume(instances=[4242, 4243]), users, [volume_offer()])


def test_users_do_not_matter_to_what_stays() -> None:
    assert verbs(Wanted("present", "models"), volume(instances=[4242]), [{"id": 4242}]) == []


WANTED = st.builds(
    Wanted,
    st.sampled_from(STATES),
    st.just("models"),
    st.none(),
    st.none() | st.sampled_from([100, 200]),
    st.none() | st.sampled_from([107, 108]),
    st.booleans(),
)


@given(WANTED, st.none() | st.just(volume()), st.booleans())
def test_the_plan_does_just_what_was_announced(wanted: Wanted, row: Any, used: bool) -> None:
    users = [{"id": 1}] if used else []
    try:
        steps = verbs(wanted, row, users, [volume_offer()] if will_rent(wanted, row) else [])
    except BadRequest:
        assert row is not None
        assert (will_destroy(wanted, row) and used) or (wanted.state == "present" and not wanted.force_replace)
        return
    assert ("rent" in steps) == will_rent(wanted, row)
    assert ("destroy" in steps) == will_destroy(wanted, row)
    assert not ("destroy" in steps and used)
