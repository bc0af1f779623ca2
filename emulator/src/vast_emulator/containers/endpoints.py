# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each running instance with SSH is a machine of its own, reachable on ports of loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from vast_emulator.containers.container import Container
from vast_emulator.containers.folders import Folders, remove
from vast_emulator.containers.launch import HOST_ADDRESS
from vast_emulator.containers.plan import environment, hostname, inside_port, mounts
from vast_emulator.containers.ports import Ports
from vast_emulator.containers.probe import Finding
from vast_emulator.containers.volume_files import VolumeFiles
from vast_emulator.instances.ssh_endpoints import (
    LOOPBACK,
    DocumentationAddresses,
    first_port,
    inside_ports,
    jupyter_shift,
)
from vast_emulator.world.contracts import Contract
from vast_emulator.world.volumes import Volume
from vast_emulator.world.world import World

SSH = 22


class Machine:
    """What the emulator holds for an instance."""

    def __init__(self) -> None:
        self.ports = Ports()
        self.container: Container | None = None
        # Which container it is, and since when that runs: a change says that it was made anew, or started again.
        self.generation = -1
        self.runs_since: float | None = None
        self.keys: str | None = None


class MachineEndpoints(DocumentationAddresses):
    """Machines follow their contracts: they run when the status says so, and are gone when the contract is."""

    def __init__(self, world: World, folders: Folders, finding: Finding, url: str) -> None:
        """``url``: where the emulator listens, as seen from this computer."""
        self._world = world
        self._folders = folders
        self._isolation, self._programs = finding.isolation, finding.programs
        self._url = url
        if self._isolation.own_network:
            self._url = url.replace(f"//{LOOPBACK}:", f"//{HOST_ADDRESS}:")
        self._machines: dict[int, Machine] = {}
        self._ending: set[Container] = set()
        # What keeps machines from following, by instance: they are tried again.
        self._troubles: dict[int, str] = {}
        # Removing and copying folders takes long.
        self._worker = ThreadPoolExecutor(1)
        self._volume_files = VolumeFiles(folders, self._worker)
        self._volume_files.adopt(world.volumes)
        for number in folders.instances():
            if number not in world.contracts:
                self._remove(folders.discard(folders.instance(number)))

    def _remove(self, folder: Path | None) -> None:
        if folder is not None:
            self._worker.submit(remove, folder)

    # Addresses

    def prepare(self, contract: Contract) -> None:
        contract.ssh_ports = {}
        machine = self._machines.setdefault(contract.id, Machine())
        try:
            self._reserve(contract, machine.ports)
        except OSError:
            # There will be no such contract.
            self._drop(contract.id)
            raise
        contract.ssh_ports.setdefault("proxy", 10_000 + contract.id % 50_000)
        contract.ssh_ports.setdefault("direct", first_port(contract))

    def _reserve(self, contract: Contract, ports: Ports) -> None:
        if not contract.has_ssh:
            return
        wanted: dict[str, int | None] = {"proxy": SSH}
        if contract.is_direct:
            wanted["direct"] = SSH
        for name in inside_ports(contract):
            if name.endswith("/tcp") and not (name == "22/tcp" and contract.is_direct):
                wanted[name] = inside_port(name, self._isolation.own_network)
        for name, inside in wanted.items():
            port = ports.reserve(name, inside, contract.ssh_ports.get(name, 0))
            contract.ssh_ports[name] = port

    def proxy(self, contract: Contract) -> tuple[str, int]:
        return LOOPBACK, contract.ssh_ports["proxy"] - jupyter_shift(contract)

    def direct(self, contract: Contract, machine_address: str) -> tuple[str, int]:
        return LOOPBACK if contract.is_direct else machine_address, contract.ssh_ports["direct"]

    def mapped_ports(self, contract: Contract, ssh_port: int) -> dict[str, int]:
        made_up = super().mapped_ports(contract, ssh_port)
        real = {name: port for name, port in contract.ssh_ports.items() if name in made_up}
        return {**made_up, **real, **({"22/tcp": ssh_port} if contract.is_direct else {})}

    # Following

    def sync(self, contracts: dict[int, Contract], touched: Iterable[int]) -> None:
        for number in touched:
            try:
                self._follow_or_drop(number, contracts.get(number))
            except OSError as error:
                # This computer's disk is full, or it has no more ports or open files.
                self._note(number, str(error))
                self._world.touched.add(number)
            else:
                self._troubles.pop(number, None)

    def _note(self, number: int, trouble: str) -> None:
        """Say once what keeps a machine from following its contract."""
        machine = self._machines.get(number)
        if machine is not None and machine.container is not None and self._troubles.get(number) != trouble:
            machine.container.note(f"the machine does not follow its contract: {trouble}")
        self._troubles[number] = trouble

    def _follow_or_drop(self, number: int, contract: Contract | None) -> None:
        """Raises OSError; nothing is in the way of trying again."""
        if contract is None:
            self._drop(number)
        elif contract.has_ssh:
            self._follow(contract)

    def _follow(self, contract: Contract) -> None:
        machine = self._machines.setdefault(contract.id, Machine())
        known = dict(contract.ssh_ports)
        self._reserve(contract, machine.ports)
        if known != contract.ssh_ports:
            self._world.store.put("contract", contract.id, contract.__dict__)
        self._renew(contract, machine)
        container = machine.container
        if container is None:
            return
        self._give_keys(contract, machine, container)
        since = contract.running_since if contract.is_running else None
        if since is None:
            container.stop()
        elif since != machine.runs_since:
            self._start_when_copied(contract, machine, since)
        machine.runs_since = since
        self._open_ports(contract, machine)

    @staticmethod
    def _open_ports(contract: Contract, machine: Machine) -> None:
        container = machine.container

        def is_open(name: str) -> bool:
            up = container is not None and container.is_wanted
            return up and (contract.answers_ssh if name in ("proxy", "direct") else contract.answers)

        if machine.ports.follow(is_open) and container is not None:
            container.listen()

    def _renew(self, contract: Contract, machine: Machine) -> None:
        """Another container takes the place of one that was thrown away."""
        if machine.generation == contract.recycles:
            return
        if machine.container is not None:
            self._discard(machine.container, machine.container.folder)
            machine.container = None
            machine.ports.shut()
        for generation in range(contract.recycles):
            self._remove(self._folders.discard(self._folders.instance(contract.id) / str(generation)))
        folder = self._folders.container(contract.id, contract.recycles)
        machine.container = Container(folder, self._isolation, self._programs, machine.ports.shut)
        machine.generation, machine.runs_since, machine.keys = contract.recycles, None, None

    def _start_when_copied(self, contract: Contract, machine: Machine, since: float) -> None:
        """Start when the volumes that are copies have all their files."""
        container = machine.container
        waited = self._volume_files.pending([volume.id for volume in self._volumes(contract)])
        if container is None:
            return
        if waited is None:
            machine.ports.renew()
            container.start(lambda: self._config(contract), machine.ports.listeners)
            return
        loop = asyncio.get_running_loop()

        def later() -> None:
            if machine.runs_since == since and machine.container is container:
                machine.runs_since = None
                self.sync(self._world.contracts, [contract.id])

        waited.add_done_callback(lambda _copy: loop.call_soon_threadsafe(later))

    def _give_keys(self, contract: Contract, machine: Machine, container: Container) -> None:
        keys = "".join(key["public_key"] + "\n" for key in contract.ssh_keys)
        if keys != machine.keys:
            place = container.folder / "keys"
            new = place / "new"
            new.write_text(keys, encoding="utf-8", errors="replace")
            new.replace(place / "authorized_keys")
            machine.keys = keys

    def _volumes(self, contract: Contract) -> list[Volume]:
        return self._world.volumes.of(contract.id)

    def _config(self, contract: Contract) -> dict[str, Any]:
        found = mounts(contract, self._volumes(contract))
        facts = self._world.machines[contract.machine_id].facts
        address, ssh_port = self.direct(contract, facts["public_ipaddr"])
        return {
            "id": contract.id,
            "hostname": hostname(contract),
            "env": environment(contract, self._url, address, self.mapped_ports(contract, ssh_port)),
            "onstart": contract.onstart,
            "volumes": [[str(self._folders.volume(number)), path] for number, path in found],
        }

    def _drop(self, number: int) -> None:
        machine = self._machines.get(number)
        if machine is None:
            return
        machine.ports.close()
        if machine.container is not None:
            self._discard(machine.container, self._folders.instance(number))
        del self._machines[number]

    def _discard(self, container: Container, folder: Path) -> None:
        """End a container; its folder is out of the way at once, and gone when nothing runs in it."""
        container.stop()
        aside = self._folders.discard(folder)
        self._ending.add(container)

        def ended() -> None:
            self._ending.discard(container)
            self._remove(aside)

        container.discard(ended)

    # Volumes

    def volume_copied(self, source: Volume, copy: Volume) -> None:
        self._volume_files.copy(source.id, copy.id)

    def volume_deleted(self, number: int) -> None:
        self._volume_files.delete(number)

    def reset(self) -> None:
        self.sync({}, list(self._machines))
        self._volume_files.delete_all()

    # What is in a machine

    def log(self, contract: Contract, daemon: bool) -> list[str] | None:
        machine = self._machines.get(contract.id)
        return None if machine is None or machine.container is None else machine.container.log(daemon)

    def execute(self, contract: Contract, command: list[str], answer: Callable[[str], None]) -> bool:
        machine = self._machines.get(contract.id)
        if machine is None or machine.container is None:
            return False
        machine.container.execute(command, lambda: self._config(contract), answer)
        return True

    def close(self) -> None:
        """End all machines, and return when they have ended."""
        containers = [one.container for one in self._machines.values() if one.container is not None]
        for container in [*containers, *self._ending]:
            container.hang_up()
        for container in [*containers, *self._ending]:
            container.close()
        for machine in self._machines.values():
            machine.ports.close()
        self._worker.shutdown()
        self._folders.close()
