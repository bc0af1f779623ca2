# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""This computer's disk is full, or it has no more ports or files: one machine suffers, no other and no request."""

from __future__ import annotations

import os
import resource
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.containers import ports
from vast_emulator.containers.endpoints import MachineEndpoints
from vast_emulator.containers.folders import Folders
from vast_emulator.containers.launch import Isolation
from vast_emulator.containers.ports import Ports
from vast_emulator.containers.probe import Finding, programs
from vast_emulator.instances.renting import contract_from
from vast_emulator.world.store import Store
from vast_emulator.world.world import Genesis, World


def test_a_machine_without_a_place_on_the_disk_follows_when_there_is_one(durable: Any, tools: Any) -> None:
    instances = Path(f"{durable.emulator.options['state']}.machines") / "instances"
    first = durable.rent()
    instances.rename(instances.with_name("elsewhere"))
    instances.touch()
    second = durable.rent(789012)
    assert durable.ssh(second, "true").code == 255
    durable.destroy(first)
    instances.unlink()
    instances.with_name("elsewhere").rename(instances)
    durable.emulator.advance(1)
    assert durable.said(second, "echo in") == "in"
    assert tools.until(lambda: [one.name for one in instances.iterdir()] == [str(second)])


def test_a_contract_that_cannot_have_its_ports_gives_back_those_it_had(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(Store(None), Genesis(1.7e9, 7, 20), 0.0)
    endpoints = MachineEndpoints(
        world, Folders(tmp_path / "machines"), Finding(Isolation(False, False), programs(), None), "http://127.0.0.1:1"
    )
    offer = next(iter(world.offers.values()))
    contract = contract_from(world, offer, {"image": "a/b", "disk": 10, "runtype": "ssh_direct"})
    bound, left = ports._bound, iter((True, False))

    def scarce(port: int) -> Any:
        if next(left):
            return bound(port)
        raise OSError("none is left")

    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr(ports, "_bound", scarce)
    with pytest.raises(OSError, match="none is left"):
        endpoints.prepare(contract)
    assert os.listdir("/proc/self/fd") == before
    endpoints.close()


def test_the_last_files_are_left_for_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    highest = max(int(name) for name in os.listdir("/proc/self/fd"))
    monkeypatch.setattr(resource, "getrlimit", lambda _which: (highest + 32, highest + 32))
    before, made = os.listdir("/proc/self/fd"), Ports()
    with pytest.raises(OSError, match="Too many open files"):
        [made.reserve(str(number), 22) for number in range(highest)]
    assert max(int(name) for name in os.listdir("/proc/self/fd")) <= highest
    made.close()
    assert os.listdir("/proc/self/fd") == before
