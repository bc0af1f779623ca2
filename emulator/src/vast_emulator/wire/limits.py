# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rate limits as the API reference documents them: a minimum interval per endpoint and caller, in emulated time."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass

from vast_emulator.wire.paths import without_ids
from vast_emulator.world.store import Store

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
    ("POST", "/v0/network_volumes/search"): 5.5,
    ("POST", "/v0/auth/apikeys"): 2.0,
    ("DELETE", "/v0/auth/apikeys/{id}"): 2.0,
    ("GET", "/v0/auth/apikeys"): 1.0,
    ("PUT", "/v0/users"): 5.0,
    ("POST", "/v0/users"): 3.0,
    ("GET", "/v0/subaccounts"): 2.1,
    ("PUT", "/v0/commands/transfer_credit"): 2.5,
    ("GET", "/v0/endptjobs"): 3.0,
    ("GET", "/v0/workergroups"): 2.0,
}
# What is said of endpoints for which no interval is documented, when a fault throttles them.
UNDOCUMENTED = 1.0
CREATE = ("PUT", "/v0/asks/{id}")
CREATE_PENALTY = 12.0
SEARCHES = {("POST", "/v0/bundles"), ("GET", "/v0/bundles"), ("PUT", "/v0/search/asks")}
SEARCHES_PER_MINUTE = 10
_MINUTE = 60.0
# With so many records it is worth while to look for those whose time is over.
MANY = 1000
# Kinds of records.
_MODE = "limits"
_FREE = "limit"
_SEARCHED = "limit_searches"


def _place(method: str, path: str) -> tuple[str, str]:
    return method, without_ids(path).rstrip("/").removeprefix("/api")


def interval(method: str, path: str) -> float:
    """Seconds that must lie between two calls."""
    place = _place(method, path)
    return _MINUTE / SEARCHES_PER_MINUTE if place in SEARCHES else INTERVALS.get(place, UNDOCUMENTED)


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

    def headers(self, style: str) -> dict[str, str]:
        """The API sends no ``Retry-After``; the official client would honour one, in whole seconds."""
        return {"Retry-After": str(math.ceil(self.wait))} if style == "retry_after" else {}


class Limits:
    """Last calls per endpoint and identity, which is the key, or the client's address for calls without one."""

    def __init__(self, documented: bool, store: Store) -> None:
        """``documented`` is how a world begins; a stored one goes on as it was."""
        self._at_start = documented
        self._store = store
        self.documented = next((record["documented"] for _key, record in store.load(_MODE)), documented)
        # So many records make the next search for old ones.
        self._full = MANY
        self._free_at: dict[str, float] = {key: record["at"] for key, record in store.load(_FREE)}
        self._searches: dict[str, list[float]] = {key: record["at"] for key, record in store.load(_SEARCHED)}

    def clear(self) -> None:
        """As at the start. The journal is the world's to clear."""
        self.documented = self._at_start
        self._free_at = {}
        self._searches = {}

    def turn(self, documented: bool) -> None:
        """Have limits from now on, or none."""
        self.documented = documented
        self._store.put(_MODE, _MODE, {"documented": documented})

    def check(self, identity: str, method: str, path: str, now: float) -> Throttled | None:
        """None and remembers the call when it may pass."""
        if not self.documented:
            return None
        # The journal is no place for keys.
        who = hashlib.sha256(identity.encode(errors="replace")).hexdigest()
        place = _place(method, path)
        self._forget_old(now)
        if place in SEARCHES:
            return self._check_search(who, now)
        if place not in INTERVALS:
            return None
        key = " ".join((who, *place))
        free_at = self._free_at.get(key, 0.0)
        if now >= free_at:
            self._block(key, now + INTERVALS[place])
            return None
        if place == CREATE:
            # An early create does not only fail, it makes the next one wait longer.
            free_at = now + CREATE_PENALTY
            self._block(key, free_at)
        return Throttled(INTERVALS[place], free_at - now)

    def _forget_old(self, now: float) -> None:
        """Drop what no longer holds anybody up: anybody can ask with any number of keys, and wrong ones count too."""
        if len(self._free_at) + len(self._searches) < self._full:
            return
        for key in [key for key, at in self._free_at.items() if at <= now]:
            del self._free_at[key]
            self._store.remove(_FREE, key)
        for who in [who for who, times in self._searches.items() if times[-1] <= now - _MINUTE]:
            del self._searches[who]
            self._store.remove(_SEARCHED, who)
        self._full = max(MANY, 2 * (len(self._free_at) + len(self._searches)))

    def _block(self, key: str, until: float) -> None:
        self._free_at[key] = until
        self._store.put(_FREE, key, {"at": until})

    def _check_search(self, who: str, now: float) -> Throttled | None:
        recent = [at for at in self._searches.get(who, []) if at > now - _MINUTE]
        if len(recent) >= SEARCHES_PER_MINUTE:
            return Throttled(_MINUTE / SEARCHES_PER_MINUTE, recent[0] + _MINUTE - now)
        self._searches[who] = [*recent, now]
        self._store.put(_SEARCHED, who, {"at": self._searches[who]})
        return None
