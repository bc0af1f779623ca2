# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scripted API, a client that talks to it, and a clock that makes waiting free."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import settings

from ansible_collections.cloudctl.vastai.plugins.module_utils import _client, _wait
from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import KEY, ScriptedServer

# On a busy machine an example may take its time.
settings.register_profile("unit", parent=settings(), deadline=None, max_examples=30)
settings.load_profile("unit")


class Clock:
    """Passes only while somebody sleeps. ``pauses``: how long each sleep was, in seconds."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += max(seconds, 1e-6)  # no sleep is so short that no time passes


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the machine's own: no key, no address, no proxy."""
    for name in ("VAST_API_KEY", "VAST_URL", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of the client and of all waiting; jitter is always the longest."""
    clock = Clock()
    monkeypatch.setattr(_client, "time", clock)
    monkeypatch.setattr(_wait, "time", clock)
    monkeypatch.setattr(_client, "random", SimpleNamespace(uniform=lambda low, high: high))
    return clock


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """An API that plays what the test expects of it, and checks at the end that all of it took place."""
    with ScriptedServer() as scripted:
        yield scripted
    scripted.check()


@pytest.fixture
def client(server: ScriptedServer, clock: Clock) -> VastClient:
    return VastClient(KEY, server.url, "module vast_instance", timeout=5.0, retry_timeout=60.0)
