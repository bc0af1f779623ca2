# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Minimum intervals between calls, in emulated time."""

from __future__ import annotations

import http.client
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator
from vast_emulator.web.routing import api
from vast_emulator.web.service import Service
from vast_emulator.wire.limits import CREATE, CREATE_PENALTY, INTERVALS, MANY, SEARCHES, SEARCHES_PER_MINUTE, Limits
from vast_emulator.world.store import Store

assert Service, "importing the service fills the route tables"
NOW = 1_750_000_000.0
# Documented, and not served here.
ELSEWHERE: set[tuple[str, str]] = {("PUT", "/v0/users")}


def served() -> set[tuple[str, str]]:
    return {(method, path.removeprefix("/api").replace("{key}", "{id}")) for method, path in api.paths()}


def test_each_interval_is_of_an_endpoint_that_is_served() -> None:
    assert (set(INTERVALS) | SEARCHES) - served() <= ELSEWHERE


@pytest.mark.parametrize("place", sorted(INTERVALS))
def test_calls_pass_at_their_interval_and_not_before(place: tuple[str, str]) -> None:
    limits = Limits(True, Store(None))
    method, path = place[0], "/api" + place[1].replace("{id}", "7") + "/"
    other = "/api" + place[1].replace("{id}", "8")
    interval = INTERVALS[place]
    assert limits.check("me", method, path, NOW) is None
    early = limits.check("me", method, other, NOW + interval - 0.01)
    assert early is not None
    assert early.threshold == interval
    assert early.wait == pytest.approx(CREATE_PENALTY if place == CREATE else 0.01, abs=1e-6)
    assert limits.check("you", method, path, NOW) is None
    later = NOW + interval + (CREATE_PENALTY if place == CREATE else 0)
    assert limits.check("me", method, path, later) is None


def test_searches_of_all_kinds_count_together() -> None:
    limits = Limits(True, Store(None))
    places = sorted(SEARCHES)
    for number in range(SEARCHES_PER_MINUTE):
        method, path = places[number % len(places)]
        assert limits.check("me", method, f"/api{path}/", NOW + number) is None
    assert limits.check("me", "POST", "/api/v0/bundles/", NOW + 59) is not None
    assert limits.check("me", "POST", "/api/v0/bundles/", NOW + 60) is None


def test_wrong_keys_leave_nothing_for_ever(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "state.db"))
    limits = Limits(True, store)
    listing, search = ("GET", "/api/v1/instances/"), ("POST", "/api/v0/bundles/")
    for number in range(3 * MANY):
        assert limits.check(f"wrong {number}", *listing, NOW + number) is None
        assert limits.check(f"wrong {number}", *search, NOW + number) is None
        store.commit()
    kept = [key for kind in ("limit", "limit_searches") for key, _record in store.load(kind)]
    assert len(kept) <= MANY
    # Those who are still held up stay so.
    now = NOW + 3 * MANY
    assert [limits.check("me", *search, now) for _turn in range(SEARCHES_PER_MINUTE)] == [None] * SEARCHES_PER_MINUTE
    assert limits.check("me", *listing, now) is None
    for number in range(2 * MANY):
        assert limits.check(f"others {number}", *listing, now) is None
    assert limits.check("me", *listing, now) is not None
    assert limits.check("me", *search, now) is not None
    store.close()


def test_a_crash_is_no_way_around_limits(tmp_path: Path) -> None:
    state = tmp_path / "state.db"

    def statuses(*calls: tuple[str, str, Any]) -> list[int]:
        return [emulator.call(method, path, body, key="secret-key")[0] for method, path, body in calls]

    listing, search = ("GET", "/api/v1/instances/", None), ("POST", "/api/v0/bundles/", {"limit": 1})
    with Emulator(api_key="secret-key", state=state, speed=0, rate_limits="documented") as emulator:
        assert statuses(listing, *[search] * SEARCHES_PER_MINUTE) == [200] * 11
        emulator.kill()
        emulator.restart()
        assert statuses(listing, search) == [429, 429]
        emulator.advance(60)
        assert statuses(listing, search) == [200, 200]
        emulator.reset()
        emulator.restart()
        assert statuses(listing, search) == [200, 200]
    assert b"secret-key" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_what_has_no_interval_passes() -> None:
    limits = Limits(True, Store(None))
    assert all(limits.check("me", "GET", "/api/v0/users/current/", NOW) is None for _call in range(5))


@pytest.fixture(scope="module")
def limited() -> Iterator[Emulator]:
    with Emulator(api_key="k", speed=0, rate_limits="documented", ssh="off") as emulator:
        yield emulator


def ask(emulator: Emulator, key: str | None) -> Any:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(emulator.url).netloc)
    connection.request("GET", "/api/v0/ssh/" if key == "k" else "/api/v0/secrets/", headers=_bearer(key))
    response = connection.getresponse()
    response.read()
    connection.close()
    return response


def _bearer(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def test_who_has_no_key_is_known_by_address(limited: Emulator) -> None:
    limited.reset()
    assert [ask(limited, None).status for _call in range(2)] == [403, 429]
    assert [ask(limited, "wrong").status for _call in range(2)] == [404, 429]
    limited.advance(5)
    assert ask(limited, None).status == 403


def test_a_header_with_whole_seconds_to_wait(limited: Emulator) -> None:
    limited.reset()
    assert limited.call("POST", "/api/v0/volumes/search/", {}, key="k")[0] == 200
    for choice, header in (("none", None), ("retry_after", "6")):
        limited.settings(throttle_header=choice)
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(limited.url).netloc)
        connection.request("POST", "/api/v0/volumes/search/", "{}", _bearer("k"))
        response = connection.getresponse()
        assert (response.status, response.getheader("retry-after")) == (429, header)
        connection.close()


def test_limits_can_be_turned_off_and_a_reset_brings_them_back(limited: Emulator) -> None:
    limited.reset()
    limited.scenario(rate_limits="off")
    assert [limited.call("GET", "/api/v1/instances/", key="k")[0] for _call in range(3)] == [200] * 3
    limited.reset()
    assert [limited.call("GET", "/api/v1/instances/", key="k")[0] for _call in range(2)] == [200, 429]
