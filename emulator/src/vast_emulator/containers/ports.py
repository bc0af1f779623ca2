# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ports of this computer's loopback that lead into machines."""

from __future__ import annotations

import socket
from collections.abc import Callable

from vast_emulator import open_files
from vast_emulator.instances.ssh_endpoints import LOOPBACK

# Leads to the same number inside.
SAME = 0
_BACKLOG = 128


class Ports:
    """The ports of this computer's loopback that lead into a machine. They are ours while the instance exists."""

    def __init__(self) -> None:
        self._sockets: dict[str, tuple[socket.socket, int | None]] = {}
        self._open: set[str] = set()

    def reserve(self, name: str, inside: int | None, port: int = 0) -> int:
        """Bind without listening, the given port if that is free; the port.

        ``inside``: where it leads, SAME for the same number, None for nowhere.
        """
        if name not in self._sockets:
            made = _bound(port)
            self._sockets[name] = (made, made.getsockname()[1] if inside == SAME else inside)
        return self._sockets[name][0].getsockname()[1]

    @property
    def listeners(self) -> list[tuple[int, int]]:
        """File numbers and inside ports."""
        return [(one.fileno(), inside) for one, inside in self._sockets.values() if inside is not None]

    def renew(self) -> None:
        """Take other sockets for the same ports: a machine that is on its way out must not accept what the next one is
        called for.
        """
        self.shut()
        for name, (old, inside) in self._sockets.items():
            new = _same(old)
            old.close()
            self._sockets[name] = (new, inside)

    def follow(self, is_open: Callable[[str], bool]) -> bool:
        """Open and shut; whether any was opened."""
        wanted = {name for name, (_socket, inside) in self._sockets.items() if inside is not None and is_open(name)}
        for name in self._open - wanted:
            self._sockets[name][0].shutdown(socket.SHUT_RDWR)
        opened = wanted - self._open
        for name in opened:
            self._sockets[name][0].listen(_BACKLOG)
        self._open = wanted
        return bool(opened)

    def shut(self) -> None:
        """Refuse connections."""
        self.follow(lambda _name: False)

    def close(self) -> None:
        """Give them back."""
        self.shut()
        for one, _inside in self._sockets.values():
            one.close()


def _bound(port: int) -> socket.socket:
    """A socket with an explicitly chosen port, which it keeps while it does not listen. Raises OSError."""
    for wanted in (port, 0):
        with _reusable() as first:
            open_files.keep_some(first.fileno())
            try:
                first.bind((LOOPBACK, wanted))
            except OSError:
                # Somebody else took the port while the emulator was down.
                continue
            return _same(first)
    raise OSError("no port of loopback is free")


def _same(one: socket.socket) -> socket.socket:
    """Another socket with the port of one. Raises OSError."""
    made = _reusable()
    try:
        open_files.keep_some(made.fileno())
        made.bind(one.getsockname())
    except OSError:
        made.close()
        raise
    return made


def _reusable() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.setblocking(False)
    return made
