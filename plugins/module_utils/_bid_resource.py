# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bid in the hands of one task: an instance that is rented for a price of one's own, and may lose it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _bid_facts, _bids
from ansible_collections.cloudctl.vastai.plugins.module_utils._bid_facts import bid_status, current_price, price_to_win
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import offer_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._dollars import usd
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_plan import RENTING_STATES
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_resource import InstanceResource, Row
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import Context
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number_or_zero
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step
from ansible_collections.cloudctl.vastai.plugins.module_utils._readiness import Progress, Verdict, is_fatal

_RESTARTS = {"reboot", "recycle", "update"}
_LOST = {
    "ended": "its contract ended, and it can't run again; state: absent destroys it",
    "offline": "its machine is offline; nobody but its host can change that, and state: absent destroys it",
}
"""Why a bid does not run although no price has anything to do with it."""


class BidResource(InstanceResource):
    """One interruptible instance, by name or id. It never rents on demand."""

    offer_type = "bid"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._price = _checked_price(context.params["price"])
        self._on_demand: float | None = None
        # Whether a step of this task may bring the instance back, so that its row shows the past for a while.
        self._may_resume = False

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
        affordable = [offer for offer in offers if price_to_win(offer) <= self._price]
        if offers and not affordable:
            cheapest = min(offers, key=price_to_win)
            raise BadRequest(
                f"A bid of {usd(self._price)}/h for {self._wanted.title} would lose: the lowest bid that wins now is "
                f"{usd(price_to_win(cheapest))}/h, on machine {cheapest.get('machine_id')}. Nothing was rented."
            )
        return self._below_the_cap([{**offer, "dph_base": self._price} for offer in affordable])

    def _below_the_cap(self, offers: list[Row]) -> list[Row]:
        """The search knows the lowest price of each offer only, not what this bid makes of it."""
        cap = self._params.get("max_price")
        if cap is None or not offers:
            return offers
        costs = [offer_cost(offer, self._wanted.launch.disk_to_rent_gb)["hourly_price"] for offer in offers]
        if min(costs) > cap:
            raise BadRequest(
                f"A bid of {usd(self._price or 0.0)}/h for {self._wanted.title} makes {usd(min(costs))}/h with "
                f"storage, more than max_price {usd(cap)}/h. Nothing was rented."
            )
        return [offer for offer, cost in zip(offers, costs, strict=True) if cost <= cap]

    def _read_on_demand_price(self, row: Row | None) -> None:
        """What the same GPUs would cost on demand: nice to know, no reason to fail."""
        if row is not None and self._wanted.state != "absent":
            with suppress(VastError):
                self._on_demand = _bids.on_demand_prices(self._context.client, [row]).get(row["id"])

    # -- plan

    def plan(self) -> list[Step]:
        steps = super().plan()
        if self._row is None or any(step.action in ("rent", "destroy") for step in steps):
            return steps
        if self._wanted.state == "stopped":
            return [*steps, *self._final_stop(self._row, steps)]
        if self._wanted.state not in RENTING_STATES:
            return steps
        change = self._price_change(self._row, self._price)
        if not change and not _bid_facts.wins(self._row):
            # Only a higher bid brings it back: to start it would change nothing, every time.
            return [step for step in steps if step.action != "start"]
        return [*change, *steps]

    def _price_change(self, row: Row, price: float | None) -> list[Step]:
        if price is None or not _bid_facts.differs(row, price, self._on_demand):
            return []
        if price < price_to_win(row):
            raise BadRequest(
                f"A bid of {usd(price)}/h for {self._title(row)} would lose: the lowest bid that wins now is "
                f"{usd(price_to_win(row))}/h. Its bid stays at {usd(current_price(row))}/h."
            )
        self._keep_below_the_cap(row, price)
        before, after = {"price": current_price(row)}, {"price": price}
        summary = f"change the bid of {self._title(row)} from {usd(before['price'])}/h to {usd(price)}/h"
        return [Step("bid", summary, before, after)]

    def _keep_below_the_cap(self, row: Row, price: float) -> None:
        """A bid is meant in full, as at its rent: also where the on-demand price is less for now."""
        cap, total = self._params.get("max_price"), _total(row, price)
        if cap is not None and total > cap:
            raise BadRequest(
                f"A bid of {usd(price)}/h for {self._title(row)} makes {usd(total)}/h with storage, more than "
                f"max_price {usd(cap)}/h. Its bid stays at {usd(current_price(row))}/h."
            )

    def _final_stop(self, row: Row, steps: Sequence[Step]) -> list[Step]:
        """An outbid instance is down, but Vast.ai starts it again when its bid wins, unless its stop is asked for;
        whether it was is not to be seen.
        """
        if bid_status(row) != "outbid" or any(step.action == "stop" for step in steps):
            return []
        summary = f"stop {self._title(row)}, which is outbid, so that it does not resume by itself"
        return [Step("stop", summary, {"state": "outbid"}, {"state": "stopped"})]

    # -- apply

    def _bid(self, step: Step) -> None:
        self._may_resume = self._may_resume or bid_status(self._existing) == "outbid"
        _bids.change_bid(self._context.client, self._existing["id"], step.after["price"])

    def _start(self, step: Step) -> None:
        """A bid that does not win is always queued: no reason to wait for it, or to take its start back."""
        super()._start(step)
        self._may_resume = self._may_resume or not self._queued
        self._queued = False

    def _terms(self) -> dict[str, Any]:
        return {"price": self._price, "cancel_unavail": True}

    def _inspect(self, row: Row) -> None:
        if not row.get("is_bid"):
            self._give_back("was rented on demand although a bid was asked for")
        if bid_status(row) == "outbid":
            self._give_back(f"was outbid before it started: {usd(price_to_win(row))}/h wins now")
        super()._inspect(row)

    # -- wait

    def wait(self, done: Sequence[Step]) -> None:
        super().wait(done)
        if self._row is not None and self._wanted.state != "stopped":
            self._warn_of_a_bid_that_does_not_run(self._row)

    def _warn_of_a_bid_that_does_not_run(self, row: Row) -> None:
        status = bid_status(row)
        if status in _LOST:
            self._context.warn(f"{self._title()} does not run: {_LOST[status]}.")
        elif self._is_kept_from_running(row):
            price, to_win = usd(current_price(row)), usd(price_to_win(row))
            why = (
                f"does not run although its bid of {price}/h would win: its GPUs may be rented on demand"
                if _bid_facts.wins(row)
                else f"is outbid: {to_win}/h wins now"
            )
            self._context.warn(
                f"{self._title()} {why}. Its disk bills, and it resumes by itself when it can have its GPUs again."
            )

    def _is_kept_from_running(self, row: Row) -> bool:
        """The state present does not ask whether an instance runs; one that was stopped is as it should be."""
        status = bid_status(row)
        return status == "outbid" or (status == "stopped" and self._wanted.state != "present")

    def _rests(self, verbs: set[str]) -> bool:
        return super()._rests(verbs) and not self._may_resume

    def _usable(self, passed: float, verbs: set[str]) -> Verdict:
        row = self._existing
        status = bid_status(row)
        failed = _bid_facts.wins(row) and is_fatal(row)
        if status not in ("outbid", "stopped") or failed:
            return super()._usable(passed, verbs)
        if passed < self.grace and (self._may_resume or verbs & _RESTARTS):
            return Verdict(Progress.PENDING, f"is {status}")
        return Verdict(Progress.READY, f"is {status}")

    # -- result

    def result(self) -> dict[str, Any]:
        return {**super().result(), "bid": self._facts_of_bid(self._row)}

    def preview(self, steps: Sequence[Step]) -> dict[str, Any]:
        verbs = {step.action for step in steps}
        preview = super().preview(steps)
        if "rent" in verbs:
            prices = _bid_facts.compare(self._price or 0.0, price_to_win(self._offers[0]), self._on_demand)
            return {**preview, "bid": {"status": "planned", "since": None, **prices}}
        if "destroy" in verbs or self._row is None:
            return {**preview, "bid": None}
        if "bid" not in verbs:
            return {**preview, "bid": self._facts_of_bid(self._row)}
        row = self._repriced(self._row, self._price or 0.0)
        return {**preview, **self._facts(row), "bid": self._facts_of_bid(row)}

    def _repriced(self, row: Row, price: float) -> Row:
        """The row as a change of the bid will leave it, without what was computed from the old one."""
        price = price if self._on_demand is None else min(price, self._on_demand)
        resumes = {"intended_status": "running", "cur_state": "running", "actual_status": "loading"}
        changes = resumes if bid_status(row) == "outbid" else {}
        return {**row, "dph_base": price, "dph_total": _total(row, price), "search": None, "instance": None, **changes}

    def _facts_of_bid(self, row: Mapping[str, Any] | None) -> dict[str, Any] | None:
        return None if row is None else _bid_facts.describe_bid(row, self._on_demand)


def _total(row: Row, price: float) -> float:
    """What a bid of ``price`` makes per hour together with the instance's storage, $."""
    return round(number_or_zero(row.get("dph_total")) - current_price(row) + price, 6)


def _checked_price(price: float | None) -> float | None:
    if price is not None and not (math.isfinite(price) and _bids.LEAST_PRICE <= price <= _bids.HIGHEST_PRICE):
        raise BadRequest(f"price must be between {_bids.LEAST_PRICE} and {_bids.HIGHEST_PRICE:g} $/h, not {price:g}.")
    return price
