# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entry of the API key in the system keyring.

The library ``keyring`` is imported only when this is asked: choosing a back end costs 60-80 ms.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import KeyringUnusable, MissingLibrary

SERVICE = "cloudctl.vastai"
USER = "api_key"

_T = TypeVar("_T")


def stored_key(reason: str | None = None) -> str | None:
    """The key that is stored, without surrounding white space, or None. ``reason``: why it is needed, for the sentence
    about a missing library. Raises :class:`MissingLibrary` and :class:`KeyringUnusable`.
    """
    library = _library(reason)
    key = _ask(library, lambda: library.get_password(SERVICE, USER))
    return (key or "").strip() or None


def store_key(key: str) -> None:
    """Store the key in place of any other."""
    library = _library()
    _ask(library, lambda: library.set_password(SERVICE, USER, key))


def remove_key() -> None:
    """Remove the key; none being there is fine."""
    library = _library()

    def remove() -> None:
        with suppress(library.errors.PasswordDeleteError):
            library.delete_password(SERVICE, USER)

    _ask(library, remove)


def backend_name() -> str:
    """What keeps the key, such as ``SecretService Keyring``."""
    library = _library()
    return str(_ask(library, lambda: library.get_keyring().name))


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
    except library.errors.KeyringError as error:
        raise KeyringUnusable(type(error).__name__) from error
