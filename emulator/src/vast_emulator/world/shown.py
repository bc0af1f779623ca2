# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lists and single reads know of the contracts, which may lag behind what exists."""

from __future__ import annotations

from collections.abc import Callable

from vast_emulator.world.contract_index import ContractIndex
from vast_emulator.world.contracts import Contract
from vast_emulator.world.store import Store


class Shown(ContractIndex):
    """The contracts that rows are shown of: all that exist, save those that did not appear yet, and ghosts of some
    that were destroyed.
    """

    def __init__(self, store: Store, changed: Callable[[int], None]) -> None:
        """``changed`` hears of each id whose row comes or goes."""
        super().__init__()
        self._store = store
        self._tell = changed
        # Epoch seconds, by id.
        self._fades: dict[int, float] = {}
        for key, record in store.load("ghost"):
            self.add(Contract.from_record(record["contract"]))
            self._fades[int(key)] = record["until"]

    @property
    def fades(self) -> dict[int, float]:
        """When each ghost will be seen no more, in epoch seconds; for reading."""
        return self._fades

    def add(self, contract: Contract) -> None:
        """Show it from now on."""
        super().add(contract)
        self._tell(contract.id)

    def remove(self, number: int) -> None:
        """Show it no more."""
        self._forget_ghost(number)
        super().remove(number)
        self._tell(number)

    def linger(self, ghost: Contract, until: float) -> None:
        """Go on to show a contract that was destroyed, as it was, for a while."""
        self.add(ghost)
        self._fades[ghost.id] = until
        self._store.put("ghost", ghost.id, {"until": until, "contract": ghost.__dict__})

    def _forget_ghost(self, number: int) -> None:
        if self._fades.pop(number, None) is not None:
            self._store.remove("ghost", number)
