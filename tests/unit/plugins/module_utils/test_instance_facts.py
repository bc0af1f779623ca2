# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance as results and hostvars show it: documented facts, and never a secret."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_facts import country, describe, volumes
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import ANY_JSON, ANY_ROW, instance

SECRET = "s3cr3t-s3cr3t"
FACTS = set(describe({}))


@given(ANY_ROW)
def test_any_row_has_all_facts(row):
    assert set(describe(row)) == FACTS


@given(ANY_ROW)
def test_facts_are_plain_json(row):
    json.dumps(describe(row), allow_nan=False)


@given(row=ANY_ROW, value=ANY_JSON)
def test_values_of_variables_are_never_facts(row, value):
    row = {**row, "extra_env": [["TOKEN", SECRET], ["-e OTHER", SECRET], ["N", value]]}
    facts = describe(row)
    assert SECRET not in json.dumps(facts)
    assert facts["env_names"] == ["TOKEN", "N"]


@given(ANY_ROW)
def test_scripts_tokens_and_arguments_are_never_facts(row):
    row = {**row, "onstart": SECRET, "jupyter_token": SECRET, "image_args": [SECRET], "instance_api_key": SECRET}
    assert SECRET not in json.dumps(describe(row))


@given(st.dictionaries(st.sampled_from(["ssh_key", "image_login", "extra", "webpage", "search"]), st.just(SECRET)))
def test_fields_that_are_not_documented_are_never_facts(fields):
    assert SECRET not in json.dumps(describe(instance(7, **fields)))


def test_memory_is_in_gb():
    facts = describe(instance(7, gpu_ram=24564, cpu_ram=64000))
    assert (facts["gpu_ram_gb"], facts["cpu_ram_gb"]) == (24.564, 64.0)


def test_empty_row_is_an_instance_that_is_being_created():
    facts = describe({})
    assert (facts["id"], facts["status"], facts["running"], facts["ports"], facts["volumes"]) == (
        0,
        "creating",
        False,
        {},
        [],
    )


def test_running_is_a_boolean():
    assert describe(instance(7))["running"] is True
    assert describe(instance(7, actual_status="exited"))["running"] is False


def test_empty_label_is_no_name():
    assert describe(instance(7, label=""))["name"] is None


def test_white_space_around_the_public_address_is_dropped():
    assert describe(instance(7, public_ipaddr=" 203.0.113.7\n"))["public_ip"] == "203.0.113.7"


@pytest.mark.parametrize(
    ("place", "code"),
    [
        ("Sweden, SE", "SE"),
        ("US", "US"),
        ("California, US \n", "US"),
        ("Sweden", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_country_is_the_code_at_the_end(place, code):
    assert country({"geolocation": place}) == code


def test_volumes_have_id_and_name():
    found = volumes(instance(7, volume_info=[{"id": 3, "label": "models"}]))
    assert [(volume["id"], volume["name"]) for volume in found] == [(3, "models")]


@pytest.mark.parametrize("broken", [None, "x", 7, [None], ["x"], {}])
def test_broken_volumes_are_none(broken):
    assert volumes({"volume_info": broken}) == []
