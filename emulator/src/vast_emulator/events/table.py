# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of events, and how a description of some becomes something that can happen.

Every event may come ``after`` some emulated seconds; one that can be undone may last ``for`` some. Both wait on the
world's agenda, which survives a restart.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from vast_emulator import values
from vast_emulator.events.named import Scene
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.world.clock import LONGEST

__all__ = ["Event", "Happening", "Scene", "check", "event", "let_happen", "names", "parse"]

# Errors about what would have to exist already.
_FROM_THE_START = ("no_such_machine", "no_such_ask")

# Lets an event happen; of one that can be undone, gives the details that its undoing needs.
Happening = Callable[[], dict[str, Any] | None]
Event = Callable[[Scene, Any], Happening]


class _Entry(NamedTuple):
    """An event and the name of the one that undoes it."""

    function: Event
    undo: str | None


_EVENTS: dict[str, _Entry] = {}


def event(name: str, undo: str | None = None) -> Callable[[Event], Event]:
    """Decorator that puts an event into the table. It checks what is wanted at once and returns what lets it happen."""

    def register(function: Event) -> Event:
        _EVENTS[name] = _Entry(function, undo)
        return function

    return register


def names() -> list[str]:
    """Every event there is."""
    return sorted(_EVENTS)


def parse(scene: Scene, wanted: Mapping[str, Any]) -> list[Happening]:
    """What ``{"name": details, ...}`` lets happen; all of it is understood before the first happens."""
    if not wanted or not set(wanted) <= set(_EVENTS):
        raise invalid_args(f"say what happens: {', '.join(names())}.")
    return [_happening(scene, name, details) for name, details in wanted.items()]


def let_happen(scene: Scene, wanted: Mapping[str, Any]) -> None:
    """Let events happen, as :func:`parse` takes them: all, or none and a Refusal."""
    for happen in parse(scene, wanted):
        happen()


def check(scene: Scene, wanted: Mapping[str, Any]) -> None:
    """Refuse what can neither happen now nor later. Machines and offers are there from the start; what is missing of
    anything else may yet come, as ``this`` does, and what is not in a state for it may yet be.
    """
    for name, details in wanted.items():
        try:
            parse(scene, {name: details})
        except Refusal as refusal:
            may_yet_be = refusal.status in (404, 409) and refusal.body["error"] not in _FROM_THE_START
            if not may_yet_be:
                raise


def _happening(scene: Scene, name: str, details: Any) -> Happening:
    if isinstance(details, dict) and "after" in details:
        return _later(scene, name, dict(details))
    if isinstance(details, dict) and "for" in details:
        return _for_a_while(scene, name, dict(details))
    return _EVENTS[name].function(scene, details)


def _later(scene: Scene, name: str, details: dict[str, Any]) -> Happening:
    seconds = values.number(details.pop("after"), "after", 0.0, LONGEST)
    check(scene, {name: details})
    return lambda: scene.world.agenda.add(scene.world.now + seconds, {name: details}, scene.this)


def _for_a_while(scene: Scene, name: str, details: dict[str, Any]) -> Happening:
    seconds = values.number(details.pop("for"), "for", 0.0, LONGEST)
    entry = _EVENTS[name]
    if entry.undo is None:
        raise invalid_args(f"{name} cannot be undone, so it has no for.")
    undo, happen = entry.undo, entry.function(scene, details)

    def both() -> None:
        about = happen()
        if about is not None:
            scene.world.agenda.add(scene.world.now + seconds, {undo: about}, scene.this)

    return both
