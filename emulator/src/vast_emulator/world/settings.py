# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Knobs for behaviour on which sources disagree or which a test wants to see both ways."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from vast_emulator import values
from vast_emulator.failures import invalid_args

CHOICES: dict[str, tuple] = {
    "stale_offer_status": (400, 404, 410),
    "wrong_key_status": (404, 401),
    "throttle_header": ("none", "retry_after"),
    "v0_list": ("gone", "list"),
    "empty_ssh_list": ("list", "404"),
    "search_by_id": ("nothing", "works"),
    "outbid_shape": ("stopped", "running", "loading"),
    "throttle_body": ("json", "detail", "text", "text_threshold", "retry_after"),
    "expired": ("deleted", "kept"),
}
# Seconds, from and to.
RANGES: dict[str, tuple[float, float]] = {"create_lag": (0.0, 86400.0), "destroy_lag": (0.0, 86400.0)}


@dataclass
class Settings:
    """Defaults follow what was last seen on the live API."""

    stale_offer_status: int = 400
    wrong_key_status: int = 404
    throttle_header: str = "none"
    v0_list: str = "gone"
    empty_ssh_list: str = "list"
    search_by_id: str = "nothing"
    outbid_shape: str = "stopped"
    throttle_body: str = "json"
    expired: str = "deleted"
    create_lag: float = 0.0
    destroy_lag: float = 0.0

    def change(self, wanted: dict[str, Any]) -> None:
        """Set known knobs to one of their choices; refuse everything else without changing anything."""
        for name, value in {name: _checked(name, value) for name, value in wanted.items()}.items():
            setattr(self, name, value)

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
