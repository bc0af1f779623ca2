# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every answer of the API looks like, for tests: ``check`` says what is wrong with one."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match
from jsonschema.validators import extend

from shapes import answers, refusals
from shapes.words import Schema
from vast_emulator.web.routing import api
from vast_emulator.web.service import Service

assert Service, "importing the service fills the route table"
# 1.0 and true are no integers on the wire: clients in other languages would not take them for any.
Strict = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
        "integer", lambda _checker, value: isinstance(value, int) and not isinstance(value, bool)
    ),
)


VARIABLE = re.compile(r"(\{[^}]*\})")


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part) for part in VARIABLE.split(path)))


# Paths with fewer variables first: /instances/filters is no instance.
ROUTES = [
    (method, _pattern(path), f"{method} {path}")
    for method, path in sorted(api.paths(), key=lambda route: route[1].count("{"))
]


def route_of(method: str, path: str) -> str | None:
    """``GET /api/v0/instances/{id}`` for a request; None when nothing is served there."""
    plain = urllib.parse.unquote(path.partition("?")[0]).rstrip("/")
    method = "GET" if method == "HEAD" else method
    return next((route for verb, pattern, route in ROUTES if verb == method and pattern.fullmatch(plain)), None)


def schema_of(route: str | None, status: int, refused: bool, columns: bool) -> Schema | None:
    """The schema of an answer; None when there must not be such an answer."""
    if status == 200 and refused:
        return refusals.WITH_200.get(str(route))
    if status == 200:
        return (answers.CHOSEN_COLUMNS if columns else answers.ANSWERS).get(str(route))
    if status not in refusals.STATUSES:
        return None
    return refusals.BY_STATUS.get(status, refusals.REFUSAL)


@cache
def _validator(route: str | None, status: int, refused: bool, columns: bool) -> Strict | None:
    schema = schema_of(route, status, refused, columns)
    return None if schema is None else Strict(schema)


def problems(route: str | None, status: int, answer: Any, columns: bool = False) -> Iterator[str]:
    """Sentences about what is wrong with an answer that was JSON."""
    refused = isinstance(answer, dict) and answer.get("success") is False
    validator = _validator(route, status, refused, columns)
    if validator is None:
        yield f"{route} must not answer {status} with {json.dumps(answer)[:200]}"
        return
    for error in map(_heart, validator.iter_errors(answer)):
        yield f"{route} {status}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
    for name, inner in inside(route, validator.schema):
        yield from (error.message[:300] for error in Strict(inner).iter_errors(json.loads(answer[name])))


def _heart(error: ValidationError) -> ValidationError:
    """Of "none of these fits", why the one that was meant does not."""
    return best_match([error]) or error


def inside(route: str | None, schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Fields whose text is JSON of its own."""
    for name, field in schema.get("properties", {}).items():
        if "contentSchema" in field:
            yield name, field["contentSchema"]
