# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same query text means the same to the official CLI's own parser and to this collection's."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from vastai.api.query import offers_alias, offers_fields, offers_mult, parse_query
from vastai.api.query import parse_order as parse_cli_order

from ansible_collections.cloudctl.vastai.plugins.module_utils._offer_fields import ALIASES, FACTORS, KINDS, Kind
from ansible_collections.cloudctl.vastai.plugins.module_utils._query import build_query, parse_order

CONTROLS = ("order", "type", "limit", "allocated_storage")
DEFAULT_FIELDS = ("verified", "external", "rentable", "rented")
FIELDS = sorted((offers_fields | offers_alias.keys()) - {"id"})
"""Every field that the CLI knows; ``id`` is sent under another name on purpose."""

SPELLINGS = {
    "eq": ["=", "==", " = ", " eq "],
    "neq": ["!=", " != ", " neq ", " noteq ", " not eq "],
    "gt": [">", " > ", " gt "],
    "gte": [">=", " >= ", " gte "],
    "lt": ["<", " < ", " lt "],
    "lte": ["<=", " <= ", " lte "],
    "in": [" in "],
    "notin": [" notin ", " not in ", " nin "],
}

WORDS = st.text("ABCXYZ4890-", min_size=1, max_size=8).filter(lambda word: word.strip("-"))
VALUES = {
    Kind.NUMBER: st.integers(0, 10**6).map(str) | st.floats(0, 1e6).map(lambda value: f"{value:.3f}"),
    Kind.BOOLEAN: st.sampled_from(["true", "True", "false", "False"]),
    Kind.TEXT: st.lists(WORDS, min_size=1, max_size=3).map("_".join),
    Kind.COUNTRY: st.sampled_from(["US", "SE", "TW", "XZ"]),
    Kind.DRIVER: st.tuples(*[st.integers(0, 999)] * 3).map(lambda parts: ".".join(map(str, parts))),
    Kind.RELEASE: st.sampled_from(["20.04", "22.04", "22.10"]),
}


@st.composite
def terms(draw: Any) -> tuple[str, str, str]:
    """(wire field, operator, text) of one condition that the CLI takes without a warning or crash."""
    name = draw(st.sampled_from(FIELDS))
    field = ALIASES.get(name, name)
    kind = KINDS[field]
    # The CLI can't read these: a list of versions, a list of numbers that have another unit, booleans in a list.
    listed = field not in FACTORS and kind not in (Kind.DRIVER, Kind.BOOLEAN)
    operators = ["eq", "neq"] + ["in", "notin"] * listed + ["gt", "gte", "lt", "lte"] * kind.ordered
    operator = draw(st.sampled_from(operators))
    if operator in ("in", "notin"):
        values = draw(st.lists(VALUES[kind], min_size=1, max_size=3, unique=True))
        items = [_quoted(draw, kind, value) for value in values]
        value = draw(st.sampled_from(["[{}]", "{}"])).format(",".join(items))
        value = f"[{value}]" if '"' in value and not value.startswith("[") else value
    else:
        value = _quoted(draw, kind, draw(VALUES[kind]))
    return field, operator, name + draw(st.sampled_from(SPELLINGS[operator])) + value


def _quoted(draw: Any, kind: Kind, value: str) -> str:
    if kind is not Kind.TEXT:
        return value
    return draw(st.sampled_from([value, f'"{value}"', '"{}"'.format(value.replace("_", " "))]))


texts = st.lists(terms(), max_size=6, unique_by=lambda term: term[:2]).map(
    lambda listed: " ".join(text for _field, _operator, text in listed)
)


def as_numbers(value: Any) -> Any:
    """Numbers and strings that spell one are the same thing here."""
    if isinstance(value, dict):
        return {name: as_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_numbers(inner) for inner in value]
    if isinstance(value, bool) or value is None:
        return value
    try:
        return float(value)
    except ValueError:
        return value


def ours(text: str) -> dict[str, Any]:
    """Without defaults: the CLI merges them with what was asked, this collection replaces them."""
    asked = build_query(f"verified=any external=any rentable=any {text}")
    return {field: found for field, found in asked.items() if field not in CONTROLS}


@given(texts)
def test_the_same_text_is_the_same_query(text: str) -> None:
    theirs = parse_query(text, {}, offers_fields, offers_alias, offers_mult) if text else {}
    assert as_numbers(ours(text)) == as_numbers(theirs)


@pytest.mark.parametrize("field", DEFAULT_FIELDS[:3])
@pytest.mark.parametrize("value", ["true", "false", "any"])
def test_defaults_are_replaced_alike(field: str, value: str) -> None:
    defaults = {"verified": {"eq": True}, "external": {"eq": False}, "rentable": {"eq": True}}
    theirs = parse_query(f"{field}={value}", defaults, offers_fields, offers_alias, offers_mult)
    found = build_query(f"{field}={value}")
    assert {name: found[name] for name in DEFAULT_FIELDS if name in found and name != "rented"} == theirs


@given(
    st.lists(
        st.tuples(st.sampled_from(["{}", "{}-", "-{}", "{}+", "+{}", " {} "]), st.sampled_from(FIELDS)),
        min_size=1,
        max_size=4,
    )
)
def test_the_same_order(names: list[tuple[str, str]]) -> None:
    text = ",".join(form.format(name) for form, name in names)
    assert parse_order(text) == parse_cli_order(text)


def test_every_field_of_the_cli_is_known() -> None:
    assert (offers_fields - {"id"}) <= KINDS.keys()
    assert offers_alias.items() <= ALIASES.items()
    assert {field: float(factor) for field, factor in offers_mult.items()} == FACTORS


@pytest.mark.parametrize(
    ("text", "cli", "here"),
    [
        ("num_gpus=1", {"num_gpus": {"eq": "1"}}, {"num_gpus": {"eq": 1}}),
        ("num_gpus>=4 num_gpus>=2", {"num_gpus": {"gte": "2"}}, {"num_gpus": {"gte": 4}}),
        ("id=5", {"id": {"eq": "5"}}, {"ask_contract_id": {"eq": 5}}),
        ("driver_version>=570", {"driver_version": {"gte": "570"}}, {"driver_version": {"gte": 570000000}}),
        ("geolocation=us", {"geolocation": {"eq": "us"}}, {"geolocation": {"eq": "US"}}),
        ("gpu_name=[A,B]", {"gpu_name": {"eq": "A,B"}}, {"gpu_name": {"in": ["A", "B"]}}),
        ("gpu_name in ['A B']", {"gpu_name": {"in": ["'A B'"]}}, {"gpu_name": {"in": ["A B"]}}),
        ("static_ip=1", {"static_ip": {"eq": "1"}}, {"static_ip": {"eq": True}}),
    ],
)
def test_the_differences_that_are_meant(text: str, cli: dict[str, Any], here: dict[str, Any]) -> None:
    assert parse_query(text, {}, offers_fields, offers_alias, offers_mult) == cli
    assert ours(text) == here
