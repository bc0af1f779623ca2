# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request that a fault happens to, from its arrival to its answer, or to what is left of it."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vast_emulator.faults import consequences
from vast_emulator.faults.fault import Fault
from vast_emulator.faults.forms import Moment
from vast_emulator.faults.matching import Asked

if TYPE_CHECKING:
    from vast_emulator.web.service import Service

# What the request log has for a request that got no answer.
NO_ANSWER = 0


class Mishap:
    """One fault that happens to one request."""

    def __init__(self, service: Service, fault: Fault, asked: Asked, request: Request, content: bytes | None) -> None:
        self._service = service
        self._fault = fault
        self._asked = asked
        self._request = request
        self._content = content
        # Another one takes its place in the service when the world is reset.
        self._over = service.over

    async def happen(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait, let the request take effect or not, and answer or cut, as the fault has it."""
        fault, service = self._fault, self._service
        started = time.perf_counter()
        if fault.when == "before":
            await self._wait()
        response = None if self._over.is_set() else self._settled()
        if fault.when == "after":
            await self._wait(hears=True)
        if service.over is not self._over:
            # Nothing of it belongs into the world that begins now.
            await self._reset(scope, receive, send)
            return
        status = NO_ANSWER if response is None else response.status_code
        service.log.add(self._asked.method, self._asked.path, status, service.world.now, time.perf_counter() - started)
        if fault.cut.refuse:
            service.door.refuse(fault.cut.refuse)
        if response is None:
            await self._reset(scope, receive, send)
        elif fault.cut.truncate:
            await self._send_half(response, send)
        else:
            await response(scope, receive, send)

    @property
    def _client(self) -> tuple[str, int]:
        host, port = self._request.client or ("", 0)
        return host, port

    async def _wait(self, hears: bool = False) -> None:
        """Let the delay pass. It ends sooner with the world, and with the connection if only who hears the answer
        matters.
        """
        if not self._fault.cut.delay:
            return
        # What the fault has counted must not be lost meanwhile.
        self._service.finish()
        ends: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._over.wait())]
        if hears:
            ends.append(asyncio.ensure_future(self._service.door.gone(self._client)))
        try:
            await asyncio.wait(ends, timeout=self._fault.cut.delay, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in ends:
                one.cancel()

    def _settled(self) -> Response | None:
        """Everything that changes the world, in one go; the answer that leaves, None for a reset."""
        fault, service = self._fault, self._service
        service.world.settle()
        if fault.when == "before":
            self._set_off(None)
        real = service.handle(self._request, self._content) if fault.takes_effect else None
        if fault.when == "after":
            self._set_off(real)
        response = real
        if fault.answer is not None:
            response = fault.answer.make(Moment(self._asked, service.world.now))
        if fault.edit is not None and response is not None:
            fault.edit.apply(response)
        response = service.finish() or response
        return None if fault.cut.reset else response

    def _set_off(self, real: Response | None) -> None:
        """Let the fault's events happen; one that can't is noted."""
        this = consequences.subject(self._asked.path, None if real is None else bytes(real.body))
        for wanted in self._fault.events:
            error = self._service.set_off(wanted, this)
            if error is not None:
                self._service.faults.note(self._fault, error)

    async def _reset(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The connection ends without an answer."""
        self._service.door.reset(self._client)
        await self._service.door.gone(self._client)
        # Nobody hears it, but the server takes a request without an answer for a crash.
        await Response()(scope, receive, send)

    async def _send_half(self, response: Response, send: Send) -> None:
        """All headers and half of the body; then the connection ends."""
        await send({"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers})
        body, half = bytes(response.body), len(response.body) // 2
        await send({"type": "http.response.body", "body": body[:half], "more_body": True})
        self._service.door.end(self._client)
        await self._service.door.gone(self._client)
        # Nobody hears it, as with a reset.
        await send({"type": "http.response.body", "body": body[half:]})
