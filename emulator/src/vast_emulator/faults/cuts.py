# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to the connection of a request. Seconds are real ones here, as networks know nothing of our clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vast_emulator import values

KEYS = frozenset({"reset", "refuse", "delay", "truncate"})
LONGEST = 86400.0


@dataclass(frozen=True)
class Cut:
    """``reset``: the connection is reset instead of an answer. ``refuse``: for so many seconds new connections are
    refused, and open ones are closed. ``delay``: so many seconds later. ``truncate``: the connection ends after half of
    the body.
    """

    reset: bool
    refuse: float
    delay: float
    truncate: bool

    @classmethod
    def parse(cls, wanted: Mapping[str, Any]) -> Cut:
        """Reads the keys of a cut in a fault's description."""
        return cls(
            reset=values.flag(wanted.get("reset"), "reset"),
            refuse=seconds(wanted.get("refuse", 0), "refuse"),
            delay=seconds(wanted.get("delay", 0), "delay"),
            truncate=values.flag(wanted.get("truncate"), "truncate"),
        )


def seconds(value: Any, name: str) -> float:
    """Real seconds, at most a day."""
    return values.number(value, f"{name} (seconds)", 0.0, LONGEST)
