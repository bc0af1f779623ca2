# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever the renter does and whatever happens in the market, in any order: the books are right, a GPU has one holder,
rows are well formed, and a killed world is the same one again.
"""

from __future__ import annotations

import contextlib
import json
import math
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vast_emulator import events
from vast_emulator.events.table import Scene, names, parse
from vast_emulator.failures import Refusal
from vast_emulator.instances.mounting import offer_for
from vast_emulator.instances.renting import rent
from vast_emulator.instances.rows import row
from vast_emulator.instances.ssh_endpoints import DocumentationAddresses
from vast_emulator.world import price_increases
from vast_emulator.world.contracts import Contract
from vast_emulator.world.store import Store
from vast_emulator.world.troubles import FAILURES
from vast_emulator.world.world import Genesis, World

events.load()
MACHINES = 6
# What the first instances bid.
START = (None, 5.0, 5.0)
NUMBERS = st.integers(0, 50)
LABELS = st.sampled_from([None, "train-1", "train-2", "eval"])
SECONDS = st.one_of(st.floats(0, 200), st.floats(0, 4 * 86400))
ADDRESSES = DocumentationAddresses()
ACTUAL = {None, "created", "loading", "running", "stopped", "exited", "rebooting", "recycling", "unknown", "offline"}
CONTRACT_STATES = {"running", "stopped"}

# Events by name, as strategies for what is given besides the instance.
ON_INSTANCES: dict[str, dict[str, st.SearchStrategy]] = {
    "outbid": {"shape": st.sampled_from([None, "stopped", "running", "loading"])},
    "take_gpus": {},
    "leave_gpus": {},
    "stuck": {"status": st.sampled_from(["loading", "created"]), "boots": st.none() | st.integers(1, 2)},
    "slow": {"factor": st.floats(0.1, 50.0), "boots": st.none() | st.integers(1, 2)},
    "fail": {
        "error": st.sampled_from(sorted(FAILURES)),
        "intended": st.sampled_from(["stopped", "running"]),
        "boots": st.none() | st.integers(1, 2),
    },
    "refuse_ssh": {"running": st.sampled_from([0, 1, 30, 3600]), "boots": st.none() | st.integers(1, 2)},
    "answer_ssh": {},
    "heal": {},
    "exit": {},
    "resume": {},
    "silence": {},
    "hear": {},
    "stale_message": {"text": st.none() | st.just("Error: old news")},
    "fresh_message": {},
    "expire": {"in": st.sampled_from([0, 60, 86400])},
    "revive": {},
    "hide": {"seconds": st.floats(0, 100)},
    "linger": {"seconds": st.floats(0, 100)},
    "raise_price": {"factor": st.floats(0.5, 3.0)},
    "offline": {},
    "online": {},
    "vanish": {},
    "reappear": {},
}
UNDONE = {"offline", "vanish", "take_gpus", "stuck", "slow", "fail", "refuse_ssh", "exit", "silence", "stale_message"}
# Those that need each other, or a certain moment, to do something.
COMPETITION = ("outbid", "take_gpus", "leave_gpus", "offline", "online")
BOOTS = ("stuck", "slow", "fail", "exit", "resume", "heal", "refuse_ssh")
CONTRACTS = ("expire", "revive", "hide", "linger", "raise_price")
ELSEWHERE = {"vanish_on_create", "price", "set_min_bid", "credit", "traffic", "rent_elsewhere"}


def test_every_event_takes_part() -> None:
    assert set(ON_INSTANCES) | ELSEWHERE == set(names())


class Market(RuleBasedStateMachine):
    """A renter, hosts, strangers and accidents; and the books of somebody who only reads rows."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.state = Path(self.folder.name, "living", "state.db")
        self.state.parent.mkdir()
        self.genesis = Genesis(1_800_000_000.0, 7, MACHINES)
        self.knobs: dict[str, Any] = {}
        self.world = self.build(self.state)
        self.this: int | None = None
        for offer, price in zip(self.world.offers.values(), START, strict=False):
            rent(self.world, offer.id, {"image": "a/b:1", "disk": 20.0, "price": price, "label": "train-1"})
        # Dollars that rows said would be spent, while they said so.
        self.spent = 0.0

    def build(self, state: Path) -> World:
        world = World(Store(str(state)), self.genesis, speed=0)
        world.prepare = ADDRESSES.prepare
        world.let_happen = lambda wanted, this: self.let_happen(world, wanted, this)
        world.settings.change(self.knobs)
        world.settle()
        return world

    def teardown(self) -> None:
        self.world.store.close()
        self.folder.cleanup()

    @staticmethod
    def let_happen(world: World, wanted: dict[str, Any], this: int | None) -> None:
        """As the service does."""
        with contextlib.suppress(Refusal):
            for happen in parse(Scene(world, this), wanted):
                happen()

    def pick(self, number: int) -> Contract:
        return self.world.contracts[self.world.ids[number % len(self.world.ids)]]

    def rows(self) -> list[dict[str, Any]]:
        return [row(contract, self.world, ADDRESSES) for contract in self.world.contracts.values()]

    def burning(self) -> float:
        """$/h, as rows of instances and volumes say."""
        lost = {machine.id for machine in self.world.machines.values() if machine.offline}
        volumes = [one.hourly for one in self.world.volumes.volumes.values() if one.machine_id not in lost]
        return math.fsum([*volumes, *(one["instance"]["totalHour"] for one in self.rows())])

    # The renter

    @rule(
        number=NUMBERS,
        image=st.sampled_from(["a/b:1", "missing/x"]),
        price=st.none() | st.floats(0.01, 3.0),
        stopped=st.booleans(),
        label=LABELS,
    )
    def rent(self, number: int, image: str, price: float | None, stopped: bool, label: str | None) -> None:
        offers = list(self.world.offers.values())
        state = "stopped" if stopped else "running"
        body = {"image": image, "disk": 20.0, "price": price, "target_state": state, "label": label}
        try:
            self.this = rent(self.world, offers[number % len(offers)].id, body).id
        except Refusal as refusal:
            self.this = refusal.body.get("new_contract")

    @precondition(lambda self: self.world.ids)
    @rule(number=NUMBERS, wish=st.sampled_from(["start", "stop", "reboot", "recycle"]))
    def change(self, number: int, wish: str) -> None:
        contract = self.pick(number)
        self.this = contract.id
        # What the API refuses does not reach the world.
        if wish == "start" and (not self.world.has_credit() or self.world.now >= contract.end_date):
            return
        if wish in ("reboot", "recycle") and contract.cur_state != "running":
            return
        getattr(self.world, wish)(contract)

    @precondition(lambda self: self.world.ids)
    @rule(number=NUMBERS, seconds=st.sampled_from([None, 30.0, 3600.0]), back=st.sampled_from([None, 0.0, 60.0]))
    def destroy(self, number: int, seconds: float | None, back: float | None) -> None:
        """Lists may go on to show it, and it may come back."""
        contract = self.pick(number)
        self.this = contract.id
        self.world.destroy(contract)
        if seconds is not None:
            self.let_happen(self.world, {"linger": {"instance": "this", "seconds": seconds}}, self.this)
        if back is not None:
            self.let_happen(self.world, {"revive": {"instance": "this", "after": back}}, self.this)

    @precondition(lambda self: self.world.ids)
    @rule(number=NUMBERS, label=LABELS)
    def rename(self, number: int, label: str | None) -> None:
        self.world.relabel(self.pick(number), label)

    @precondition(lambda self: self.world.ids)
    @rule(number=NUMBERS, price=st.floats(0.01, 3.0))
    def bid(self, number: int, price: float) -> None:
        if self.pick(number).is_bid:
            self.world.reprice(self.pick(number), price)

    @rule(number=NUMBERS, size=st.integers(1, 50))
    def store(self, number: int, size: int) -> None:
        offers = list(self.world.volumes.offers)
        with contextlib.suppress(Refusal):
            self.world.rent_volume(offer_for(self.world, offers[number % len(offers)], size), size, None)

    @precondition(lambda self: self.world.volumes.volumes)
    @rule(number=NUMBERS)
    def delete_volume(self, number: int) -> None:
        volumes = list(self.world.volumes.volumes.values())
        self.world.volumes.delete(volumes[number % len(volumes)], self.world.now)

    @rule(number=NUMBERS, accepted=st.booleans())
    def answer_the_host(self, number: int, accepted: bool) -> None:
        pending = price_increases.pending(self.world)
        if pending:
            asked = pending[number % len(pending)]["pending_price_increase_id"]
            assert price_increases.answer(self.world, asked, accepted)
            assert price_increases.answer(self.world, asked, accepted) is None

    # The market

    @rule(data=st.data(), name=st.sampled_from(COMPETITION), number=NUMBERS)
    def compete(self, data: st.DataObject, name: str, number: int) -> None:
        self.happen_to_instances(data, name, number)

    @rule(data=st.data(), name=st.sampled_from(BOOTS), number=NUMBERS)
    def trouble_boots(self, data: st.DataObject, name: str, number: int) -> None:
        self.happen_to_instances(data, name, number)

    @rule(data=st.data(), name=st.sampled_from(CONTRACTS), number=NUMBERS)
    def change_contracts(self, data: st.DataObject, name: str, number: int) -> None:
        self.happen_to_instances(data, name, number)

    @rule(data=st.data(), name=st.sampled_from(sorted(ON_INSTANCES)), number=NUMBERS)
    def surprise(self, data: st.DataObject, name: str, number: int) -> None:
        self.happen_to_instances(data, name, number)

    def happen_to_instances(self, data: st.DataObject, name: str, number: int) -> None:
        known = list(self.world.gone) if name == "revive" else [*self.world.ids, *self.world.gone]
        one = known[number % len(known)] if known else 1
        what: Any = st.sampled_from([one, "this", "newest", "all", {"label": "train-*"}])
        details = {key: data.draw(value) for key, value in ON_INSTANCES[name].items()}
        details["instance"] = data.draw(what)
        delays = data.draw(st.sampled_from([{}, {}, {"after": 45.0}]))
        if name in UNDONE:
            delays = data.draw(st.sampled_from([delays, {"for": 300.0}, {**delays, "for": 3600.0}]))
        self.let_happen(self.world, {name: {**details, **delays}}, self.this)

    @rule(
        number=NUMBERS,
        change=st.sampled_from([{"factor": 0.3}, {"factor": 4.0}, {"dph_base": 0.7, "min_bid": 0.2}, {"min_bid": 2.0}]),
        where=st.sampled_from(["offer_id", "machine_id", "offers"]),
    )
    def prices(self, number: int, change: dict[str, float], where: str) -> None:
        offer = list(self.world.offers.values())[number % len(self.world.offers)]
        about = {"offer_id": offer.id, "machine_id": offer.machine.id, "offers": "all"}[where]
        self.let_happen(self.world, {"price": {where: about, **change}}, self.this)

    @rule(number=NUMBERS, per_gpu=st.floats(0.01, 3.0))
    def strangers_bid(self, number: int, per_gpu: float) -> None:
        machine = list(self.world.machines)[number % len(self.world.machines)]
        self.let_happen(self.world, {"set_min_bid": {"machine_id": machine, "min_bid": per_gpu}}, None)

    @rule(label=LABELS, vanish=st.integers(0, 2))
    def others(self, label: str | None, vanish: int) -> None:
        self.let_happen(self.world, {"vanish_on_create": vanish, "rent_elsewhere": {"label": label}}, self.this)

    @rule(left=st.sampled_from([0.0, 0.5, 20.0, 1000.0]))
    def money(self, left: float) -> None:
        self.let_happen(self.world, {"credit": left}, None)
        assert self.world.credit_left() == pytest.approx(left, abs=1e-6)

    @precondition(lambda self: any(one.answers for one in self.world.contracts.values()))
    @rule(up=st.floats(0, 500), down=st.floats(0.1, 500))
    def traffic(self, up: float, down: float) -> None:
        for contract in self.world.contracts.values():
            if contract.answers:
                facts = self.world.machines[contract.machine_id].facts
                self.spent += up * facts["inet_up_cost"] + down * facts["inet_down_cost"]
        self.let_happen(self.world, {"traffic": {"instance": "all", "up_gb": up, "down_gb": down}}, None)

    @rule(number=NUMBERS, seconds=st.sampled_from([0, 3600]))
    def volumes_end(self, number: int, seconds: int) -> None:
        volumes = list(self.world.volumes.volumes)
        if volumes:
            about = {"volume_id": volumes[number % len(volumes)], "in": seconds}
            self.let_happen(self.world, {"expire": about}, None)

    @rule(
        knobs=st.sampled_from(
            [
                {"create_lag": 20.0},
                {"destroy_lag": 20.0},
                {"expired": "kept"},
                {"expired": "deleted"},
                {"outbid_shape": "running"},
            ]
        )
    )
    def turn_knobs(self, knobs: dict[str, Any]) -> None:
        self.knobs.update(knobs)
        self.world.settings.change(knobs)

    # Time

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        """Go from change to change, as in between all stays as it is."""
        end = self.world.now + seconds
        while self.world.now < end:
            pause = min(end, self.world.next_change()) - self.world.now
            self.spent += self.burning() * pause / 3600
            self.world.advance(pause)

    # What always holds

    @invariant()
    def the_ledger_says_what_rows_said(self) -> None:
        assert self.world.ledger.total(self.world.now) == pytest.approx(self.spent, rel=1e-9, abs=1e-6)
        assert self.world.ledger.burn_rate() == pytest.approx(self.burning(), abs=1e-9)
        assert self.world.ledger.estimate(self.world.now) == pytest.approx(self.spent, rel=1e-9, abs=1e-6)

    @invariant()
    def what_is_gone_bills_nothing_and_what_exists_its_disk(self) -> None:
        lost = {machine.id for machine in self.world.machines.values() if machine.offline}
        billing: dict[int, set[str]] = {}
        for span in self.world.ledger.spans():
            if span.end is None:
                billing.setdefault(span.contract, set()).add(span.kind)
        expected: dict[int, set[str]] = {}
        for number, contract in self.world.contracts.items():
            if contract.machine_id not in lost:
                expected[number] = {"disk", "gpu"} if contract.actual_status == "running" else {"disk"}
        for number, volume in self.world.volumes.volumes.items():
            if volume.machine_id not in lost:
                expected[number] = {"volume"}
        assert billing == expected

    @invariant()
    def each_gpu_has_one_holder(self) -> None:
        for contract in self.world.contracts.values():
            holders = self.world.machines[contract.machine_id].holders
            if contract.actual_status == "running" or contract.cur_state == "running":
                assert {holders[gpu] for gpu in contract.gpu_ids} == {contract.id}
        for machine in self.world.machines.values():
            for gpu, holder in enumerate(machine.holders):
                if holder is not None and holder > 0:
                    owner = self.world.contracts[holder]
                    assert (owner.machine_id, gpu in owner.gpu_ids) == (machine.id, True)

    @invariant()
    def the_highest_bid_has_the_gpus(self) -> None:
        for contract in self.world.contracts.values():
            if contract.cur_state == "running":
                assert self.world.holding.bid_wins(contract)
            elif contract.waits:
                assert self.world.holding.to_beat(contract) is None

    @invariant()
    def nothing_starts_without_money(self) -> None:
        if self.world.credit_left() < -1e-6:
            assert not [one for one in self.world.contracts.values() if one.cur_state == "running"]

    @invariant()
    def rows_are_well_formed(self) -> None:
        for one in [row(contract, self.world, ADDRESSES) for contract in self.world.shown.contracts.values()]:
            json.dumps(one, allow_nan=False)
            assert isinstance(one["start_date"], float)
            assert isinstance(one["id"], int)
            assert all(len(pair) == 2 for pair in one["extra_env"])
            assert isinstance(one["volume_info"], list)
            assert isinstance(one.get("ports", {}), dict)
            assert one["actual_status"] in ACTUAL
            assert {one["intended_status"], one["cur_state"], one["next_state"]} <= CONTRACT_STATES
            assert one["dph_total"] == pytest.approx(one["dph_base"] + one["storage_cost"] * one["disk_space"] / 720)

    @invariant()
    def lists_lag_no_longer_than_they_should(self) -> None:
        world = self.world
        late = {one.id for one in world.contracts.values() if one.shown_from > world.now}
        ghosts = {number for number, until in world.shown.fades.items() if until > world.now}
        assert set(world.shown.contracts) == (set(world.contracts) - late) | ghosts
        assert not ghosts & set(world.contracts)
        assert world.shown.ids == sorted(world.shown.contracts)
        labels = {number: label for label, same in world.shown.by_label.items() for number in same}
        assert labels == {number: one.label for number, one in world.shown.contracts.items()}

    @invariant()
    def a_killed_world_is_the_same_again(self) -> None:
        self.world.store.commit()
        # What a killed process leaves are its files as they are.
        left = Path(self.folder.name, "left")
        shutil.copytree(self.state.parent, left)
        again = self.build(left / self.state.name)
        try:
            for world in (self.world, again):
                world.settle()
            assert self.world.now == again.now
            before, after = facts_of(self.world), facts_of(again)
            for name in before:
                assert before[name] == after[name], name
        finally:
            again.store.close()
            shutil.rmtree(left)


def facts_of(world: World) -> dict[str, Any]:
    """All that can be seen of a world."""
    return {
        "rows": {number: row(one, world, ADDRESSES) for number, one in sorted(world.shown.contracts.items())},
        "contracts": {number: one.__dict__ for number, one in sorted(world.contracts.items())},
        "gone": {number: one.__dict__ for number, one in sorted(world.gone.items())},
        "spans": sorted((span.__dict__ for span in world.ledger.spans()), key=lambda span: span["id"]),
        "volumes": {number: one.__dict__ for number, one in sorted(world.volumes.volumes.items())},
        "holders": {number: (one.holders, one.bids, one.offline) for number, one in world.machines.items()},
        "offers": {number: one.record() for number, one in world.offers.items()},
        "agenda": world.agenda.pending(),
        "credit": world.credit_left(),
        "asked": price_increases.pending(world),
        "next": world.next_change(),
        "vanish_on_create": world.vanish_on_create,
    }


TestMarket = Market.TestCase
TestMarket.settings = settings(max_examples=50, stateful_step_count=30, deadline=None)
