# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks for values that came over the wire. Each returns the value in one type or raises a 400 refusal."""

from __future__ import annotations

import json
import math
from typing import Any

from vast_emulator.failures import invalid_args

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]

MAX_ID = 2**53


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text} is too large")
    return value


def parse_json(text: str | bytes) -> Any:
    """Strict JSON: no NaN, no numbers beyond a double, no absurd nesting. Raises ValueError."""
    try:
        return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


# Made once: json.dumps makes a new one for each call that wants its JSON compact.
_COMPACT = json.JSONEncoder(separators=(",", ":"), allow_nan=False, ensure_ascii=False)
_ESCAPED = json.JSONEncoder(separators=(",", ":"), allow_nan=False)


def dump_json(value: Any) -> str:
    """Compact JSON, the same with and without orjson. NaN and infinite numbers are null."""
    if orjson is not None:
        try:
            return orjson.dumps(value).decode()
        except TypeError:
            # It has no integers beyond 64 bits, no keys but texts, and no halves of surrogate pairs.
            pass
    try:
        return _plain(value)
    except ValueError:
        return _plain(_finite_only(value))


def _plain(value: Any) -> str:
    text = _COMPACT.encode(value)
    try:
        text.encode()
    except UnicodeEncodeError:
        return _ESCAPED.encode(value)
    return text


def _finite_only(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite_only(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite_only(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def join_objects(one: str, other: str) -> str:
    """One JSON object with the members of two, given and answered as compact JSON."""
    if "{}" in (one, other):
        return other if one == "{}" else one
    return f"{one[:-1]},{other[1:]}"


def as_number(value: Any) -> float | int | None:
    """The number in a number or numeric string, else None. The official CLI sends most numbers as strings."""
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str) and len(value) < 64:
        try:
            return float(value)
        except ValueError:
            return None
    return None


def number(value: Any, name: str, low: float = 0.0, high: float = 1e9) -> float:
    """A finite number within bounds."""
    found = None if isinstance(value, bool) else as_number(value)
    if found is None or not low <= found <= high:
        raise invalid_args(f"{name} must be a number from {low:g} to {high:g}.")
    return float(found)


def integer(value: Any, name: str, low: int = 0, high: int = MAX_ID) -> int:
    """A whole number within bounds; numeric strings count."""
    found = None if isinstance(value, bool) else as_number(value)
    if found is None or not low <= found <= high or found != int(found):
        raise invalid_args(f"{name} must be a whole number from {low} to {high}.")
    return int(found)


def identifier(value: Any) -> int | None:
    """An id from a path or body; None for anything that cannot be one."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value <= MAX_ID else None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        return int(value)
    return None


def identifiers(value: Any, name: str, most: int = 64) -> list[int]:
    """A list of at most ``most`` ids."""
    if not isinstance(value, list) or not value or len(value) > most:
        raise invalid_args(f"{name} must be a list of 1 to {most} ids.")
    found = [identifier(item) for item in value]
    if None in found:
        raise invalid_args(f"{name} holds something that is not an id.")
    return [item for item in found if item is not None]


def text(value: Any, name: str, most: int, default: str | None = None) -> str | None:
    """A string of at most ``most`` characters; null gives the default."""
    if value is None:
        return default
    if not isinstance(value, str):
        raise invalid_args(f"{name} must be text.")
    if len(value) > most:
        raise invalid_args(f"{name} is longer than {most} characters.")
    return value


def flag(value: Any, name: str) -> bool:
    """A boolean; null counts as false."""
    if value is None or isinstance(value, bool):
        return bool(value)
    raise invalid_args(f"{name} must be true or false.")


def texts(value: Any, name: str) -> list[str]:
    """A list of strings; null gives an empty one."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise invalid_args(f"{name} must be a list of texts.")
    return value


def mapping(value: Any, name: str) -> dict:
    """An object; null gives an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid_args(f"{name} must be an object.")
    return value
