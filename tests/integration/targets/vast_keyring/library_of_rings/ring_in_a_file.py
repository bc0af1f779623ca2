# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A keyring that is a plain file, for tests."""

from __future__ import annotations

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class Keyring(KeyringBackend):
    """Its entries are in the file that the environment variable RING_FILE names."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return self._entries().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._entries(), f"{service}/{username}": password})

    def delete_password(self, service: str, username: str) -> None:
        entries = self._entries()
        if entries.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError("No such password!")
        self._write(entries)

    def _entries(self) -> dict[str, str]:
        return json.loads(self._file().read_text(encoding="utf-8")) if self._file().exists() else {}

    def _write(self, entries: dict[str, str]) -> None:
        self._file().write_text(json.dumps(entries), encoding="utf-8")

    def _file(self) -> Path:
        return Path(os.environ["RING_FILE"])
