# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Contracts as a collection that is asked by id, label and key."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Any

from vast_emulator import values
from vast_emulator.world.contracts import Contract


class ContractIndex:
    """``contracts`` by id, ``ids`` in ascending order, and those of each label ``by_label``; all are for reading."""

    def __init__(self) -> None:
        self.contracts: dict[int, Contract] = {}
        self.ids: list[int] = []
        self.by_label: dict[str | None, list[int]] = {}
        self._label_of: dict[int, str | None] = {}
        self._on_machine: dict[int, list[int]] = {}
        self._by_key: dict[str, int] = {}

    def add(self, contract: Contract) -> None:
        """Take in a contract, in the place of another with its id."""
        self.remove(contract.id)
        self.contracts[contract.id] = contract
        insort(self.ids, contract.id)
        self._by_key[contract.api_key] = contract.id
        insort(self._on_machine.setdefault(contract.machine_id, []), contract.id)
        self._file(contract)

    def remove(self, number: int) -> None:
        """Forget the contract of an id, if there is one."""
        contract = self.contracts.pop(number, None)
        if contract is not None:
            del self.ids[bisect_left(self.ids, number)]
            self._by_key.pop(contract.api_key, None)
            self._on_machine[contract.machine_id].remove(number)
            self._unfile(number)

    def relabel(self, contract: Contract) -> None:
        """Follow a change of the label."""
        if self.contracts.get(contract.id) is contract:
            self._unfile(contract.id)
            self._file(contract)

    def contract(self, number: Any) -> Contract | None:
        """The contract of an id in a path or body, or None."""
        found = values.identifier(number)
        return None if found is None else self.contracts.get(found)

    def on_machine(self, machine_id: int) -> list[Contract]:
        """All contracts on a machine, whether they hold GPUs or not."""
        return [self.contracts[number] for number in self._on_machine.get(machine_id, ())]

    def of_key(self, key: str) -> int | None:
        """The contract whose own key this is."""
        return self._by_key.get(key)

    def _file(self, contract: Contract) -> None:
        self._label_of[contract.id] = contract.label
        insort(self.by_label.setdefault(contract.label, []), contract.id)

    def _unfile(self, number: int) -> None:
        label = self._label_of.pop(number)
        same = self.by_label[label]
        del same[bisect_left(same, number)]
        if not same:
            del self.by_label[label]
