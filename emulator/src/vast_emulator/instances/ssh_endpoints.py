# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where SSH to an instance leads: documentation addresses, or real listeners on loopback that send a banner.

Real machines, in ``containers``, are the third kind.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterable

from vast_emulator import open_files, values
from vast_emulator.world.contracts import Contract
from vast_emulator.world.store import Store
from vast_emulator.world.volumes import Volume

LOOPBACK = "127.0.0.1"
BANNER = b"SSH-2.0-vast_emulator\r\n"
# Gives a client that spoke first the time to read the banner before the connection goes.
_LINGER = 1.0


class Unavailable(Exception):
    """What was asked for cannot be had on this computer. The text is a sentence."""


def jupyter_shift(contract: Contract) -> int:
    """With a jupyter runtype the reported port is Jupyter's and SSH is the next one."""
    return 1 if "jupyter" in contract.runtype else 0


class DocumentationAddresses:
    """Nothing listens: 203.0.113.x for machines and ssh<n>.vast.ai for the proxy."""

    def prepare(self, contract: Contract) -> None:
        """A new contract gets its ports."""
        contract.ssh_ports = {"proxy": 10_000 + contract.id % 50_000, "direct": first_port(contract)}

    def sync(self, contracts: dict[int, Contract], touched: Iterable[int]) -> None:
        """Follow changes of contracts."""

    def proxy(self, contract: Contract) -> tuple[str, int]:
        """``ssh_host`` and ``ssh_port`` of the row."""
        return f"ssh{proxy_index(contract)}.vast.ai", contract.ssh_ports["proxy"] - jupyter_shift(contract)

    def direct(self, contract: Contract, machine_address: str) -> tuple[str, int]:
        """``public_ipaddr`` of the row and the host port of 22/tcp."""
        return machine_address, contract.ssh_ports["direct"]

    def mapped_ports(self, contract: Contract, ssh_port: int) -> dict[str, int]:
        """Ports of the host by ports of the container, such as ``8080/tcp``; ``ssh_port`` is that of direct SSH."""
        return {
            name: ssh_port if name == "22/tcp" and contract.is_direct else first_port(contract) + 1 + index
            for index, name in enumerate(inside_ports(contract))
        }

    def log(self, contract: Contract, daemon: bool) -> list[str] | None:
        """Lines of a log, if the instance is a real machine."""
        return None

    def execute(self, contract: Contract, command: list[str], answer: Callable[[str], None]) -> bool:
        """Run a command in a real machine; ``answer`` gets what it prints. False if there is no such machine."""
        return False

    def volume_copied(self, source: Volume, copy: Volume) -> None:
        """A new volume has the files of an existing one."""

    def volume_deleted(self, number: int) -> None:
        """A volume is gone, and its files with it."""

    def reset(self) -> None:
        """Nothing that was rented exists any more."""

    def close(self) -> None:
        """Stop listening."""


def inside_ports(contract: Contract) -> list[str]:
    """22 for direct SSH, 8080 for direct Jupyter, and each ``-p`` of the environment, as ``<number>/<protocol>``."""
    wanted = ["22/tcp"] if contract.is_direct else []
    if contract.is_direct and "jupyter" in contract.runtype:
        wanted.append("8080/tcp")
    for name in contract.env:
        mapping = name.removeprefix("-p ") if name.startswith("-p ") else ""
        inside, _slash, protocol = mapping.rpartition(":")[2].partition("/")
        number = values.identifier(inside)
        if number and number < 100_000 and protocol in ("", "tcp", "udp"):
            wanted.append(f"{number}/{protocol or 'tcp'}")
    return list(dict.fromkeys(wanted))


def first_port(contract: Contract) -> int:
    """The first of the host's ports that belong to the contract."""
    return 20_000 + contract.id % 900 * 40


def proxy_index(contract: Contract) -> int:
    """Number of the proxy host."""
    return 1 + contract.id % 9


class BannerListeners(DocumentationAddresses):
    """Each running instance with SSH answers on loopback, on one port for the proxy and one for the direct address.

    The port is reserved while the instance does not run: connections are then refused.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sockets: dict[tuple[int, str], socket.socket] = {}
        self._listening: set[tuple[int, str]] = set()
        self._tasks: set[asyncio.Task] = set()

    def prepare(self, contract: Contract) -> None:
        contract.ssh_ports = {}
        for kind in self._kinds(contract):
            contract.ssh_ports[kind] = self._reserve(contract.id, kind, 0)
        contract.ssh_ports.setdefault("proxy", 10_000 + contract.id % 50_000)
        contract.ssh_ports.setdefault("direct", first_port(contract))

    def proxy(self, contract: Contract) -> tuple[str, int]:
        return LOOPBACK, contract.ssh_ports["proxy"] - jupyter_shift(contract)

    def direct(self, contract: Contract, machine_address: str) -> tuple[str, int]:
        return LOOPBACK if contract.is_direct else machine_address, contract.ssh_ports["direct"]

    @staticmethod
    def _kinds(contract: Contract) -> list[str]:
        if not contract.has_ssh:
            return []
        return ["proxy", "direct"] if contract.is_direct else ["proxy"]

    def _reserve(self, contract_id: int, kind: str, port: int) -> int:
        """Bind without listening. Port 0 lets the system choose. Raises OSError when nothing is left."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setblocking(False)
        try:
            open_files.keep_some(listener.fileno())
            try:
                listener.bind((LOOPBACK, port))
            except OSError:
                # Somebody else took the port while the emulator was down.
                listener.bind((LOOPBACK, 0))
        except OSError:
            listener.close()
            raise
        self._sockets[contract_id, kind] = listener
        return listener.getsockname()[1]

    def sync(self, contracts: dict[int, Contract], touched: Iterable[int]) -> None:
        for contract_id in touched:
            contract = contracts.get(contract_id)
            if contract is None:
                for kind in ("proxy", "direct"):
                    self._drop(contract_id, kind)
                continue
            # Where this computer has no more ports or open files, the instance can't be reached.
            with contextlib.suppress(OSError):
                for kind in self._kinds(contract):
                    self._follow(contract, kind)

    def _follow(self, contract: Contract, kind: str) -> None:
        place = (contract.id, kind)
        if place in self._listening and not contract.answers_ssh:
            self._drop(*place)
        if place not in self._sockets:
            known = contract.ssh_ports[kind]
            contract.ssh_ports[kind] = self._reserve(contract.id, kind, known)
            if contract.ssh_ports[kind] != known:
                self._store.put("contract", contract.id, contract.__dict__)
        if contract.answers_ssh and place not in self._listening:
            listener = self._sockets[place]
            listener.listen(32)
            asyncio.get_running_loop().add_reader(listener.fileno(), self._accept, listener)
            self._listening.add(place)

    def _drop(self, contract_id: int, kind: str) -> None:
        listener = self._sockets.pop((contract_id, kind), None)
        if listener is None:
            return
        if (contract_id, kind) in self._listening:
            self._listening.discard((contract_id, kind))
            asyncio.get_running_loop().remove_reader(listener.fileno())
        listener.close()

    def _accept(self, listener: socket.socket) -> None:
        try:
            connection, _address = listener.accept()
        except OSError:
            # The client gave up before it was accepted.
            return
        connection.setblocking(False)
        task = asyncio.get_running_loop().create_task(_greet(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def close(self) -> None:
        for contract_id, kind in list(self._sockets):
            self._drop(contract_id, kind)
        for task in self._tasks:
            task.cancel()


async def _greet(connection: socket.socket) -> None:
    """Send the banner, let the client read it, hang up."""
    loop = asyncio.get_running_loop()
    with connection:
        try:
            await loop.sock_sendall(connection, BANNER)
            connection.shutdown(socket.SHUT_WR)
            async with asyncio.timeout(_LINGER):
                while await loop.sock_recv(connection, 1024):
                    pass
        except OSError:
            # Reset by the client, or the time to linger is over (TimeoutError is an OSError).
            return
