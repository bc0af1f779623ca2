# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One planned fault: for which requests, how often, and what happens to them."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from vast_emulator import values
from vast_emulator.failures import invalid_args
from vast_emulator.faults import answers, consequences, cuts
from vast_emulator.faults.answers import Answer
from vast_emulator.faults.cuts import Cut
from vast_emulator.faults.edits import Edit
from vast_emulator.faults.matching import Filter

_KINDS = answers.KEYS | cuts.KEYS | {"edit", "event"}
KEYS = _KINDS | {"method", "path", "match", "skip", "times", "probability", "when"}
_MANY = 10**9


class Fault:
    """What was asked for, and how far it has come.

    ``when`` is ``before`` (a request with another answer, or none, has no effect) or ``after`` (it takes effect and
    only its answer is lost). Events happen, and a delay passes, on the same side of the effect. ``left`` is how often
    the fault will still happen, None for ever.
    """

    def __init__(self, number: int, wanted: Mapping[str, Any]) -> None:
        """Understands a description, or refuses it."""
        unknown = sorted(set(wanted) - KEYS)
        if unknown:
            raise invalid_args(f"a fault has no {unknown[0]!r}; known: {', '.join(sorted(KEYS))}.")
        self.id = number
        self.wanted = dict(wanted)
        self.filter = Filter(wanted)
        self.events = consequences.parse(wanted["event"]) if "event" in wanted else []
        self.edit = Edit(wanted["edit"]) if "edit" in wanted else None
        self.cut = Cut.parse(wanted)
        # A fault that says nothing of what happens is a lost answer.
        answers_itself = not set(wanted) & _KINDS or bool(set(wanted) & answers.KEYS)
        self.answer = Answer(wanted) if answers_itself else None
        self.when = wanted.get("when", "after" if self.events else "before")
        if self.when not in ("before", "after"):
            raise invalid_args("when must be before or after.")
        self.skip = values.integer(wanted.get("skip", 0), "skip", 0, _MANY)
        self.probability = values.number(wanted.get("probability", 1), "probability", 0.0, 1.0)
        times = wanted.get("times", 1)
        self.left = None if times in (None, "always") else values.integer(times, "times", 1, _MANY)
        self.seen = 0
        self.fired = 0
        self.last_error: str | None = None

    @property
    def takes_effect(self) -> bool:
        """Whether the request reaches the API."""
        return self.when == "after" or (self.answer is None and not self.cut.reset)

    def draw(self, seed: int) -> bool:
        """Count a request that matches; whether the fault happens to it. The same in each run of a seed."""
        self.seen += 1
        if self.seen <= self.skip:
            return False
        dice = random.Random(f"fault {seed} {self.id} {self.seen}")
        if self.probability < 1 and dice.random() >= self.probability:
            return False
        self.fired += 1
        if self.left is not None:
            self.left -= 1
        return True

    def record(self) -> dict[str, Any]:
        """What the journal needs to know."""
        return {
            "wanted": self.wanted,
            "left": self.left,
            "seen": self.seen,
            "fired": self.fired,
            "last_error": self.last_error,
        }

    @classmethod
    def from_record(cls, number: int, record: Mapping[str, Any]) -> Fault:
        """A fault from the journal."""
        fault = cls(number, record["wanted"])
        for name in ("left", "seen", "fired", "last_error"):
            setattr(fault, name, record[name])
        return fault

    def shown(self) -> dict[str, Any]:
        """What people see: what was asked for, with how often it will still happen."""
        return {
            **self.wanted,
            "id": self.id,
            "method": self.filter.method,
            "path": self.filter.path,
            "when": self.when,
            "times": self.left,
            "seen": self.seen,
            "fired": self.fired,
            "last_error": self.last_error,
        }
