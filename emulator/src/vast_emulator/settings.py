# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knobs for behaviour on which sources disagree or which a test wants to see both ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from vast_emulator import values
from vast_emulator.failures import invalid_args
from vast_emulator.store import Store

CHOICES: dict[str, tuple] = {
    "stale_offer_status": (400, 404, 410),
    "wrong_key_status": (404, 401),
    "v0_list": ("gone", "list"),
    "empty_ssh_list": ("list", "404"),
    "search_by_id": ("nothing", "works"),
    "outbid_shape": ("stopped", "running", "loading"),
    "throttle_body": ("json", "detail", "text", "text_threshold", "retry_after"),
    "throttle_header": ("none", "retry_after"),
    "expired": ("deleted", "kept"),
}
# Seconds, from and to.
RANGES: dict[str, tuple[float, float]] = {"create_lag": (0.0, 86400.0), "destroy_lag": (0.0, 86400.0)}
_KIND = "settings"


def check(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The knobs with their values as they are kept. Refuses what is no knob, or none of its choices."""
    return {name: _checked(name, value) for name, value in wanted.items()}


@dataclass
class Settings:
    """Defaults follow what was last seen on the live API."""

    stale_offer_status: int = 400
    wrong_key_status: int = 404
    v0_list: str = "gone"
    empty_ssh_list: str = "list"
    search_by_id: str = "nothing"
    outbid_shape: str = "stopped"
    throttle_body: str = "json"
    throttle_header: str = "none"
    expired: str = "deleted"
    create_lag: float = 0.0
    destroy_lag: float = 0.0

    @classmethod
    def stored(cls, store: Store) -> Settings:
        """The knobs as a journal has them; one that was not there yet when it was written has its default."""
        known = {field.name for field in fields(cls)}
        for _key, record in store.load(_KIND):
            return cls(**{name: value for name, value in record.items() if name in known})
        return cls()

    def change(self, wanted: Mapping[str, Any], store: Store) -> None:
        """Set known knobs to one of their choices; refuse everything else without changing anything."""
        for name, value in check(wanted).items():
            setattr(self, name, value)
        store.put(_KIND, _KIND, self.record())

    def record(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}


def _checked(name: str, value: Any) -> Any:
    if name in RANGES:
        return values.number(value, name, *RANGES[name])
    if name not in CHOICES:
        raise invalid_args(f"there is no setting {name}; known: {', '.join([*CHOICES, *RANGES])}.")
    if value not in CHOICES[name] or isinstance(value, bool):
        raise invalid_args(f"{name} must be one of {', '.join(map(str, CHOICES[name]))}.")
    return value
