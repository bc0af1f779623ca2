# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A search over the market's offers."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import Any

from vast_emulator import values
from vast_emulator.market import offers
from vast_emulator.market.machines import Offer
from vast_emulator.market.pricing import View
from vast_emulator.market.query import Predicate, bad_query, predicates, sort_key

DEFAULT_LIMIT = 64
# Larger limits were not seen to give more rows.
MOST_ROWS = 64
# What rows are priced with when the query does not say.
DEFAULT_STORAGE = 8.0
_CONTROLS = ("order", "type", "limit", "allocated_storage", "disable_bundling", "select_cols", "extra")
_KINDS = {"on-demand": "on-demand", "ondemand": "on-demand", "ask": "on-demand", "bid": "bid", "interruptible": "bid"}


class Search:
    """A parsed query. Raises a 400 refusal for anything that is not one."""

    def __init__(self, query: Any, now: float, search_by_id: bool = False) -> None:
        if not isinstance(query, dict):
            raise bad_query("the query must be an object")
        storage = query.get("allocated_storage")
        size = DEFAULT_STORAGE if storage is None else values.number(storage, "allocated_storage", 0.0, 1e6)
        self.view = View(_kind(query.get("type")), size, now)
        self.limit = _limit(query.get("limit"))
        self.order = _order(query.get("order"))
        self.tests: list[tuple[str, Predicate]] = []
        if storage is not None:
            self.tests += [("disk_space", test) for test in predicates("disk_space", {"gte": size})]
        for field, condition in query.items():
            if field not in _CONTROLS:
                self.tests += _field_tests(field, condition, search_by_id)

    def run(self, market: Iterable[Offer], is_bid: Callable[[int], bool]) -> list[dict[str, Any]]:
        """The rows that match, in order, cut to the limit."""
        found = [offer for offer in market if not offer.gone]
        # What is stored is cheaper to look at than what must be computed, so it goes first.
        for field, test in sorted(self.tests, key=lambda pair: self._is_computed(pair[0])):
            read = self._reader(field, is_bid)
            found = [offer for offer in found if test(read(offer))]
        return [offers.row(offer, self.view, offers.is_free(offer, is_bid)) for offer in self._first(found, is_bid)]

    @staticmethod
    def _is_computed(field: str) -> bool:
        return field == "rentable" or field in offers.COMPUTED

    def _reader(self, field: str, is_bid: Callable[[int], bool]) -> Callable[[Offer], Any]:
        """How to look at a field of an offer."""
        view, compute = self.view, offers.COMPUTED.get(field)
        if field == "rentable":
            return lambda offer: offers.is_free(offer, is_bid)
        if compute is not None:
            return lambda offer: compute(offer, view)
        return lambda offer: offer.facts.get(field)

    def _first(self, found: list[Offer], is_bid: Callable[[int], bool]) -> list[Offer]:
        """In order, cut to the limit: by the most important field, only the first ones are sought."""
        if not self.order:
            return found[: self.limit]
        for field, descending in reversed(self.order[1:]):
            found.sort(key=self._key(field, is_bid), reverse=descending)
        field, descending = self.order[0]
        # Both keep the order of equals, as sorting does.
        pick = heapq.nlargest if descending else heapq.nsmallest
        return pick(self.limit, found, key=self._key(field, is_bid))

    def _key(self, field: str, is_bid: Callable[[int], bool]) -> Callable[[Offer], tuple]:
        read = self._reader(field, is_bid)
        return lambda offer: sort_key(read(offer))


def _kind(wanted: Any) -> str:
    if wanted is None:
        return "on-demand"
    if isinstance(wanted, str) and wanted == "reserved":
        return "reserved"
    if not isinstance(wanted, str) or wanted not in _KINDS:
        raise bad_query("type must be on-demand, bid or reserved")
    return _KINDS[wanted]


def _limit(wanted: Any) -> int:
    if wanted is None:
        return DEFAULT_LIMIT
    return min(values.integer(wanted, "limit"), MOST_ROWS) or DEFAULT_LIMIT


def _order(wanted: Any) -> list[tuple[str, bool]]:
    """Pairs of field and whether it is descending."""
    if wanted is None:
        return [("score", True)]
    if not isinstance(wanted, list):
        raise bad_query("order must be a list of [field, direction]")
    pairs = []
    for item in wanted:
        good = isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) and item[1] in ("asc", "desc")
        if not good:
            raise bad_query("order must be a list of [field, asc or desc]")
        pairs.append((item[0], item[1] == "desc"))
    return pairs


def _field_tests(field: str, condition: Any, search_by_id: bool) -> list[tuple[str, Predicate]]:
    convert = offers.driver_operand if field in ("driver_version", "driver_vers") else None
    tests = predicates(field, condition, convert)
    if field == "id" and not search_by_id:
        # Filters on id match nothing on the live API; ask_contract_id is the field that works.
        return [("id", lambda value: False)]
    if field == "target_reliability":
        tests = predicates(field, {"gte": next(iter(condition.values()), None)})
    return [(field, test) for test in tests]
