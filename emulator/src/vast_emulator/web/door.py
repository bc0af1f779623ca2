# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where clients come in: the listening socket and the connections that are open. Faults shut it and cut them."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

Client = tuple[str, int]
_BACKLOG = 2048
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


def bind(host: str, port: int) -> socket.socket:
    """A bound socket; port 0 gives a free one. Raises OSError when the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it, each answer on a kept connection
    # takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    return listener


class Door:
    """Open from :meth:`open` to :meth:`close`, except while it refuses."""

    def __init__(self) -> None:
        # Whether new connections are refused now.
        self.refuses = False
        self._inside: dict[Client, Any] = {}
        self._ends: dict[Client, asyncio.Event] = {}
        self._listener: socket.socket | None = None
        self._server: asyncio.Server | None = None
        self._protocol: Callable[[], asyncio.Protocol] = asyncio.Protocol
        self._opening: asyncio.TimerHandle | asyncio.Task | None = None

    # Listening

    async def open(self, listener: socket.socket, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Listen on a bound socket; each connection gets a protocol."""
        self._listener, self._protocol = listener, protocol
        await self._listen(listener)

    async def _listen(self, listener: socket.socket) -> None:
        self._server = await asyncio.get_running_loop().create_server(self._protocol, sock=listener, backlog=_BACKLOG)
        self.refuses = False

    def refuse(self, seconds: float) -> None:
        """Refuse new connections for so many real seconds from now. Open ones stay; see :meth:`hang_up`."""
        if self._listener is None:
            return
        self.refuses = True
        if self._server is not None:
            address = self._listener.getsockname()[:2]
            self._stop_listening()
            # A socket that is bound and does not listen refuses, and keeps the port from everybody else.
            self._listener = bind(*address)
        if self._opening is not None:
            self._opening.cancel()
        self._opening = asyncio.get_running_loop().call_later(seconds, self._reopen, self._listener)

    def _reopen(self, listener: socket.socket) -> None:
        self._opening = asyncio.ensure_future(self._listen(listener))

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def close(self) -> None:
        """Listen no more."""
        if self._opening is not None:
            self._opening.cancel()
        self._stop_listening()
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    # Connections

    def entered(self, client: Client, transport: Any) -> None:
        """A client connected."""
        self._inside[client] = transport
        self._ends[client] = asyncio.Event()

    def left(self, client: Client) -> None:
        """A connection is gone."""
        self._inside.pop(client, None)
        end = self._ends.pop(client, None)
        if end is not None:
            end.set()

    async def gone(self, client: Client) -> None:
        """Returns when a connection is gone."""
        end = self._ends.get(client)
        if end is not None:
            # The server may have stopped reading while a request is under way; then it would not notice.
            self._inside[client].resume_reading()
            await end.wait()

    def reset(self, client: Client) -> None:
        """Cut a connection: the client sees a reset, and nothing of what was not sent yet."""
        transport = self._inside.get(client)
        if transport is not None:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
            transport.abort()

    def end(self, client: Client) -> None:
        """Close a connection once everything that was said is sent."""
        transport = self._inside.get(client)
        if transport is not None:
            transport.close()

    def hang_up(self) -> None:
        """Close all connections."""
        for client in list(self._inside):
            self.end(client)
