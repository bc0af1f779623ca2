# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service goes on where this computer can't."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from vast_emulator.instances.ssh_endpoints import DocumentationAddresses
from vast_emulator.web.guard import Guard
from vast_emulator.web.service import Service
from vast_emulator.wire.limits import Limits
from vast_emulator.wire.request_log import RequestLog
from vast_emulator.world.contracts import Contract
from vast_emulator.world.store import Store
from vast_emulator.world.world import Genesis, World


class Unlucky(DocumentationAddresses):
    """Listeners that can't follow for a while."""

    def __init__(self) -> None:
        self.fails = True
        self.followed: set[int] = set()

    def sync(self, contracts: dict[int, Contract], touched: Iterable[int]) -> None:
        if self.fails:
            raise OSError(24, "Too many open files")
        self.followed.update(touched)


@pytest.fixture
def addresses() -> Unlucky:
    return Unlucky()


@pytest.fixture
def service(addresses: Unlucky) -> Service:
    store = Store(None)
    world = World(store, Genesis(1_750_000_000.0, 7, 6), speed=0)
    return Service(world, "k", addresses, Limits(False, store), RequestLog(), Guard("emulator"))


def test_what_could_not_be_followed_is_followed_later(
    service: Service, addresses: Unlucky, capsys: pytest.CaptureFixture[str]
) -> None:
    service.world.touched.add(7)
    service.finish()
    service.world.touched.add(8)
    service.tick()
    assert capsys.readouterr().err == (
        "vast-emulator: cannot follow what happens to instances: [Errno 24] Too many open files\n"
    )
    addresses.fails = False
    service.tick()
    assert (addresses.followed, service.world.touched) == ({7, 8}, set())
    addresses.fails = True
    service.world.touched.add(9)
    service.finish()
    assert "Too many open files" in capsys.readouterr().err, "said again, as it was well in between"


def test_the_ticker_survives(
    service: Service, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def settle() -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(service.world, "settle", settle)
    service.tick()
    assert capsys.readouterr().err == (
        "vast-emulator: cannot let time do its work: [Errno 28] No space left on device\n"
    )
