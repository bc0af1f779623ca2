# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the web pages of others away from the page and the control API, which need no key."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

from vast_emulator.failures import Refusal

_READING = ("GET", "HEAD", "OPTIONS")


class Guard:
    """What a browser says about where a request comes from and where it believes it goes."""

    def __init__(self, host: str) -> None:
        """``host``: the name or address that the emulator was told to listen on."""
        self._names = {"localhost", host.lower()}

    def check(self, method: str, headers: Mapping[str, str]) -> None:
        """Refuse a request that another web page may have sent, with 403. Clients that are no browsers send no Origin.

        Any page can make its visitor's browser send a request here; the browser then says whose page it was. And any
        page can let its own name point here; then the name in Host is neither an address nor one of ours.
        """
        host = headers.get("host")
        if host is not None and not self._is_ours(host):
            raise Refusal(403, "wrong_host", "The emulator answers under its address or localhost only.")
        origin = headers.get("origin")
        if method in _READING or origin is None:
            return
        if host is None or origin.lower().partition("://")[2] != host.lower():
            raise Refusal(403, "wrong_origin", "A page from elsewhere may not change the emulator.")

    def _is_ours(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            return name in self._names or bool(ipaddress.ip_address(name))
        except ValueError:
            return False
