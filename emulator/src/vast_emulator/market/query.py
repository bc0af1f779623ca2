# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter language of the API: ``{"field": {"operator": value}}``, all of them true."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from vast_emulator.failures import Refusal
from vast_emulator.values import as_number

Predicate = Callable[[Any], bool]
_NUMBERS = (int, float)
_COMPARISONS = {"gt": operator.gt, "gte": operator.ge, "lt": operator.lt, "lte": operator.le}


def bad_query(text: str) -> Refusal:
    """A query object that does not fit."""
    return Refusal(400, "invalid_request", f"Error in query parameters: {text}")


def _truth(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False, "1": True, "0": False}.get(value.lower())
    if isinstance(value, (int, float)):
        return bool(value) if value in (0, 1) else None
    return None


def same(value: Any, operand: Any) -> bool:
    """Equality across the types that clients send: numeric strings equal numbers, null equals only null."""
    if value is None or operand is None:
        return value is None and operand is None
    if isinstance(value, bool):
        return _truth(operand) is value
    if isinstance(value, (int, float)):
        return as_number(operand) == value
    if isinstance(operand, (bool, int, float)):
        return not isinstance(operand, bool) and as_number(value) == operand
    return value == operand


def _ordered(value: Any, operand: Any, test: Callable[[Any, Any], bool]) -> bool:
    """Comparison by number when both are numbers (or numeric text), else by text; anything else does not match."""
    left, right = as_number(value), as_number(operand)
    if left is not None and right is not None:
        return test(left, right)
    if isinstance(value, str) and isinstance(operand, str):
        return test(value, operand)
    return False


def _is_plain(operand: Any) -> bool:
    """Whether it is text that equals the same text and nothing else."""
    return isinstance(operand, str) and as_number(operand) is None and _truth(operand) is None


def _equal_to(operand: Any) -> Predicate:
    """:func:`same` for one operand; searches ask it of every offer, so the usual types are not looked at twice."""
    if _is_plain(operand):
        return lambda value: value == operand
    if type(operand) in _NUMBERS:
        return lambda value: value == operand if type(value) in _NUMBERS else same(value, operand)
    return lambda value: same(value, operand)


def _one_of(operands: list[Any]) -> Predicate:
    if all(_is_plain(one) for one in operands):
        wanted = frozenset(operands)
        return lambda value: isinstance(value, str) and value in wanted
    tests = [_equal_to(one) for one in operands]
    return lambda value: any(test(value) for test in tests)


def _compared(operand: Any, test: Callable[[Any, Any], bool]) -> Predicate:
    """:func:`_ordered` for one operand."""
    right = as_number(operand)
    if right is None:
        return lambda value: _ordered(value, operand, test)
    return lambda value: test(value, right) if type(value) in _NUMBERS else _ordered(value, operand, test)


def _predicate(field: str, name: str, operand: Any) -> Predicate:
    if name in ("in", "notin", "nin"):
        if not isinstance(operand, list):
            raise bad_query(f"{field} {name} needs a list")
        holds = _one_of(list(operand))
        return holds if name == "in" else lambda value: not holds(value)
    if isinstance(operand, (list, dict)):
        raise bad_query(f"{field} {name} needs a single value")
    if name in ("eq", "neq"):
        equal = _equal_to(operand)
        return equal if name == "eq" else lambda value: not equal(value)
    compare = _COMPARISONS.get(name)
    if compare is None:
        raise bad_query(f"{name} is not an operator")
    return _compared(operand, compare)


def predicates(field: str, condition: Any, convert: Callable[[Any], Any] | None = None) -> list[Predicate]:
    """The tests of one field. ``convert`` rewrites operands into the form that is stored."""
    if not isinstance(condition, dict):
        raise bad_query(f"{field} needs an object of operators")
    tests = []
    for name, operand in condition.items():
        stored = operand
        if convert is not None:
            stored = [convert(one) for one in operand] if isinstance(operand, list) else convert(operand)
        tests.append(_predicate(field, name, stored))
    return tests


def sort_key(value: Any) -> tuple:
    """Orders values of any type: nulls last, then numbers, then text."""
    if value is None:
        return (2, 0)
    if isinstance(value, (bool, int, float)):
        return (0, value)
    return (1, str(value))
