# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP session: keep-alive, and a key that goes to the API's host and nowhere else.

``requests`` has two habits that would lose or leak the key: an entry of ``~/.netrc`` for the host replaces the
Authorization header unless an auth object is set, also after a redirect; and only a change of host strips the header.
"""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import MissingLibrary

REQUESTS_IMPORT_ERROR: str | None
try:
    from requests import Session
    from requests.auth import AuthBase
except ImportError:
    REQUESTS_IMPORT_ERROR = traceback.format_exc()
    if not TYPE_CHECKING:
        AuthBase = Session = object
else:
    REQUESTS_IMPORT_ERROR = None


class KeyAuth(AuthBase):
    """Puts the key into the Authorization header; never into the URL."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key

    def __call__(self, request: Any) -> Any:
        request.headers["Authorization"] = f"Bearer {self._api_key}"
        return request


class KeptSession(Session):
    """Drops the key on a redirect to another host, and lets no netrc entry take its place."""

    def rebuild_auth(self, prepared_request: Any, response: Any) -> None:
        if self.should_strip_auth(response.request.url, prepared_request.url):
            prepared_request.headers.pop("Authorization", None)


def open_session(api_key: str, user_agent: str) -> KeptSession:
    """A session that authenticates with the key. Raises :class:`MissingLibrary`."""
    if REQUESTS_IMPORT_ERROR:
        raise MissingLibrary("requests", import_error=REQUESTS_IMPORT_ERROR)
    session = KeptSession()
    session.auth = KeyAuth(api_key)
    session.headers.update({"User-Agent": user_agent, "Accept": "application/json"})
    return session
