# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of events, and how a description of some becomes something that can happen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from vast_emulator.failures import invalid_args
from vast_emulator.world import World

Happening = Callable[[], None]


class Scene(NamedTuple):
    """Where events happen. ``this`` is the instance of the request that set them off, or None."""

    world: World
    this: int | None = None


Event = Callable[[Scene, Any], Happening]
_EVENTS: dict[str, Event] = {}


def event(name: str) -> Callable[[Event], Event]:
    """Decorator that puts an event into the table. It checks what is wanted at once and returns what lets it happen."""

    def register(function: Event) -> Event:
        _EVENTS[name] = function
        return function

    return register


def names() -> list[str]:
    """Every event there is."""
    return sorted(_EVENTS)


def parse(scene: Scene, wanted: Mapping[str, Any]) -> list[Happening]:
    """What ``{"name": details, ...}`` lets happen; all of it is understood before the first happens."""
    if not wanted or not set(wanted) <= set(_EVENTS):
        raise invalid_args(f"say what happens: {', '.join(names())}.")
    return [_EVENTS[name](scene, details) for name, details in wanted.items()]
