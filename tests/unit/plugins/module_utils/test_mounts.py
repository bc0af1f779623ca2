# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes of an instance: what may be asked for, what is sent, and what an instance already has."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._launch import environment
from ansible_collections.cloudctl.vastai.plugins.module_utils._mounts import (
    Mount,
    attach,
    missing,
    mounted_volumes,
    mounts_from,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import ANY_ROW
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.volume_rows import volume

MODELS, DATA = volume(7), volume(8, label="data", machine_id=107)
UNNAMED = volume(9, label="V.9", machine_id=107)


def option(**given: Any) -> dict[str, Any]:
    return {"name": None, "id": None, "mount_path": "/data", "create": False, "size": None, **given}


def rented_with(mounts: Any, volumes: Any, offer: Any = None) -> tuple[Any, dict[str, str]]:
    attachments = attach(mounts, volumes)
    return attachments.body_for(offer or {}).get("volume_info"), attachments.environment()


# The option


def test_names_and_ids() -> None:
    options = [option(name="models"), option(id="vol-8", mount_path="/mnt/"), option(name="V.9", mount_path="/x/y-z")]
    assert mounts_from(options) == (Mount("/data", "models"), Mount("/mnt", None, 8), Mount("/x/y-z", None, 9))
    assert mounts_from(None) == mounts_from([]) == ()


@pytest.mark.parametrize("path", ["", "/", "data", "/a b", "/a:b", "/a//b", "~/x", "/{{ x }}", "/a\n"])
def test_paths_are_absolute_and_plain(path: str) -> None:
    with pytest.raises(BadRequest, match="write an absolute path"):
        mounts_from([option(name="models", mount_path=path)])


@pytest.mark.parametrize(
    ("second", "complaint"),
    [
        (option(name="other"), "mount_path /data twice"),
        (option(name="models", mount_path="/x"), "volume models twice"),
        (option(name="a-b", mount_path="/x"), "use a_b"),
        (option(id="abc", mount_path="/x"), "no volume id"),
        (option(name="new", mount_path="/x", create=True, size=0), "1 GB or more"),
    ],
)
def test_mistakes_are_told_before_anything_is_sent(second: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        mounts_from([option(name="models"), second])


# What is sent


def test_nothing_is_sent_when_nothing_is_asked_for() -> None:
    assert rented_with((), [MODELS]) == (None, {})


def test_the_first_volume_is_named_and_further_ones_are_docker_options() -> None:
    mounts = (Mount("/data", "models"), Mount("/mnt", volume_id=8), Mount("/x", volume_id=9))
    info, options = rented_with(mounts, [MODELS, DATA, UNNAMED])
    assert info == {"create_new": False, "volume_id": 7, "mount_path": "/data"}
    assert options == {"-v data:/mnt": "1", "-v V.9:/x": "1"}


def test_a_new_volume_comes_from_the_volume_offer_of_the_rented_machine() -> None:
    mounts = (Mount("/data", "models"), Mount("/new", "fresh", create=True, size_gb=30))
    info, options = rented_with(mounts, [MODELS], {"avail_vol_ask_id": 555})
    assert info == {"create_new": True, "volume_id": 555, "size": 30, "name": "fresh", "mount_path": "/new"}
    assert options == {"-v models:/data": "1"}


def test_a_volume_that_is_there_is_not_created_again() -> None:
    attachments = attach([Mount("/data", "models", create=True)], [MODELS])
    assert (attachments.new, attachments.machine_id) == (None, 107)
    assert attachments.narrowed({"a": {}}) == {"a": {}}


def test_room_for_the_new_volume_is_searched() -> None:
    attachments = attach([Mount("/new", "fresh", create=True)], [])
    assert attachments.machine_id is None
    assert attachments.narrowed({}) == {"avail_vol_size": {"gte": 15}}
    assert attachments.narrowed({"avail_vol_size": {"gte": 99, "lte": 200}}) == {
        "avail_vol_size": {"gte": 99, "lte": 200}
    }
    assert attachments.fits({"avail_vol_ask_id": 555})
    assert not attachments.fits({"avail_vol_ask_id": None})
    assert not attachments.fits({})


@pytest.mark.parametrize(
    ("mounts", "complaint"),
    [
        ([Mount("/a", "nobody")], "There is no volume nobody in this account.*create: true"),
        ([Mount("/a", volume_id=99)], r"There is no volume V\.99 in this account.*vast_volume\.$"),
        ([Mount("/a", "twice")], "2 volumes are named twice: vol-20, vol-21"),
        ([Mount("/a", "models"), Mount("/b", "far")], r"models \(machine 107\), far \(machine 999\) are on different"),
        ([Mount("/a", "x", create=True), Mount("/b", "y", create=True)], "x, y only one can be created"),
        ([Mount("/a", "models", create=True, size_gb=5)], "exists with 200 GB, not 5 GB"),
        ([Mount("/a", "models"), Mount("/b-c", "data")], "takes a - in it for the first volume only"),
    ],
)
def test_what_can_not_be_mounted(mounts: list[Mount], complaint: str) -> None:
    volumes = [
        MODELS,
        DATA,
        volume(20, label="twice"),
        volume(21, label="twice"),
        volume(22, label="far", machine_id=999),
    ]
    with pytest.raises(BadRequest, match=complaint):
        attach(mounts, volumes)


def test_destroyed_instances_count_as_users_for_a_while() -> None:
    assert attach([Mount("/a", "models")], [volume(instances=[4242])]).are_in_use
    assert not attach([Mount("/a", "models")], [MODELS]).are_in_use


# What an instance has


def listed(*volumes: Any, env: Any = ()) -> dict[str, Any]:
    info = [{"id": one["id"], "label": one["label"]} for one in volumes]
    return {"volume_info": info, "extra_env": [[name, "1"] for name in env]}


def lacks(mounts: list[Mount], row: dict[str, Any]) -> list[str]:
    return missing(mounts, row, environment(row))


def test_the_list_tells_ids_and_paths() -> None:
    row = listed(MODELS, DATA, env=["-v models:/data", "-v V.8:/mnt", "A", "-p 80:80"])
    assert mounted_volumes(row, environment(row)) == [
        {"id": 7, "name": "models", "mount_path": "/data"},
        {"id": 8, "name": "data", "mount_path": "/mnt"},
    ]
    asked = [Mount("/data", "models"), Mount("/data", volume_id=7), Mount("/mnt", "data"), Mount("/mnt", volume_id=8)]
    assert lacks(asked, row) == []


def test_the_single_read_tells_names_only() -> None:
    row = {"extra_env": [["-v models:/data", "1"], ["-v V.9:/mnt", "1"]]}
    assert mounted_volumes(row, environment(row)) == [
        {"id": None, "name": "models", "mount_path": "/data"},
        {"id": 9, "name": "V.9", "mount_path": "/mnt"},
    ]
    assert lacks([Mount("/data", "models"), Mount("/mnt", volume_id=9)], row) == []


def test_a_volume_elsewhere_in_the_container_is_not_it() -> None:
    row = listed(MODELS, env=["-v models:/data"])
    assert lacks([Mount("/other", "models"), Mount("/data", "data")], row) == ["models at /other", "data at /data"]


def test_a_path_that_is_not_told_is_taken_for_granted() -> None:
    assert lacks([Mount("/other", "models")], listed(MODELS)) == []


@given(ANY_ROW)
def test_any_row_can_be_compared(row: dict[str, Any]) -> None:
    for one in mounted_volumes(row, environment(row)):
        assert set(one) == {"id", "name", "mount_path"}
    assert lacks([Mount("/data", "models"), Mount("/x", volume_id=7)], row) is not None


@given(st.permutations([MODELS, DATA, UNNAMED]))
def test_an_instance_has_what_it_was_rented_with(order: list[dict[str, Any]]) -> None:
    mounts = [Mount(f"/m{index}", volume_id=row["id"]) for index, row in enumerate(order)]
    info, options = rented_with(mounts, order)
    named = f"-v {order[0]['label']}:{info['mount_path']}"
    assert lacks(mounts, listed(*order, env=[named, *options])) == []
