# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates between the wire and the options of a task: what is asked for arrives, everything else stays."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, OutcomeUnknown
from ansible_collections.cloudctl.vastai.plugins.module_utils._launch import RUNTYPES
from ansible_collections.cloudctl.vastai.plugins.module_utils._templates import (
    body_of,
    create_template,
    describe,
    fields_of,
    own_templates,
    same_field,
    split_image,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import ScriptedServer, says

PATH, USER = "/api/v0/template/", "/api/v0/users/current/"
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
JUNK = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXT,
        "image": st.sampled_from(["a/b", "a/b:2", "r.example.com:5000/c", "r.example.com:5000/c:1", "a@sha256:0f"]),
        "env": st.dictionaries(st.sampled_from("ABC"), TEXT, max_size=3),
        "ports": st.lists(st.sampled_from(["80:80", "90:91/udp"]), unique=True),
        "onstart": TEXT | st.just("x" * 5000),
        "runtype": st.sampled_from(list(RUNTYPES)),
        "args": st.lists(TEXT, max_size=3),
        "disk": st.floats(1, 1000),
        "image_login": st.just("-u me -p secret r.example.com"),
        "filters": st.just({"gpu_ram": {"gte": 24000.0}}),
        "description": TEXT,
        "readme": TEXT,
        "private": st.booleans(),
        "jupyter_lab": st.booleans(),
        "jupyter_dir": TEXT,
    },
)


@given(FIELDS)
def test_what_a_new_template_is_given_is_what_it_has(fields: dict[str, Any]) -> None:
    assert_has(body_of({}, fields), fields)


@given(FIELDS, FIELDS)
def test_a_change_changes_what_it_names_and_nothing_else(before: dict[str, Any], changes: dict[str, Any]) -> None:
    row = {"id": 7, **body_of({}, before)}
    body = body_of(row, changes)
    assert_has(body, changes)
    old, new = fields_of(row), fields_of(body)
    assert {name: old[name] for name in old.keys() - changes.keys()} == {
        name: new[name] for name in old.keys() - changes.keys()
    }


def assert_has(row: dict[str, Any], fields: dict[str, Any]) -> None:
    """The API may answer with JSON in text, and numbers too."""
    told = {**row, "extra_filters": json.dumps(row["extra_filters"])}
    told["recommended_disk_space"] = str(row["recommended_disk_space"])
    current = fields_of(told)
    assert [name for name, value in fields.items() if not same_field(name, current[name], value)] == []


def test_options_of_docker_that_we_do_not_know_stay() -> None:
    row = {"env": '-e A=1 --shm-size=8g -v V.1:/data -p 80:80 -h "my box"'}
    assert body_of(row, {"env": {"B": "2"}, "ports": []})["env"] == '-e B=2 --shm-size=8g -v V.1:/data -h "my box"'
    assert body_of(row, {"name": "x"})["env"] == row["env"]


def test_the_secrets_of_a_login_are_lost_unless_given_again() -> None:
    row = body_of({}, {"image_login": "-u me -p secret r.example.com"})
    assert (row["docker_login_user"], row["docker_login_pass"]) == ("me", "secret")
    told = {name: value for name, value in row.items() if name not in ("docker_login_user", "docker_login_pass")}
    again = body_of(told, {"description": "x"})
    assert (again["docker_login_repo"], again["docker_login_user"]) == ("r.example.com", "")
    assert same_field("image_login", fields_of(told)["image_login"], "-u you -p other r.example.com")
    assert not same_field("image_login", fields_of(told)["image_login"], "-u me -p secret elsewhere.example.com")


@pytest.mark.parametrize("login", ["", "me", "-u me r.example.com", "-p secret -u me r.example.com"])
def test_what_is_no_login(login: str) -> None:
    with pytest.raises(BadRequest, match="-u USER -p TOKEN REGISTRY") as error:
        body_of({}, {"image_login": login})
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("image", "parts"),
    [
        ("a/b", ("a/b", None)),
        ("a/b:2", ("a/b", "2")),
        ("r.example.com:5000/c", ("r.example.com:5000/c", None)),
        ("vastai/pytorch:@vastai-automatic-tag", ("vastai/pytorch", "@vastai-automatic-tag")),
        ("a@sha256:0f", ("a@sha256:0f", None)),
    ],
)
def test_images_and_tags(image: str, parts: tuple[str, str | None]) -> None:
    assert split_image(image) == parts
    assert fields_of({"image": parts[0], "tag": parts[1]})["image"] == image


def test_no_tag_is_latest() -> None:
    assert same_field("image", "a/b", "a/b:latest")
    assert same_field("image", "a/b:latest", "a/b")
    assert not same_field("image", "a/b:2", "a/b")
    assert not same_field("image", None, "a/b")


@given(st.dictionaries(st.sampled_from([*body_of({}, {}), "id", "hash_id", "created_at"]), JUNK))
def test_no_row_is_too_odd_to_describe(row: dict[str, Any]) -> None:
    described = describe(row)
    assert isinstance(described["filters"], dict)
    assert described["runtype"] in RUNTYPES


@given(FIELDS)
def test_a_description_has_no_secrets(fields: dict[str, Any]) -> None:
    hidden = {"env": {"A": "S3CRET"}, "onstart": "S3CRET", "args": ["S3CRET"], "image_login": "-u a -p S3CRET c"}
    assert "S3CRET" not in str(describe(body_of({}, {**fields, **hidden})))


OWN = {"id": 1, "name": "t", "creator_id": 5}
THEIRS = {"id": 2, "name": "t", "creator_id": 6}
UNSAID = {"id": 3, "name": "t"}


def test_templates_of_others_are_not_ours(server: ScriptedServer, client: VastClient) -> None:
    query = {"select_cols": '["*"]', "select_filters": '{"name":{"eq":"t"}}'}
    server.expect("GET", PATH, says({"templates": [OWN, THEIRS, UNSAID, {"id": 4, "name": "other"}]}), query=query)
    server.expect("GET", USER, says({"id": 5}))
    assert own_templates(client, {"name": "t"}) == [OWN, UNSAID]


def test_finding_nothing_costs_one_request(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", PATH, says({"templates": []}))
    assert own_templates(client, {"id": 9}) == []


@pytest.mark.parametrize("answer", [{"success": True}, {"template": {"id": 3}}])
def test_a_create_without_a_template_in_its_answer_may_have_happened(
    server: ScriptedServer, client: VastClient, answer: Any
) -> None:
    server.expect("POST", PATH, says(answer))
    with pytest.raises(OutcomeUnknown, match="without the template"):
        create_template(client, body_of({}, {"image": "a/b"}))


def test_a_search_without_templates_in_its_answer_is_an_error(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", PATH, says({"success": True}))
    with pytest.raises(OutcomeUnknown, match="without templates"):
        own_templates(client, {"id": 9})
