# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real HTTP server on loopback that plays a script, so that a test reads as the conversation with the API.

    server.expect("GET", "/api/v1/instances/", says({"instances": []}))
    server.expect("PUT", "/api/v0/asks/7/", hangs_up)

Exchanges are played in their order. A request that the script does not have next is answered with 418 and fails the
test at its end, as does an exchange that never took place.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "5f1c0ffee0ddba11cafe0123456789abcdef5f1c"


@dataclass(frozen=True)
class Request:
    """What arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any


Play = Callable[["_Handler"], None]


@dataclass
class Exchange:
    method: str
    path: str
    play: Play
    body: Any = field(default=...)
    query: Any = field(default=...)

    def fits(self, request: Request) -> bool:
        return (
            (self.method, self.path) == (request.method, request.path)
            and self.body in (..., request.body)
            and self.query in (..., request.query)
        )


class ScriptedServer:
    """Use as a context manager. ``requests`` is all that arrived; ``connections`` counts TCP connections."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._script: list[Exchange] = []
        self._surprises: list[str] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.script = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.005,), daemon=True)

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def expect(
        self, method: str, path: str, play: Play, body: Any = ..., query: Any = ..., times: int = 1
    ) -> ScriptedServer:
        """Add exchanges to the end of the script. ``body`` and ``query`` are compared when they are given."""
        self._script += [Exchange(method, path, play, body, query) for _time in range(times)]
        return self

    def asked(self) -> list[str]:
        """``["GET /api/v1/instances/", …]``, in the order of arrival."""
        return [f"{request.method} {request.path}" for request in self.requests]

    def check(self) -> None:
        """The conversation went as the script has it, to the end."""
        assert not self._surprises, f"not in the script: {self._surprises}"
        assert not self._script, f"never asked: {[f'{one.method} {one.path}' for one in self._script]}"

    def next_play(self, request: Request) -> Play:
        with self._lock:
            self.requests.append(request)
            if self._script and self._script[0].fits(request):
                return self._script.pop(0).play
            self._surprises.append(f"{request.method} {request.path} {dict(request.query)} {request.body}")
            return says({"success": False, "msg": "not in the script"}, status=418)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    script: ScriptedServer

    def process_request(self, request: Any, client_address: Any) -> None:
        self.script.connections += 1
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that left in the middle is part of the script."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = json.loads(raw) if raw else None
        request = Request(self.command, parts.path, dict(parse_qsl(parts.query)), headers, body)
        self.server.script.next_play(request)(self)

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815

    def send(self, status: int, headers: Mapping[str, str], body: bytes, promised: int | None = None) -> None:
        """One write for the whole answer, so that nothing waits for acknowledgements."""
        lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body) if promised is None else promised}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Be quiet."""


def says(answer: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Play:
    """An answer in JSON."""
    return says_text(json.dumps(answer), status, {"Content-Type": "application/json", **(headers or {})})


def says_text(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Play:
    """An answer in so many words."""
    return lambda handler: handler.send(status, headers or {"Content-Type": "text/plain"}, text.encode())


def redirects(location: str, status: int = 301) -> Play:
    return says({"message": "The resource has been moved"}, status, {"Location": location})


def hangs_up(handler: _Handler) -> None:
    """The request was read; then the connection is closed."""
    handler.close_connection = True


def resets(handler: _Handler) -> None:
    """The request was read; then the connection is torn down (RST)."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def says_half(handler: _Handler) -> None:
    """An answer that ends before its announced length."""
    handler.send(200, {"Content-Type": "application/json"}, b'{"success": tr', promised=100)
    handler.close_connection = True


def is_silent(handler: _Handler) -> None:
    """No answer for as long as the client cares to wait."""
    handler.connection.settimeout(5)
    handler.rfile.read(1)
    handler.close_connection = True


def echoes(handler: _Handler, status: int = 400) -> None:
    """A refusal that repeats the headers it got, the key among them."""
    says({"success": False, "msg": f"you sent {handler.headers.get('Authorization')}"}, status)(handler)


def refused_url() -> str:
    """An address on which nobody listens."""
    with socket.socket() as placeholder:
        placeholder.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{placeholder.getsockname()[1]}"
