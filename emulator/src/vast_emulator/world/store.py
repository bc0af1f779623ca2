# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: everything that must survive a restart, as JSON records in SQLite."""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from collections.abc import Iterator

if sys.platform != "win32":
    import fcntl


class Store:
    """Records by kind and key. Memory holds the truth while the emulator runs; the file is what a restart reads.

    Writes are collected with :meth:`put` and :meth:`remove` and reach the file in one transaction with
    :meth:`commit`, which is called before the answer to the request that caused them is sent. The write-ahead log
    makes a committed transaction survive a killed process. Without a path everything is forgotten.
    """

    def __init__(self, path: str | None) -> None:
        """Raises OSError, with a sentence, for a file that can't be used."""
        self._pending: dict[tuple[str, str], dict | None] = {}
        self._database: sqlite3.Connection | None = None
        self._file: int | None = None
        if path is not None:
            try:
                self._file = _own(path)
                self._database = _open(path)
            except (OSError, sqlite3.Error) as error:
                reason = error.strerror if isinstance(error, OSError) and error.strerror else error
                raise OSError(f"The state file {path} cannot be used: {reason}.") from error

    def put(self, kind: str, key: object, record: dict) -> None:
        """Remember to write a record. The record is read at commit time, so later changes to it are included."""
        if self._database is not None:
            self._pending[kind, str(key)] = record

    def remove(self, kind: str, key: object) -> None:
        """Remember to delete a record."""
        if self._database is not None:
            self._pending[kind, str(key)] = None

    def commit(self) -> None:
        """Write what is pending, all or nothing. Raises OSError; then it is still pending."""
        if self._database is None or not self._pending:
            return
        try:
            self._write(self._database)
        except sqlite3.Error as error:
            if self._database.in_transaction:
                self._database.rollback()
            raise OSError(f"the state file cannot be written: {error}") from error
        self._pending.clear()

    def _write(self, database: sqlite3.Connection) -> None:
        rows = [(kind, key, json.dumps(body)) for (kind, key), body in self._pending.items() if body is not None]
        gone = [place for place, body in self._pending.items() if body is None]
        database.execute("BEGIN IMMEDIATE")
        database.executemany("INSERT OR REPLACE INTO records VALUES (?, ?, ?)", rows)
        database.executemany("DELETE FROM records WHERE kind = ? AND key = ?", gone)
        database.execute("COMMIT")

    def load(self, kind: str) -> Iterator[tuple[str, dict]]:
        """All stored records of a kind as (key, record)."""
        if self._database is None:
            return
        for key, body in self._database.execute("SELECT key, body FROM records WHERE kind = ?", (kind,)):
            yield key, json.loads(body)

    def clear(self) -> None:
        """Forget everything but the generated API key, in the file too, at the next commit."""
        self._pending.clear()
        if self._database is not None:
            for kind, key in self._database.execute("SELECT kind, key FROM records WHERE kind != 'master_key'"):
                self._pending[kind, key] = None

    def close(self) -> None:
        """Commit and close the file."""
        self.commit()
        if self._database is not None:
            self._database.close()
        if self._file is not None:
            os.close(self._file)


def _own(path: str) -> int:
    """The number of the file, which is this process's own until that is closed. Raises OSError."""
    # It has keys and secrets. SQLite gives the files beside it the same mode.
    number = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    if sys.platform != "win32":
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(number)
            raise OSError("another emulator uses it") from None
    return number


def _open(path: str) -> sqlite3.Connection:
    """The database, with its table. Raises sqlite3.Error."""
    # Nobody else writes; so there is nobody to wait for.
    database = sqlite3.connect(path, timeout=0.1, isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(
        "CREATE TABLE IF NOT EXISTS records"
        " (kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, key)) WITHOUT ROWID"
    )
    return database
