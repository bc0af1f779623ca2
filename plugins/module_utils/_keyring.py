# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entry of the API key in the system keyring.

The library ``keyring`` is imported only when this is asked: choosing a back end costs 60-80 ms.
"""

from __future__ import annotations

import configparser
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    KeyringUnusable,
    MissingLibrary,
    VastError,
)

SERVICE = "cloudctl.vastai"
USER = "api_key"

_T = TypeVar("_T")

# The library lets through what goes wrong in choosing a back end: one that is not installed, misspelt, made for another
# system, or whose message bus is gone; and a settings file that is none.
_MISFITS = (ImportError, AttributeError, ValueError, RuntimeError, OSError, configparser.Error)
# So does its back end for the Secret Service, with errors of the libraries below it.
_LOWER_ERRORS = (("secretstorage.exceptions", "SecretStorageException"), ("jeepney", "DBusErrorResponse"))


def stored_key(reason: str | None = None) -> str | None:
    """The key that is stored, without surrounding white space, or None. ``reason``: why it is needed, for the sentence
    about a missing library. Raises :class:`MissingLibrary` and :class:`KeyringUnusable`.
    """
    library = _library(reason)
    key = _ask(library, lambda: library.get_password(SERVICE, USER))
    return (key or "").strip() or None


def store_key(key: str) -> None:
    """Store the key in place of any other, and read it back: some back ends, such as ``null``, keep nothing."""
    library = _library()

    def store() -> str | None:
        library.set_password(SERVICE, USER, key)
        return library.get_password(SERVICE, USER)

    if _ask(library, store) != key:
        raise KeyringUnusable(_described("it did not keep the key"))


def remove_key() -> None:
    """Remove the key; none being there is fine."""
    library = _library()

    def remove() -> str | None:
        with suppress(library.errors.PasswordDeleteError):
            library.delete_password(SERVICE, USER)
        return library.get_password(SERVICE, USER)

    if _ask(library, remove):
        raise VastError(
            f"The system keyring still has an entry {USER} of {SERVICE} after its removal; "
            "remove it with the keyring's own program."
        )


def backend_name() -> str:
    """What keeps the key, such as ``SecretService Keyring``. Of several back ends it is the first that is asked."""
    library = _library()

    def name() -> str:
        chosen = library.get_keyring()
        return str([*getattr(chosen, "backends", ()), chosen][0].name)

    return _ask(library, name)


def _library(reason: str | None = None) -> Any:
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise MissingLibrary("keyring", import_error=traceback.format_exc(), reason=reason) from error
    return keyring


def _ask(library: Any, question: Callable[[], _T]) -> _T:
    try:
        return question()
    except (library.errors.KeyringError, *_MISFITS, *_lower_errors()) as error:
        # Its name only: what a back end says may be long, and may hold anything.
        raise KeyringUnusable(_described(type(error).__name__)) from error


def _lower_errors() -> list[type[Exception]]:
    loaded = [(sys.modules.get(module), name) for module, name in _LOWER_ERRORS]
    return [getattr(module, name) for module, name in loaded if module is not None]


def _described(problem: str) -> str:
    chosen = os.environ.get("PYTHON_KEYRING_BACKEND")
    return problem if chosen is None else f"{problem}; PYTHON_KEYRING_BACKEND is {chosen!r}"
