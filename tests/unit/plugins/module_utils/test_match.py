# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows are checked again: by every condition, without falling over what strangers write into them."""

from __future__ import annotations

import operator as python
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._match import MISSING, matches, row_value
from ansible_collections.cloudctl.vastai.plugins.module_utils._offer_fields import KINDS
from ansible_collections.cloudctl.vastai.plugins.module_utils._query import build_query

ROW: dict[str, Any] = {
    "id": 1001,
    "machine_id": 77,
    "num_gpus": 2,
    "gpu_name": "RTX 4090",
    "gpu_ram": 24564,
    "dph_total": 0.41,
    "min_bid": 0.2,
    "disk_space": 612.4,
    "verification": "verified",
    "rentable": True,
    "rented": False,
    "external": None,
    "hosting_type": 0,
    "geolocation": "Sweden, SE",
    "duration": 8640000.0,
    "driver_version": "570.124.04",
    "driver_vers": 570124004,
    "os_version": "22.04",
    "reliability2": 0.99,
    "has_avx": 1,
    "cluster_id": None,
    "cuda_max_good": None,
}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "num_gpus=2 num_gpus>=2 num_gpus<3 num_gpus in [1,2] num_gpus!=1 num_gpus notin [4]",
        "gpu_name=RTX_4090 gpu_ram>=24 gpu_name in [rtx_4090,H100]",
        "geolocation=SE geolocation in [Europe] geolocation!=US geolocation notin [Asia]",
        "duration>=100 duration<101",
        "driver_version>=570.124.04 driver_version<571 driver_version=570.124.04",
        "ubuntu_version=22.04 os_version>=20.04 os_version<24.04",
        "datacenter=false verified=true external=false has_avx=true",
        "reliability>0.98 id=1001 dph<=0.41",
        "cluster_id=null cuda_max_good!=12 cuda_max_good notin [12.4]",
        "inet_up>=100 gpu_arch=nvidia static_ip=true pci_gen>3",
        "verified!=false rentable=any",
    ],
)
def test_a_row_that_meets_the_conditions(text: str) -> None:
    assert matches(ROW, build_query(text))


@pytest.mark.parametrize(
    "text",
    [
        "num_gpus=1",
        "num_gpus!=2",
        "num_gpus in [1,4]",
        "num_gpus notin [2]",
        "gpu_ram>=24.6",
        "gpu_name!=RTX_4090",
        "geolocation=US",
        "geolocation notin [Europe]",
        "duration>100",
        "driver_version>570.124.04",
        "ubuntu_version=20.04",
        "datacenter=true",
        "verified=false",
        "external=true",
        "rented=true",
        "dph<0.41",
        "cluster_id!=null",
        "cuda_max_good>=12",
        "cuda_max_good<=13",
        "vram_costperhour=null num_gpus=null",
    ],
)
def test_a_row_that_does_not(text: str) -> None:
    assert not matches(ROW, build_query(text))


def test_the_storage_must_fit() -> None:
    assert matches(ROW, build_query(storage=612))
    assert not matches(ROW, build_query(storage=613))


def test_an_offer_that_hides_its_price_is_not_cheap() -> None:
    for row in ({}, {"dph_total": None}, {"dph_total": "cheap"}):
        assert matches(row, build_query())
        assert not matches(row, build_query(max_price=10))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Sweden, SE", "SE"),
        ("SE", "SE"),
        (", us", "US"),
        ("{{ 1 }}, DE ", "DE"),
        ("Sweden", None),
        ("", None),
        (None, None),
        (["SE"], None),
    ],
)
def test_country_of_a_row(text: Any, code: str | None) -> None:
    row = {"geolocation": text}
    assert row_value(row, "geolocation") == code
    assert matches(row, build_query("geolocation=SE")) is (code == "SE")
    assert matches(row, build_query("geolocation!=CN"))


def test_driver_version_is_read_from_either_field() -> None:
    assert row_value({"driver_vers": 570124004}, "driver_version") == 570124004
    assert row_value({"driver_version": "570.124.04"}, "driver_version") == 570124004
    assert row_value({"driver_version": "570"}, "driver_version") == 570000000
    assert row_value({"driver_version": None, "driver_vers": "x"}, "driver_version") is None
    assert row_value({}, "driver_version") is MISSING


# ---- against an evaluator that is too simple to be wrong

COMPARE = {
    "eq": python.eq,
    "neq": python.ne,
    "gt": python.gt,
    "gte": python.ge,
    "lt": python.lt,
    "lte": python.le,
    "in": lambda value, wanted: value in wanted,
    "notin": lambda value, wanted: value not in wanted,
}
NUMBERS = ("num_gpus", "dph_total", "inet_down", "score")
WORDS = ("gpu_name", "cpu_arch")
FLAGS = ("static_ip", "rentable")
small = st.integers(-2, 2)
VALUES = {
    **dict.fromkeys(NUMBERS, small),
    **dict.fromkeys(WORDS, st.sampled_from("ABC")),
    **dict.fromkeys(FLAGS, st.booleans()),
}


@st.composite
def conditions(draw: Any) -> tuple[str, str, Any]:
    field = draw(st.sampled_from(sorted(VALUES)))
    names = ["eq", "neq", "in", "notin"] + (["gt", "gte", "lt", "lte"] if field in NUMBERS else [])
    operator = draw(st.sampled_from(names))
    wanted = VALUES[field]
    return field, operator, draw(st.lists(wanted, min_size=1, max_size=3) if operator in ("in", "notin") else wanted)


@given(
    st.fixed_dictionaries(VALUES),
    st.lists(conditions(), max_size=4, unique_by=lambda condition: condition[:2]),
)
def test_matching_agrees_with_a_simple_evaluator(row: dict[str, Any], asked: list[tuple[str, str, Any]]) -> None:
    filters: dict[str, Any] = {"verified": "any", "external": "any"}
    for field, operator, wanted in asked:
        filters.setdefault(field, {})[operator] = wanted
    filters.setdefault("rentable", "any")
    expected = all(COMPARE[operator](row[field], wanted) for field, operator, wanted in asked)
    assert matches(row, build_query(filters)) is expected


hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
hostile_rows = st.dictionaries(st.sampled_from([*ROW, *KINDS]), hostile, max_size=8)


@given(hostile_rows | hostile)
def test_no_row_makes_matching_fail(row: Any) -> None:
    text = (
        "num_gpus>=2 gpu_name in [A,B] geolocation=SE driver_version>=570 ubuntu_version>=20.04 duration<5 "
        "datacenter=true has_avx=true reliability>0.9 cluster_id=null id!=7"
    )
    assert matches(row, build_query(text, max_price=1)) in (True, False)
