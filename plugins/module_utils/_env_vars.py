# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API noun *environment variable* of the account, which the API calls secret: every new instance gets them all.

Facts: names are kept in upper case; values are read back masked, so that only their presence can be known; creating
one that exists is refused (``existing_key``), as is changing or deleting one that does not (``nonexistent_key``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, OutcomeUnknown

_PATH = "/api/v0/secrets/"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def checked_env_name(name: str) -> str:
    """The name as Vast.ai keeps it. Raises :class:`BadRequest`."""
    if not _NAME.fullmatch(name):
        raise BadRequest(f"name {name!r} must be made of letters, digits and _, and not begin with a digit.")
    return name.upper()


def list_env_names(client: VastClient) -> list[str]:
    """The names of all variables."""
    answer = client.read("GET", _PATH)
    found = answer.get("secrets") if isinstance(answer, dict) else None
    if not isinstance(found, Mapping):
        raise OutcomeUnknown(f"GET {_PATH} was answered without variables; check that api_url is Vast.ai's API.")
    return sorted(map(str, found))


def create_env_var(client: VastClient, name: str, value: str) -> None:
    """Add a variable."""
    client.write("POST", _PATH, body={"key": name, "value": value})


def update_env_var(client: VastClient, name: str, value: str) -> None:
    """Give a variable another value."""
    client.write("PUT", _PATH, body={"key": name, "value": value})


def delete_env_var(client: VastClient, name: str) -> None:
    """Take a variable away."""
    client.write("DELETE", _PATH, body={"key": name})
