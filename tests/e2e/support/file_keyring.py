# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A keyring in a file, on any machine: for tests whose subject is something else than the keyring."""

from __future__ import annotations

import json
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Keeps ``{"service user": password}`` in the user's home."""

    priority = 1

    def get_password(self, service: str, username: str) -> str | None:
        return self._read().get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._write({**self._read(), f"{service} {username}": password})

    def delete_password(self, service: str, username: str) -> None:
        self._write({name: value for name, value in self._read().items() if name != f"{service} {username}"})

    def _file(self) -> Path:
        return Path.home() / "keyring.json"

    def _read(self) -> dict[str, str]:
        return json.loads(self._file().read_text()) if self._file().exists() else {}

    def _write(self, passwords: dict[str, str]) -> None:
        self._file().write_text(json.dumps(passwords))


def environment() -> dict[str, str]:
    """What makes a process use it."""
    return {"PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring", "PYTHONPATH": str(Path(__file__).parent)}
