# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the emulator: binds, says where, serves until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from vast_emulator import open_files
from vast_emulator.web.door import Door
from vast_emulator.web.service import Service
from vast_emulator.wire.request_log import RequestLog

# Longest real time between two looks at the clock while something is due to happen by itself.
_LONGEST_NAP = 0.5


def _counting(log: RequestLog, door: Door) -> type[asyncio.Protocol]:
    """The HTTP protocol, telling the request log and the door about connections."""

    class Counting(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            if self.client is not None:
                log.opened(self.client)
                door.entered(self.client, transport)

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client is not None:
                log.closed(self.client)
                door.left(self.client)
            super().connection_lost(exc)

    return Counting


class Server(uvicorn.Server):
    """A uvicorn server that prints one JSON line when it listens, and ends with exit code 0 when asked to."""

    def __init__(self, service: Service, listener: socket.socket) -> None:
        config = uvicorn.Config(
            service,
            http=_counting(service.log, service.door),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            # A client is who connected, whatever its headers say.
            proxy_headers=False,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._service = service
        self._listener = listener

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # Listening is the door's business, as faults shut it.
        await super().startup(sockets=[])
        await self._service.door.open(self._listener, self._protocol)
        host, port = self._listener.getsockname()[:2]
        host = f"[{host}]" if ":" in host else host
        sys.stdout.write(json.dumps({"url": f"http://{host}:{port}", "api_key": self._service.current_key}) + "\n")
        sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._service.door.close()
        await super().shutdown(sockets=[])

    def _protocol(self) -> asyncio.Protocol:
        protocol: Any = self.config.http_protocol_class
        return protocol(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at SIGTERM and SIGINT, without raising the signal again afterwards as uvicorn would."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)

    def _stop(self) -> None:
        self.should_exit = True
        self._service.over.set()

    async def run_until_stopped(self) -> None:
        """Serve; meanwhile let time do its work between requests."""
        self._service.world.touched.update(self._service.world.contracts)
        self._service.tick()
        ticker = asyncio.create_task(self._tick())
        await self.serve()
        ticker.cancel()
        self._service.addresses.close()

    async def _tick(self) -> None:
        world = self._service.world
        while True:
            nap = min(_LONGEST_NAP, world.clock.wall_seconds_until(world.next_change()))
            await asyncio.sleep(max(0.01, nap))
            self._service.tick()


def local_url(listener: socket.socket) -> str:
    """Where programs on this computer reach a bound socket."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "127.0.0.1"}.get(host, host)  # noqa: S104
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(service: Service, listener: socket.socket) -> int:
    """Serve until stopped; the process's exit code."""
    open_files.allow_many()
    asyncio.run(Server(service, listener).run_until_stopped())
    service.world.store.close()
    service.log.close()
    return 0
