# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Another answer than the real one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from vast_emulator import values
from vast_emulator.failures import invalid_args
from vast_emulator.faults.forms import FORMS, Made, Moment, page
from vast_emulator.wire.responses import raw

KEYS = frozenset({"answer", "status", "body", "content_type", "headers"})
_EDGE = (502, 503, 504)
_BODILESS = (204, 304)
_FRAMING = ("content-length", "transfer-encoding")


class Answer:
    """A form that has a name, or a status; ``status``, ``body``, ``content_type`` and ``headers`` change it."""

    def __init__(self, wanted: Mapping[str, Any]) -> None:
        """Reads the keys of an answer in a fault's description."""
        self._form = values.text(wanted.get("answer"), "answer", 64)
        if self._form is not None and self._form not in FORMS:
            raise invalid_args(f"there is no answer {self._form}; known: {', '.join(FORMS)}.")
        status = wanted.get("status")
        self._status = None if status is None else values.integer(status, "status", 200, 599)
        self._body = wanted.get("body")
        self._content_type = values.text(wanted.get("content_type"), "content_type", 128)
        self._headers: dict[str, str] = values.mapping(wanted.get("headers"), "headers")
        for name, value in [*self._headers.items(), ("content-type", self._content_type or "")]:
            _check_header(name, value)

    def make(self, moment: Moment) -> Response:
        """The answer to a request."""
        made = _plain(self._status or 504) if self._form is None else FORMS[self._form](moment, self._status)
        body, content_type = made.body, made.content_type
        if self._body is not None:
            body = self._body
            content_type = "text/plain" if isinstance(body, str) else "application/json"
        status = self._status or made.status
        content = "" if status in _BODILESS else body if isinstance(body, str) else json.dumps(body)
        return raw(
            content.encode(errors="replace"),
            status,
            self._content_type or content_type,
            {**made.headers, **self._headers},
        )


def _plain(status: int) -> Made:
    """What stands for a status alone: the edge's HTML page for 502 to 504, the API's JSON for the rest."""
    if status in _EDGE:
        return Made(status, page(status), "text/html")
    body = {"success": False, "error": "emulated_fault", "msg": f"Emulated fault {status}."}
    return Made(status, body, "application/json")


def _check_header(name: str, value: object) -> None:
    if not isinstance(value, str) or not (name + value).isprintable() or not (name + value).isascii():
        raise invalid_args("header names and values must be printable ASCII text.")
    if not name or not name.replace("-", "").isalnum() or name.lower() in _FRAMING:
        raise invalid_args(f"{name!r} cannot be set as a header.")
