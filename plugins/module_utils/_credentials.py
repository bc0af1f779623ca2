# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the API key and the API's address come from.

The key: the option, then ``VAST_API_KEY``, then the system keyring. The address: the option, then ``VAST_URL``, then
Vast.ai's own. Both variables are the official CLI's. The environment and keyring are those of the machine on which
the code runs, which for a module is the task's target: run the modules on localhost.
"""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, KeyringUnusable, NoCredentials
from ansible_collections.cloudctl.vastai.plugins.module_utils._keyring import stored_key

DEFAULT_API_URL = "https://console.vast.ai"

_GIVE_IT = "set the option api_key or the environment variable VAST_API_KEY (in AWX, by a credential)"
_STORE_IT = "store the key with `ansible-playbook cloudctl.vastai.secrets`"

_USER_INFO = re.compile(r"[^/]*//[^/?#]*@")
# Paths are appended to it, so there can be no query and no fragment.
_ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?", re.IGNORECASE)


def find_api_key(option: str | None) -> str:
    """The API key to use, without surrounding white space.

    Raises :class:`NoCredentials`, :class:`MissingLibrary` when only the keyring is left to ask and can't be imported,
    and :class:`BadRequest` for a key that no HTTP header can carry.
    """
    return checked((option or "").strip() or os.environ.get("VAST_API_KEY", "").strip() or _from_keyring())


def checked(key: str) -> str:
    """The same key. Raises :class:`BadRequest` for one that no HTTP header can carry."""
    if not (key.isascii() and key.isprintable()):
        raise BadRequest(
            "The Vast.ai API key has characters that no key has (line breaks or non-ASCII); copy it again."
        )
    return key


def find_api_url(option: str | None) -> str:
    """Scheme, host and optional path prefix of the API, without a trailing slash."""
    url = (option or "").strip() or os.environ.get("VAST_URL", "").strip() or DEFAULT_API_URL
    if _USER_INFO.match(url):
        raise BadRequest("api_url (or VAST_URL) must not hold a user name or password; the key goes into api_key.")
    if not (_ADDRESS.fullmatch(url) and _has_host_and_port(url)):
        raise BadRequest(f"api_url (or VAST_URL) must be an address such as {DEFAULT_API_URL}, not {url!r}.")
    return url.rstrip("/")


def _has_host_and_port(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _from_keyring() -> str:
    try:
        key = stored_key(
            reason="to read the API key from the system keyring, as neither api_key nor VAST_API_KEY is set"
        )
    except KeyringUnusable as error:
        unlock = ", or unlock the keyring" if error.problem.startswith("KeyringLocked") else ""
        raise NoCredentials(
            f"No Vast.ai API key was given, and the system keyring can't be read ({error.problem}): {_GIVE_IT}{unlock}."
        ) from error
    if key is None:
        raise NoCredentials(f"No Vast.ai API key was found: {_GIVE_IT}, or {_STORE_IT}.")
    return key
