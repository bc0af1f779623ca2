# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Market events that a request sets off."""

from __future__ import annotations

import re
from typing import Any

from vast_emulator import values
from vast_emulator.events import table
from vast_emulator.failures import invalid_args
from vast_emulator.world.world import World

Events = list[dict[str, Any]]
_INSTANCE = re.compile(r"/instances/(?:[a-z_]+/)?(\d{1,16})(?:/|$)")


def parse(wanted: Any) -> Events:
    """One object of events, or a list of such objects. Refuses names that no event has."""
    found = wanted if isinstance(wanted, list) else [wanted]
    for one in found:
        if not isinstance(one, dict) or not one or not set(one) <= set(table.names()):
            raise invalid_args(f"event takes {', '.join(table.names())}.")
    if not found or len(found) > 32:
        raise invalid_args("event takes 1 to 32 events.")
    return found


def check(events: Events, world: World) -> None:
    """Refuse what can't happen in this world, neither now nor when the request comes."""
    for one in events:
        table.check(table.Scene(world), one)


def subject(path: str, answer: bytes | None) -> int | None:
    """The instance that a request was about: the one it made, or the one in its path, be it gone by now."""
    made = _made(answer)
    if made is not None:
        return made
    found = _INSTANCE.search(path)
    return int(found.group(1)) if found else None


def _made(answer: bytes | None) -> int | None:
    try:
        content = values.parse_json(answer or b"")
    except ValueError:
        return None
    if not isinstance(content, dict):
        return None
    several = content.get("new_contracts")
    return values.identifier(several[0] if isinstance(several, list) and several else content.get("new_contract"))
