# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""vast_keyring's tasks: what is asked of Vast.ai, what of the keyring, and what is said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keyring
import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils._module import Context, run_logic
from ansible_collections.cloudctl.vastai.plugins.modules.vast_keyring import SPEC, run
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rings import (
    ENTRY,
    BrokenRing,
    ForgetfulRing,
    MemoryRing,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import (
    KEY,
    ScriptedServer,
    says,
)

OTHER = "0ddba11c0ffee5f1cafe0123456789abcdef5f1c"
ACCOUNT = {"id": 7, "email": "me@example.com", "credit": 12.5}
STORE = {"action": "store", "summary": "store the API key in the rings MemoryRing"}
REMOVE = {"action": "remove", "summary": "remove the API key from the rings MemoryRing"}


class Task:
    """Runs the module's logic with a keyring in memory."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.ring = self.use(MemoryRing())

    def use(self, ring: MemoryRing) -> MemoryRing:
        keyring.set_keyring(ring)
        self.ring = ring
        return ring

    @property
    def stored(self) -> str | None:
        return self.ring.entries.get(ENTRY)

    def accepts(self) -> None:
        self.server.expect("GET", "/api/v0/users/current/", says(ACCOUNT))

    def refuses(self) -> None:
        answer = {"success": False, "error": "auth_error", "msg": "Invalid user key"}
        self.server.expect("GET", "/api/v0/users/current/", says(answer, status=401))

    def run(self, check_mode: bool = False, **params: Any) -> dict[str, Any]:
        defaults = {name: option.get("default") for name, option in SPEC.argument_spec.items()}
        params = {**defaults, "api_url": self.server.url, **params}
        result = run_logic(run, Context("vast_keyring", params, check_mode, pytest.fail))
        assert KEY not in str(result)
        return result

    def sentence(self, **params: Any) -> str:
        result = self.run(**params)
        assert result["failed"]
        assert len(result["msg"].splitlines()) == 1
        return result["msg"]


@pytest.fixture
def task(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Task]:
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    before = keyring.get_keyring()
    yield Task(server)
    keyring.set_keyring(before)


def test_a_key_that_is_accepted_is_stored(task: Task) -> None:
    task.accepts()
    result = task.run(api_key=f" {KEY}\n")
    assert task.stored == KEY
    assert task.server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert result == {
        "stored": True,
        "verified": True,
        "backend": "rings MemoryRing",
        "summary": "The API key is stored in the rings MemoryRing, and Vast.ai accepts it.",
        "changed": True,
        "actions": [STORE],
        "diff": {"before": {}, "after": {"api_key": "(hidden)"}},
    }


def test_check_mode_asks_the_same_and_writes_nothing(task: Task) -> None:
    task.accepts()
    preview = task.run(check_mode=True, api_key=KEY)
    assert task.ring.writes == 0
    task.accepts()
    assert preview == task.run(api_key=KEY)


def test_a_key_that_is_stored_is_verified_and_not_written(task: Task) -> None:
    task.use(MemoryRing(KEY))
    for params in ({"api_key": KEY}, {}, {"api_key": ""}):
        task.accepts()
        result = task.run(**params)
        assert (result["changed"], result["verified"], result["actions"]) == (False, True, [])
    assert task.ring.writes == 0


def test_another_key_takes_its_place(task: Task) -> None:
    task.use(MemoryRing(OTHER))
    task.accepts()
    result = task.run(api_key=KEY)
    assert task.stored == KEY
    assert result["diff"] == {"before": {"api_key": "(hidden), another one"}, "after": {"api_key": "(hidden)"}}


def test_the_environment_is_not_looked_at(task: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAST_API_KEY", KEY)
    assert "No API key was given, and none is stored" in task.sentence()
    assert task.stored is None


@pytest.mark.parametrize("before", [None, OTHER])
def test_a_key_that_is_refused_is_not_stored(task: Task, before: str | None) -> None:
    task.use(MemoryRing(before))
    task.refuses()
    assert "does not accept the API key" in task.sentence(api_key=KEY)
    assert task.stored == before


def test_a_stored_key_that_is_refused_is_a_failure(task: Task) -> None:
    task.use(MemoryRing(KEY))
    task.refuses()
    assert "does not accept the API key" in task.sentence()


def test_without_verification_nobody_is_asked(task: Task) -> None:
    result = task.run(api_key=KEY, verify=False)
    assert (result["changed"], result["verified"]) == (True, None)
    assert result["summary"] == "The API key is stored in the rings MemoryRing."
    assert not task.run(verify=False)["changed"]
    assert task.server.requests == []


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("key", ["two\nlines", "schlüssel"])
def test_what_is_no_key_is_neither_sent_nor_stored(task: Task, key: str, verify: bool) -> None:
    said = task.sentence(api_key=key, verify=verify)
    assert "characters that no key has" in said
    assert key not in said
    assert task.stored is None


def test_removed_and_gone(task: Task) -> None:
    task.use(MemoryRing(KEY))
    preview = task.run(check_mode=True, state="absent")
    assert task.stored == KEY
    result = task.run(state="absent")
    assert task.stored is None
    assert preview == result
    assert result == {
        "stored": False,
        "verified": None,
        "backend": "rings MemoryRing",
        "summary": "No API key is in the rings MemoryRing.",
        "changed": True,
        "actions": [REMOVE],
        "diff": {"before": {"api_key": "(hidden)"}, "after": {}},
    }
    assert not task.run(state="absent", api_key=KEY)["changed"]


def test_a_failed_write_is_not_reported_as_done(task: Task) -> None:
    task.use(ForgetfulRing())
    result = task.run(api_key=KEY, verify=False)
    assert result["failed"]
    assert (result["changed"], result["stored"], result["actions"]) == (False, False, [])
    task.use(ForgetfulRing(KEY))
    result = task.run(state="absent")
    assert result["failed"]
    assert (result["changed"], result["stored"]) == (False, True)
    assert result["diff"] == {"before": {}, "after": {}}


@pytest.mark.parametrize("params", [{"api_key": KEY}, {"state": "absent"}, {}])
def test_a_keyring_that_can_not_be_used_is_asked_first(task: Task, params: dict[str, Any]) -> None:
    task.use(BrokenRing(keyring.errors.KeyringLocked()))
    assert task.sentence(**params).startswith("The system keyring can't be used (KeyringLocked). Unlock it, or")
