# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the key and the address come from, and what is said when they can't be had."""

from __future__ import annotations

import sys

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.errors
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._credentials import find_api_key, find_api_url
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, MissingLibrary, NoCredentials


@pytest.fixture
def no_keyring(monkeypatch):
    """Importing keyring would raise ImportError."""
    monkeypatch.setitem(sys.modules, "keyring", None)


class Ring(keyring.backend.KeyringBackend):
    """A back end for the real keyring library. It holds one key, or None, or an error to raise."""

    priority = 1

    def __init__(self, stored):
        super().__init__()
        self.stored = stored
        self.asked = []

    def get_password(self, service, username):
        self.asked.append((service, username))
        if isinstance(self.stored, Exception):
            raise self.stored
        return self.stored

    def set_password(self, service, username, password):
        raise AssertionError("nothing is written to the keyring")

    delete_password = set_password


@pytest.fixture
def use():
    """A function that makes a back end the system's keyring for the time of the test."""
    before = keyring.get_keyring()

    def use(backend):
        keyring.set_keyring(backend)
        return backend

    yield use
    keyring.set_keyring(before)


@pytest.fixture
def ring(use):
    """A function that puts a key, None, or an error into the system's keyring."""
    return lambda stored: use(Ring(stored))


# -- the key


def test_option_comes_before_the_variable(monkeypatch, no_keyring):
    monkeypatch.setenv("VAST_API_KEY", "from-env")
    assert find_api_key("from-option") == "from-option"


def test_variable_comes_before_the_keyring(monkeypatch, ring):
    stored = ring("from-keyring")
    monkeypatch.setenv("VAST_API_KEY", "from-env")
    assert find_api_key(None) == "from-env"
    assert stored.asked == []


def test_keyring_is_asked_last_for_the_documented_entry(ring):
    stored = ring("from-keyring")
    assert find_api_key(None) == "from-keyring"
    assert stored.asked == [("cloudctl.vastai", "api_key")]


@pytest.mark.parametrize("nothing", [None, "", "  ", "\n"])
def test_blank_option_and_variable_count_as_not_set(monkeypatch, ring, nothing):
    ring("from-keyring")
    monkeypatch.setenv("VAST_API_KEY", " ")
    assert find_api_key(nothing) == "from-keyring"


@pytest.mark.parametrize("place", ["option", "env", "keyring"])
def test_white_space_around_the_key_is_dropped(monkeypatch, ring, place):
    ring(" secret\n")
    if place == "env":
        monkeypatch.setenv("VAST_API_KEY", " secret\n")
    assert find_api_key(" secret\n" if place == "option" else None) == "secret"


def test_keyring_is_not_imported_without_need(monkeypatch):
    for name in [name for name in sys.modules if name.partition(".")[0] == "keyring"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("VAST_API_KEY", "from-env")
    find_api_key(None)
    find_api_key("from-option")
    assert "keyring" not in sys.modules


def test_missing_keyring_library_does_not_matter_when_a_key_was_given(no_keyring):
    assert find_api_key("from-option") == "from-option"


def test_missing_keyring_library_is_ansibles_usual_sentence(no_keyring):
    with pytest.raises(MissingLibrary, match=r"Failed to import the required Python library \(keyring\)") as caught:
        find_api_key(None)
    assert "neither api_key nor VAST_API_KEY is set" in str(caught.value)
    assert "ModuleNotFoundError" in caught.value.import_error


@pytest.mark.parametrize("stored", [None, "", "  "])
def test_empty_keyring_says_where_keys_may_be_put(ring, stored):
    ring(stored)
    with pytest.raises(NoCredentials) as caught:
        find_api_key(None)
    sentence = str(caught.value)
    assert sentence.startswith(
        "No Vast.ai API key was found: set the option api_key or the environment variable VAST_API_"
    )
    assert "or store the key with `" in sentence


def test_machine_without_any_keyring_is_one_sentence(use):
    use(keyring.backends.fail.Keyring())
    with pytest.raises(NoCredentials, match=r"the system keyring can't be read \(NoKeyringError\)") as caught:
        find_api_key(None)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["KeyringLocked", "InitError", "KeyringError"])
def test_keyring_that_can_not_be_opened_is_one_sentence(ring, name):
    ring(getattr(keyring.errors, name)("long\nstory"))
    with pytest.raises(NoCredentials, match=f"can't be read \\({name}\\): set the option api_key"):
        find_api_key(None)


@pytest.mark.parametrize(
    "key", ["two\nlines", "carriage\rreturn", "nul\0", "schlüssel", "tab\tbed", "\u200bzero-width"]
)
def test_key_that_no_header_can_carry_is_refused_without_repeating_it(key):
    with pytest.raises(BadRequest, match="characters that no key has") as caught:
        find_api_key(key)
    assert key not in str(caught.value)


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1))
def test_any_visible_ascii_is_a_key(key):
    assert find_api_key(key) == key


# -- the address


def test_address_is_vastais_own_when_none_is_given():
    assert find_api_url(None) == "https://console.vast.ai"


def test_address_option_comes_before_the_variable(monkeypatch):
    monkeypatch.setenv("VAST_URL", "http://env.example")
    assert find_api_url("http://option.example") == "http://option.example"


def test_address_variable_comes_before_the_default(monkeypatch):
    monkeypatch.setenv("VAST_URL", "http://env.example:8080")
    assert find_api_url("") == "http://env.example:8080"


@pytest.mark.parametrize(
    ("given_url", "used"),
    [
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        (" https://vast.example \n", "https://vast.example"),
        ("https://vast.example/mirror//", "https://vast.example/mirror"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        ("HTTPS://Vast.Example", "HTTPS://Vast.Example"),
    ],
)
def test_address_is_used_without_its_trailing_slash(given_url, used):
    assert find_api_url(given_url) == used


@pytest.mark.parametrize(
    "url",
    [
        "console.vast.ai",
        "ftp://vast.example",
        "file:///etc/passwd",
        "http://",
        "https:///api",
        "http://[::1",
        "http://vast.example:port",
        "http://vast.example:99999",
        "http://vast.example:0",
        "http://vast.example?key=1",
        "http://vast.example#top",
        "http://vast.example/?",
        "http://two words",
        "http://line\nbreak",
        "7",
    ],
)
def test_what_is_no_address_is_refused_with_an_example(url):
    with pytest.raises(BadRequest, match=r"must be an address such as https://console\.vast\.ai"):
        find_api_url(url)


@pytest.mark.parametrize("url", ["https://user:secret@vast.example", "https://secret@vast.example", "ftp://u:secret@x"])
def test_address_with_a_password_is_refused_without_repeating_it(url):
    with pytest.raises(BadRequest, match="must not hold a user name or password") as caught:
        find_api_url(url)
    assert "secret" not in str(caught.value)


def address_or_sentence(text: str) -> str:
    try:
        return find_api_url(text)
    except BadRequest as error:
        return str(error)


@given(st.text() | st.text().map("http://{}".format))
def test_any_text_is_an_address_or_one_sentence(text):
    said = address_or_sentence(text)
    assert said.startswith("api_url (or VAST_URL) must ") or said.lower().startswith(("http://", "https://"))
    assert len(said.splitlines()) == 1
