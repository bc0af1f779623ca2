# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits as the API reference documents them: a minimum interval per endpoint and key, on the emulated clock."""

from __future__ import annotations

import json
from dataclasses import dataclass

from vast_emulator.paths import without_ids

# (method, path below /api without ids and without the last slash): seconds between calls.
INTERVALS: dict[tuple[str, str], float] = {
    ("PUT", "/v0/asks/{id}"): 4.5,
    ("PUT", "/v0/launch_instance"): 5.0,
    ("PUT", "/v0/instances/{id}"): 1.0,
    ("PUT", "/v0/instances/reboot/{id}"): 1.0,
    ("PUT", "/v0/instances/recycle/{id}"): 1.0,
    ("PUT", "/v0/instances/command/{id}"): 1.5,
    ("PUT", "/v0/instances/prepay/{id}"): 2.0,
    ("PUT", "/v0/instances/bid_price/{id}"): 5.5,
    ("GET", "/v0/instances/balance/{id}"): 3.0,
    ("DELETE", "/v0/instances/{id}"): 3.0,
    ("GET", "/v0/instances/{id}"): 2.0,
    ("GET", "/v1/instances"): 1.0,
    ("GET", "/v0/charges"): 1.0,
    ("GET", "/v1/invoices"): 3.0,
    ("POST", "/v0/secrets"): 3.0,
    ("PUT", "/v0/secrets"): 3.0,
    ("DELETE", "/v0/secrets"): 3.0,
    ("GET", "/v0/secrets"): 5.0,
    ("POST", "/v0/ssh"): 1.0,
    ("PUT", "/v0/ssh/{id}"): 1.0,
    ("DELETE", "/v0/instances/{id}/ssh/{id}"): 2.0,
    ("GET", "/v0/template"): 3.0,
    ("POST", "/v0/volumes/search"): 5.5,
    ("GET", "/v0/volumes"): 5.5,
    ("PUT", "/v0/volumes"): 5.5,
    ("DELETE", "/v0/volumes"): 5.5,
    ("POST", "/v0/volumes/copy"): 5.5,
    ("POST", "/v0/auth/apikeys"): 2.0,
    ("DELETE", "/v0/auth/apikeys/{id}"): 2.0,
    ("GET", "/v0/auth/apikeys"): 1.0,
}
CREATE = ("PUT", "/v0/asks/{id}")
CREATE_PENALTY = 12.0
SEARCHES = {("POST", "/v0/bundles"), ("GET", "/v0/bundles"), ("PUT", "/v0/search/asks")}
SEARCHES_PER_MINUTE = 10


@dataclass
class Throttled:
    """A call that came too early: the endpoint's interval and how long to wait, in emulated seconds."""

    threshold: float
    wait: float

    def answer(self, style: str) -> tuple[bytes, str]:
        """Body and content type in one of the forms seen on the live API."""
        text = f"API requests too frequent endpoint threshold={self.threshold}"
        if style == "text":
            return b"API requests too frequent", "text/plain"
        if style == "text_threshold":
            return f"API requests too frequent: endpoint threshold={self.threshold}".encode(), "text/plain"
        if style == "detail":
            return json.dumps({"detail": text}).encode(), "application/json"
        body = {"success": False, "error": "rate_limit_exceeded", "msg": text}
        if style == "retry_after":
            body["retry_after"] = round(self.wait, 3)
        return json.dumps(body).encode(), "application/json"


class Limits:
    """Last call per endpoint and key."""

    def __init__(self, documented: bool) -> None:
        self.documented = documented
        self.clear()

    def clear(self) -> None:
        self._free_at: dict[tuple, float] = {}
        self._searches: dict[str, list[float]] = {}

    def check(self, key: str, method: str, path: str, now: float) -> Throttled | None:
        """None and remembers the call when it may pass."""
        if not self.documented:
            return None
        place = (method, without_ids(path).rstrip("/").removeprefix("/api"))
        if place in SEARCHES:
            return self._check_search(key, now)
        interval = INTERVALS.get(place)
        if interval is None:
            return None
        free_at = self._free_at.get((key, *place), 0.0)
        if now >= free_at:
            self._free_at[key, *place] = now + interval
            return None
        if place == CREATE:
            # An early create does not only fail, it makes the next one wait longer.
            free_at = self._free_at[key, *place] = now + CREATE_PENALTY
        return Throttled(interval, free_at - now)

    def _check_search(self, key: str, now: float) -> Throttled | None:
        recent = [at for at in self._searches.get(key, []) if at > now - 60.0]
        if len(recent) >= SEARCHES_PER_MINUTE:
            self._searches[key] = recent
            return Throttled(60.0 / SEARCHES_PER_MINUTE, recent[0] + 60.0 - now)
        self._searches[key] = [*recent, now]
        return None
