# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ASGI application: one request at a time from bytes to bytes, its effect committed before the answer leaves."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vast_emulator import api as _api
from vast_emulator import control as _control
from vast_emulator import events as _events
from vast_emulator import values
from vast_emulator.events.table import Scene, let_happen
from vast_emulator.failures import Refusal
from vast_emulator.faults.matching import Asked
from vast_emulator.faults.planned import Faults
from vast_emulator.instances.ssh_endpoints import DocumentationAddresses
from vast_emulator.scenarios.stage import Stage
from vast_emulator.web.auth import given_key, identify
from vast_emulator.web.door import Door
from vast_emulator.web.guard import Guard
from vast_emulator.web.mishap import Mishap
from vast_emulator.web.routing import Call, Entry, Reply, Routes, api, control
from vast_emulator.wire.limits import Limits
from vast_emulator.wire.request_log import RequestLog
from vast_emulator.wire.responses import raw
from vast_emulator.world.world import World

MOST_BYTES = 4 * 1024 * 1024
_api.load()
_control.load()
_events.load()


class Service:
    """Ties the world to HTTP. Handlers are plain functions that never wait, so requests do not interleave."""

    def __init__(
        self,
        world: World,
        api_key: str,
        addresses: DocumentationAddresses,
        limits: Limits,
        log: RequestLog,
        guard: Guard,
    ) -> None:
        self.world = world
        self.api_key = api_key
        self.addresses = addresses
        self.limits = limits
        self.log = log
        self.guard = guard
        self.faults = Faults(world)
        self.stage = Stage(world, self.faults, limits)
        self.door = Door()
        # Set when the world of this moment is over, as the emulator stops or is reset: nobody goes on waiting in it.
        self.over = asyncio.Event()
        # Texts behind result URLs (logs, execute), by name.
        self.results: dict[str, str] = {}
        self._complaint: str | None = None
        world.let_happen = self._let_happen
        world.prepare = addresses.prepare
        world.volume_gone = addresses.volume_deleted

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
        if is_control(request.url.path):
            await self._finished(self._run(control, request, content))(scope, receive, send)
        else:
            await self._answer(request, content, scope, receive, send)
        if self.door.refuses:
            self.door.hang_up()

    async def _answer(
        self, request: Request, content: bytes | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer a request to the API, unless a fault has other plans with it."""
        started = time.perf_counter()
        self.log.note_connection(request.client)
        asked = Asked(request.method, request.url.path, request.query_params, content or b"")
        fault = self.faults.take(asked)
        if fault is not None:
            await Mishap(self, fault, asked, request, content).happen(scope, receive, send)
            return
        self.world.settle()
        response = self._finished(self.handle(request, content))
        self.log.add(asked.method, asked.path, response.status_code, self.world.now, time.perf_counter() - started)
        await response(scope, receive, send)

    def handle(self, request: Request, content: bytes | None) -> Response:
        """What the API answers; None as content stands for too much of it. Its effect still has to be committed."""
        return self._run(api, request, content)

    def finish(self) -> Response | None:
        """After each request: listeners follow what happened, and the journal gets it. Where it can't be written, the
        answer that says so; it is tried again with the next request or tick.
        """
        self._follow()
        try:
            self.world.store.commit()
        except OSError as error:
            self._complain(str(error))
            return _unavailable(f"It has taken effect, but {error}.")
        return None

    def tick(self) -> None:
        """Let due changes happen without a request."""
        try:
            self.world.settle()
            self.finish()
        except OSError as error:
            # Time goes on, whatever this computer could not do just now.
            self._complain(f"cannot let time do its work: {error}")

    def reset(self) -> None:
        """Back to the start: the seed's marketplace with nothing rented, and what the scenarios of the start say."""
        self.over.set()
        self.over = asyncio.Event()
        self.world.reset()
        self.addresses.reset()
        self.log.clear()
        self.faults.restart()
        self.limits.clear()
        self.results.clear()
        self.stage.reset()

    def set_off(self, wanted: dict[str, Any], this: int | None) -> str | None:
        """Let market events happen, which may speak of an instance as ``this``. The reason why they can't, or None."""
        try:
            let_happen(Scene(self.world, this), wanted)
        except Refusal as refusal:
            return refusal.reason
        return None

    def _let_happen(self, wanted: dict[str, Any], this: int | None) -> None:
        """Events of the agenda. What they were about may be gone by now; then nothing happens but a note."""
        error = self.set_off(wanted, this)
        if error is not None:
            self.stage.note(wanted, error)

    def _follow(self) -> None:
        if not self.world.touched:
            return
        # What could not follow touches its contract again.
        touched, self.world.touched = self.world.touched, set()
        try:
            self.addresses.sync(self.world.contracts, touched)
        except OSError as error:
            # What was asked for has happened all the same. The next request or tick tries again.
            self.world.touched |= touched
            self._complain(f"cannot follow what happens to instances: {error}")
        else:
            self._complaint = None
        for number in touched:
            # A listener may have had to take another port.
            self.world.derived.forget(number)

    def _complain(self, complaint: str) -> None:
        """One line on standard error, once for as long as it is the same."""
        if complaint != self._complaint:
            self._complaint = complaint
            sys.stderr.write(f"vast-emulator: {complaint}\n")

    def _finished(self, response: Response) -> Response:
        return self.finish() or response

    def _run(self, routes: Routes, request: Request, content: bytes | None) -> Response:
        try:
            if content is None:
                raise Refusal(413, "invalid_request", "The body is too large.")
            if routes is control:
                self.guard.check(request.method, request.headers)
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
        except OSError as error:
            return _unavailable(f"This computer has not what it takes: {error}.")

    def _admit(self, call: Call, entry: Entry, request: Request) -> Response | None:
        """Check limits and the key. The answer to a throttled call, or None."""
        if not entry.auth:
            return None
        key = given_key(request.headers.get("authorization"), call.query.get("api_key"))
        identity = key or f"address {request.client.host if request.client else ''}"
        throttled = self.limits.check(identity, call.method, request.url.path, self.world.now)
        if throttled is not None:
            settings = self.world.settings
            content, content_type = throttled.answer(settings.throttle_body)
            return raw(content, 429, content_type, throttled.headers(settings.throttle_header))
        call.caller = identify(self.world, self.api_key, key)
        if call.caller.contract is not None:
            own = entry.instance_key and call.params.get("id") == str(call.caller.contract)
            if not own:
                raise Refusal(403, "auth_error", "This key may only start, stop and destroy its own instance.")
        return None


def is_control(path: str) -> bool:
    """Whether a request is none of the API's."""
    return path.startswith("/_emulator/") or not path.startswith("/api/")


async def _content(request: Request) -> bytes | None:
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= MOST_BYTES:
            parts.append(part)
    return b"".join(parts) if size <= MOST_BYTES else None


def _unavailable(text: str) -> Response:
    return _encode(Reply({"success": False, "error": "resources_unavailable", "msg": text}, 503))


def _encode(answer: Any) -> Response:
    if not isinstance(answer, Reply):
        answer = Reply(answer)
    content = answer.content
    if not isinstance(content, bytes):
        content = values.dump_json(content).encode()
    return raw(content, answer.status, answer.content_type, answer.headers)
