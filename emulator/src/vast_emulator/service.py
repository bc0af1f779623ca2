# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASGI application: one request at a time from bytes to bytes, its effect committed before the answer leaves."""

from __future__ import annotations

import time
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vast_emulator import api as _api
from vast_emulator import control as _control
from vast_emulator import events as _events
from vast_emulator import values
from vast_emulator.auth import given_key, identify
from vast_emulator.failures import Refusal
from vast_emulator.faults import Fault, Faults
from vast_emulator.limits import Limits
from vast_emulator.request_log import RequestLog
from vast_emulator.routing import Call, Entry, Reply, Routes, api, control
from vast_emulator.ssh_endpoints import DocumentationAddresses
from vast_emulator.world import World

MOST_BYTES = 4 * 1024 * 1024
_api.load()
_control.load()
_events.load()


class Service:
    """Ties the world to HTTP. Handlers are plain functions that never wait, so requests do not interleave."""

    def __init__(
        self, world: World, api_key: str, addresses: DocumentationAddresses, limits: Limits, log: RequestLog
    ) -> None:
        self.world = world
        self.api_key = api_key
        self.addresses = addresses
        self.limits = limits
        self.log = log
        self.faults = Faults()
        # Texts behind result URLs (logs, execute), by name.
        self.results: dict[str, str] = {}

    @property
    def current_key(self) -> str:
        """The account's key, which may have been reset since the start."""
        return self.world.account.key(self.api_key)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        try:
            content = await _content(request)
        except ClientDisconnect:
            return
        response = self.answer(request, content)
        await response(scope, receive, send)

    def answer(self, request: Request, content: bytes | None) -> Response:
        """The response to a request; None as content stands for too much of it."""
        path, method = request.url.path, request.method
        if path.startswith("/_emulator/") or not path.startswith("/api/"):
            return self._committed(self._run(control, request, content))
        started = time.perf_counter()
        self.log.note_connection(request.client)
        self.world.settle()
        fault = self.faults.take(method, path)
        if fault is not None and fault.when == "before":
            response = _fault_response(fault)
        else:
            response = self._run(api, request, content)
            if fault is not None:
                response = _fault_response(fault)
        self._committed(response)
        self.log.add(method, path, response.status_code, self.world.now, time.perf_counter() - started)
        return response

    def tick(self) -> None:
        """Let due changes happen without a request: listeners follow and the journal gets them."""
        self.world.settle()
        self._follow()
        self.world.store.commit()

    def _follow(self) -> None:
        if self.world.touched:
            touched, self.world.touched = self.world.touched, set()
            self.addresses.sync(self.world.contracts, touched)
            for number in touched:
                # A listener may have had to take another port.
                self.world.derived.forget(number)

    def _committed(self, response: Response) -> Response:
        self._follow()
        self.world.store.commit()
        return response

    def _run(self, routes: Routes, request: Request, content: bytes | None) -> Response:
        try:
            if content is None:
                raise Refusal(413, "invalid_request", "The body is too large.")
            entry, params = routes.find(request.method, request.url.path)
            call = Call(
                service=self,
                world=self.world,
                method=request.method,
                base_url=str(request.base_url).rstrip("/"),
                query=dict(request.query_params),
                params=params,
                content=content,
            )
            if routes is api:
                throttled = self._admit(call, entry, request)
                if throttled is not None:
                    return throttled
            return _encode(entry.handler(call))
        except Refusal as refusal:
            return _encode(Reply(refusal.body, refusal.status))

    def _admit(self, call: Call, entry: Entry, request: Request) -> Response | None:
        """Check the key and its limits. The answer to a throttled call, or None."""
        if not entry.auth:
            return None
        key = given_key(request.headers.get("authorization"), call.query.get("api_key"))
        call.caller = identify(self.world, self.api_key, key)
        if call.caller.contract is not None:
            own = entry.instance_key and call.params.get("id") == str(call.caller.contract)
            if not own:
                raise Refusal(403, "auth_error", "This key may only start, stop and destroy its own instance.")
        throttled = self.limits.check(call.caller.key, call.method, request.url.path, self.world.now)
        if throttled is None:
            return None
        content, content_type = throttled.answer(self.world.settings.throttle_body)
        return _raw(content, 429, content_type)


async def _content(request: Request) -> bytes | None:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= MOST_BYTES:
            parts.append(part)
    return b"".join(parts) if size <= MOST_BYTES else None


def _encode(answer: Any) -> Response:
    if not isinstance(answer, Reply):
        answer = Reply(answer)
    content = answer.content
    if not isinstance(content, bytes):
        content = values.dump_json(content).encode()
    return _raw(content, answer.status, answer.content_type)


def _raw(content: bytes, status: int, content_type: str, headers: dict[str, str] | None = None) -> Response:
    # The official client compares the type literally, so no charset is added.
    return Response(content, status, headers={**(headers or {}), "content-type": content_type})


def _fault_response(fault: Fault) -> Response:
    return _raw(fault.content, fault.status, fault.content_type, fault.headers)
