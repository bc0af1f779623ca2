# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bid in the hands of one task: an instance that is rented for a price of one's own, and may lose it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, NoReturn

from ansible_collections.cloudctl.vastai.plugins.module_utils import _bids, _instances
from ansible_collections.cloudctl.vastai.plugins.module_utils._dollars import usd
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, Failure, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_resource import InstanceResource, Row
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import Context
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step
from ansible_collections.cloudctl.vastai.plugins.module_utils._readiness import Progress, Verdict
from ansible_collections.cloudctl.vastai.plugins.module_utils._rent import DESTROY_PATIENCE

_BIDDING_STATES = ("present", "started")


class BidResource(InstanceResource):
    """One interruptible instance, by name or id. It never rents on demand."""

    offer_type = "bid"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._price = _checked_price(context.params["price"])
        self._on_demand: float | None = None

    # -- find

    def find(self) -> None:
        super().find()
        if self._row is not None and not self._row.get("is_bid"):
            raise BadRequest(
                f"{self._title()} is no bid: it was rented on demand, and Vast.ai can't change that. "
                "Use cloudctl.vastai.vast_instance for it, or another name."
            )
        self._read_on_demand_price(self._row or next(iter(self._offers), None))

    def _search(self) -> list[Row]:
        """Offers that the price wins now, at that price. A lower bid would leave a stopped instance that bills."""
        if self._price is None:
            raise BadRequest(f"Bidding for {self._wanted.title} needs a price in $/h.")
        offers = super()._search()
        affordable = [offer for offer in offers if _bids.price_to_win(offer) <= self._price]
        if offers and not affordable:
            cheapest = min(offers, key=_bids.price_to_win)
            raise BadRequest(
                f"A bid of {usd(self._price)}/h for {self._wanted.title} would lose: the lowest bid that wins now is "
                f"{usd(_bids.price_to_win(cheapest))}/h, on machine {cheapest.get('machine_id')}. Nothing was rented."
            )
        return [{**offer, "dph_base": self._price} for offer in affordable]

    def _read_on_demand_price(self, row: Row | None) -> None:
        """What the same GPUs would cost on demand: nice to know, no reason to fail."""
        if row is not None and self._wanted.state in _BIDDING_STATES:
            with suppress(VastError):
                self._on_demand = _bids.on_demand_prices(self._context.client, [row]).get(row["id"])

    # -- plan

    def plan(self) -> list[Step]:
        steps = super().plan()
        if self._row is None or self._price is None or self._wanted.state not in _BIDDING_STATES:
            return steps
        if any(step.action == "rent" for step in steps):
            return steps
        return [*self._price_change(self._row, self._price), *steps]

    def _price_change(self, row: Row, price: float) -> list[Step]:
        if not _bids.differs(row, price, self._on_demand):
            return []
        if price < _bids.price_to_win(row):
            raise BadRequest(
                f"A bid of {usd(price)}/h for {self._title(row)} would lose: the lowest bid that wins now is "
                f"{usd(_bids.price_to_win(row))}/h. Its bid stays at {usd(_bids.current_price(row))}/h."
            )
        before, after = {"price": _bids.current_price(row)}, {"price": price}
        summary = f"change the bid of {self._title(row)} from {usd(before['price'])}/h to {usd(price)}/h"
        return [Step("bid", summary, before, after)]

    # -- apply

    def _bid(self, step: Step) -> None:
        _bids.change_bid(self._context.client, self._existing["id"], step.after["price"])

    def _terms(self) -> dict[str, Any]:
        return {"price": self._price, "cancel_unavail": True}

    def _rent(self, step: Step) -> Step:
        done = super()._rent(step)
        if not self._existing.get("is_bid"):
            self._give_back("was rented on demand although a bid was asked for")
        if _bids.bid_status(self._existing) == "outbid":
            self._give_back(f"was outbid before it started: {usd(_bids.price_to_win(self._existing))}/h wins now")
        return done

    def _give_back(self, reason: str) -> NoReturn:
        """What is left of a bid that went wrong bills its disk, or worse."""
        row, title = self._existing, self._title()
        try:
            _instances.destroy_until_gone(self._context.client, row["id"], DESTROY_PATIENCE)
        except VastError as error:
            raise Failure(f"{title} {reason}. It bills, and could not be destroyed: {error}") from error
        self._row, self._destroyed = None, row
        raise Failure(f"{title} {reason}. It was destroyed, and nothing bills.")

    # -- wait

    def wait(self, done: Sequence[Step]) -> None:
        super().wait(done)
        if self._row is not None and self._wanted.state in _BIDDING_STATES and _bids.bid_status(self._row) == "outbid":
            self._context.warn(
                f"{self._title()} is outbid: {usd(_bids.price_to_win(self._row))}/h wins now. Its disk bills, and it "
                "resumes by itself when its bid wins again."
            )

    def _usable(self, passed: float, verbs: set[str]) -> Verdict:
        if _bids.bid_status(self._existing) == "outbid" and not (verbs & {"start", "bid"} and passed < self.grace):
            return Verdict(Progress.READY, "is outbid")
        return super()._usable(passed, verbs)

    # -- result

    def result(self) -> dict[str, Any]:
        return {**super().result(), "bid": self._facts_of_bid(self._row)}

    def preview(self, steps: Sequence[Step]) -> dict[str, Any]:
        verbs = {step.action for step in steps}
        preview = super().preview(steps)
        if "rent" in verbs:
            to_win = _bids.price_to_win(self._offers[0])
            prices = _bids.compare(self._price or 0.0, to_win, self._on_demand)
            return {**preview, "bid": {"status": "planned", "since": None, **prices}}
        if "destroy" in verbs:
            return {**preview, "bid": None}
        changed = {"dph_base": self._price} if "bid" in verbs else {}
        return {**preview, "bid": self._facts_of_bid({**self._existing, **changed} if self._row else None)}

    def _facts_of_bid(self, row: Mapping[str, Any] | None) -> dict[str, Any] | None:
        return None if row is None else _bids.describe_bid(row, self._on_demand)


def _checked_price(price: float | None) -> float | None:
    if price is not None and not (math.isfinite(price) and _bids.LEAST_PRICE <= price <= _bids.HIGHEST_PRICE):
        raise BadRequest(f"price must be between {_bids.LEAST_PRICE} and {_bids.HIGHEST_PRICE:g} $/h, not {price:g}.")
    return price
