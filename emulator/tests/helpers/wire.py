# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests as they are, and answers whose shape has been checked."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from typing import Any, NamedTuple

from shapes import answers, problems, route_of

from vast_emulator.process import Emulator

# A request that takes longer than this hangs; no test waits for it unless it does.
HANGS = 60


class Answer(NamedTuple):
    """Status and parsed body: JSON, or text where the API answers text."""

    status: int
    body: Any


class Wire:
    """A client whose every answer from the API is held against its schema. ``seen``: routes with their statuses."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.seen: set[tuple[str, int]] = set()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """``body`` is bytes, or data to send as JSON; ``headers`` replace the usual ones (``_`` stands for ``-``)."""
        content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.emulator.api_key}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.emulator.url).netloc, timeout=HANGS)
        try:
            connection.request(method, path, content, sent)
            response = connection.getresponse()
            received = response.read()
        finally:
            connection.close()
        columns = _chooses_columns(path, content)
        return self._checked(method, path, response.status, response.headers["content-type"], received, columns)

    def _checked(
        self, method: str, path: str, status: int, content_type: str | None, content: bytes, columns: bool
    ) -> Answer:
        route = route_of(method, path)
        self.seen.add((route or "nothing", status))
        assert status < 500, (method, path, content)
        if route in answers.PLAIN and status == 200:
            assert content_type == "text/plain"
            return Answer(status, content.decode())
        # Exactly this: the official client compares it as a text.
        assert content_type == "application/json", (method, path, content_type)
        if method == "HEAD":
            assert content == b""
            return Answer(status, None)
        answer = json.loads(content)
        columns = columns and route in answers.CHOSEN_COLUMNS
        found = list(problems(route, status, answer, columns)) if path.startswith("/api/") else []
        assert not found, "\n".join(found)
        return Answer(status, answer)


def _chooses_columns(path: str, content: bytes | None) -> bool:
    """Whether a request wants only some columns of the rows."""
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(path).query))
    try:
        columns = json.loads(asked["select_cols"]) if "select_cols" in asked else json.loads(content or b"")
    except (ValueError, RecursionError):
        return False
    if isinstance(columns, dict):
        columns = columns.get("select_cols")
    return isinstance(columns, list) and bool(columns) and "*" not in columns
