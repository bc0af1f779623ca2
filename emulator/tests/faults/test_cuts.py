# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Connections that are reset, refused, late and cut short, with both of the server's HTTP parsers."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator

CREATE = "/api/v0/asks/{id}/"
LIST = "/api/v1/instances/"
FOREVER = 3600
# How long a client waits for an answer that never comes.
PATIENCE = 0.5


@pytest.fixture(scope="module", params=["httptools", "h11"])
def parser(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator with each parser: h11 is taken when httptools can't be imported."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "h11":
            folder = tmp_path_factory.mktemp("without")
            (folder / "httptools.py").write_text("raise ImportError\n")
            patch.setenv("PYTHONPATH", str(folder))
        with Emulator(api_key="k", speed=0) as emulator:
            yield emulator


@pytest.fixture
def cut(parser: Emulator) -> Emulator:
    parser.reset()
    return parser


@contextlib.contextmanager
def connection(emulator: Emulator, timeout: float = 30) -> Iterator[http.client.HTTPConnection]:
    opened = http.client.HTTPConnection(urllib.parse.urlsplit(emulator.url).netloc, timeout=timeout)
    opened.connect()
    # Without it, http.client would quietly connect again where a fault has closed the connection.
    opened.auto_open = 0
    try:
        yield opened
    finally:
        opened.close()


def ask(opened: http.client.HTTPConnection, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    content = None if body is None else json.dumps(body)
    opened.request(method, path, content, {"Authorization": "Bearer k"})
    response = opened.getresponse()
    return response.status, response.read()


def offer(emulator: Emulator) -> str:
    return (
        f"/api/v0/asks/{emulator.api('POST', '/api/v0/bundles/', {'machine_id': {'eq': 123456}})['offers'][0]['id']}/"
    )


def rented(emulator: Emulator) -> int:
    return emulator.api("GET", LIST)["total_instances"]


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
def test_a_reset_before_and_after_the_effect(cut: Emulator, when: str, left: int) -> None:
    path = offer(cut)
    cut.fault("PUT", CREATE, reset=True, when=when)
    with connection(cut) as opened:
        # The connection is kept from an answer before.
        assert ask(opened, "GET", LIST)[0] == 200
        with pytest.raises(ConnectionResetError):
            ask(opened, "PUT", path, {"image": "a/b"})
    assert rented(cut) == left
    assert cut.count("PUT", CREATE, 0) == 1, "the log has 0 for no answer"
    assert cut.faults() == []


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
def test_an_answer_that_never_comes(cut: Emulator, when: str, left: int) -> None:
    path = offer(cut)
    cut.fault("PUT", CREATE, delay=FOREVER, when=when)
    with connection(cut, PATIENCE) as opened, pytest.raises(TimeoutError):
        ask(opened, "PUT", path, {"image": "a/b"})
    assert rented(cut) == left
    assert cut.faults() == []


def test_a_late_request_takes_effect_though_its_client_is_gone(cut: Emulator) -> None:
    path = offer(cut)
    cut.fault("PUT", CREATE, delay=2 * PATIENCE)
    with connection(cut, PATIENCE) as opened, pytest.raises(TimeoutError):
        ask(opened, "PUT", path, {"image": "a/b"})
    wait_until(lambda: rented(cut) == 1)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_late_answer_is_the_real_one(cut: Emulator, when: str) -> None:
    cut.fault("GET", LIST, delay=0.05, when=when)
    with connection(cut) as opened:
        status, content = ask(opened, "GET", LIST)
        assert (status, json.loads(content)["instances"]) == (200, [])
        assert ask(opened, "GET", LIST)[0] == 200


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("waits", [True, False])
def test_nothing_waits_longer_than_its_world(cut: Emulator, when: str, waits: bool) -> None:
    path = offer(cut)
    cut.fault("PUT", CREATE, delay=2 * PATIENCE, when=when)
    with connection(cut) as opened:
        opened.request("PUT", path, json.dumps({"image": "a/b"}), {"Authorization": "Bearer k"})
        wait_until(lambda: cut.faults() == [])
        if not waits:
            opened.close()
        cut.reset()
        if waits:
            with pytest.raises(ConnectionResetError):
                opened.getresponse()
    time.sleep(3 * PATIENCE)
    assert rented(cut) == 0
    assert cut.count("PUT", CREATE) == 0, "the log of the next world has nothing of it"


def test_a_proxy_in_between_changes_nothing(cut: Emulator) -> None:
    cut.fault("GET", LIST, reset=True)
    with connection(cut, 5) as opened:
        opened.request("GET", LIST, headers={"Authorization": "Bearer k", "X-Forwarded-For": "203.0.113.9"})
        with pytest.raises(ConnectionResetError):
            opened.getresponse()


def pipelined(emulator: Emulator, *paths: str) -> socket.socket:
    """A connection over which all is asked before anything is answered."""
    opened = socket.create_connection(("127.0.0.1", urllib.parse.urlsplit(emulator.url).port or 0), 30)
    requests = [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer k\r\n\r\n" for path in paths]
    opened.sendall("".join(requests).encode())
    return opened


@pytest.mark.parametrize("kind", [{"reset": True}, {"truncate": True}, {"delay": FOREVER, "when": "after"}])
def test_a_cut_ends_with_its_connection(capfd: pytest.CaptureFixture[str], kind: dict[str, Any]) -> None:
    with Emulator(api_key="k", speed=0) as emulator:
        emulator.fault("GET", LIST, **kind)
        with pipelined(emulator, LIST, "/api/v0/ssh/", "/api/v0/secrets/") as opened:
            wait_until(lambda: emulator.faults() == [])
            if "delay" not in kind:
                assert drained(opened).count(b"HTTP/1.1") == (1 if "truncate" in kind else 0)
        if "delay" in kind:
            wait_until(lambda: emulator.count("GET", LIST, 200) == 1)
        # What still waited would be cut off with a line on standard error.
        assert emulator.stop() == 0
    assert capfd.readouterr().err == ""


def drained(opened: socket.socket) -> bytes:
    received = b""
    with contextlib.suppress(ConnectionResetError):
        while part := opened.recv(65536):
            received += part
    return received


def test_a_delay_holds_up_nobody_else(cut: Emulator) -> None:
    cut.fault("GET", LIST, delay=FOREVER)
    with connection(cut, FOREVER) as stuck:
        stuck.request("GET", LIST, headers={"Authorization": "Bearer k"})
        wait_until(lambda: cut.faults() == [])
        assert rented(cut) == 0


def test_half_a_body(cut: Emulator) -> None:
    whole = json.dumps(cut.api("POST", "/api/v0/bundles/", {}), separators=(",", ":")).encode()
    cut.fault("POST", "/api/v0/bundles/", truncate=True)
    with connection(cut) as opened:
        assert ask(opened, "GET", LIST)[0] == 200
        opened.request("POST", "/api/v0/bundles/", "{}", {"Authorization": "Bearer k"})
        response = opened.getresponse()
        assert (response.status, response.getheader("content-type")) == (200, "application/json")
        with pytest.raises(http.client.IncompleteRead) as error:
            response.read()
    got = error.value.partial
    assert (len(got), error.value.expected) == (len(whole) // 2, len(whole) - len(whole) // 2)
    assert whole.startswith(got)


def test_half_of_another_answer(cut: Emulator) -> None:
    cut.fault("PUT", CREATE, truncate=True, status=502, body="0123456789")
    path = offer(cut)
    with connection(cut) as opened, pytest.raises(http.client.IncompleteRead) as error:
        ask(opened, "PUT", path, {"image": "a/b"})
    assert error.value.partial == b"01234"
    assert rented(cut) == 0


def test_connections_are_refused_at_once_and_open_ones_end(capfd: pytest.CaptureFixture[str]) -> None:
    with Emulator(api_key="k", speed=0) as emulator:
        with connection(emulator) as idle:
            assert ask(idle, "GET", LIST)[0] == 200
            emulator.refuse(FOREVER)
            assert idle.sock.recv(1) == b"", "the server has closed it"
        with pytest.raises(ConnectionRefusedError):
            emulator.clock()
        # Nobody else can take the port meanwhile.
        with socket.socket() as thief, pytest.raises(OSError, match="in use"):
            thief.bind(("127.0.0.1", urllib.parse.urlsplit(emulator.url).port or 0))
        url = emulator.url
        emulator.restart()
        assert emulator.url == url
        assert rented(emulator) == 0
    assert capfd.readouterr().err == ""


def test_refused_connections_come_back(cut: Emulator) -> None:
    path = offer(cut)
    cut.fault("PUT", CREATE, refuse=0.3)
    with connection(cut) as other, connection(cut) as opened:
        status, content = ask(opened, "PUT", path, {"image": "a/b"})
        assert (status, json.loads(content)["success"]) == (200, True), "the request itself is answered"
        assert opened.sock is None or opened.sock.recv(1) == b""
        assert other.sock.recv(1) == b""
    wait_until(lambda: reachable(cut))
    assert rented(cut) == 1


def test_a_request_is_cut_and_others_are_refused() -> None:
    with Emulator(api_key="k", speed=0) as emulator:
        path = offer(emulator)
        emulator.fault("PUT", CREATE, refuse=FOREVER, reset=True, when="after")
        with connection(emulator) as opened, pytest.raises(ConnectionResetError):
            ask(opened, "PUT", path, {"image": "a/b"})
        with pytest.raises(ConnectionRefusedError):
            emulator.clock()


def reachable(emulator: Emulator) -> bool:
    try:
        emulator.clock()
    except OSError:
        return False
    return True


def wait_until(condition: Any) -> None:
    """For things that happen in real time; a test fails if they never do."""
    last = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < last
        time.sleep(0.02)


@pytest.mark.parametrize("shadow", [False, True])
def test_nothing_of_this_looks_like_a_crash(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shadow: bool
) -> None:
    if shadow:
        (tmp_path / "httptools.py").write_text("raise ImportError\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with Emulator(api_key="k", speed=0) as emulator:
        for kind in ({"reset": True}, {"reset": True, "when": "after"}, {"truncate": True}):
            emulator.fault("GET", LIST, **kind)
            with connection(emulator) as opened, pytest.raises((ConnectionResetError, http.client.IncompleteRead)):
                ask(opened, "GET", LIST)
        for when in ("before", "after"):
            emulator.fault("GET", LIST, delay=FOREVER, when=when)
            with connection(emulator, PATIENCE) as opened, pytest.raises(TimeoutError):
                ask(opened, "GET", LIST)
        # Three clients still wait when the emulator is told to stop: it does not wait for them.
        with connection(emulator) as one, connection(emulator) as two, connection(emulator) as three:
            emulator.fault("GET", LIST, delay=FOREVER)
            emulator.fault("GET", LIST, delay=FOREVER, when="after")
            emulator.fault("GET", LIST, delay=FOREVER, truncate=True)
            for opened in (one, two, three):
                opened.request("GET", LIST, headers={"Authorization": "Bearer k"})
            wait_until(lambda: emulator.faults() == [])
            assert emulator.stop() == 0
            assert two.getresponse().status == 200, "the effect was there, so the answer is"
            for opened in (one, three):
                with pytest.raises(OSError, match="reset"):
                    opened.getresponse()
    assert capfd.readouterr().err == ""
