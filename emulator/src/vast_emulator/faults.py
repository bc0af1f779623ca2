# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that go wrong on purpose."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from vast_emulator import values
from vast_emulator.failures import invalid_args
from vast_emulator.paths import without_ids

_PAGE = "<html><head><title>{0} {1}</title></head><body><center><h1>{0} {1}</h1></center></body></html>\n"
_REASONS = {502: "Bad Gateway", 503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}


@dataclass
class Fault:
    """One planned failure for requests of a method and path (ids written as ``{id}``).

    ``when`` is ``before`` (the request has no effect) or ``after`` (it takes effect and only the answer is lost).
    """

    method: str
    path: str
    times: int
    when: str
    status: int
    content: bytes
    content_type: str
    headers: dict[str, str] = field(default_factory=dict)

    def record(self) -> dict[str, Any]:
        """What GET faults shows."""
        return {
            "method": self.method,
            "path": self.path,
            "times": self.times,
            "when": self.when,
            "status": self.status,
            "content_type": self.content_type,
            "body": self.content.decode(),
            "headers": self.headers,
        }


def _content(body: Any, status: int, content_type: str | None) -> tuple[bytes, str]:
    """Bytes and type of an answer. Without a body, 502 to 504 is the edge's HTML page, the rest the API's JSON."""
    if body is None and status in _REASONS:
        return _PAGE.format(status, _REASONS[status]).encode(), content_type or "text/html"
    if body is None:
        body = {"success": False, "error": "emulated_fault", "msg": f"Emulated fault {status}."}
    if isinstance(body, str):
        return body.encode(errors="replace"), content_type or "text/plain"
    return json.dumps(body).encode(), content_type or "application/json"


def parse(wanted: dict[str, Any]) -> Fault:
    """A fault from its JSON description."""
    method = values.text(wanted.get("method"), "method", 16, "*") or "*"
    path = values.text(wanted.get("path"), "path", 1024)
    if not path or not path.startswith("/api/"):
        raise invalid_args("path must start with /api/ (ids written as {id}).")
    when = wanted.get("when", "before")
    if when not in ("before", "after"):
        raise invalid_args("when must be before or after.")
    status = values.integer(wanted.get("status", 504), "status", 200, 599)
    content_type = values.text(wanted.get("content_type"), "content_type", 128)
    headers = values.mapping(wanted.get("headers"), "headers")
    for name, value in [*headers.items(), ("content-type", content_type or "")]:
        if not isinstance(value, str) or not (name + value).isprintable() or not (name + value).isascii():
            raise invalid_args("header names and values must be printable ASCII text.")
        if not name or not name.replace("-", "").isalnum() or name.lower() in ("content-length", "transfer-encoding"):
            raise invalid_args(f"{name!r} cannot be set as a header.")
    content, content_type = _content(wanted.get("body"), status, content_type)
    times = values.integer(wanted.get("times", 1), "times", 1, 10**9)
    return Fault(method.upper(), without_ids(path), times, when, status, content, content_type, headers)


class Faults:
    """The planned failures, first come first served."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []

    def add(self, fault: Fault) -> None:
        self.planned.append(fault)

    def clear(self) -> None:
        self.planned.clear()

    def take(self, method: str, path: str) -> Fault | None:
        """The fault that hits this request, used up by one."""
        if not self.planned:
            return None
        place = without_ids(path).rstrip("/")
        for fault in self.planned:
            if fault.method in ("*", method) and fault.path.rstrip("/") == place:
                fault.times -= 1
                if fault.times == 0:
                    self.planned.remove(fault)
                return fault
        return None
