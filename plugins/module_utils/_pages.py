# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lists that come in pages: each page names the token of the next, and nothing else may change on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient


def pages(client: VastClient, path: str, params: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The pages of a list, to the last or to one whose token was there before; what is not a page counts as empty."""
    seen: set[str] = set()
    token = None
    while True:
        answer = client.read("GET", path, params={**params, "after_token": token})
        page = answer if isinstance(answer, dict) else {}
        yield page
        token = page.get("next_token")
        if not token or str(token) in seen:
            return
        seen.add(str(token))
