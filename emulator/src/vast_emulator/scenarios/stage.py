# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios: what goes wrong, with which knobs and when, as one object."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from vast_emulator import values
from vast_emulator.events.money import MOST_CREDIT
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.faults import consequences
from vast_emulator.faults.planned import Faults
from vast_emulator.wire.limits import Limits
from vast_emulator.world.clock import LONGEST
from vast_emulator.world.settings import Settings
from vast_emulator.world.world import World

KEYS = ("description", "settings", "rate_limits", "credit", "faults", "events")
# Kinds of records.
_KIND = "scenario"
_REFUSED = "refused"
_MOST_ENTRIES = 1000
_NOTES = 100


class ScenarioError(Exception):
    """A scenario that can't be played: ``place`` in it (``faults[2]``, may be empty) and ``reason``, a sentence."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.place = place
        self.reason = reason


class Scenario(NamedTuple):
    """An understood scenario. Event times are emulated seconds since it began; None leaves things as they are."""

    description: str
    settings: dict[str, Any]
    rate_limits: str | None
    credit: float | None
    faults: list[dict[str, Any]]
    events: list[tuple[float, dict[str, Any]]]


@contextlib.contextmanager
def _at(place: str) -> Iterator[None]:
    try:
        yield
    except Refusal as refusal:
        raise ScenarioError(place, refusal.reason) from refusal


class Stage:
    """Where scenarios are played: a world, its faults and its limits."""

    def __init__(self, world: World, faults: Faults, limits: Limits) -> None:
        self._world = world
        self._faults = faults
        self._limits = limits
        # Scenarios that belong to the start of the world, by name.
        self._first: dict[str, Scenario] = {}
        # Events that could not happen in time, and why.
        self._notes: deque[dict[str, Any]] = deque(maxlen=_NOTES)
        for _key, record in world.store.load(_REFUSED):
            self._notes.extend(record["notes"])

    def understand(self, wanted: Any) -> Scenario:
        """A scenario from its description. Raises ScenarioError for what can't be understood or can't happen."""
        if not isinstance(wanted, Mapping):
            raise ScenarioError("", f"a scenario is an object with {', '.join(KEYS)}.")
        unknown = sorted(set(wanted) - set(KEYS))
        if unknown:
            raise ScenarioError(unknown[0], f"a scenario has no such key; known: {', '.join(KEYS)}.")
        with _at("description"):
            description = values.text(wanted.get("description"), "description", 2000, "") or ""
        with _at("settings"):
            knobs = values.mapping(wanted.get("settings"), "settings")
            Settings().change(knobs)
        with _at("rate_limits"):
            limits = _rate_limits(wanted.get("rate_limits"))
        with _at("credit"):
            credit = wanted.get("credit")
            credit = None if credit is None else values.number(credit, "credit", 0.0, MOST_CREDIT)
        faults = _entries(wanted, "faults")
        for number, fault in enumerate(faults):
            with _at(f"faults[{number}]"):
                self._faults.check(fault)
        events = []
        for number, event in enumerate(_entries(wanted, "events")):
            with _at(f"events[{number}]"):
                events.append(self._event(event))
        return Scenario(description, knobs, limits, credit, faults, events)

    def _event(self, wanted: dict[str, Any]) -> tuple[float, dict[str, Any]]:
        at = values.number(wanted.get("at"), "at (emulated seconds)", 0.0, LONGEST)
        (events,) = consequences.parse({name: details for name, details in wanted.items() if name != "at"})
        if _speaks_of_this(events):
            raise invalid_args("this is the instance of a request that sets an event off; name an instance by its id.")
        consequences.check([events], self._world)
        return at, events

    def play(self, scenario: Scenario, since: float | None = None) -> None:
        """Begin one now, or at another moment of the emulated clock; what was planned before stays."""
        world = self._world
        begin = world.now if since is None else since
        world.turn(scenario.settings)
        if scenario.rate_limits is not None:
            self._limits.turn(scenario.rate_limits == "documented")
        if scenario.credit is not None:
            world.set_credit(scenario.credit)
        for fault in scenario.faults:
            self._faults.add(fault)
        for after, events in scenario.events:
            world.agenda.add(begin + after, events)

    def open_with(self, scenarios: Mapping[str, Scenario]) -> None:
        """Play what belongs to the start of the world, now and after each reset; in a stored world only what it has
        not seen yet.
        """
        self._first = dict(scenarios)
        known = {name for name, _record in self._world.store.load(_KIND)}
        self._world.settle()
        since = self._world.genesis.at if self._world.is_new else self._world.now
        self._play_first([name for name in scenarios if name not in known], since)

    def reset(self) -> None:
        """The start of the world again."""
        self._notes.clear()
        self._play_first(list(self._first), self._world.genesis.at)

    def _play_first(self, names: list[str], since: float) -> None:
        for name in names:
            self.play(self._first[name], since)
            self._world.store.put(_KIND, name, {"since": since})

    def note(self, wanted: Mapping[str, Any], error: str) -> None:
        """An event of the agenda could not happen."""
        self._notes.append({"at": self._since_start(self._world.now), "event": dict(wanted), "error": error})
        self._world.store.put(_REFUSED, _REFUSED, {"notes": list(self._notes)})

    def shown(self) -> dict[str, Any]:
        """What is going to happen and what could not; times in emulated seconds since the start of the world."""
        return {
            "agenda": [
                {"at": self._since_start(due.at), "event": due.wanted, "this": due.this}
                for due in self._world.agenda.pending()
            ],
            "refused": list(self._notes),
        }

    def _since_start(self, moment: float) -> float:
        return round(moment - self._world.genesis.at, 6)


def _rate_limits(wanted: Any) -> str | None:
    # YAML reads a bare off as false.
    wanted = "off" if wanted is False else wanted
    if wanted not in (None, "off", "documented"):
        raise invalid_args("rate_limits must be off or documented.")
    return wanted


def _entries(wanted: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = wanted.get(name)
    found = [] if found is None else found
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise ScenarioError(name, "must be a list of objects.")
    if len(found) > _MOST_ENTRIES:
        raise ScenarioError(name, f"has more than {_MOST_ENTRIES} entries.")
    return found


def _speaks_of_this(details: Any) -> bool:
    if isinstance(details, dict):
        return any(map(_speaks_of_this, details.values()))
    if isinstance(details, list):
        return any(map(_speaks_of_this, details))
    return details == "this"
