# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which requests a fault is for: method, path, and conditions on query parameters and fields of the body."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any

from vast_emulator import values
from vast_emulator.failures import invalid_args
from vast_emulator.faults import fields

_MOST_CONDITIONS = 32


@dataclass
class Asked:
    """A request as filters see it."""

    method: str
    path: str
    query: Mapping[str, str]
    content: bytes

    @cached_property
    def body(self) -> Any:
        """The JSON that was sent, or None."""
        return _json(self.content)

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The query; parameters that hold JSON (``q={"gpu_name": …}``, ``limit=5``, ``owner=null``) as what it says."""
        parsed = {name: _json(text) for name, text in self.query.items()}
        return {
            name: text if parsed[name] is None and text != "null" else parsed[name] for name, text in self.query.items()
        }


def _json(text: str | bytes) -> Any:
    try:
        return values.parse_json(text)
    except ValueError:
        return None


def equals(actual: Any, wanted: Any) -> bool:
    """Whether a value is the wanted one. Texts may be globs; numbers and numeric texts compare as numbers."""
    if wanted is None or isinstance(wanted, bool):
        return actual is wanted
    if isinstance(wanted, (list, dict)) or actual is None or isinstance(actual, (list, dict)):
        return actual == wanted
    number = values.as_number(wanted)
    if number is not None and not isinstance(actual, bool):
        return values.as_number(actual) == number
    text = actual if isinstance(actual, str) else values.dump_json(actual)
    return fnmatchcase(text, str(wanted))


def _ordered(compare: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    def test(actual: Any, wanted: Any) -> bool:
        one, other = values.as_number(actual), values.as_number(wanted)
        return one is not None and other is not None and compare(one, other)

    return test


TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": equals,
    "not": lambda actual, wanted: not equals(actual, wanted),
    "in": lambda actual, wanted: any(equals(actual, one) for one in wanted),
    "lt": _ordered(operator.lt),
    "lte": _ordered(operator.le),
    "gt": _ordered(operator.gt),
    "gte": _ordered(operator.ge),
}


@dataclass
class Condition:
    """A field of the body or query, and what one of the values there must be. No field counts as null."""

    path: fields.Path
    wanted: Any

    @classmethod
    def parse(cls, path: str, wanted: Any, name: str) -> Condition:
        """Objects are tests; an unknown one is refused."""
        if isinstance(wanted, dict):
            if not wanted or not set(wanted) <= set(TESTS):
                raise invalid_args(f"{name}: {path} takes a value or tests ({', '.join(TESTS)}).")
            if not isinstance(wanted.get("in", []), list):
                raise invalid_args(f"{name}: in takes a list.")
        return cls(fields.parse(path, name), wanted)

    def holds(self, content: Any) -> bool:
        found = fields.find(content, self.path) or [None]
        tests = self.wanted if isinstance(self.wanted, dict) else {"eq": self.wanted}
        return any(all(TESTS[name](actual, wanted) for name, wanted in tests.items()) for actual in found)


def _conditions(wanted: Any, name: str) -> list[Condition]:
    found = values.mapping(wanted, name)
    if len(found) > _MOST_CONDITIONS:
        raise invalid_args(f"{name} has more than {_MOST_CONDITIONS} conditions.")
    return [Condition.parse(path, value, name) for path, value in found.items()]


_PLACEHOLDER = re.compile(r"(\{[a-z]+\}|\*+)")


def _pattern(path: str) -> re.Pattern[str]:
    """``{id}`` is a number, other names in braces are one segment, ``*`` is anything, slashes included."""
    forms = {"{id}": r"\d+"}
    parts = [
        ".*" if part.startswith("*") else forms.get(part, "[^/]+") if _PLACEHOLDER.fullmatch(part) else re.escape(part)
        for part in _PLACEHOLDER.split(path.rstrip("/"))
    ]
    return re.compile("".join(parts), re.DOTALL)


class Filter:
    """Method and path, and all conditions must fit."""

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        """Reads ``method``, ``path`` and ``match`` of a fault's description."""
        self.method = (values.text(wanted.get("method"), "method", 16, "*") or "*").upper()
        path = values.text(wanted.get("path"), "path", 1024)
        if not path or not (path.startswith("/api/") or path == "*"):
            raise invalid_args("path must start with /api/ (ids written as {id}, anything as *), or be *.")
        self.path = path
        match = values.mapping(wanted.get("match"), "match")
        if not set(match) <= {"query", "body"}:
            raise invalid_args("match takes query and body.")
        self._pattern = _pattern(path)
        self._query = _conditions(match.get("query"), "match.query")
        self._body = _conditions(match.get("body"), "match.body")

    def matches(self, asked: Asked) -> bool:
        """Whether the request is one of those meant."""
        return (
            self.method in ("*", asked.method)
            and self._pattern.fullmatch(asked.path.rstrip("/")) is not None
            and all(condition.holds(asked.parameters) for condition in self._query)
            and all(condition.holds(asked.body) for condition in self._body)
        )
