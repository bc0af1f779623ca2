# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The marketplace with one renter in it: what exists, and how it moves with the clock."""

from __future__ import annotations

import heapq
import itertools
import random
from bisect import bisect_left
from typing import Any, NamedTuple

from vast_emulator import boot, values
from vast_emulator.account import Account
from vast_emulator.clock import Clock
from vast_emulator.contracts import Contract, Step
from vast_emulator.ledger import Ledger
from vast_emulator.market.generator import generate
from vast_emulator.market.machines import Machine, Offer
from vast_emulator.market.pricing import storage_price
from vast_emulator.settings import Settings
from vast_emulator.store import Store
from vast_emulator.volumes import Volumes

FIRST_CONTRACT = 21_000_000


class Genesis(NamedTuple):
    """What a world is made from: epoch seconds of its start, seed, number of generated machines."""

    at: float
    seed: int
    machines: int


class World:
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
        stored = next((Genesis(**record) for _key, record in store.load("genesis")), None)
        if stored is None:
            self.genesis = genesis
            self.clock = Clock(emulated=genesis.at, wall=genesis.at, speed=speed)
        else:
            self.genesis = stored
            record = next(record for _key, record in store.load("clock"))
            self.clock = Clock.from_record(record, speed)
        self._build()

    @property
    def seed(self) -> int:
        return self.genesis.seed

    def _build(self) -> None:
        genesis = self.genesis
        self.store.put("genesis", "genesis", genesis._asdict())
        self.store.put("clock", "clock", self.clock.record())
        self.settings = Settings()
        self.now = genesis.at
        self.machines: dict[int, Machine] = {}
        self.offers: dict[int, Offer] = {}
        for machine in generate(genesis.seed, genesis.at, genesis.machines):
            self.machines[machine.id] = machine
            self.offers.update((offer.id, offer) for offer in machine.offers)
        self.account = Account(self.store)
        self.ledger = Ledger(self.store)
        self.volumes = Volumes(self.store, self.ledger, self.machines.values())
        self.vanish_on_create = 0
        self.contracts: dict[int, Contract] = {}
        self.ids: list[int] = []
        self.by_label: dict[str | None, set[int]] = {}
        self._by_key: dict[str, int] = {}
        self._wanted_running: set[int] = set()
        self._queue: list[tuple[float, int, str, int]] = []
        self._serial = itertools.count()
        for key, record in self.store.load("offer"):
            if int(key) in self.offers:
                self.offers[int(key)].__dict__.update(record)
        for key, record in self.store.load("machine"):
            if int(key) in self.machines:
                self.machines[int(key)].offline = record["offline"]
        stored = sorted(
            (Contract.from_record(record) for _key, record in self.store.load("contract")), key=lambda one: one.id
        )
        for contract in stored:
            self._index(contract)
            self._schedule(contract)
            if self._holds_gpus(contract):
                self._hold(contract, contract.id)

    def reset(self) -> None:
        """Back to the seed's start, at the wall clock's time."""
        self.store.clear()
        self.store.commit()
        self.clock = Clock.starting_now(self.clock.speed)
        self.genesis = self.genesis._replace(at=self.clock.emulated)
        self.touched.update(self.contracts)
        self._build()

    # Time

    def settle(self) -> None:
        """Let everything happen that was due until now, in order."""
        now = self.clock.now()
        while True:
            due, broke = self._next_due(), self._credit_ends()
            if min(due, broke) > now:
                break
            if broke < due:
                self.now = max(self.now, broke)
                self._stop_for_credit()
                continue
            self.now = max(self.now, due)
            _at, _serial, kind, contract_id = heapq.heappop(self._queue)
            contract = self.contracts[contract_id]
            if kind == "end":
                self._expire(contract)
            else:
                self._take_step(contract)
        self.now = now

    def advance(self, seconds: float) -> None:
        """Move the clock and everything with it."""
        self.clock.advance(seconds)
        self.store.put("clock", "clock", self.clock.record())
        self.settle()

    def _next_due(self) -> float:
        """When the next step or contract end is due; drops entries whose contract has other plans by now."""
        while self._queue:
            at, _serial, kind, contract_id = self._queue[0]
            contract = self.contracts.get(contract_id)
            if contract is not None:
                if kind == "end" and contract.end_date == at:
                    return at
                if kind == "step" and contract.steps and contract.steps[0].at == at:
                    return at
            heapq.heappop(self._queue)
        return float("inf")

    def next_change(self) -> float:
        """When something will change by itself: emulated epoch seconds, infinite if nothing will."""
        return min(self._next_due(), self._credit_ends())

    def _credit_ends(self) -> float:
        if not self._wanted_running:
            return float("inf")
        return self.ledger.reaches(self.account.credit)

    def credit_left(self) -> float:
        """Dollars; negative when stopped disks went on billing."""
        return self.account.credit - self.ledger.total(self.now)

    def has_credit(self) -> bool:
        """Whether anything can be rented or started."""
        return self.ledger.estimate(self.now) < self.account.credit

    # Contracts as a collection

    def _index(self, contract: Contract) -> None:
        self.contracts[contract.id] = contract
        self.ids.append(contract.id)
        self._by_key[contract.api_key] = contract.id
        self.by_label.setdefault(contract.label, set()).add(contract.id)
        self._note_intention(contract)
        heapq.heappush(self._queue, (contract.end_date, next(self._serial), "end", contract.id))

    def _unindex(self, contract: Contract) -> None:
        del self.contracts[contract.id]
        self._by_key.pop(contract.api_key, None)
        del self.ids[bisect_left(self.ids, contract.id)]
        self._drop_label(contract)
        self._wanted_running.discard(contract.id)

    def _drop_label(self, contract: Contract) -> None:
        same = self.by_label[contract.label]
        same.discard(contract.id)
        if not same:
            del self.by_label[contract.label]

    def _note_intention(self, contract: Contract) -> None:
        if contract.intended_status == "running" or contract.waits:
            self._wanted_running.add(contract.id)
        else:
            self._wanted_running.discard(contract.id)

    def save(self, contract: Contract) -> None:
        """Remember a change; it reaches the file before the answer is sent."""
        self._note_intention(contract)
        self.touched.add(contract.id)
        self.store.put("contract", contract.id, contract.__dict__)

    def relabel(self, contract: Contract, label: str | None) -> None:
        """Change the label."""
        self._drop_label(contract)
        contract.label = label
        self.by_label.setdefault(label, set()).add(contract.id)
        self.save(contract)

    def contract(self, contract_id: Any) -> Contract | None:
        """The instance of an id in a path or body, or None."""
        number = values.identifier(contract_id)
        return None if number is None else self.contracts.get(number)

    def contract_of_key(self, key: str) -> int | None:
        """The instance whose own key this is."""
        return self._by_key.get(key)

    def is_bid(self, contract_id: int) -> bool:
        """Whether a holder of GPUs is an interruptible contract."""
        contract = self.contracts.get(contract_id)
        return contract is not None and contract.is_bid

    # GPUs

    @staticmethod
    def _holds_gpus(contract: Contract) -> bool:
        return contract.cur_state == "running" or any(step.then == "release" for step in contract.steps)

    def _hold(self, contract: Contract, holder: int | None) -> None:
        machine = self.machines[contract.machine_id]
        for gpu in contract.gpu_ids:
            machine.holders[gpu] = holder
        if holder is None or contract.price is None:
            machine.bids.pop(contract.id, None)
        else:
            machine.bids[contract.id] = contract.bid_per_gpu

    def _holders(self, contract: Contract) -> set[int]:
        """Who else is on the contract's GPUs."""
        holders = self.machines[contract.machine_id].holders
        return {one for gpu in contract.gpu_ids if (one := holders[gpu]) is not None and one != contract.id}

    def _claim(self, contract: Contract) -> bool:
        """Take the GPUs if they are free, or held by interruptible contracts that this one beats."""
        rivals = [self.contracts.get(holder) for holder in self._holders(contract)]
        if any(rival is None or not rival.is_bid for rival in rivals) or not self.bid_wins(contract):
            return False
        for rival in rivals:
            if rival is not None:
                self._preempt(rival)
        self._hold(contract, contract.id)
        return True

    def bid_wins(self, contract: Contract) -> bool:
        """Whether nobody bids as much or more; always so on demand."""
        return contract.price is None or contract.price >= self.offers[contract.ask_id].price_to_win(contract.id)

    def _preempt(self, contract: Contract) -> None:
        """An interruptible contract loses its GPUs at once; its disk stays and bills."""
        # One that is being stopped on request will not come back by itself.
        contract.outbid = contract.cur_state == "running"
        if contract.outbid:
            contract.intended_status = contract.next_state = self.settings.outbid_shape
        contract.cur_state = "stopped"
        self._apply(contract, Step(self.now, "exited", contract.status_msg))
        contract.steps = []
        self._hold(contract, None)
        self.save(contract)

    def _release(self, contract: Contract) -> None:
        """Give the GPUs back, and to whoever waits for them."""
        if contract.id in self._own_holders(contract):
            self._hold(contract, None)
            self.settle_bids(contract.machine_id)

    def settle_bids(self, machine_id: int) -> None:
        """After any change of bids, prices to win or holders: those who lose stop, and those who win now start."""
        for number in list(self.machines[machine_id].bids):
            if not self.bid_wins(self.contracts[number]):
                self._preempt(self.contracts[number])
        for waiting in sorted(self._waiting(machine_id), key=lambda one: (-one.bid_per_gpu, one.id)):
            if self._claim(waiting):
                self._begin(waiting)

    def _own_holders(self, contract: Contract) -> set[int]:
        holders = self.machines[contract.machine_id].holders
        return {holder for gpu in contract.gpu_ids if (holder := holders[gpu]) is not None}

    def _settle_the_rest(self, contract: Contract) -> None:
        """A contract that took GPUs may have freed others: those of a rival that had more of them."""
        if len(self.machines[contract.machine_id].holders) > len(contract.gpu_ids):
            self.settle_bids(contract.machine_id)

    def _waiting(self, machine_id: int) -> list[Contract]:
        wanted = (self.contracts[number] for number in self._wanted_running)
        return [one for one in wanted if one.machine_id == machine_id and one.waits]

    # Steps

    def _schedule(self, contract: Contract) -> None:
        if contract.steps:
            heapq.heappush(self._queue, (contract.steps[0].at, next(self._serial), "step", contract.id))

    def _plan(self, contract: Contract, steps: list[Step]) -> None:
        """Replace what was going to happen; what is due at once happens at once."""
        contract.boots += 1
        contract.steps = steps
        while contract.steps and contract.steps[0].at <= self.now:
            self._take_step(contract, schedule=False)
        self._schedule(contract)
        self.save(contract)

    def _take_step(self, contract: Contract, schedule: bool = True) -> None:
        step = contract.steps.pop(0)
        self._apply(contract, step)
        if step.then == "fail":
            contract.intended_status = contract.cur_state = contract.next_state = "stopped"
        if schedule:
            self._schedule(contract)
        self.save(contract)
        if step.then:
            self._release(contract)

    def _apply(self, contract: Contract, step: Step) -> None:
        """Change the reported status; the GPU bills exactly while that is running."""
        was = contract.is_running
        contract.actual_status, contract.status_msg = step.actual, step.msg
        if contract.is_running and not was:
            contract.running_since = step.at
            self.ledger.open(contract.id, "gpu", contract.dph_base, step.at)
        elif was and not contract.is_running:
            contract.ran_before += step.at - (contract.running_since or step.at)
            contract.running_since = None
            self.ledger.close(contract.id, "gpu", step.at)

    # What a renter can ask for

    def new_contract_id(self) -> int:
        """Ids are given once."""
        return FIRST_CONTRACT + self.account.new_id()

    def secret(self, purpose: str, number: int) -> str:
        """32 hexadecimal digits that look random and are the same in each run of a seed."""
        return f"{random.Random(f'{purpose} {self.seed} {number}').getrandbits(128):032x}"

    def rent(self, contract: Contract, start: bool = True) -> None:
        """A new contract starts to exist and to bill its disk; with ``start`` it takes its GPUs and boots."""
        self._index(contract)
        self.ledger.open(contract.id, "disk", storage_price(contract.storage_cost, contract.disk), self.now)
        if start and self._claim(contract):
            self._plan(contract, boot.first_boot(self.seed, contract, self.now))
            self._settle_the_rest(contract)
        else:
            contract.intended_status = contract.cur_state = contract.next_state = "stopped"
            self._plan(contract, boot.created_stopped(self.seed, contract, self.now))

    def start(self, contract: Contract) -> bool:
        """False when the GPUs are taken: the wish stays queued and the contract starts when they are free."""
        contract.intended_status = contract.next_state = "running"
        if contract.cur_state == "running":
            self.save(contract)
            return True
        if self._claim(contract):
            self._begin(contract)
            self._settle_the_rest(contract)
            return True
        self.save(contract)
        return False

    def _begin(self, contract: Contract) -> None:
        """The GPUs are held: boot, from the container that is there or from the image."""
        contract.intended_status = contract.cur_state = contract.next_state = "running"
        contract.outbid = False
        if contract.ran_before == 0.0 and contract.running_since is None:
            self._plan(contract, boot.first_boot(self.seed, contract, self.now))
        else:
            self._plan(contract, boot.restart(self.seed, contract, self.now, "exited"))

    def stop(self, contract: Contract) -> None:
        """Also takes back a start that is still queued."""
        stopping = contract.intended_status == "stopped" and contract.cur_state == "stopped"
        contract.outbid = False
        contract.intended_status = contract.cur_state = contract.next_state = "stopped"
        if stopping:
            self.save(contract)
        else:
            self._plan(contract, boot.wind_down(self.seed, contract, self.now))

    def reboot(self, contract: Contract) -> None:
        """Stop and start the container without giving the GPUs away."""
        self._plan(contract, boot.restart(self.seed, contract, self.now, "rebooting"))

    def recycle(self, contract: Contract) -> None:
        """Make the container again from its image; what was on its disk is lost."""
        contract.recycles += 1
        self._plan(contract, boot.fresh_pull(self.seed, contract, self.now, "recycling"))

    def reprice(self, contract: Contract, price: float) -> None:
        """A new bid in $/h, billed from now on; it may win or lose the GPUs."""
        contract.price = price
        if contract.id in self._own_holders(contract):
            self._hold(contract, contract.id)
        self.charge(contract)
        self.settle_bids(contract.machine_id)

    def charge(self, contract: Contract) -> None:
        """Let a bid, which never pays more than the price on demand, bill at today's prices."""
        if contract.price is None:
            return
        contract.dph_base = min(contract.price, self.offers[contract.ask_id].price)
        if self.ledger.bills(contract.id, "gpu"):
            self.ledger.open(contract.id, "gpu", contract.dph_base, self.now)
        self.save(contract)

    def destroy(self, contract: Contract) -> None:
        """The contract is gone at once and nothing of it bills any more."""
        self.ledger.close(contract.id, "gpu", self.now)
        self.ledger.close(contract.id, "disk", self.now)
        self.ledger.remember(contract.id, contract.label)
        self.volumes.unlink(contract.id, self.now)
        self._unindex(contract)
        self.touched.add(contract.id)
        self.store.remove("contract", contract.id)
        contract.actual_status, contract.cur_state, contract.steps = None, "unloaded", []
        self._release(contract)

    def _expire(self, contract: Contract) -> None:
        """The contract's end: it stops for good, its disk stays until it is destroyed."""
        self.stop(contract)

    def _stop_for_credit(self) -> None:
        """No money left: everything that runs is stopped."""
        for contract_id in sorted(self._wanted_running):
            self.stop(self.contracts[contract_id])

    # Market events

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
        for contract in self.contracts.values():
            if contract.ask_id == offer.id:
                self.charge(contract)

    def set_offline(self, machine: Machine, offline: bool) -> None:
        """A machine is lost, or comes back: meanwhile nothing on it bills, answers or can be rented."""
        machine.offline = offline
        self.store.put("machine", machine.id, {"offline": offline})
        on_it = [contract for contract in self.contracts.values() if contract.machine_id == machine.id]
        for contract in on_it:
            contract.offline = offline
            self.save(contract)
        stored = [volume.id for volume in self.volumes.volumes.values() if volume.machine_id == machine.id]
        bill = self.ledger.pause if offline else self.ledger.resume
        for number in [contract.id for contract in on_it] + stored:
            bill(number, self.now)

    def save_offer(self, offer: Offer) -> None:
        """Remember what a market event changed."""
        self.store.put("offer", offer.id, offer.record())

    def offer(self, offer_id: Any) -> Offer | None:
        """An offer that still exists."""
        offer = self.offers.get(offer_id)
        return None if offer is None or offer.gone else offer
