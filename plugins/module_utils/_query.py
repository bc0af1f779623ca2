# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The offer query language: from what a person writes to the wire query of ``POST /api/v0/bundles/``.

Two forms, one meaning. Text is the official CLI's (``gpu_name=RTX_4090 num_gpus>=2 geolocation in [US,CA]``), a
mapping is ``{field: value}``, ``{field: [values]}`` or ``{field: {operator: value}}``, where a string may begin with
an operator (``">=2"``). Both become the same terms and then ``{field: {operator: value}}``.

Where this departs from the official CLI (1.9.1), on purpose:

* Numbers are sent as numbers; the CLI sends them as strings.
* An unknown field, an operator that makes no sense for its field, or a value of the wrong kind is an error before
  anything is sent; the CLI warns, or asks for something that no offer can match.
* A condition of the user's replaces a default about the same thing. The CLI merges ``rentable!=true`` with its
  ``rentable=true``, which nothing matches.
* Several conditions on one field with one operator all hold (the tighter one is sent); for the CLI the last one wins.
* ``id`` is sent as ``ask_contract_id``, because filters on ``id`` were reported to match nothing.
* ``driver_version`` may have one or two parts (``>=570`` is ``570.0.0``); the CLI sends 570, below every version.
* ``geolocation`` takes region names, and codes in any case.
* Any white space separates terms, ``'`` quotes like ``"``, and a list after ``=`` or ``!=`` means ``in`` or ``notin``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._match import matches
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number
from ansible_collections.cloudctl.vastai.plugins.module_utils._offer_fields import (
    FACTORS,
    KINDS,
    Kind,
    resolve,
    shorten,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._query_terms import (
    ANY,
    NULL,
    Literal,
    Scalar,
    Term,
    is_any,
    is_null,
    plain,
    read_terms,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._regions import (
    REGIONS,
    is_everywhere,
    region_named,
)

__all__ = [
    "DEFAULT_ORDER",
    "DEFAULT_STORAGE",
    "OFFER_TYPES",
    "build_query",
    "matches",
    "parse_order",
]

DEFAULT_ORDER = "score-"
"""The official CLI's order: Vast.ai's own value-for-money score, best first."""

DEFAULT_STORAGE = 5.0
"""Storage (GB) that prices include when nobody says otherwise: the official CLI's number."""

OFFER_TYPES = {
    "on-demand": "on-demand",
    "ondemand": "on-demand",
    "bid": "bid",
    "interruptible": "bid",
    "reserved": "reserved",
}
"""Names of the kinds of rent, and what is sent for them."""

_SYMBOLS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_LIST_OPERATOR = {"eq": "in", "neq": "notin", "in": "in", "notin": "notin"}

_TRUE = ("true", "yes", "on", "1")
_FALSE = ("false", "no", "off", "0")
_COUNTRY_CODE = re.compile(r"[A-Z]{2}")
# YAML reads an unquoted NO (Norway) as false; UK is what people call GB.
_COUNTRY_SPELLINGS = {"FALSE": "NO", "UK": "GB"}
_DRIVER = re.compile(r"\d{1,3}(\.\d{1,3}){0,2}", re.ASCII)
_LOWEST_PACKED_DRIVER = 1_000_000

_RENTABLE = frozenset({"rentable", "rented"})
# Unless asked otherwise, offers are of checked machines and can be rented: (defaults, fields that replace them).
# rentable and rented go together, because what the caller has rented is not rentable.
_DEFAULTS: tuple[tuple[dict[str, bool], frozenset[str]], ...] = (
    ({"verified": True}, frozenset({"verified", "verification", "vericode"})),
    ({"external": False}, frozenset({"external"})),
    ({"rentable": True, "rented": False}, _RENTABLE),
)
_QUALITY = frozenset({"verified", "external"})


Conditions = dict[str, dict[str, Any]]


def build_query(
    filters: str | Mapping[str, Any] | None = None,
    regions: str | Iterable[str] | None = None,
    order: str | Iterable[str] | None = None,
    offer_type: str | None = "on-demand",
    limit: int | None = None,
    storage: float | None = None,
    machine_id: int | None = None,
    offer_id: int | None = None,
    max_price: float | None = None,
    max_storage_cost: float | None = None,
) -> dict[str, Any]:
    """The wire query: conditions ``{field: {operator: value}}`` and the controls order, type, limit, allocated_storage.

    ``storage`` is in GB and is always sent; ``max_price`` is in $/h including that storage, ``max_storage_cost`` in
    $/GB/month; ``limit`` 0 means none. ``offer_type`` None is for offers of volumes: they have no type, and those that
    are rented are not listed.
    All conditions hold together. Whoever names a ``machine_id`` or ``offer_id`` has chosen the machine: the defaults on
    its quality (``verified``, ``external``) are then left out.
    Raises BadRequest for what can't be read or can't be met by any offer.
    """
    conditions: Conditions = {}
    touched = {term.field for term in _gather(conditions, read_terms(filters))}
    if regions is not None:
        _restrict_regions(conditions, regions)
    for option, field, wanted in (
        ("machine_id", "machine_id", machine_id),
        ("offer_id", "ask_contract_id", offer_id),
    ):
        if wanted is not None:
            _add(conditions, field, "eq", _positive(option, wanted), f"{option}={wanted}")
            touched |= _QUALITY
    for option, field, highest in (
        ("max_price", "dph_total", max_price),
        ("max_storage_cost", "storage_cost", max_storage_cost),
    ):
        if highest is not None:
            _add(conditions, field, "lte", _positive(option, highest), f"{option}={highest}")
    if offer_type is None:
        touched |= _RENTABLE
    query: dict[str, Any] = {
        **_defaults(touched),
        **conditions,
        "order": parse_order(order),
    }
    if offer_type is not None:
        query["type"] = _offer_type(offer_type)
    if limit is not None and _not_negative("limit", limit):
        query["limit"] = int(limit)
    query["allocated_storage"] = float(DEFAULT_STORAGE if storage is None else _not_negative("storage", storage))
    return query


def parse_order(order: str | Iterable[str] | None) -> list[list[str]]:
    """``"dph_total,num_gpus-"`` or a list of such names as ``[[field, "asc" | "desc"], ...]``; ``-`` may also lead."""
    return [_order_key(name) for name in _names(order) or [DEFAULT_ORDER]]


def _names(written: str | Iterable[str] | None) -> list[str]:
    """The names in a comma-separated text, or in a list of such texts, with or without brackets around them."""
    texts = [written] if isinstance(written, str) else list(written or ())
    names = [name.strip(" \t\r\n[]\"'") for text in texts for name in str(text).split(",")]
    return [name for name in names if name]


def _order_key(name: str) -> list[str]:
    direction = "desc" if name.strip("-") != name else "asc"
    return [resolve(name.strip("+-"), f"order {name}"), direction]


# ---- from terms to conditions


def _gather(conditions: Conditions, terms: Iterable[Term]) -> Iterator[Term]:
    """Adds the terms to the conditions in their order, and yields each."""
    for term in terms:
        if is_any(term.value):
            if term.operator != "eq":
                raise BadRequest(
                    f"{shorten(term.shown)!r} makes no sense: 'any' removes a filter and goes with = only."
                )
            conditions.pop(term.field, None)
        else:
            _apply(conditions, term)
        yield term


def _apply(conditions: Conditions, term: Term) -> None:
    if term.operator not in _LIST_OPERATOR:
        _check_comparison(term)
    if KINDS[term.field] is Kind.COUNTRY:
        _apply_countries(conditions, term)
    elif is_null(term.value):
        _add(conditions, term.field, _null_operator(term), None, term.shown)
    elif isinstance(term.value, list) or term.operator in ("in", "notin"):
        items = term.value if isinstance(term.value, list) else [term.value]
        _add(
            conditions,
            term.field,
            _LIST_OPERATOR[term.operator],
            [_convert(term, item) for item in items],
            term.shown,
        )
    else:
        _add(
            conditions,
            term.field,
            term.operator,
            _convert(term, term.value),
            term.shown,
        )


def _check_comparison(term: Term) -> None:
    kind = KINDS[term.field]
    if not kind.ordered:
        raise BadRequest(
            f"{shorten(term.shown)!r} makes no sense: {term.field} is {kind.value}; use =, !=, in or notin with it."
        )
    if isinstance(term.value, list):
        raise BadRequest(
            f"{shorten(term.shown)!r} makes no sense: {_SYMBOLS[term.operator]} takes one value, not a list."
        )


def _null_operator(term: Term) -> str:
    if term.operator in ("eq", "neq"):
        return term.operator
    raise BadRequest(f"{shorten(term.shown)!r} makes no sense: null goes with = and != only.")


def _convert(term: Term, value: Scalar) -> Any:
    if isinstance(value, Literal) and not value.text.strip():
        raise BadRequest(f"The value in {shorten(term.shown)!r} is empty.")
    if isinstance(value, Literal) and not value.quoted and value.text in ANY + NULL:
        raise BadRequest(f"The list in {shorten(term.shown)!r} can't hold {value.text}.")
    found = _CONVERTERS[KINDS[term.field]](value, term.field)
    if found is None:
        raise BadRequest(f"{shorten(plain(value))!r} in {shorten(term.shown)!r} is not {KINDS[term.field].value}.")
    return found


def _as_number(value: Scalar, field: str) -> int | float | None:
    found = number(value.text if isinstance(value, Literal) else value)
    if found is None or field not in FACTORS:
        return found
    return number(found * FACTORS[field])


def _as_boolean(value: Scalar, field: str) -> bool | None:
    word = plain(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def _as_text(value: Scalar, field: str) -> str | None:
    """Vast.ai's names have spaces where people write underscores."""
    return None if isinstance(value, bool) else plain(value).replace("_", " ").strip() or None


def _as_driver(value: Scalar, field: str) -> int | None:
    """``535.86.05`` as 535086005, three digits for each part."""
    word = plain(value).strip()
    if _DRIVER.fullmatch(word):
        parts = [int(part) for part in word.split(".")]
        major, minor, patch = parts + [0] * (3 - len(parts))
        return major * 1_000_000 + minor * 1_000 + patch
    packed = number(word)
    return packed if isinstance(packed, int) and packed >= _LOWEST_PACKED_DRIVER else None


def _as_release(value: Scalar, field: str) -> str | None:
    """YAML reads 22.10 as the number 22.1: releases have two digits after the point."""
    if isinstance(value, bool):
        return None
    return f"{value:.2f}" if isinstance(value, float) else _as_text(value, field)


_CONVERTERS: dict[Kind, Callable[[Scalar, str], Any]] = {
    Kind.NUMBER: _as_number,
    Kind.BOOLEAN: _as_boolean,
    Kind.TEXT: _as_text,
    Kind.DRIVER: _as_driver,
    Kind.RELEASE: _as_release,
}


# ---- countries and regions


def _apply_countries(conditions: Conditions, term: Term) -> None:
    if is_null(term.value):
        _add(conditions, term.field, _null_operator(term), None, term.shown)
        return
    values = term.value if isinstance(term.value, list) else [term.value]
    codes = _countries([plain(value) for value in values], term.shown)
    negative = term.operator in ("neq", "notin")
    if codes is None:
        if negative:
            raise BadRequest(f"{shorten(term.shown)!r} excludes every country.")
        return
    if len(codes) == 1 and not isinstance(term.value, list):
        _add(conditions, term.field, term.operator, codes[0], term.shown)
    else:
        _add(conditions, term.field, _LIST_OPERATOR[term.operator], codes, term.shown)


def _restrict_regions(conditions: Conditions, regions: str | Iterable[str]) -> None:
    names = _names(regions)
    shown = f"regions: {', '.join(names)}"
    codes = _countries(names, shown) if names else None
    if codes is not None:
        _add(conditions, "geolocation", "in", codes, shown)


def _countries(names: list[str], shown: str) -> list[str] | None:
    """Country codes of names and codes, each once; None for everywhere."""
    codes: dict[str, None] = {}
    for name in names:
        if is_everywhere(name):
            return None
        codes.update(dict.fromkeys(region_named(name) or [_country(name, shown)]))
    if not codes:
        raise BadRequest(f"The value in {shorten(shown)!r} is empty.")
    return list(codes)


def _country(name: str, shown: str) -> str:
    code = _COUNTRY_SPELLINGS.get(name.strip().upper(), name.strip().upper())
    if _COUNTRY_CODE.fullmatch(code) and code != "EU":
        return code
    raise BadRequest(
        f"{shorten(name)!r} in {shorten(shown)!r} is no region or country; regions are {', '.join(REGIONS)} and all, "
        "countries are two-letter codes such as US."
    )


# ---- several conditions on one field


def _add(conditions: Conditions, field: str, operator: str, value: Any, shown: str) -> None:
    """Adds one condition; with an earlier one of the same operator both hold."""
    operators = conditions.setdefault(field, {})
    if operator not in operators:
        if operator in ("in", "notin") and not value:
            raise BadRequest(f"The list in {shorten(shown)!r} is empty.")
        operators[operator] = value
        return
    _tighten(operators, operator, value, shown)


def _tighten(operators: dict[str, Any], operator: str, value: Any, shown: str) -> None:
    held = operators[operator]
    if operator in ("gt", "gte", "lt", "lte"):
        operators[operator] = (max if operator in ("gt", "gte") else min)(held, value)
    elif operator == "in":
        operators["in"] = [item for item in held if item in value]
        if not operators["in"]:
            raise BadRequest(
                f"No offer can match {shorten(shown)!r} together with the other conditions on the same field."
            )
    elif operator == "notin":
        operators["notin"] = held + [item for item in value if item not in held]
    elif held != value:
        if operator == "eq":
            raise BadRequest(
                f"No offer can match {shorten(shown)!r} together with the other conditions on the same field."
            )
        _exclude(operators, value)


def _exclude(operators: dict[str, Any], value: Any) -> None:
    """A second ``!=``: an object holds one, so the further ones go to ``notin``."""
    excluded = operators.setdefault("notin", [])
    if value not in excluded:
        excluded.append(value)


def _defaults(touched: set[str]) -> Conditions:
    return {
        field: {"eq": wanted}
        for defaults, replaced_by in _DEFAULTS
        if not touched & replaced_by
        for field, wanted in defaults.items()
    }


# ---- the other options


def _offer_type(name: str) -> str:
    found = OFFER_TYPES.get(str(name).lower())
    if found:
        return found
    raise BadRequest(f"Unknown type of offer {shorten(str(name))!r}; there are on-demand, bid and reserved.")


def _positive(option: str, value: Any) -> int | float:
    found = number(value)
    if found is not None and found > 0:
        return found
    raise BadRequest(f"The option {option} takes a number above 0, not {shorten(str(value))!r}.")


def _not_negative(option: str, value: Any) -> int | float:
    found = number(value)
    if found is not None and found >= 0:
        return found
    raise BadRequest(f"The option {option} takes a number that is not negative, not {shorten(str(value))!r}.")
