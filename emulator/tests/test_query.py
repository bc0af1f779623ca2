# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators of the filter language."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vast_emulator.failures import Refusal
from vast_emulator.market.query import predicates
from vast_emulator.market.search import Search

NUMBERS = st.one_of(st.integers(-(10**9), 10**9), st.floats(-1e9, 1e9))


def holds(value: Any, **condition: Any) -> bool:
    renamed = {name.rstrip("_"): operand for name, operand in condition.items()}
    return all(test(value) for test in predicates("field", renamed))


@given(NUMBERS, NUMBERS)
def test_comparisons_agree_with_numbers_and_with_their_texts(value: float, operand: float) -> None:
    for sent in (operand, str(operand)):
        assert holds(value, gt=sent) == (value > operand)
        assert holds(value, gte=sent) == (value >= operand)
        assert holds(value, lt=sent) == (value < operand)
        assert holds(value, lte=sent) == (value <= operand)
        assert holds(value, eq=sent) == (value == operand)
        assert holds(value, neq=sent) == (value != operand)


@given(st.one_of(NUMBERS, st.text(), st.booleans(), st.none()), st.lists(st.one_of(NUMBERS, st.text(), st.none())))
def test_notin_is_the_opposite_of_in(value: Any, operands: list[Any]) -> None:
    assert holds(value, in_=operands) != holds(value, notin=operands)
    assert holds(value, notin=operands) == holds(value, nin=operands)


@pytest.mark.parametrize(
    ("value", "operand", "equal"),
    [
        (True, True, True),
        (True, "true", True),
        (True, "True", True),
        (True, 1, True),
        (False, "false", True),
        (True, 2, False),
        (None, None, True),
        (None, 0, False),
        (0, None, False),
        ("RTX 4090", "RTX 4090", True),
        ("RTX 4090", "RTX_4090", False),
        ("22.04", 22.04, True),
        (1, True, True),
    ],
)
def test_equality(value: Any, operand: Any, equal: bool) -> None:
    assert holds(value, eq=operand) is equal
    assert holds(value, neq=operand) is not equal


def test_contradiction_finds_nothing() -> None:
    # What the official client sends for rentable!=true.
    assert not holds(True, eq=True, neq=True)
    assert not holds(False, eq=True, neq=True)


@pytest.mark.parametrize(
    "query",
    [
        {"num_gpus": 2},
        {"num_gpus": {"like": 2}},
        {"num_gpus": {"in": 2}},
        {"num_gpus": {"eq": [2]}},
        {"order": "score"},
        {"order": [["score"]]},
        {"order": [["score", "down"]]},
        {"type": "auction"},
        {"limit": -1},
        {"limit": "many"},
        {"allocated_storage": "much"},
        [],
    ],
)
def test_what_is_not_a_query_is_refused(query: Any) -> None:
    with pytest.raises(Refusal) as refused:
        Search(query, 0.0)
    assert refused.value.status == 400
