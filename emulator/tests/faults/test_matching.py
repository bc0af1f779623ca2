# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests a fault is for, and paths into JSON: no server needed."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vast_emulator.failures import Refusal
from vast_emulator.faults import fields
from vast_emulator.faults.matching import Asked, Filter

NAMES = st.sampled_from(["a", "b", "instances", "0", "1"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("abc*[", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=12,
)
PATHS = st.lists(NAMES | st.just("*"), min_size=1, max_size=4).map(".".join)


def asked(path: str = "/api/v0/x/", method: str = "GET", body: Any = None, **query: str) -> Asked:
    return Asked(method, path, query, b"" if body is None else json.dumps(body).encode())


def places(content: Any, prefix: str = "") -> list[tuple[str, Any]]:
    """Every dotted path of a document with its value: the plain way to say what fields.find should find."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    found = []
    for key, value in pairs:
        found += [(f"{prefix}{key}", value), *places(value, f"{prefix}{key}.")]
    return found


def covers(path: str, place: str) -> bool:
    steps, keys = path.split("."), place.split(".")
    return len(steps) == len(keys) and all(step in ("*", key) for step, key in zip(steps, keys, strict=True))


@given(content=JSON, path=PATHS)
def test_a_path_finds_exactly_what_it_covers(content: Any, path: str) -> None:
    expected = [value for place, value in places(content) if covers(path, place)]
    assert fields.find(content, fields.parse(path, "x")) == expected


@given(content=JSON, path=PATHS, value=JSON)
def test_assigning_changes_these_places_and_no_others(content: Any, path: str, value: Any) -> None:
    before = copy.deepcopy(content)
    steps = fields.parse(path, "x")
    count = len(fields.find(content, steps))
    fields.assign(content, steps, value)
    assert all(found == value for found in fields.find(content, steps))
    assert len(fields.find(content, steps)) >= count
    untouched = [
        (place, old) for place, old in places(before) if not isinstance(old, (dict, list)) and not _inside(path, place)
    ]
    assert all((place, old) in places(content) for place, old in untouched)


def _inside(path: str, place: str) -> bool:
    """Whether a place is one that the path covers, or below one."""
    return covers(path, ".".join(place.split(".")[: len(path.split("."))]))


@given(content=JSON, path=PATHS)
def test_removing_leaves_the_rest(content: Any, path: str) -> None:
    expected = without(content, path.split("."))
    fields.remove(content, fields.parse(path, "x"))
    assert content == expected


def without(content: Any, steps: list[str]) -> Any:
    """A copy of a document that lacks what is at a path."""
    if not isinstance(content, (dict, list)):
        return content
    first, *rest = steps
    pairs = list(content.items() if isinstance(content, dict) else enumerate(content))
    meant = [first in ("*", str(key)) for key, _value in pairs]
    kept = [
        (key, without(value, rest) if hit and rest else value)
        for (key, value), hit in zip(pairs, meant, strict=True)
        if rest or not hit
    ]
    return dict(kept) if isinstance(content, dict) else [value for _key, value in kept]


@given(value=st.none() | st.booleans() | st.integers(-9, 9) | st.text("abc", max_size=3), other=st.integers(10, 20))
def test_a_value_matches_itself_and_its_negation_does_not(value: Any, other: int) -> None:
    def fits(wanted: Any) -> bool:
        return Filter({"path": "*", "match": {"body": {"a.0": wanted}}}).matches(asked(body={"a": [value]}))

    assert fits(value)
    assert fits({"eq": value})
    assert not fits({"not": value})
    assert fits({"in": [other, value]})
    assert not fits(other)
    assert not fits({"in": [other]})


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/api/v0/instances/{id}/", "/api/v0/instances/7/", True),
        ("/api/v0/instances/{id}", "/api/v0/instances/7/", True),
        ("/api/v0/instances/{id}/", "/api/v0/instances/filters/", False),
        ("/api/v0/instances/{id}/", "/api/v0/instances/7/ssh/", False),
        ("/api/v0/instances/7/", "/api/v0/instances/7", True),
        ("/api/v0/instances/7/", "/api/v0/instances/77", False),
        ("/api/v0/instances/{id}/ssh/{key}", "/api/v0/instances/7/ssh/AAAA", True),
        ("/api/v0/instances/*", "/api/v0/instances/7/ssh/", True),
        ("/api/v0/instances/*", "/api/v0/instances/", False),
        ("/api/*/instances/*", "/api/v1/instances/7", True),
        ("/api/v0/a.c/", "/api/v0/abc/", False),
        ("*", "/api/v1/instances/", True),
    ],
)
def test_paths(pattern: str, path: str, fits: bool) -> None:
    assert Filter({"path": pattern}).matches(asked(path)) is fits


@pytest.mark.parametrize(
    ("body", "condition", "fits"),
    [
        ({"label": "train-7"}, {"label": "train-*"}, True),
        ({"label": "serve-7"}, {"label": "train-*"}, False),
        ({}, {"label": "*"}, False),
        ({"price": 0.4}, {"price": {"not": None}}, True),
        ({"price": None}, {"price": {"not": None}}, False),
        ({}, {"price": {"not": None}}, False),
        ({}, {"price": None}, True),
        ({"disk": "50"}, {"disk": 50}, True),
        ({"disk": 50}, {"disk": "50.0"}, True),
        ({"disk": True}, {"disk": 1}, False),
        ({"disk": 50}, {"disk": {"gt": 49, "lte": 50}}, True),
        ({"disk": 51}, {"disk": {"gt": 49, "lte": 50}}, False),
        ({"disk": "big"}, {"disk": {"gt": 0}}, False),
        ({"env": {"A": "b"}}, {"env.A": "b", "label": None}, True),
        ({"ids": [1, 2]}, {"ids.*": 2}, True),
        ({"ids": [1, 2]}, {"ids": [1, 2]}, True),
        ({"ids": [1, 2]}, {"ids": {"in": [[1, 2]]}}, True),
        ([1], {"0": 1}, True),
        ("text", {"label": None}, True),
    ],
)
def test_conditions_on_the_body(body: Any, condition: dict[str, Any], fits: bool) -> None:
    assert Filter({"path": "*", "match": {"body": condition}}).matches(asked(body=body)) is fits


def test_conditions_on_the_query() -> None:
    def fits(**condition: Any) -> bool:
        question = asked(q='{"gpu_name": {"eq": "A100"}}', owner="me", limit="20", api_key="null")
        return Filter({"path": "*", "match": {"query": condition}}).matches(question)

    assert fits(owner="me")
    assert fits(limit=20)
    assert fits(limit="2*")
    assert not fits(limit="3*")
    assert fits(api_key=None)
    assert fits(after_token=None)
    assert fits(**{"q.gpu_name.eq": "A*"})
    assert not fits(**{"q.gpu_name.eq": "H*"})


@pytest.mark.parametrize(
    "wanted",
    [
        {"path": "/elsewhere/"},
        {"path": None},
        {"path": "*", "method": 7},
        {"path": "*", "match": []},
        {"path": "*", "match": {"headers": {}}},
        {"path": "*", "match": {"body": {"a..b": 1}}},
        {"path": "*", "match": {"body": {"": 1}}},
        {"path": "*", "match": {"body": {"a": {}}}},
        {"path": "*", "match": {"body": {"a": {"like": 1}}}},
        {"path": "*", "match": {"body": {"a": {"in": 1}}}},
        {"path": "*", "match": {"query": {str(number): 1 for number in range(40)}}},
    ],
)
def test_filters_that_make_no_sense(wanted: dict[str, Any]) -> None:
    with pytest.raises(Refusal):
        Filter(wanted)
