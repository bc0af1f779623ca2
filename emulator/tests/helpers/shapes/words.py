# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Short words for JSON schemas. A record has exactly the fields that are named: one more is as wrong as one less."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

ANY: Schema = {}
BOOL: Schema = {"type": "boolean"}
INT: Schema = {"type": "integer"}
ID: Schema = {"type": "integer", "minimum": 1}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
TEXT: Schema = {"type": "string"}
WORDS: Schema = {"type": "string", "pattern": r"\S"}
HASH: Schema = {"type": "string", "pattern": "^[0-9a-f]{32}$"}
NULL: Schema = {"type": "null"}
# Never below zero: $/h, $/GB/month, GB, MB, seconds.
AMOUNT: Schema = {"type": "number", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
# Seconds since 1970, in this century.
EPOCH: Schema = {"type": "number", "minimum": 946684800, "exclusiveMaximum": 4102444800}
COUNTRY_AT_END: Schema = {"type": "string", "pattern": ", [A-Z]{2}$"}


def maybe(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, NULL]}


def one_of(*values: object) -> Schema:
    """One of some values."""
    return {"enum": list(values)}


def many(schema: Schema) -> Schema:
    """An array of such."""
    return {"type": "array", "items": schema}


def each(schema: Schema) -> Schema:
    """An object that maps names of any kind to such."""
    return {"type": "object", "additionalProperties": schema}


def record(may: dict[str, Schema] | None = None, **must: Schema) -> Schema:
    """An object of fields that must be there, fields that may, and no others."""
    return {
        "type": "object",
        "properties": {**must, **(may or {})},
        "required": list(must),
        "additionalProperties": False,
    }


def success(may: dict[str, Schema] | None = None, **must: Schema) -> Schema:
    """The usual envelope."""
    return record(may, success=one_of(True), **must)


def some_columns(schema: Schema) -> Schema:
    """A row of which columns were chosen: known ones in their types, unknown ones as null."""
    return {"type": "object", "properties": schema["properties"], "additionalProperties": NULL}
