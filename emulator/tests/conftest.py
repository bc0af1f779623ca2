# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A running emulator whose clock only moves when a test says so, and a renter who uses it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from vast_emulator.process import Emulator

KEY = "test-key"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0Z1m0u0x0y0l0T0o0P0a0S0d0F0g0H0j0K0l0 renter@example"
# Longer than any boot takes.
BOOT = 100


class Renter:
    """Short forms of what tests do all the time."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator

    def offers(self, **query: Any) -> list[dict[str, Any]]:
        return self.emulator.api("POST", "/api/v0/bundles/", query)["offers"]

    def offer(self, machine_id: int = 123456) -> int:
        return self.offers(machine_id={"eq": machine_id})[0]["id"]

    def rent(self, machine_id: int = 123456, **body: Any) -> int:
        body = {"image": "pytorch/pytorch:latest", "disk": 50, "label": "trainer", "runtype": "ssh_direct", **body}
        status, answer = self.ask("PUT", f"/api/v0/asks/{self.offer(machine_id)}/", body)
        assert status == 200, answer
        return answer["new_contract"]

    def running(self, machine_id: int = 123456, **body: Any) -> int:
        instance = self.rent(machine_id, **body)
        self.emulator.advance(BOOT)
        assert self.show(instance)["actual_status"] == "running"
        return instance

    def show(self, instance: int) -> dict[str, Any]:
        return self.emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return self.emulator.call(method, path, body, key=self.emulator.api_key)


@pytest.fixture(scope="session")
def running_emulator() -> Iterator[Emulator]:
    with Emulator(api_key=KEY, seed=7, speed=0) as emulator:
        yield emulator


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    running_emulator.reset()
    return running_emulator


@pytest.fixture
def renter(emulator: Emulator) -> Renter:
    return Renter(emulator)


@pytest.fixture
def public_key() -> str:
    return PUBLIC_KEY
