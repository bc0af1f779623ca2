# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that a browser was made to send by the pages of others."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from collections.abc import Iterator

import pytest

from vast_emulator.failures import Refusal
from vast_emulator.process import Emulator
from vast_emulator.web.guard import Guard

WRITES = [
    ("POST", "/_emulator/clock"),
    ("POST", "/_emulator/reset"),
    ("DELETE", "/_emulator/requests"),
    ("POST", "/_emulator/page/happen"),
]


def status(emulator: Emulator, method: str, path: str, **headers: str) -> int:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(emulator.url).netloc, timeout=30)
    try:
        connection.putrequest(method, path, skip_host="host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.putheader("content-length", "0")
        connection.endheaders()
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


@pytest.fixture
def netloc(emulator: Emulator) -> Iterator[str]:
    return urllib.parse.urlsplit(emulator.url).netloc


@pytest.mark.parametrize(("method", "path"), WRITES)
@pytest.mark.parametrize(
    "origin", ["http://evil.example", "https://evil.example:8080", "null", "", "http://[", "http://"]
)
def test_writes_from_elsewhere_are_refused(emulator: Emulator, method: str, path: str, origin: str) -> None:
    emulator.fault("GET", "/api/v1/instances/")
    before = emulator.clock()["now"]
    assert status(emulator, method, path, origin=origin) == 403
    assert emulator.clock()["now"] == before
    assert emulator.control("GET", "faults")["faults"]


def test_another_port_of_the_same_machine_is_elsewhere(emulator: Emulator) -> None:
    assert status(emulator, "POST", "/_emulator/reset", origin="http://127.0.0.1:1") == 403


def test_its_own_pages_may_write(emulator: Emulator, netloc: str) -> None:
    for method, path in WRITES[1:3]:
        assert status(emulator, method, path, origin=f"http://{netloc}") == 200
        assert status(emulator, method, path) == 200
    assert status(emulator, "POST", "/_emulator/reset", host="LocalHost:80", origin="http://localhost:80") == 200


def test_reading_asks_for_no_origin(emulator: Emulator) -> None:
    assert status(emulator, "GET", "/_emulator/clock", origin="http://evil.example") == 200


@pytest.mark.parametrize("path", ["/", "/_emulator/ledger", "/_emulator/page/page.js"])
@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "[", "[::1", "a@b", ""]
)
def test_names_that_point_here_without_being_ours_are_refused(emulator: Emulator, path: str, host: str) -> None:
    assert status(emulator, "GET", path, host=host) in (400, 403)


@pytest.mark.parametrize("host", ["localhost", "localhost:1234", "127.0.0.1:9", "192.0.2.7", "[::1]:80"])
def test_addresses_and_localhost_are_ours(emulator: Emulator, host: str) -> None:
    assert status(emulator, "GET", "/", host=host) == 200


def test_the_api_itself_answers_under_any_name(emulator: Emulator) -> None:
    assert (
        status(emulator, "GET", "/api/v0/gpu_names/unique/", host="vast.example", origin="http://evil.example") == 200
    )


def test_the_name_it_was_told_to_listen_on_is_ours() -> None:
    guard = Guard("Rehearsal.example")
    guard.check("POST", {"host": "rehearsal.example:8000", "origin": "http://rehearsal.example:8000"})
    with pytest.raises(Refusal):
        guard.check("GET", {"host": "other.example:8000"})


def test_a_refusal_has_the_shape_of_the_api(emulator: Emulator, netloc: str) -> None:
    connection = http.client.HTTPConnection(netloc, timeout=30)
    connection.request("POST", "/_emulator/reset", headers={"Origin": "http://evil.example"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert (answer["success"], answer["error"]) == (False, "wrong_origin")
