# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The marketplace with one renter in it: what exists, and how it moves with the clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from vast_emulator.market.generator import generate
from vast_emulator.market.machines import Machine, Offer
from vast_emulator.market.volumes import VolumeOffer
from vast_emulator.world.account import Account, Shelf
from vast_emulator.world.agenda import Agenda
from vast_emulator.world.clock import Clock
from vast_emulator.world.contract_index import ContractIndex
from vast_emulator.world.contracts import Contract
from vast_emulator.world.derived import Derived
from vast_emulator.world.holding import Holding
from vast_emulator.world.ledger import Ledger
from vast_emulator.world.life import KEPT_AFTER_END, Life
from vast_emulator.world.settings import Settings
from vast_emulator.world.shown import Shown
from vast_emulator.world.store import Store
from vast_emulator.world.timetable import Entry, Timetable
from vast_emulator.world.volumes import Volume, Volumes

# Less than this is rounding, not money.
LEAST_CREDIT = 1e-9


class Genesis(NamedTuple):
    """What a world is made from: epoch seconds of its start, seed, number of generated machines."""

    at: float
    seed: int
    machines: int


class World(Life):
    """Everything that exists. Only :meth:`settle` lets time pass, so a request sees one moment from start to end.

    The status of a contract changes at moments that were fixed when the operation was asked for; settling takes them
    in order, each at its own time. So two runs that ask the same things at the same emulated times see and pay
    exactly the same.
    """

    def __init__(self, store: Store, genesis: Genesis, speed: float) -> None:
        """A stored world goes on with the genesis it had; the one given is for a new world."""
        self.store = store
        # Ids of contracts that changed since the SSH listeners last looked.
        self.touched: set[int] = set()
        # Lets events of the agenda happen (name to details, the instance they may speak of); it must not raise. The
        # world does not know what events mean; until somebody who does sets this, the agenda waits.
        self.let_happen: Callable[[dict[str, Any], int | None], None] | None = None
        # Gives a new contract its addresses. Who listens there is not for the world to know.
        self.prepare: Callable[[Contract], None] = lambda contract: None
        # Hears of volumes that are deleted, by id.
        self.volume_gone: Callable[[int], None] = lambda number: None
        stored = next((Genesis(**record) for _key, record in store.load("genesis")), None)
        self.is_new = stored is None
        if stored is None:
            self.genesis = genesis
            self.clock = Clock(emulated=genesis.at, wall=genesis.at, speed=speed)
        else:
            self.genesis = stored
            record = next(record for _key, record in store.load("clock"))
            self.clock = Clock.from_record(record, speed)
        self._build()

    def _build(self) -> None:
        genesis = self.genesis
        self.seed = genesis.seed
        self.store.put("genesis", "genesis", genesis._asdict())
        self.store.put("clock", "clock", self.clock.record())
        self.settings = Settings(**next((record for _key, record in self.store.load("settings")), {}))
        self.now = genesis.at
        self.machines: dict[int, Machine] = {}
        self.offers: dict[int, Offer] = {}
        for machine in generate(genesis.seed, genesis.at, genesis.machines):
            self.machines[machine.id] = machine
            self.offers.update((offer.id, offer) for offer in machine.offers)
        self.agenda = Agenda(self.store)
        self.account = Account(self.store)
        self.ledger = Ledger(self.store)
        self.volumes = Volumes(self.store, self.ledger, self.machines.values())
        self.increases = Shelf(self.store, "price_increase")
        self._market: dict[str, Any] = {"vanish_on_create": 0, "seen": []}
        for _key, record in self.store.load("market"):
            self._market = record
        self._index = ContractIndex()
        self.contracts, self.ids, self.by_label = self._index.contracts, self._index.ids, self._index.by_label
        self.derived = Derived()
        self.shown = Shown(self.store, self.derived.forget)
        # Contracts that were destroyed, as they were then.
        self.gone = {int(key): Contract.from_record(record) for key, record in self.store.load("gone")}
        self.holding = Holding(self.machines, self.offers, self.contracts)
        self._wanted_running: set[int] = set()
        self._timetable = Timetable(self._is_planned)
        self._restore()

    def _restore(self) -> None:
        """Take in what the store has about the market and the contracts."""
        for key, record in self.store.load("offer"):
            if int(key) in self.offers:
                self.offers[int(key)].__dict__.update(record)
        for key, record in self.store.load("machine"):
            if int(key) in self.machines:
                self.machines[int(key)].restore(record)
        stored = sorted(
            (Contract.from_record(record) for _key, record in self.store.load("contract")), key=lambda one: one.id
        )
        for contract in stored:
            self._take_in(contract)
            self._schedule(contract)
            if contract.keeps_gpus:
                self.holding.hold(contract)
        for number, until in self.shown.fades.items():
            self._timetable.add(until, "fade", number)
        for volume in self.volumes.volumes.values():
            self._plan_end_of_volume(volume)

    def reset(self) -> None:
        """Back to the seed's start, at the wall clock's time."""
        self.store.clear()
        self.store.commit()
        self.clock = Clock.starting_now(self.clock.option)
        self.genesis = self.genesis._replace(at=self.clock.emulated)
        self.touched.update(self.contracts)
        self._build()

    # Time

    def settle(self) -> None:
        """Let everything happen that was due until now, in order."""
        now = self.clock.now()
        while (first := self.next_change()) <= now:
            self.now = max(self.now, first)
            if first == self._timetable.next_due():
                self._take_next()
            elif first == self._credit_ends():
                self._stop_for_credit()
            else:
                self._take_event()
        self.now = now

    def _take_next(self) -> None:
        """The first entry of the timetable, which is due."""
        entry = self._timetable.pop()
        if entry.kind == "fade":
            self.shown.remove(entry.contract)
            self._changed(entry.contract)
        elif entry.kind == "delete":
            self._delete_ended(entry.contract)
        elif entry.kind == "appear":
            self.show_from(self.contracts[entry.contract], self.now)
        elif entry.kind == "end":
            self._expire(self.contracts[entry.contract])
        else:
            self._take_step(self.contracts[entry.contract])

    def _take_event(self) -> None:
        """The first entry of the agenda, which is due."""
        due = self.agenda.pop_due(self.now)
        if due is not None and self.let_happen is not None:
            self.let_happen(due.wanted, due.this)

    def _event_due(self) -> float:
        return float("inf") if self.let_happen is None else self.agenda.next_due()

    def advance(self, seconds: float) -> None:
        """Move the clock and everything with it."""
        self.clock.advance(seconds)
        self.store.put("clock", "clock", self.clock.record())
        self.settle()

    def run_at(self, speed: float) -> None:
        """Let the clock run ``speed`` emulated seconds in a second from now on."""
        self.clock.run_at(speed)
        self.store.put("clock", "clock", self.clock.record())

    def _is_planned(self, entry: Entry) -> bool:
        """Whether an entry of the timetable still holds; there may be other plans by now."""
        return entry.at == self._plans(entry.contract).get(entry.kind)

    def _plans(self, number: int) -> dict[str, float | None]:
        """When things are due for a contract or volume, or for what lists show of one that is gone."""
        contract, volume = self.contracts.get(number), self.volumes.volumes.get(number)
        if contract is not None:
            return {
                "step": contract.steps[0].at if contract.steps else None,
                "appear": contract.shown_from,
                "end": contract.end_date,
                "delete": None if contract.kept else contract.end_date + KEPT_AFTER_END,
            }
        if volume is not None:
            return {"delete": None if volume.kept else volume.end_date + KEPT_AFTER_END}
        return {"fade": self.shown.fades.get(number)}

    def next_change(self) -> float:
        """When something will change by itself: emulated epoch seconds, infinite if nothing will."""
        return min(self._timetable.next_due(), self._credit_ends(), self._event_due())

    def _credit_ends(self) -> float:
        if not self._wanted_running:
            return float("inf")
        return self.ledger.reaches(self.account.credit)

    def turn(self, knobs: dict[str, Any]) -> None:
        """Change settings, until the next reset. Raises Refusal for what is no knob or none of its choices."""
        self.settings.change(knobs)
        self.store.put("settings", "knobs", self.settings.record())

    def credit_left(self) -> float:
        """Dollars; negative when stopped disks went on billing."""
        return self.account.credit - self.ledger.total(self.now)

    def has_credit(self) -> bool:
        """Whether anything can be rented or started."""
        return self.ledger.estimate(self.now) < self.account.credit - LEAST_CREDIT

    def stop_without_credit(self) -> None:
        """To be called when credit was lost other than by the passing of time."""
        if not self.has_credit():
            self._stop_for_credit()

    def _stop_for_credit(self) -> None:
        """No money left: everything that runs is stopped."""
        for contract_id in sorted(self._wanted_running):
            self.stop(self.contracts[contract_id])

    def _delete_ended(self, number: int) -> None:
        """A contract or a volume ended long ago."""
        contract, volume = self.contracts.get(number), self.volumes.volumes.get(number)
        kept = self.settings.expired == "kept"
        if contract is not None and kept:
            contract.kept = True
            self.save(contract)
        elif contract is not None:
            self.destroy(contract)
        elif volume is not None and kept:
            self.volumes.keep(volume)
        elif volume is not None:
            self.delete_volume(volume)

    # What can be found

    def contract(self, contract_id: Any) -> Contract | None:
        """The instance of an id in a path or body, or None."""
        return self._index.contract(contract_id)

    def contract_of_key(self, key: str) -> int | None:
        """The instance whose own key this is."""
        return self._index.of_key(key)

    def is_bid(self, contract_id: int) -> bool:
        """Whether a holder of GPUs is an interruptible contract."""
        contract = self.contracts.get(contract_id)
        return contract is not None and contract.is_bid

    # Volumes

    def rent_volume(self, offer: VolumeOffer, size: int, label: str | None, source: int | None = None) -> Volume:
        """A new volume of so many GB, which bills from now on; ``source`` is the volume that it is a copy of."""
        volume = self.volumes.create(self.new_contract_id(), offer, size, label, self.now, source)
        self._plan_end_of_volume(volume)
        return volume

    def delete_volume(self, volume: Volume) -> None:
        """For good, with all that is in it."""
        self.volumes.delete(volume, self.now)
        self.volume_gone(volume.id)

    def set_end_of_volume(self, volume: Volume, at: float) -> None:
        """Another end of a volume's contract; one that is past counts as now."""
        self.volumes.set_end(volume, max(at, self.now))
        self._plan_end_of_volume(volume)

    def _plan_end_of_volume(self, volume: Volume) -> None:
        self._timetable.add(volume.end_date + KEPT_AFTER_END, "delete", volume.id)

    # Market events

    def set_credit(self, dollars: float) -> None:
        """So much is left in the account."""
        given = self.account.paid - self.account.credit
        self.account.set_paid(dollars + self.ledger.total(self.now) + given)
        self.stop_without_credit()

    def add_traffic(self, contract: Contract, up: float, down: float) -> None:
        """So many GB went up and came down."""
        facts = self.machines[contract.machine_id].facts
        for kind, price, gigabytes in (("bwu", "inet_up_cost", up), ("bwd", "inet_down_cost", down)):
            if gigabytes:
                self.ledger.add_traffic(contract.id, kind, facts[price], gigabytes, self.now)
        self.stop_without_credit()

    def take_gpus(self, contract: Contract) -> None:
        """A stranger rents a contract's GPUs on demand; nothing happens while the account does so itself."""
        if not self.holding.is_free_of_demand(contract):
            return
        for rival in self.holding.bids_on(contract):
            self._preempt(rival)
        self.holding.hand_to_stranger(contract)
        self._save_machine(contract.machine_id)
        self.settle_bids(contract.machine_id)

    def leave_gpus(self, contract: Contract) -> None:
        """Strangers leave a contract's GPUs, to whoever waits for them."""
        self.holding.free_of_strangers(contract)
        self._save_machine(contract.machine_id)
        self.settle_bids(contract.machine_id)

    def _save_machine(self, machine_id: int) -> None:
        self.store.put("machine", machine_id, self.machines[machine_id].record())

    def ask_for_bids(self, offer: Offer, per_gpu: float) -> None:
        """Strangers bid so much for each GPU, in $/h: offers that share GPUs with this one can't be had for less."""
        for one in offer.machine.offers:
            if set(one.gpu_ids) & set(offer.gpu_ids):
                one.min_bid = round(per_gpu * len(one.gpu_ids), 6)
                self.save_offer(one)
        self.settle_bids(offer.machine.id)

    def set_price(self, offer: Offer, price: float) -> None:
        """Another price on demand: for new contracts, and for bids that are above it."""
        offer.price = price
        self.save_offer(offer)
        for contract in self._index.on_machine(offer.machine.id):
            if contract.ask_id == offer.id:
                self.charge(contract)

    def set_offline(self, machine: Machine, offline: bool) -> None:
        """A machine is lost, or comes back: meanwhile nothing on it bills, answers or can be rented."""
        machine.offline = offline
        self._save_machine(machine.id)
        on_it = self._index.on_machine(machine.id)
        for contract in on_it:
            contract.offline = offline
            self.save(contract)
        stored = [volume.id for volume in self.volumes.volumes.values() if volume.machine_id == machine.id]
        bill = self.ledger.pause if offline else self.ledger.resume
        for number in [contract.id for contract in on_it] + stored:
            bill(number, self.now)

    @property
    def vanish_on_create(self) -> int:
        """How many of the next offers that somebody tries to rent turn out to be gone."""
        return self._market["vanish_on_create"]

    @vanish_on_create.setter
    def vanish_on_create(self, number: int) -> None:
        self._market["vanish_on_create"] = number
        self.store.put("market", "market", self._market)

    @property
    def seen(self) -> list[int]:
        """Ids of the offers of the last search's answer."""
        return self._market["seen"]

    @seen.setter
    def seen(self, offers: list[int]) -> None:
        self._market["seen"] = offers
        self.store.put("market", "market", self._market)

    def save_offer(self, offer: Offer) -> None:
        """Remember what a market event changed."""
        self.store.put("offer", offer.id, offer.record())

    def offer(self, offer_id: Any) -> Offer | None:
        """An offer that still exists."""
        offer = self.offers.get(offer_id)
        return None if offer is None or offer.gone else offer
