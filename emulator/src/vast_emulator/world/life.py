# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of contracts: how they begin, take GPUs, boot, stop, lose, end, and may come back."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

from vast_emulator.market.machines import Machine, Offer
from vast_emulator.market.pricing import storage_price
from vast_emulator.world import boot, troubles
from vast_emulator.world.account import Account
from vast_emulator.world.contract_index import ContractIndex
from vast_emulator.world.contracts import Contract, Step
from vast_emulator.world.derived import Derived
from vast_emulator.world.holding import Holding
from vast_emulator.world.ledger import Ledger
from vast_emulator.world.settings import Settings
from vast_emulator.world.shown import Shown
from vast_emulator.world.store import Store
from vast_emulator.world.timetable import Timetable
from vast_emulator.world.volumes import Volumes

FIRST_CONTRACT = 21_000_000
# What has ended is deleted after so many seconds.
KEPT_AFTER_END = 48 * 3600.0


class Life:
    """What happens to contracts at the moment :attr:`now`. The world has the clock, and says what this works on."""

    now: float
    seed: int
    store: Store
    settings: Settings
    account: Account
    ledger: Ledger
    volumes: Volumes
    machines: dict[int, Machine]
    offers: dict[int, Offer]
    contracts: dict[int, Contract]
    # Contracts that were destroyed, as they were then.
    gone: dict[int, Contract]
    shown: Shown
    derived: Derived
    holding: Holding
    # Ids of contracts that changed since the SSH listeners last looked.
    touched: set[int]
    _index: ContractIndex
    _timetable: Timetable
    _wanted_running: set[int]

    # What exists, and what is shown of it

    def _take_in(self, contract: Contract) -> None:
        self._index.add(contract)
        self._note_intention(contract)
        self._timetable.add(contract.end_date, "end", contract.id)
        self._show(contract)

    def _show(self, contract: Contract) -> None:
        if contract.shown_from > self.now:
            self.shown.remove(contract.id)
            self._timetable.add(contract.shown_from, "appear", contract.id)
        else:
            self.shown.add(contract)

    def show_from(self, contract: Contract, at: float) -> None:
        """Let lists and single reads know of it from a moment on."""
        contract.shown_from = at if at > self.now else 0.0
        self._show(contract)
        self.save(contract)

    def linger(self, ghost: Contract, seconds: float) -> None:
        """Let lists and single reads show a contract that was destroyed, as it was, for so many seconds from now."""
        self.shown.linger(ghost, self.now + seconds)
        self._timetable.add(self.now + seconds, "fade", ghost.id)
        self._changed(ghost.id)

    def _note_intention(self, contract: Contract) -> None:
        if contract.intended_status == "running" or contract.waits:
            self._wanted_running.add(contract.id)
        else:
            self._wanted_running.discard(contract.id)

    def save(self, contract: Contract) -> None:
        """Remember a change; it reaches the file before the answer is sent."""
        self._note_intention(contract)
        self._changed(contract.id)
        self.store.put("contract", contract.id, contract.__dict__)

    def _changed(self, contract_id: int) -> None:
        """The listeners have to look at it, and what was made of it is of no use any more."""
        self.touched.add(contract_id)
        self.derived.forget(contract_id)

    def relabel(self, contract: Contract, label: str | None) -> None:
        """Change the label."""
        contract.label = label
        self._index.relabel(contract)
        self.shown.relabel(contract)
        self.save(contract)

    # GPUs

    def _claim(self, contract: Contract) -> bool:
        """Take the GPUs if they are free, or held by interruptible contracts that this one beats."""
        beaten = self.holding.to_beat(contract)
        if beaten is None:
            return False
        for rival in beaten:
            self._preempt(rival)
        self.holding.hold(contract)
        return True

    def _preempt(self, contract: Contract) -> None:
        """An interruptible contract loses its GPUs at once; its disk stays and bills."""
        # One that is being stopped on request will not come back by itself.
        contract.outbid, actual = contract.cur_state == "running", "exited"
        if contract.outbid:
            shape = contract.outbid_shape or self.settings.outbid_shape
            contract.intended_status = contract.next_state = "running" if shape == "running" else "stopped"
            actual = "loading" if shape == "loading" else "exited"
        contract.cur_state = "stopped"
        self._apply(contract, Step(self.now, actual, contract.status_msg))
        contract.steps = []
        self.holding.give_up(contract)
        self.save(contract)

    def _release(self, contract: Contract) -> None:
        """Give the GPUs back, and to whoever waits for them."""
        if self.holding.has(contract):
            self.holding.give_up(contract)
            self.settle_bids(contract.machine_id)

    def settle_bids(self, machine_id: int) -> None:
        """After any change of bids, prices to win or holders: those who lose stop, and those who win now start."""
        for loser in self.holding.losers(machine_id):
            if not self.holding.bid_wins(loser):
                self._preempt(loser)
        for waiting in sorted(self._waiting(machine_id), key=lambda one: (-one.bid_per_gpu, one.id)):
            if self._claim(waiting):
                self._begin(waiting)

    def _settle_the_rest(self, contract: Contract) -> None:
        """A contract that took GPUs may have freed others: those of a rival that had more of them."""
        if self.holding.can_free_others(contract):
            self.settle_bids(contract.machine_id)

    def _waiting(self, machine_id: int) -> list[Contract]:
        return [one for one in self._index.on_machine(machine_id) if one.waits]

    # Steps

    def _schedule(self, contract: Contract) -> None:
        if contract.steps:
            self._timetable.add(contract.steps[0].at, "step", contract.id)

    def _boot(self, contract: Contract, steps: list[Step]) -> None:
        """Take the steps to running, if no trouble is met."""
        contract.deaf = contract.failed = False
        self._plan(contract, troubles.bend(contract, steps, self.now))

    def _plan(self, contract: Contract, steps: list[Step]) -> None:
        """Replace what was going to happen, as one more change that the renter asked for."""
        contract.boots += 1
        self._follow(contract, steps)

    def _follow(self, contract: Contract, steps: list[Step]) -> None:
        """Replace what was going to happen; what is due at once happens at once."""
        contract.steps = steps
        while contract.steps and contract.steps[0].at <= self.now:
            self._take_step(contract, schedule=False)
        self._schedule(contract)
        self.save(contract)

    def _take_step(self, contract: Contract, schedule: bool = True) -> None:
        step = contract.steps.pop(0)
        if step.then == "deaf":
            contract.deaf = True
        else:
            self._apply(contract, step)
        if step.then in ("fail", "crash"):
            contract.failed, contract.cur_state = True, "stopped"
        if step.then == "fail":
            contract.intended_status = contract.next_state = "stopped"
        if schedule:
            self._schedule(contract)
        self.save(contract)
        if step.then in ("release", "fail", "crash"):
            self._release(contract)

    def _apply(self, contract: Contract, step: Step) -> None:
        """Change the reported status; the GPU bills exactly while that is running."""
        was = contract.is_running
        contract.actual_status, contract.status_msg = step.actual, contract.stale_msg or step.msg
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
        if self.settings.create_lag:
            contract.shown_from = self.now + self.settings.create_lag
        self._take_in(contract)
        self.ledger.open(contract.id, "disk", storage_price(contract.storage_cost, contract.disk), self.now)
        if start and self._claim(contract):
            self._boot(contract, boot.first_boot(self.seed, contract, self.now))
            self._settle_the_rest(contract)
        else:
            contract.intended_status = contract.cur_state = contract.next_state = "stopped"
            self._plan(contract, boot.created_stopped(self.seed, contract, self.now))

    def start(self, contract: Contract) -> bool:
        """False when the GPUs are taken: the wish stays queued and the contract starts when they are free."""
        contract.intended_status = contract.next_state = "running"
        contract.failed = False
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
            self._boot(contract, boot.first_boot(self.seed, contract, self.now))
        else:
            self._boot(contract, boot.restart(self.seed, contract, self.now, "exited"))

    def stop(self, contract: Contract) -> None:
        """Also takes back a start that is still queued."""
        stopping = contract.intended_status == "stopped" and contract.cur_state == "stopped"
        if contract.outbid and contract.actual_status == "loading":
            stopping = False
        contract.outbid = contract.failed = False
        contract.intended_status = contract.cur_state = contract.next_state = "stopped"
        if stopping:
            self.save(contract)
        else:
            steps = boot.wind_down(self.seed, contract, self.now)
            # One that has no GPUs any more, as its start failed or it was outbid, has none to give back.
            then = "release" if self.holding.has(contract) else ""
            self._plan(contract, [step._replace(then=then) for step in steps])

    def reboot(self, contract: Contract) -> None:
        """Stop and start the container without giving the GPUs away."""
        self._boot(contract, boot.restart(self.seed, contract, self.now, "rebooting"))

    def recycle(self, contract: Contract) -> None:
        """Make the container again from its image; what was on its disk is lost."""
        contract.recycles += 1
        self._boot(contract, boot.fresh_pull(self.seed, contract, self.now, "recycling"))

    def reprice(self, contract: Contract, price: float) -> None:
        """A new bid in $/h, billed from now on; it may win or lose the GPUs."""
        contract.price = price
        if self.holding.has(contract):
            self.holding.hold(contract)
        self.charge(contract)
        self.settle_bids(contract.machine_id)

    def charge(self, contract: Contract) -> None:
        """Let a bid, which never pays more than the price on demand, bill at today's prices."""
        if contract.price is not None:
            self.set_rate(contract, min(contract.price, self.offers[contract.ask_id].price))

    def destroy(self, contract: Contract) -> None:
        """The contract is gone at once and nothing of it bills any more."""
        ghost = dataclasses.replace(contract, steps=[])
        self.gone[contract.id] = ghost
        self.store.put("gone", contract.id, ghost.__dict__)
        self.ledger.close(contract.id, "gpu", self.now)
        self.ledger.close(contract.id, "disk", self.now)
        self.ledger.remember(contract.id, contract.label)
        self.volumes.unlink(contract.id, self.now)
        self._index.remove(contract.id)
        self._wanted_running.discard(contract.id)
        self._disappear(ghost)
        self._changed(contract.id)
        self.store.remove("contract", contract.id)
        contract.actual_status, contract.cur_state, contract.steps = None, "unloaded", []
        self._release(contract)

    def _disappear(self, ghost: Contract) -> None:
        lag = self.settings.destroy_lag if ghost.lingers is None else ghost.lingers
        if lag and ghost.id in self.shown.contracts:
            self.linger(ghost, lag)
        else:
            self.shown.remove(ghost.id)

    def revive(self, contract: Contract) -> None:
        """One of :attr:`gone` exists and bills again. What ran then runs again, if its GPUs can still be had."""
        if self.gone.pop(contract.id, None) is None:
            return
        self.store.remove("gone", contract.id)
        ran, was_up = contract.cur_state == "running", contract.is_running
        if contract.running_since is not None:
            contract.ran_before += self.now - contract.running_since
        contract.running_since, contract.shown_from = None, 0.0
        contract.cur_state = "stopped"
        contract.actual_status = contract.actual_status and "exited"
        contract.offline = self.machines[contract.machine_id].offline
        self._take_in(contract)
        if contract.offline:
            self.ledger.pause(contract.id, self.now)
        self.ledger.open(contract.id, "disk", storage_price(contract.storage_cost, contract.disk), self.now)
        self.volumes.relink(contract.id, self.now)
        self._come_back(contract, ran, was_up)

    def _come_back(self, contract: Contract, ran: bool, was_up: bool) -> None:
        self.save(contract)
        if not ran or not self._claim(contract):
            return
        contract.cur_state = "running"
        if was_up:
            self._apply(contract, Step(self.now, "running", contract.status_msg))
            self.save(contract)
        else:
            self._begin(contract)
        self._settle_the_rest(contract)

    def set_end(self, contract: Contract, at: float) -> None:
        """Another end of the contract; one that is past counts as now."""
        contract.end_date, contract.kept = max(at, self.now), False
        self.save(contract)
        self._timetable.add(contract.end_date, "end", contract.id)
        if contract.end_date == self.now:
            self._expire(contract)

    def _expire(self, contract: Contract) -> None:
        """The contract's end: it stops for good, and is deleted later."""
        self.stop(contract)
        self._timetable.add(contract.end_date + KEPT_AFTER_END, "delete", contract.id)

    def set_rate(self, contract: Contract, dph_base: float) -> None:
        """Bill another GPU price in $/h from now on."""
        contract.dph_base = dph_base
        if self.ledger.bills(contract.id, "gpu"):
            self.ledger.open(contract.id, "gpu", dph_base, self.now)
        self.save(contract)

    # What goes wrong by itself

    def meet(self, contract: Contract, kind: str, trouble: dict[str, Any]) -> None:
        """Let a boot of the contract meet a trouble, the one it is in first."""
        contract.troubles[kind] = trouble
        if contract.is_booting:
            self._follow(contract, troubles.hit(contract, kind, contract.steps, self.now))
        elif contract.running_since is not None and contract.cur_state == "running" and kind in ("exit", "ssh"):
            up = Step(contract.running_since, "running", contract.status_msg)
            steps = troubles.hit(contract, kind, [up, *contract.steps], self.now)[1:]
            self._follow(contract, [step._replace(at=max(step.at, self.now)) for step in steps])
        else:
            self.save(contract)

    def exit(self, contract: Contract) -> None:
        """The container ends by itself; what the renter asked for stays as it was, and the GPUs stay its own."""
        self._follow(contract, [Step(self.now, "exited", contract.status_msg)])

    def resume(self, contract: Contract) -> None:
        """A container that ended by itself starts again."""
        self._boot(contract, boot.restart(self.seed, contract, self.now, "exited"))

    def answer_ssh(self, contract: Contract) -> None:
        """Its SSH ports answer, now and in later boots."""
        contract.deaf = False
        contract.troubles.pop("ssh", None)
        self._follow(contract, [step for step in contract.steps if step.then != "deaf"])

    def heal(self, contract: Contract) -> None:
        """Boots meet no trouble any more; one that is stuck starts anew."""
        contract.troubles.clear()
        if contract.is_stuck:
            self._begin(contract)

    def keep_message(self, contract: Contract, text: str | None) -> None:
        """Whatever happens, ``status_msg`` stays what it is now, or the text."""
        contract.stale_msg = contract.status_msg if text is None else text
        contract.status_msg = contract.stale_msg
