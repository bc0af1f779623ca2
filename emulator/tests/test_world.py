# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No sequence of operations bills a contract that is gone, or fails to bill one that exists."""

from __future__ import annotations

import itertools
import math
import time
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vast_emulator.failures import Refusal
from vast_emulator.instances.renting import rent
from vast_emulator.instances.ssh_endpoints import DocumentationAddresses
from vast_emulator.market.pricing import storage_price
from vast_emulator.world.ledger import Ledger
from vast_emulator.world.store import Store
from vast_emulator.world.world import Genesis, World

IMAGES = st.sampled_from(["a/b:1", "a/b:2", "missing/x"])


class Market(RuleBasedStateMachine):
    """A renter who does anything in any order, and books of our own."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(Store(None), Genesis(time.time(), 7, 6), speed=0)
        self.world.prepare = DocumentationAddresses().prepare
        self.gone: dict[int, float] = {}
        self.disk: dict[int, tuple[float, float]] = {}

    def pick(self, number: int) -> Any:
        return self.world.contracts[self.world.ids[number % len(self.world.ids)]]

    @rule(number=st.integers(0, 50), image=IMAGES, price=st.none() | st.floats(0.01, 3.0), stopped=st.booleans())
    def rent(self, number: int, image: str, price: float | None, stopped: bool) -> None:
        offers = list(self.world.offers.values())
        offer = offers[number % len(offers)]
        body = {"image": image, "disk": 20.0, "price": price, "target_state": "stopped" if stopped else "running"}
        before = set(self.world.contracts)
        left_behind = None
        try:
            left_behind = rent(self.world, offer.id, body).id
        except Refusal as refusal:
            left_behind = refusal.body.get("new_contract")
        assert set(self.world.contracts) - before == ({left_behind} if left_behind else set())
        for contract in set(self.world.contracts) - before:
            self.disk[contract] = (self.world.now, storage_price(offer.facts["storage_cost"], 20.0))

    @precondition(lambda self: self.world.ids)
    @rule(number=st.integers(0, 50))
    def start(self, number: int) -> None:
        # The API refuses a start without credit before it reaches the world.
        if self.world.has_credit():
            self.world.start(self.pick(number))

    @precondition(lambda self: self.world.ids)
    @rule(number=st.integers(0, 50))
    def stop(self, number: int) -> None:
        self.world.stop(self.pick(number))

    @precondition(lambda self: self.world.ids)
    @rule(number=st.integers(0, 50), again=st.booleans())
    def reboot_or_recycle(self, number: int, again: bool) -> None:
        contract = self.pick(number)
        if contract.cur_state == "running":
            (self.world.recycle if again else self.world.reboot)(contract)

    @precondition(lambda self: self.world.ids)
    @rule(number=st.integers(0, 50))
    def destroy(self, number: int) -> None:
        contract = self.pick(number)
        self.world.destroy(contract)
        started, rate = self.disk.pop(contract.id)
        spans = dict(self.world.ledger.by_contract())[contract.id]
        disk = math.fsum(span.dollars(self.world.now) for span in spans if span.kind == "disk")
        assert disk == pytest.approx(rate * (self.world.now - started) / 3600, abs=1e-9)
        self.gone[contract.id] = math.fsum(span.dollars(self.world.now) for span in spans)

    @rule(number=st.integers(0, 50), per_gpu=st.floats(0.01, 3.0))
    def strangers_bid(self, number: int, per_gpu: float) -> None:
        offers = list(self.world.offers.values())
        self.world.ask_for_bids(offers[number % len(offers)], per_gpu)

    @rule(number=st.integers(0, 50), price=st.floats(0.01, 3.0))
    def another_price_on_demand(self, number: int, price: float) -> None:
        offers = list(self.world.offers.values())
        self.world.set_price(offers[number % len(offers)], price)

    @precondition(lambda self: self.world.ids)
    @rule(number=st.integers(0, 50), price=st.floats(0.01, 3.0))
    def bid(self, number: int, price: float) -> None:
        contract = self.pick(number)
        if contract.is_bid:
            self.world.reprice(contract, price)

    @rule(shape=st.sampled_from(["stopped", "running"]))
    def how_losers_look(self, shape: str) -> None:
        self.world.settings.outbid_shape = shape

    @rule(seconds=st.one_of(st.floats(0, 120), st.floats(0, 40 * 86400)))
    def wait(self, seconds: float) -> None:
        self.world.advance(seconds)

    @invariant()
    def what_exists_bills_its_disk_and_its_gpu_only_while_running(self) -> None:
        for number, contract in self.world.contracts.items():
            assert self.world.ledger.bills(number, "disk")
            assert self.world.ledger.bills(number, "gpu") == (contract.actual_status == "running")

    @invariant()
    def what_is_gone_bills_nothing(self) -> None:
        for number, dollars in self.gone.items():
            assert self.world.ledger.rate(number) == 0
            spans = dict(self.world.ledger.by_contract())[number]
            assert math.fsum(span.dollars(self.world.now) for span in spans) == dollars

    @invariant()
    def spans_of_a_contract_do_not_overlap(self) -> None:
        for _number, spans in self.world.ledger.by_contract():
            for kind in ("gpu", "disk"):
                same = [span for span in spans if span.kind == kind]
                for one, other in itertools.pairwise(same):
                    assert one.end is not None
                    assert one.start <= one.end <= other.start

    @invariant()
    def each_gpu_has_one_holder_who_exists(self) -> None:
        for machine in self.world.machines.values():
            for gpu, holder in enumerate(machine.holders):
                if holder is not None and holder > 0:
                    contract = self.world.contracts[holder]
                    assert contract.machine_id == machine.id
                    assert gpu in contract.gpu_ids
        for contract in self.world.contracts.values():
            holders = self.world.machines[contract.machine_id].holders
            if contract.actual_status == "running" or contract.cur_state == "running":
                assert {holders[gpu] for gpu in contract.gpu_ids} == {contract.id}

    @invariant()
    def the_highest_bid_has_the_gpus(self) -> None:
        for contract in self.world.contracts.values():
            if contract.is_bid and contract.cur_state == "running":
                assert self.world.holding.bid_wins(contract)
            if contract.waits and self.world.holding.bid_wins(contract):
                holders = self.world.machines[contract.machine_id].holders
                others = {holders[gpu] for gpu in contract.gpu_ids} - {contract.id}
                assert any(one is not None and not self.world.is_bid(one) for one in others)

    @invariant()
    def a_bid_pays_the_smaller_price(self) -> None:
        for contract in self.world.contracts.values():
            if contract.price is not None:
                assert contract.dph_base == min(contract.price, self.world.offers[contract.ask_id].price)

    @invariant()
    def nothing_runs_without_money(self) -> None:
        if self.world.credit_left() < -1e-6:
            assert not [one for one in self.world.contracts.values() if one.intended_status == "running"]

    @invariant()
    def the_running_sum_follows_the_spans(self) -> None:
        exact = self.world.ledger.total(self.world.now)
        assert self.world.ledger.estimate(self.world.now) == pytest.approx(exact, abs=1e-6)

    @invariant()
    def indexes_agree(self) -> None:
        assert self.world.ids == sorted(self.world.contracts)
        assert {number for same in self.world.by_label.values() for number in same} == set(self.world.contracts)


TestMarket = Market.TestCase
TestMarket.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


def test_the_running_sum_finds_the_moment_the_credit_ends() -> None:
    ledger = Ledger(Store(None))
    ledger.open(1, "disk", 0.5, 1e9)
    ledger.open(1, "gpu", 1.5, 1e9 + 3600)
    assert ledger.reaches(0.5) == pytest.approx(1e9 + 3600, abs=1e-3)
    assert ledger.reaches(2.5) == pytest.approx(1e9 + 7200, abs=1e-3)
    ledger.close(1, "gpu", 1e9 + 7200)
    assert ledger.reaches(3.0) == pytest.approx(1e9 + 10800, abs=1e-3)
    ledger.close(1, "disk", 1e9 + 10800)
    assert ledger.reaches(1000.0) == float("inf")
    assert ledger.total(2e9) == pytest.approx(3.0)
