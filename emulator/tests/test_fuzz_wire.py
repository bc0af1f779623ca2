# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP that no client would send: the emulator answers or hangs up, and goes on serving everybody else."""

from __future__ import annotations

import errno
import json
import re
import socket
import string
import urllib.parse

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from wire import HANGS, Wire

from vast_emulator.process import Emulator
from vast_emulator.web.routing import api
from vast_emulator.web.service import Service

assert Service, "importing the service fills the route table"
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PATHS = sorted({path for _method, path in api.paths()})
# What may stand in a path or query; the rest would be no URL, which is for raw bytes below.
SAFE = string.ascii_letters + string.digits + "-._~:@!$&'()*+,;=%"
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "M-SEARCH"]


@pytest.fixture
def wire(emulator: Emulator) -> Wire:
    return Wire(emulator)


def json_text(value: str) -> bytes:
    return json.dumps(value).encode()


@QUICK
@given(
    method=st.sampled_from(METHODS),
    path=st.sampled_from(PATHS),
    odd=st.text(SAFE, max_size=30),
    query=st.text(SAFE + "/?", max_size=40),
    headers=st.dictionaries(
        st.sampled_from(["Accept", "Content_Type", "Authorization", "Cookie", "Range", "Expect_", "X_Forwarded_For"]),
        st.text(string.printable.strip() + " äß", max_size=20).map(str.strip),
        max_size=3,
    ),
)
@example("GET", "/api/v0/instances/{id}", "%00%ff%2e%2e%2f", "limit=1&limit=2&limit=x", {})
@example("GET", "/api/v1/instances", "", "select_filters=" + "%5B" * 5000, {})
@example("PUT", "/api/v0/instances/{id}", "9" * 20_000, "a=" + "b" * 20_000, {"Authorization": "Bearer"})
@example("DELETE", "/api/v0/ssh/{id}", "١٢", "", {"Content_Type": "text/html; charset=utf-16"})
def test_odd_requests_get_plain_answers(
    wire: Wire, method: str, path: str, odd: str, query: str, headers: dict[str, str]
) -> None:
    target = path.format(id=odd, key=odd, name=odd)
    target = urllib.parse.quote(target, safe=SAFE + "/")
    sent = {name: value.encode().decode("latin-1") for name, value in headers.items()}
    status, answer = wire.ask(method, f"{target}/?{query}", **sent)
    if status >= 400 and method != "HEAD":
        assert isinstance(answer["msg"], str)


@pytest.mark.parametrize("depth", [10, 900, 1100, 30_000, 1_000_000])
@pytest.mark.parametrize("opening", ['{"a":', "[", '{"order":[[', '{"q":{"id":{"eq":['])
def test_deep_nesting(wire: Wire, depth: int, opening: str) -> None:
    closing = "".join({"{": "}", "[": "]"}.get(letter, "") for letter in reversed(opening))
    content = (opening * depth + "1" + closing * depth).encode()
    for method, path in (("POST", "/api/v0/bundles/"), ("PUT", "/api/v0/asks/1/"), ("PUT", "/api/v0/search/asks/")):
        assert wire.ask(method, path, content).status in (200, 400, 413)


NUMBERS = [b"1e308", b"-1e308", b"9" * 4000, b"1" + b"0" * 5000, b"0.1e-320", b"-0", b"1e400", b"9007199254740993"]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: str(number[:8]))
@pytest.mark.parametrize("field", ["disk", "price", "limit", "amount", "size", "allocated_storage"])
def test_numbers_of_all_sizes(wire: Wire, number: bytes, field: str) -> None:
    content = b'{"image": "a/b", "recipient": "x@y", "id": 5123456, "' + field.encode() + b'": ' + number + b"}"
    for method, path in (
        ("PUT", "/api/v0/asks/8015283/"),
        ("POST", "/api/v0/bundles/"),
        ("PUT", "/api/v0/volumes/"),
        ("PUT", "/api/v0/commands/transfer_credit/"),
    ):
        wire.ask(method, path, content)
    assert wire.ask("GET", "/api/v0/users/current").status == 200


@pytest.mark.parametrize(
    "text",
    ["\x00", "\ud800", "\u202e", "🂡" * 50, "A" * 100_000, "\r\n\r\nHTTP/1.1 500", "𝟙", "%s%n", "{}", "../../etc"],
)
def test_texts_of_all_kinds(wire: Wire, text: str) -> None:
    content = json_text(text)
    offer = wire.ask("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}}).body["offers"][0]["id"]
    rented = wire.ask("PUT", f"/api/v0/asks/{offer}/", b'{"image": "a/b", "label": ' + content + b"}")
    if rented.status == 200:
        (row,) = wire.ask("GET", "/api/v1/instances/").body["instances"]
        assert row["label"] == text
    for name, method, path in (
        ("name", "POST", "/api/v0/template/"),
        ("onstart", "PUT", f"/api/v0/asks/{offer}/"),
        ("ssh_key", "POST", "/api/v0/ssh/"),
        ("value", "POST", "/api/v0/secrets/"),
        ("gpu_name", "POST", "/api/v0/bundles/"),
        ("fullname", "PUT", "/api/v0/users/"),
    ):
        wire.ask(method, path, b'{"image": "a/b", "key": "K", "' + name.encode() + b'": ' + content + b"}")
    for path in ("/api/v0/template/", "/api/v0/ssh/", "/api/v0/secrets/", "/api/v0/users/current"):
        assert wire.ask("GET", path).status == 200


# Raw bytes


def exchange(emulator: Emulator, content: bytes, done: bool = True) -> bytes:
    """All that comes back for some bytes. ``done``: the sender says that there are no more."""
    where = urllib.parse.urlsplit(emulator.url)
    with socket.create_connection((where.hostname, where.port), timeout=HANGS) as connection:
        answer = b""
        try:
            connection.sendall(content)
            if done:
                connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(65536):
                answer += part
        except OSError as error:
            # Hanging up in the middle is an answer, too; saying nothing is none.
            if error.errno not in (errno.ENOTCONN, errno.ECONNRESET, errno.EPIPE):
                raise
        return answer


def statuses(answer: bytes) -> list[bytes]:
    return re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)


def assert_it_lives(emulator: Emulator, answer: bytes) -> None:
    assert not [status for status in statuses(answer) if status.startswith(b"5")]
    assert emulator.call("GET", "/api/v0/users/current", key=emulator.api_key)[0] == 200


GOOD = b"GET /api/v0/gpu_names/unique/ HTTP/1.1\r\nHost: x\r\n\r\n"
LINES = st.sampled_from(
    [
        b"GET /api/v0/instances/ HTTP/1.1",
        b"PUT /api/v0/asks/1/ HTTP/1.1",
        b"GET / HTTP/9.9",
        b"GET",
        b"PRI * HTTP/2.0",
        b"CONNECT x:1 HTTP/1.1",
        b"OPTIONS * HTTP/1.1",
        b"GET http://elsewhere/api/v0/ssh/ HTTP/1.1",
        b"GET /\xff\xfe HTTP/1.1",
        b"POST /api/v0/bundles/ HTTP/1.0",
    ]
)
HEADERS = st.sampled_from(
    [
        b"Host: x",
        b"Content-Length: 5",
        b"Content-Length: 99999999999999999999",
        b"Content-Length: -1",
        b"Content-Length: x",
        b"Transfer-Encoding: chunked",
        b"Transfer-Encoding: gzip, chunked",
        b"Expect: 100-continue",
        b"Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAA",
        b"Authorization: Bearer \xff\xfe",
        b"X: " + b"y" * 40_000,
        b": no name",
        b" folded",
        b"Bad\x00Name: 1",
    ]
)
BODIES = st.sampled_from(
    [b"", b"{}", b"5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"ffffffffffffffffff\r\nx", GOOD, b"\x00" * 100]
)


@QUICK
@given(st.binary(max_size=400))
@example(b"")
@example(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
@example(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
@example(b"\r\n" * 5000)
@example(b"GET /" + b"a" * 1_000_000)
@example(b"GET /api/v0/" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
def test_bytes_that_are_no_http(emulator: Emulator, content: bytes) -> None:
    assert_it_lives(emulator, exchange(emulator, content))


@QUICK
@given(line=LINES, headers=st.lists(HEADERS, max_size=4), body=BODIES)
def test_http_that_is_wrong_in_parts(emulator: Emulator, line: bytes, headers: list[bytes], body: bytes) -> None:
    content = b"\r\n".join([line, *headers, b"", body])
    assert_it_lives(emulator, exchange(emulator, content))


def test_many_requests_on_one_connection_are_all_answered(emulator: Emulator) -> None:
    last = GOOD.replace(b"Host: x", b"Host: x\r\nConnection: close")
    assert statuses(exchange(emulator, GOOD * 20 + last, done=False)) == [b"200"] * 21


def test_connections_that_say_nothing_keep_nobody_waiting(emulator: Emulator) -> None:
    where = urllib.parse.urlsplit(emulator.url)
    silent = [socket.create_connection((where.hostname, where.port)) for _one in range(50)]
    for number, connection in enumerate(silent):
        connection.sendall(b"PUT /api/v0/asks/1/ HTTP/1.1\r\nContent-Length: 10\r\n\r\n"[:number])
    assert emulator.call("GET", "/api/v0/users/current", key=emulator.api_key)[0] == 200
    for connection in silent:
        connection.close()
