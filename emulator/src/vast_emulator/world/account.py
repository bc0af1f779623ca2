# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's own objects: SSH keys, templates, secrets, API keys, money paid in."""

from __future__ import annotations

import math
from typing import Any

from vast_emulator.world.store import Store

STARTING_CREDIT = 1000.0
USER_ID = 4711
USER_EMAIL = "renter@example.com"


class Shelf:
    """Records of one kind, by key, kept in the order they were made."""

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind
        stored = sorted(store.load(kind), key=lambda item: item[1].get("number", 0))
        self._records: dict[str, dict[str, Any]] = dict(stored)

    def __iter__(self):
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def get(self, key: object) -> dict[str, Any] | None:
        return self._records.get(str(key))

    def put(self, key: object, record: dict[str, Any]) -> None:
        """Add or change; ``number`` keeps the order across restarts."""
        old = self._records.get(str(key))
        record["number"] = old["number"] if old else 1 + max((one["number"] for one in self), default=0)
        self._records[str(key)] = record
        self._store.put(self._kind, key, record)

    def remove(self, key: object) -> None:
        self._records.pop(str(key), None)
        self._store.remove(self._kind, key)


class Account:
    """One renter. ``credit`` is what came in less what was given away; what is left of it is for the ledger to say."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.ssh_keys = Shelf(store, "ssh_key")
        self.templates = Shelf(store, "template")
        self.secrets = Shelf(store, "secret")
        self.api_keys = Shelf(store, "api_key")
        self.subaccounts = Shelf(store, "subaccount")
        self.transfers = Shelf(store, "transfer")
        self.jobs = Shelf(store, "job")
        self._facts: dict[str, Any] = {"credit": STARTING_CREDIT, "last_id": 0}
        for _key, record in store.load("account"):
            self._facts = record

    @property
    def paid(self) -> float:
        """Dollars paid in."""
        return self._facts["credit"]

    @property
    def credit(self) -> float:
        """Dollars paid in that were not given to another account."""
        return math.fsum([self.paid, *(-transfer["amount"] for transfer in self.transfers)])

    def set_paid(self, dollars: float) -> None:
        """Another amount was paid in."""
        self._facts["credit"] = dollars
        self._store.put("account", "facts", self._facts)

    def key(self, first: str) -> str:
        """The account's key: the one the emulator was started with, or what it was reset to."""
        return self._facts.get("keys", {}).get(first, first)

    def reset_key(self, first: str, new: str) -> None:
        """Another key takes the place of the account's."""
        self._facts["keys"] = {first: new}
        self._store.put("account", "facts", self._facts)

    @property
    def profile(self) -> dict[str, Any]:
        """What the renter set about itself, by field of the user."""
        return self._facts.get("profile", {})

    def set_profile(self, changes: dict[str, Any]) -> None:
        """Other fields stay."""
        self._facts["profile"] = {**self.profile, **changes}
        self._store.put("account", "facts", self._facts)

    def new_id(self) -> int:
        """An id that was never given before, for any kind of object of the account."""
        self._facts["last_id"] += 1
        self._store.put("account", "facts", self._facts)
        return self._facts["last_id"]
