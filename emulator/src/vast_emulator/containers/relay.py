# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mapped ports: what connects outside is connected to a port inside. Runs in the machine's own network."""

from __future__ import annotations

import selectors
import socket
from collections.abc import Callable

_CHUNK = 65536
Ready = Callable[[int], None]


class Loop:
    """Calls back when sockets can be read or written. One thread does all that a machine's first process does."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()

    def watch(self, file: socket.socket | int, events: int, ready: Ready) -> None:
        """Call ``ready`` with what happened of ``events``; no events end the watch."""
        known = (file if isinstance(file, int) else file.fileno()) in self._selector.get_map()
        if not events:
            if known:
                self._selector.unregister(file)
        elif known:
            self._selector.modify(file, events, ready)
        else:
            self._selector.register(file, events, ready)

    def turn(self) -> None:
        """Wait until something happens, and let it be handled."""
        for key, events in self._selector.select():
            # An earlier call of this turn may have ended the watch, and the number may be that of another file by now.
            current = self._selector.get_map().get(key.fd)
            if current is not None and current.fileobj == key.fileobj and events & current.events:
                current.data(events & current.events)


class Relay:
    """One connection: bytes go both ways until both sides are done or one of them fails."""

    def __init__(self, loop: Loop, outside: socket.socket, port: int) -> None:
        self._loop = loop
        inside = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._peers = {outside: inside, inside: outside}
        # What a socket still has to send, and the sockets that have said all they had to say.
        self._unsent = {outside: b"", inside: b""}
        self._said_all: set[socket.socket] = set()
        self._told: set[socket.socket] = set()
        self._connecting = inside
        for one in self._peers:
            one.setblocking(False)
        inside.connect_ex(("127.0.0.1", port))
        self._watch(inside)

    def _watch(self, *which: socket.socket) -> None:
        for one in which:
            peer, events = self._peers[one], 0
            if one not in self._said_all and not self._unsent[peer] and self._connecting not in (one, peer):
                events |= selectors.EVENT_READ
            if self._unsent[one] or one is self._connecting:
                events |= selectors.EVENT_WRITE
            self._loop.watch(one, events, lambda events, one=one: self._ready(one, events))  # type: ignore[misc]

    def _ready(self, one: socket.socket, events: int) -> None:
        try:
            if one is self._connecting:
                self._connected(one)
            elif events & selectors.EVENT_WRITE:
                self._send(one)
            else:
                self._receive(one)
        except OSError:
            self._close()
            return
        if len(self._told) == len(self._peers):
            self._close()
        else:
            self._watch(*self._peers)

    def _connected(self, one: socket.socket) -> None:
        if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise ConnectionRefusedError
        self._connecting = None  # type: ignore[assignment]

    def _receive(self, one: socket.socket) -> None:
        content = one.recv(_CHUNK)
        if not content:
            self._said_all.add(one)
        self._unsent[self._peers[one]] += content
        self._send(self._peers[one])

    def _send(self, one: socket.socket) -> None:
        if self._unsent[one]:
            try:
                sent = one.send(self._unsent[one])
            except BlockingIOError:
                return
            self._unsent[one] = self._unsent[one][sent:]
        if not self._unsent[one] and self._peers[one] in self._said_all and one not in self._told:
            self._told.add(one)
            one.shutdown(socket.SHUT_WR)

    def _close(self) -> None:
        for one in self._peers:
            self._loop.watch(one, 0, lambda _events: None)
            one.close()
