# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who holds which GPUs, and who would win them."""

from __future__ import annotations

from collections.abc import Mapping

from vast_emulator.market.machines import STRANGER, Machine, Offer
from vast_emulator.world.contracts import Contract


class Holding:
    """The holders of all machines' GPUs, seen from contracts. Those who rent on demand go before every bid."""

    def __init__(
        self, machines: Mapping[int, Machine], offers: Mapping[int, Offer], contracts: Mapping[int, Contract]
    ) -> None:
        self._machines = machines
        self._offers = offers
        self._contracts = contracts

    def hold(self, contract: Contract) -> None:
        """The contract's GPUs are its own now, at what it pays."""
        machine = self._put(contract, contract.id)
        if contract.price is None:
            machine.bids.pop(contract.id, None)
        else:
            machine.bids[contract.id] = contract.bid_per_gpu

    def give_up(self, contract: Contract) -> None:
        """The contract's GPUs are free."""
        self._put(contract, None).bids.pop(contract.id, None)

    def _put(self, contract: Contract, holder: int | None) -> Machine:
        machine = self._machines[contract.machine_id]
        for gpu in contract.gpu_ids:
            machine.holders[gpu] = holder
        return machine

    def has(self, contract: Contract) -> bool:
        """Whether the contract holds its GPUs."""
        return contract.id in self._holders(contract)

    def _holders(self, contract: Contract) -> set[int]:
        holders = self._machines[contract.machine_id].holders
        return {holder for gpu in contract.gpu_ids if (holder := holders[gpu]) is not None}

    def to_beat(self, contract: Contract) -> list[Contract] | None:
        """Whose place it would take: interruptible contracts that it beats. None when it cannot have its GPUs."""
        rivals = [self._contracts.get(holder) for holder in self._holders(contract) - {contract.id}]
        beaten = [rival for rival in rivals if rival is not None and rival.is_bid]
        return beaten if len(beaten) == len(rivals) and self.bid_wins(contract) else None

    def bid_wins(self, contract: Contract) -> bool:
        """Whether nobody bids as much or more; always so on demand."""
        return contract.price is None or contract.price >= self._offers[contract.ask_id].price_to_win(contract.id)

    def losers(self, machine_id: int) -> list[Contract]:
        """Interruptible contracts on a machine whose bid does not win any more."""
        holding = [self._contracts[number] for number in self._machines[machine_id].bids]
        return [contract for contract in holding if not self.bid_wins(contract)]

    def bids_on(self, contract: Contract) -> list[Contract]:
        """Interruptible contracts that hold any of the contract's GPUs, itself included."""
        holders = (self._contracts.get(holder) for holder in self._holders(contract))
        return [holder for holder in holders if holder is not None and holder.is_bid]

    def is_free_of_demand(self, contract: Contract) -> bool:
        """Whether none of the account's own contracts holds the contract's GPUs on demand."""
        return all(holder == STRANGER or self._contracts[holder].is_bid for holder in self._holders(contract))

    def hand_to_stranger(self, contract: Contract) -> None:
        """Another client of the marketplace rents the contract's GPUs."""
        self._put(contract, STRANGER)

    def free_of_strangers(self, contract: Contract) -> None:
        """Other clients of the marketplace leave the contract's GPUs."""
        holders = self._machines[contract.machine_id].holders
        for gpu in contract.gpu_ids:
            if holders[gpu] == STRANGER:
                holders[gpu] = None

    def can_free_others(self, contract: Contract) -> bool:
        """Whether the machine has GPUs besides the contract's."""
        return len(self._machines[contract.machine_id].holders) > len(contract.gpu_ids)
