# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an offer row really is what a query asked for.

Vast.ai occasionally ignores conditions, and the server rewrites virtual fields, so rows are checked again here.

A row that lacks a field can't be checked and passes, except on prices: an offer that hides what it costs matches no
condition on it. A field that is null meets no condition but ``!=`` and ``notin``, except that a null flag is false.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number
from ansible_collections.cloudctl.vastai.plugins.module_utils._offer_fields import (
    CONTROLS,
    KINDS,
    Kind,
)

MISSING = object()
"""Stands for a field that a row does not have."""

_PRICES = frozenset(
    {
        "dph_total",
        "dph_base",
        "min_bid",
        "storage_cost",
        "inet_up_cost",
        "inet_down_cost",
    }
)
_COUNTRY = re.compile(r"(?:^|[,\s])([A-Za-z]{2})\s*$")
_DIGITS = re.compile(r"\d{1,3}", re.ASCII)


def matches(row: Any, query: Mapping[str, Any]) -> bool:
    """Whether an offer row meets all conditions of a wire query, the requested storage included. Never raises."""
    if not isinstance(row, Mapping):
        return False
    conditions = [(field, asked) for field, asked in query.items() if field not in CONTROLS]
    storage = number(query.get("allocated_storage"))
    if storage is not None:
        conditions.append(("disk_space", {"gte": storage}))
    return all(
        _meets(row, field, operator, wanted) for field, asked in conditions for operator, wanted in asked.items()
    )


def row_value(row: Mapping[str, Any], field: str) -> Any:
    """The value of a row that a condition on ``field`` is about, in the terms of the condition; MISSING without it."""
    value = _found(row, field)
    kind = KINDS.get(field)
    if kind is Kind.BOOLEAN and value is not MISSING:
        return _flag(value)
    if kind is Kind.NUMBER and value is not MISSING:
        return number(value)
    return value


def _found(row: Mapping[str, Any], field: str) -> Any:
    read = _READERS.get(field)
    return read(row) if read else row.get(field, MISSING)


def _meets(row: Mapping[str, Any], field: str, operator: str, wanted: Any) -> bool:
    value = _found(row, field) if wanted is None else row_value(row, field)
    if value is MISSING:
        return field not in _PRICES
    if operator in ("eq", "neq"):
        return _same(value, wanted) is (operator == "eq")
    if operator in ("in", "notin"):
        return any(_same(value, item) for item in wanted) is (operator == "in")
    return _compares(operator, value, wanted)


def _same(value: Any, wanted: Any) -> bool:
    if value is None or wanted is None:
        return value is wanted
    if isinstance(wanted, bool):
        return value is wanted
    expected = None if isinstance(wanted, str) else number(wanted)
    if expected is not None:
        found = number(value)
        return found is not None and math.isclose(found, expected, rel_tol=1e-9)
    return str(value).casefold() == str(wanted).casefold()


def _compares(operator: str, value: Any, wanted: Any) -> bool:
    found, limit = number(value), number(wanted)
    if found is None or limit is None:
        return False
    return _COMPARISONS[operator](found, limit)


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "gt": lambda found, limit: found > limit,
    "gte": lambda found, limit: found >= limit,
    "lt": lambda found, limit: found < limit,
    "lte": lambda found, limit: found <= limit,
}


# ---- fields that a row shows under another name or in another shape


def _first(row: Mapping[str, Any], *names: str) -> Any:
    return next((row[name] for name in names if name in row), MISSING)


def _flag(value: Any) -> bool:
    """Flags come as booleans, as 0 and 1, and as null."""
    return value.strip().lower() in ("true", "1") if isinstance(value, str) else bool(value)


def _country(row: Mapping[str, Any]) -> Any:
    """``Sweden, SE`` ends in the code; None where the text names no country."""
    text = row.get("geolocation", MISSING)
    if text is MISSING:
        return MISSING
    found = _COUNTRY.search(text) if isinstance(text, str) else None
    return found[1].upper() if found else None


def _driver(row: Mapping[str, Any]) -> Any:
    packed = number(row.get("driver_vers"))
    if packed is not None:
        return packed
    text = _first(row, "driver_version", "driver_vers")
    parts = _DIGITS.findall(text)[:3] if isinstance(text, str) else []
    if not parts:
        return text if text is MISSING else None
    major, minor, patch = [int(part) for part in parts] + [0] * (3 - len(parts))
    return major * 1_000_000 + minor * 1_000 + patch


def _verified(row: Mapping[str, Any]) -> Any:
    word = row.get("verification", MISSING)
    return word if word is MISSING else word == "verified"


def _datacenter(row: Mapping[str, Any]) -> Any:
    hosting = row.get("hosting_type", MISSING)
    return hosting if hosting is MISSING else number(hosting) == 1


_READERS: dict[str, Callable[[Mapping[str, Any]], Any]] = {
    "ask_contract_id": lambda row: _first(row, "ask_contract_id", "id"),
    "datacenter": _datacenter,
    "driver_version": _driver,
    "geolocation": _country,
    "reliability": lambda row: _first(row, "reliability", "reliability2"),
    "ubuntu_version": lambda row: _first(row, "os_version", "ubuntu_version"),
    "verified": _verified,
}
