# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what a person writes, query text or a mapping, to terms.

The grammar of the text is the official CLI's; what values mean is decided later, by the kind of the field.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Union

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._offer_fields import resolve, shorten

_OPERATORS = {
    "=": "eq",
    "==": "eq",
    "eq": "eq",
    "!=": "neq",
    "neq": "neq",
    "noteq": "neq",
    "not eq": "neq",
    ">": "gt",
    "gt": "gt",
    ">=": "gte",
    "gte": "gte",
    "<": "lt",
    "lt": "lt",
    "<=": "lte",
    "lte": "lte",
    "in": "in",
    "notin": "notin",
    "not in": "notin",
    "nin": "notin",
}

_WORDS = r"not\s+in|not\s+eq|notin|noteq|nin|neq|in|eq|gte|gt|lte|lt"
_LIST = r"""\[(?:"[^"]*"|'[^']*'|[^\[\]"'])*\]"""
_QUOTED = r""""[^"]*"|'[^']*'"""
_TERM = re.compile(
    rf"""
    (?P<field>[A-Za-z0-9_]+)
    (?: \s*(?P<symbol>[=<>!]+)\s* | \s+(?P<word>{_WORDS})(?=[\s\["'])\s* )
    (?P<value> {_LIST} | {_QUOTED} | [^\s\[\]"']+ )
    (?: [\s,]+ | $ )
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LIST_ITEM = re.compile(rf"""\s*(?P<item>{_QUOTED}|[^,"']*)\s*(?:,|$)""")
_PREFIXED = re.compile(
    r"(?P<operator>[=<>!]+|(?:not\s+in|notin|nin|in)(?=\s*\[))\s*(?P<value>.*)",
    re.DOTALL,
)

ANY = ("any", "?", "*")
"""Words that remove a condition instead of adding one."""

NULL = ("None", "null")
"""Words for the absence of a value."""


class Literal(NamedTuple):
    """A value as written: quoted text is never ``any``, ``null`` or a list."""

    text: str
    quoted: bool = False


Scalar = Union[Literal, bool, int, float]
Value = Union[Scalar, list[Scalar]]


class Term(NamedTuple):
    """One condition as written: ``shown`` is what error sentences quote."""

    field: str
    operator: str
    value: Value
    shown: str


def read_terms(filters: str | Mapping[str, Any] | None) -> Iterator[Term]:
    """The terms in the order in which they were written. Raises BadRequest for what can't be read."""
    if filters is None:
        return iter(())
    if isinstance(filters, str):
        return _terms_of_json(str(filters)) or _terms_of_text(str(filters))
    if isinstance(filters, Mapping):
        return _terms_of_mapping(filters)
    raise BadRequest("The option filters takes query text or a dictionary of conditions.")


def _terms_of_json(text: str) -> Iterator[Term] | None:
    """A mapping on Ansible's command line arrives as text. None when it is none."""
    if not text.lstrip().startswith("{"):
        return None
    try:
        return _terms_of_mapping(json.loads(text))
    except ValueError as error:
        raise BadRequest(f"Can't read {shorten(text)!r} as JSON: {error}.") from error


def _terms_of_text(text: str) -> Iterator[Term]:
    position = len(text) - len(text.lstrip())
    while position < len(text):
        found = _TERM.match(text, position)
        if not found:
            raise BadRequest(
                f"Can't read {shorten(text[position:])!r} in the offer query: a term is 'field operator value', "
                "and spaces in a value are written as _ or inside quotes."
            )
        shown = found.group().strip(" \t\r\n,")
        operator = _operator(found["symbol"] or found["word"], shown)
        yield Term(
            resolve(found["field"], shown),
            operator,
            _bare(found["value"], operator, shown),
            shown,
        )
        position = found.end()


def _bare(written: str, operator: str, shown: str) -> Value:
    """The value of a term of text, where white space and commas end a word that is not quoted."""
    word = written.strip(",")
    if operator in ("eq", "neq") and written[0] not in "[\"'" and re.search("[,=<>]", word):
        raise BadRequest(
            f"Can't tell where the value ends in {shorten(shown)!r}: separate terms with spaces, or quote it."
        )
    return _read(word, operator, shown)


def _terms_of_mapping(filters: Mapping[str, Any]) -> Iterator[Term]:
    for name, wanted in filters.items():
        conditions = wanted if isinstance(wanted, Mapping) else {None: wanted}
        for operator, value in conditions.items():
            shown = f"{name}: {wanted}"
            field = resolve(str(name), shown)
            if value is not None and value != "":
                yield _mapped(field, operator, value, shown)


def _mapped(field: str, operator: Any, value: Any, shown: str) -> Term:
    if operator is not None:
        name = _operator(str(operator), shown)
    elif isinstance(value, str):
        name, value = _prefix(str(value), shown)
    else:
        name = "eq"
    return Term(field, name, _value(value, name, shown), shown)


def _prefix(text: str, shown: str) -> tuple[str, str]:
    """Splits ``">=2"``. Word operators count only before a list, since ``GT 1030`` is a GPU."""
    found = _PREFIXED.fullmatch(text.strip())
    if not found:
        return "eq", text
    return _operator(found["operator"], shown), found["value"]


def _value(value: Any, operator: str, shown: str) -> Value:
    if isinstance(value, str):
        return _read(str(value), operator, shown)
    if isinstance(value, (list, tuple)):
        return [_scalar(item, shown) for item in value]
    return _scalar(value, shown)


def _scalar(value: Any, shown: str) -> Scalar:
    if isinstance(value, str):
        return _literal(str(value))
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        return value
    raise BadRequest(f"A condition of an offer query is made of text, numbers and booleans, not {shorten(shown)!r}.")


def _operator(written: str, shown: str) -> str:
    found = _OPERATORS.get(" ".join(written.lower().split()))
    if found:
        return found
    raise BadRequest(
        f"Unknown operator {shorten(written)!r} in {shorten(shown)!r}; there are = != > >= < <= in and notin."
    )


def _read(written: str, operator: str, shown: str) -> Value:
    text = written.strip()
    if text.startswith("[") and text.endswith("]") and len(text) > 1:
        return list(_items(text[1:-1], shown))
    if operator in ("in", "notin"):
        return list(_items(text, shown))
    return _literal(text)


def _items(text: str, shown: str) -> Iterator[Scalar]:
    position = 0
    while position < len(text):
        found = _LIST_ITEM.match(text, position)
        if not found:
            raise BadRequest(
                f"Can't read the list in {shorten(shown)!r}: write [one,two] and quote what holds a comma."
            )
        if found["item"].strip():
            yield _literal(found["item"])
        position = found.end()


def _literal(written: str) -> Literal:
    text = written.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return Literal(text[1:-1], quoted=True)
    return Literal(text)


def is_any(value: Value) -> bool:
    """Whether the value is the word that removes a condition."""
    return isinstance(value, Literal) and not value.quoted and value.text in ANY


def is_null(value: Value) -> bool:
    """Whether the value is the word for no value."""
    return isinstance(value, Literal) and not value.quoted and value.text in NULL


def plain(value: Scalar) -> str:
    """The value as text."""
    return value.text if isinstance(value, Literal) else str(value)
