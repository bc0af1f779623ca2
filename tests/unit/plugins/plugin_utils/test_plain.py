# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's kinds of values become Python's own."""

from __future__ import annotations

import datetime
import enum
import json
from collections import OrderedDict, UserDict
from types import MappingProxyType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.plugin_utils._plain import plain


class Text(str):
    """As Ansible tags and marks text."""

    __slots__ = ()

    def __str__(self):
        return "not the text"


class Number(int):
    __slots__ = ()


class Fraction(float):
    __slots__ = ()


class Encrypted:
    """As a vaulted text: it can be iterated, has data, and decrypts itself as text."""

    data = "plaintext"

    def __iter__(self):
        return iter("plaintext")

    def __str__(self):
        return "plaintext"


class Colour(enum.IntEnum):
    RED = 1


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


def disguised(value):
    """The same value in kinds that only look like Python's own."""
    if isinstance(value, str):
        return Text(value)
    if isinstance(value, dict):
        return UserDict({disguised(name): disguised(inner) for name, inner in value.items()})
    if isinstance(value, list):
        return UserTuple(map(disguised, value))
    if isinstance(value, bool) or value is None:
        return value
    return Number(value) if isinstance(value, int) else Fraction(value)


class UserTuple(tuple):
    __slots__ = ()


def types(value):
    """All types in a value."""
    found = {type(value)}
    if isinstance(value, dict):
        found = found.union(*map(types, value), *map(types, value.values()))
    elif isinstance(value, list):
        found = found.union(*map(types, value))
    return found


@settings(deadline=None, max_examples=50)
@given(JSON)
def test_plain_values_stay_what_they_are(value):
    assert plain(value) == value


@settings(deadline=None, max_examples=50)
@given(JSON)
def test_disguised_values_become_plain(value):
    found = plain(disguised(value))
    assert found == value
    assert types(found) <= {type(None), bool, int, float, str, list, dict}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ((1, 2), [1, 2]),
        ((one for one in (1, 2)), [1, 2]),
        (OrderedDict(a=1), {"a": 1}),
        (MappingProxyType({"a": (1,)}), {"a": [1]}),
        (Encrypted(), "plaintext"),
        ({"secret": [Encrypted()]}, {"secret": ["plaintext"]}),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (True, True),
        (Colour.RED, 1),
        ({1: "a"}, {1: "a"}),
    ],
)
def test_kind_of_value(value, found):
    made = plain(value)
    assert made == found
    assert types(made) == types(found)


def test_text_that_prints_as_something_else_keeps_its_letters():
    assert plain(Text("text")) == "text"
    assert types(plain(Text("text"))) == {str}


def test_result_can_be_written_as_json():
    assert json.dumps(plain({Text("a"): UserTuple([Number(1), Fraction(0.5)])})) == '{"a": [1, 0.5]}'
