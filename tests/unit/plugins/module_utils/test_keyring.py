# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entry in the keyring, and the sentences about keyrings that can't be used."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import keyring
import keyring.backends.fail
import keyring.backends.null
import keyring.core
import keyring.errors
import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils import _keyring
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    KeyringUnusable,
    MissingLibrary,
    VastError,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rings import (
    ENTRY,
    BrokenRing,
    ForgetfulRing,
    MemoryRing,
    RingOfRings,
)

KEY = "5f1c0ffee0ddba11cafe0123456789abcdef5f1c"
EVERYTHING = [_keyring.stored_key, lambda: _keyring.store_key(KEY), _keyring.remove_key]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable]:
    """A function that makes a back end the system's keyring for the time of the test."""
    monkeypatch.delenv("PYTHON_KEYRING_BACKEND", raising=False)
    before = keyring.get_keyring()

    def use(backend):
        keyring.set_keyring(backend)
        return backend

    yield use
    keyring.set_keyring(before)


@pytest.fixture
def choose_anew(use: Callable, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A function that names a back end in the environment and makes the library choose one again."""

    def choose(name: str) -> None:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", name)
        monkeypatch.setattr(keyring.core, "_keyring_backend", None)

    return choose


def test_stored_read_replaced_removed(use):
    ring = use(MemoryRing())
    assert _keyring.stored_key() is None
    _keyring.store_key(KEY)
    assert ring.entries == {ENTRY: KEY}
    _keyring.store_key("other")
    assert _keyring.stored_key() == "other"
    _keyring.remove_key()
    assert _keyring.stored_key() is None
    _keyring.remove_key()
    assert ring.writes == 3


def test_other_entries_are_nobodys_business(use):
    ring = use(MemoryRing(KEY))
    ring.entries |= {("cloudctl.vastai", "somebody"): "1", ("vast", "api_key"): "2"}
    _keyring.remove_key()
    assert sorted(ring.entries.values()) == ["1", "2"]


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_a_blank_entry_is_none(use, blank):
    use(MemoryRing(blank))
    assert _keyring.stored_key() is None


def test_white_space_around_it_is_dropped(use):
    use(MemoryRing(f" {KEY}\n"))
    assert _keyring.stored_key() == KEY


def test_a_ring_that_keeps_nothing_is_found_out(use):
    use(keyring.backends.null.Keyring())
    with pytest.raises(KeyringUnusable, match=r"can't be used \(it did not keep the key\)\. Set the environment"):
        _keyring.store_key(KEY)


def test_a_ring_that_does_not_let_go_is_found_out(use):
    use(ForgetfulRing(KEY))
    with pytest.raises(VastError, match=r"still has an entry api_key of cloudctl\.vastai after its removal"):
        _keyring.remove_key()


@pytest.mark.parametrize("ask", EVERYTHING)
@pytest.mark.parametrize(
    "error",
    [
        keyring.errors.KeyringLocked("long\nstory"),
        keyring.errors.InitError(KEY),
        keyring.errors.PasswordSetError(KEY),
        keyring.errors.KeyringError(),
        RuntimeError("macOS required"),
        ConnectionRefusedError(111, "Connection refused"),
        FileNotFoundError(2, "No such file or directory"),
        ValueError("not enough values to unpack"),
        ImportError("dbus"),
        AttributeError("Nope"),
        configparser.MissingSectionHeaderError("keyringrc.cfg", 1, "junk"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_whatever_goes_wrong_is_one_sentence_without_the_librarys_words(use, ask, error):
    use(BrokenRing(error))
    with pytest.raises(KeyringUnusable) as caught:
        ask()
    said = str(caught.value)
    assert f"can't be used ({type(error).__name__})" in said
    assert "VAST_API_KEY instead; in AWX, use a credential that does." in said
    assert ("Unlock it, or" in said) == isinstance(error, keyring.errors.KeyringLocked)
    assert len(said.splitlines()) == 1
    assert KEY not in said


@pytest.mark.parametrize(
    ("module", "name"), [("secretstorage.exceptions", "SecretStorageException"), ("jeepney", "DBusErrorResponse")]
)
def test_errors_of_the_libraries_below_are_known(use, monkeypatch, module, name):
    error = type(name, (Exception,), {})
    lower = ModuleType(module)
    setattr(lower, name, error)
    monkeypatch.setitem(sys.modules, module, lower)
    use(BrokenRing(error("org.freedesktop.Secret.Error.IsLocked")))
    with pytest.raises(KeyringUnusable, match=name):
        _keyring.stored_key()


def test_a_mistake_of_ours_is_no_problem_of_the_keyring(use):
    use(BrokenRing(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        _keyring.stored_key()


def test_a_machine_without_any(use):
    use(keyring.backends.fail.Keyring())
    with pytest.raises(KeyringUnusable, match=r"\(NoKeyringError\)\. Set the environment variable VAST_API_KEY"):
        _keyring.stored_key()


@pytest.mark.parametrize("name", ["no.such.Keyring", "keyring.backends.null.Nope", "nodots", ""])
def test_a_back_end_that_is_misspelt_is_named(choose_anew, name):
    choose_anew(name)
    for ask in [*EVERYTHING, _keyring.backend_name]:
        with pytest.raises(KeyringUnusable) as caught:
            ask()
        assert f"; PYTHON_KEYRING_BACKEND is {name!r}). Set" in str(caught.value)


def test_what_keeps_the_key(use):
    use(MemoryRing())
    assert _keyring.backend_name() == "rings MemoryRing"
    use(RingOfRings(ForgetfulRing(), MemoryRing()))
    assert _keyring.backend_name() == "rings ForgetfulRing"
    use(RingOfRings())
    assert _keyring.backend_name() == "rings RingOfRings"


def test_a_missing_library_is_ansibles_usual_sentence(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    for ask in [*EVERYTHING, _keyring.backend_name]:
        with pytest.raises(MissingLibrary, match=r"Failed to import the required Python library \(keyring\)"):
            ask()
