# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of instances: filter, order, cut, and a token for the next page."""

from __future__ import annotations

import base64
import functools
from bisect import bisect_right
from collections import Counter
from typing import Any

from vast_emulator import values
from vast_emulator.contracts import Contract
from vast_emulator.failures import Refusal
from vast_emulator.market.query import bad_query, predicates, sort_key
from vast_emulator.routing import Call
from vast_emulator.rows import COLUMNS, STORED, row, stored_value
from vast_emulator.ssh_endpoints import DocumentationAddresses
from vast_emulator.world import World

MOST = 25
FEWEST = 5


def page(call: Call) -> dict[str, Any]:
    """The answer of the v1 list."""
    world = call.world
    limit = _limit(call.query.get("limit"))
    order = _order(call.query_json("order_by", []))
    columns = _columns(call.query_json("select_cols", ["*"]))
    after = _token(call.query.get("after_token"), order)
    wanted = _matching(world, call.query_json("select_filters", {}))
    ids = _after(world, wanted, order, after)
    chosen = [world.shown.contracts[number] for number in ids[:limit]]
    rows = [row(one, world, call.service.addresses) for one in chosen]
    if columns is not None:
        rows = [{column: one.get(column) for column in columns} for one in rows]
    return {
        "success": True,
        "instances_found": len(rows),
        "total_instances": len(wanted),
        "label_counts": _label_counts(world, wanted),
        "next_token": _next_token(world, chosen[-1], order) if len(ids) > limit else None,
        "instances": rows,
    }


def _limit(given: str | None) -> int:
    if given is None:
        return MOST
    wanted = values.as_number(given)
    if wanted is None or wanted != wanted:
        raise bad_query("limit is not a number")
    return FEWEST if wanted <= 0 else max(1, int(min(wanted, MOST)))


def _columns(given: Any) -> list[str] | None:
    """Column names, or None for all."""
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise bad_query("select_cols is not a list of names")
    return None if "*" in given or not given else given


def _order(given: Any) -> list[tuple[str, bool]]:
    """(column, descending) with id as the last tie break."""
    if not isinstance(given, list):
        raise bad_query("order_by is not a list")
    order = []
    for item in given:
        if (
            not isinstance(item, dict)
            or not isinstance(item.get("col"), str)
            or item.get("dir", "asc") not in ("asc", "desc")
        ):
            raise bad_query("order_by needs objects with col and dir")
        if item["col"] not in COLUMNS:
            raise bad_query(f"{item['col']} is not a valid order column")
        order.append((item["col"], item.get("dir", "asc") == "desc"))
    return order if any(column == "id" for column, _down in order) else [*order, ("id", False)]


def _matching(world: World, filters: Any) -> list[int]:
    """Ids of the contracts that pass, ascending. Must not be changed: without filters it is the world's own list."""
    if not isinstance(filters, dict):
        raise bad_query("select_filters is not an object")
    tests = []
    for column, condition in filters.items():
        if column not in STORED:
            raise bad_query(f"{column} is not a valid search key")
        tests += [(column, test) for test in predicates(column, condition)]
    if not tests:
        return world.shown.ids
    candidates = _by_label(world, filters.get("label"))
    return [
        number
        for number in candidates
        if all(test(stored_value(world.shown.contracts[number], world, column)) for column, test in tests)
    ]


def _by_label(world: World, condition: Any) -> list[int]:
    """Candidates for a filter on labels, from the index where it can say."""
    wanted: Any = None
    if isinstance(condition, dict):
        wanted = condition["in"] if "in" in condition else [condition["eq"]] if "eq" in condition else None
    if not isinstance(wanted, list) or not all(one is None or isinstance(one, str) for one in wanted):
        return world.shown.ids
    return sorted({number for one in wanted for number in world.shown.by_label.get(one, ())})


def _value(world: World, contract: Contract, column: str) -> Any:
    if column in STORED:
        return stored_value(contract, world, column)
    return row(contract, world, DocumentationAddresses()).get(column)


def _after(world: World, ids: list[int], order: list[tuple[str, bool]], after: list[Any] | None) -> list[int]:
    """Ids in order, from the one after the token's."""
    if order == [("id", False)]:
        return ids if after is None else ids[bisect_right(ids, after[0]) :]
    keyed = {
        number: [_value(world, world.shown.contracts[number], column) for column, _down in order] for number in ids
    }

    def compare(left: list[Any], right: list[Any]) -> int:
        for (_column, down), one, other in zip(order, left, right, strict=True):
            first, second = sort_key(one), sort_key(other)
            if first != second:
                return (1 if first > second else -1) * (-1 if down else 1)
        return 0

    place = functools.cmp_to_key(compare)
    ordered = sorted(ids, key=lambda number: place(keyed[number]))
    return [number for number in ordered if after is None or compare(keyed[number], after) > 0]


def _next_token(world: World, last: Contract, order: list[tuple[str, bool]]) -> str:
    columns = {column: _value(world, last, column) for column, _down in order}
    return base64.urlsafe_b64encode(values.dump_json({"values": columns}).encode()).decode()


def _token(given: str | None, order: list[tuple[str, bool]]) -> list[Any] | None:
    """The values of the last row of the page before, in the columns of the order."""
    if not given:
        return None
    refusal = Refusal(400, "invalid_token", "Invalid after_token.")
    try:
        content = values.parse_json(base64.b64decode(given.encode(), altchars=b"-_", validate=True))
    except ValueError as error:
        raise refusal from error
    found = content.get("values") if isinstance(content, dict) else None
    if not isinstance(found, dict) or set(found) != {column for column, _down in order}:
        raise refusal
    after = [found[column] for column, _down in order]
    plain = all(one is None or isinstance(one, (str, int, float)) for one in after)
    if not plain or not isinstance(found["id"], int):
        raise refusal
    return after


def _label_counts(world: World, ids: list[int]) -> dict[str, int]:
    if ids is world.shown.ids:
        return {label or "": len(same) for label, same in world.shown.by_label.items()}
    return dict(Counter(world.shown.contracts[number].label or "" for number in ids))
