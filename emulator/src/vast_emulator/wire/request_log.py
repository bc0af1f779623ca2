# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked: counts per method, path and status, and optionally one JSON line per request in a file."""

from __future__ import annotations

import json
from collections import Counter, deque
from typing import Any, TextIO

from vast_emulator.wire.paths import without_ids

# Asked with POST and PUT although they change nothing.
_SEARCHES = ("/api/v0/bundles", "/api/v0/search/asks", "/api/v0/volumes/search", "/api/v0/network_volumes/search")
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
# How many of the last requests are kept one by one, and how much of their paths.
_LAST = 50
_LONGEST_PATH = 200
# How many rows the counts may have; what would be one more counts as others.
MOST_ROWS = 1000
OTHERS = "(others)"


class RequestLog:
    """Counts API requests (never the control API's own). Keys and bodies are not kept."""

    def __init__(self, path: str | None = None) -> None:
        self._file: TextIO | None = open(path, "a", encoding="ascii") if path else None  # noqa: SIM115 (open as long as the log)
        self._new_connections: set[tuple[str, int]] = set()
        self.clear()

    def clear(self) -> None:
        """Start counting again; the file keeps its lines."""
        self._counts: Counter[tuple[str, str, int]] = Counter()
        self._last: deque[dict[str, Any]] = deque(maxlen=_LAST)
        self.connections = 0

    def opened(self, client: tuple[str, int]) -> None:
        """A client connected; it counts once it asks something of the API."""
        self._new_connections.add(client)

    def closed(self, client: tuple[str, int]) -> None:
        """A client is gone."""
        self._new_connections.discard(client)

    def note_connection(self, client: tuple[str, int] | None) -> None:
        """An API request came over the connection of this client."""
        if client is not None and tuple(client) in self._new_connections:
            self._new_connections.discard(tuple(client))
            self.connections += 1

    def add(self, method: str, path: str, status: int, at: float, seconds: float) -> None:
        """One answered request: emulated time of arrival, real seconds until the answer."""
        place = without_ids(path)
        self._counts[self._row(method, place[:_LONGEST_PATH], status)] += 1
        milliseconds = round(seconds * 1000, 3)
        self._last.append(
            {"at": at, "method": method, "path": path[:_LONGEST_PATH], "status": status, "ms": milliseconds}
        )
        if self._file is not None:
            line = {
                "at": at,
                "method": method,
                "path": path,
                "pattern": place,
                "status": status,
                "ms": milliseconds,
            }
            self._file.write(json.dumps(line) + "\n")
            self._file.flush()

    def _row(self, method: str, place: str, status: int) -> tuple[str, str, int]:
        """What a request counts as. Neither paths nor methods can make the log grow for ever."""
        row = method, place, status
        if row in self._counts or len(self._counts) < MOST_ROWS:
            return row
        return method if method in _METHODS else OTHERS, OTHERS, status

    def last(self) -> list[dict[str, Any]]:
        """The last requests one by one, newest first: emulated time, method, path, status, real milliseconds."""
        return list(reversed(self._last))

    def report(self) -> dict[str, Any]:
        """The list and its totals, and the last requests one by one."""
        requests: list[dict[str, Any]] = [
            {"method": method, "path": path, "status": status, "count": count}
            for (method, path, status), count in self._counts.items()
        ]
        writes = [
            row for row in requests if row["method"] not in ("GET", "HEAD") and row["path"].rstrip("/") not in _SEARCHES
        ]
        return {
            "requests": requests,
            "total": sum(row["count"] for row in requests),
            "writes": sum(row["count"] for row in writes),
            "throttled": sum(row["count"] for row in requests if row["status"] == 429),
            "connections": self.connections,
            "last": self.last(),
        }

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
