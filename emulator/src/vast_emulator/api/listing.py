# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of instances: filter, order, cut, and a token for the next page."""

from __future__ import annotations

import base64
import functools
from bisect import bisect_right
from collections import Counter
from typing import Any, NamedTuple

from vast_emulator import values
from vast_emulator.failures import Refusal
from vast_emulator.instances.encoded_rows import Columns, encoded_row
from vast_emulator.instances.rows import COLUMNS, PLACES, STORED
from vast_emulator.market.query import bad_query, predicates, sort_key
from vast_emulator.web.routing import Call, Reply
from vast_emulator.world.contracts import Contract
from vast_emulator.world.world import World

MOST = 25
FEWEST = 5
# Pairs of a column and whether it is descending.
Order = tuple[tuple[str, bool], ...]
_BY_ID: Order = (("id", False),)


def page(call: Call) -> Reply:
    """The answer of the v1 list."""
    world = call.world
    limit = _limit(call.query.get("limit"))
    order = _order(call.query_json("order_by", []))
    columns = _columns(call.query_json("select_cols", ["*"]))
    after = _token(call.query.get("after_token"), order)
    ids, label_counts = _match(call, order)
    start = 0 if after is None else _place_after(world, ids, order, after)
    chosen = [world.shown.contracts[number] for number in ids[start : start + limit]]
    more = start + limit < len(ids)
    head = {
        "success": True,
        "instances_found": len(chosen),
        "total_instances": len(ids),
        "next_token": _next_token(world, chosen[-1], order) if more else None,
    }
    rows = ",".join(encoded_row(one, world, call.service.addresses, columns) for one in chosen)
    rest = f'{{"label_counts":{label_counts},"instances":[{rows}]}}'
    return Reply(values.join_objects(values.dump_json(head), rest).encode())


class Match(NamedTuple):
    """The contracts that pass some filters, while none of the world's changes: ids in order, label counts as JSON."""

    ids: list[int]
    label_counts: str


def _match(call: Call, order: Order) -> Match:
    """What the filters of a call match, found once for all pages of a walk while no contract changes."""
    given = call.query.get("select_filters") or ""

    def find() -> Match:
        ids = _matching(call.world, call.query_json("select_filters", {}))
        return Match(_ordered(call.world, ids, order), values.dump_json(_label_counts(call.world, ids)))

    return call.world.derived.match((given, order), find)


def _ordered(world: World, ids: list[int], order: Order) -> list[int]:
    if order == _BY_ID:
        return ids
    for column, down in reversed(order):
        read = PLACES[column]
        ids = sorted(ids, key=lambda number: sort_key(read(world.shown.contracts[number], world)), reverse=down)
    return ids


def _limit(given: str | None) -> int:
    if given is None:
        return MOST
    wanted = values.as_number(given)
    if wanted is None or wanted != wanted:
        raise bad_query("limit is not a number")
    return FEWEST if wanted <= 0 else max(1, int(min(wanted, MOST)))


def _columns(given: Any) -> Columns:
    """Column names, or None for all."""
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise bad_query("select_cols is not a list of names")
    return None if "*" in given or not given else tuple(given)


def _order(given: Any) -> Order:
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
    return tuple(order) if any(column == "id" for column, _down in order) else (*order, *_BY_ID)


def _matching(world: World, filters: Any) -> list[int]:
    """Ids of the contracts that pass, ascending. Must not be changed: it may be one of the world's own lists."""
    if not isinstance(filters, dict):
        raise bad_query("select_filters is not an object")
    tests = []
    for column, condition in filters.items():
        if column not in STORED:
            raise bad_query(f"{column} is not a valid search key")
        tests += [(column, test) for test in predicates(column, condition)]
    ids = _by_label(world, filters.get("label"))
    if ids is None:
        ids = world.shown.ids
    else:
        tests = [(column, test) for column, test in tests if column != "label"]
    for column, test in tests:
        read = COLUMNS[column]
        ids = [number for number in ids if test(read(world.shown.contracts[number], world))]
    return ids


def _by_label(world: World, condition: Any) -> list[int] | None:
    """What a filter on labels matches, from the index; None where the index can't say."""
    if not isinstance(condition, dict) or len(condition) != 1:
        return None
    wanted = condition["in"] if "in" in condition else [condition["eq"]] if "eq" in condition else None
    if not isinstance(wanted, list) or not all(one is None or isinstance(one, str) for one in wanted):
        return None
    if len(wanted) == 1:
        return world.shown.by_label.get(wanted[0], [])
    return sorted(number for one in set(wanted) for number in world.shown.by_label.get(one, ()))


def _place_after(world: World, ids: list[int], order: Order, after: list[Any]) -> int:
    """Index of the first row after the token's."""
    if order == _BY_ID:
        return bisect_right(ids, after[0])

    def compare(left: list[Any], right: list[Any]) -> int:
        for (_column, down), one, other in zip(order, left, right, strict=True):
            first, second = sort_key(one), sort_key(other)
            if first != second:
                return (1 if first > second else -1) * (-1 if down else 1)
        return 0

    place = functools.cmp_to_key(compare)

    def place_of(number: int) -> Any:
        return place([PLACES[column](world.shown.contracts[number], world) for column, _down in order])

    return bisect_right(ids, place(after), key=place_of)


def _next_token(world: World, last: Contract, order: Order) -> str:
    columns = {column: PLACES[column](last, world) for column, _down in order}
    return base64.urlsafe_b64encode(values.dump_json({"values": columns}).encode()).decode()


def _token(given: str | None, order: Order) -> list[Any] | None:
    """The place of the last row of the page before, in the columns of the order."""
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
