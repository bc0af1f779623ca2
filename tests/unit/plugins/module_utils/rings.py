# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Back ends for the real keyring library that keep nothing longer than a test."""

from __future__ import annotations

import keyring.backend
import keyring.errors

ENTRY = ("cloudctl.vastai", "api_key")


class MemoryRing(keyring.backend.KeyringBackend):
    """``entries`` by service and user; ``writes`` counts changes."""

    priority = 1

    def __init__(self, key: str | None = None) -> None:
        super().__init__()
        self.entries = {} if key is None else {ENTRY: key}
        self.writes = 0

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.writes += 1
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if (service, username) not in self.entries:
            raise keyring.errors.PasswordDeleteError("No such password!")
        self.writes += 1
        del self.entries[service, username]


class ForgetfulRing(MemoryRing):
    """Keeps what it has: says yes to every change and makes none."""

    def set_password(self, service: str, username: str, password: str) -> None:
        self.writes += 1

    def delete_password(self, service: str, username: str) -> None:
        self.writes += 1


class BrokenRing(MemoryRing):
    """Fails with this error, whatever is asked of it."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:
        raise self.error

    def set_password(self, service: str, username: str, password: str) -> None:
        raise self.error

    def delete_password(self, service: str, username: str) -> None:
        raise self.error


class RingOfRings(MemoryRing):
    """Several back ends as one, like the library's own chain."""

    def __init__(self, *backends: MemoryRing) -> None:
        super().__init__()
        self.backends = backends
