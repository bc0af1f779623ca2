# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a row says about an instance on its way up or down: done, still going, or lost.

Facts: ``actual_status`` is null, ``created`` and ``loading`` on the way up, from 10 s to hours; after a create,
``exited``, ``unknown`` and ``offline`` never become ``running``, while shortly after a start or reboot ``exited`` is
normal; ``status_msg`` carries the daemon's errors but is not cleared reliably, so it counts only while the instance is
not running; a stop ends as ``exited`` or ``stopped``; ``intended_status`` turns ``stopped`` by itself when a start
fails, the credit is used up, or a bid is outbid.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Progress(enum.Enum):
    """How far the instance is."""

    READY = "ready"
    PENDING = "pending"
    LOST = "lost"


@dataclass(frozen=True)
class Verdict:
    """``reason`` is half a sentence that follows "the instance …"."""

    progress: Progress
    reason: str


_FATAL_MESSAGE = re.compile(
    r"(?<![\w/.-])error(?![\w/.-])|OCI runtime create failed|manifest\b.*\b(not found|unknown)|pull access denied"
    r"|docker_build\(\) error|toomanyrequests|pull rate limit|unauthorized|no space left|port forwarding failed",
    re.IGNORECASE | re.DOTALL,
)
_DEAD_ENDS = ("exited", "stopped", "unknown", "offline")
_DOWN = ("exited", "stopped", "created", None)


def running_verdict(row: Mapping[str, Any], grace: bool) -> Verdict:
    """Whether the instance runs. ``grace``: it was started or rebooted a moment ago, so ``exited`` may be its past."""
    status = row.get("actual_status")
    if status == "running" and row.get("intended_status") != "stopped":
        return Verdict(Progress.READY, "is running")
    if grace:
        return Verdict(Progress.PENDING, describe_status(row))
    if is_fatal(row):
        return Verdict(Progress.LOST, f"can't boot: {status_message(row)}")
    if row.get("intended_status") == "stopped":
        return Verdict(Progress.LOST, f"was stopped by Vast.ai, its host or another program ({describe_status(row)})")
    if status in _DEAD_ENDS:
        return Verdict(Progress.LOST, f"will not come up by itself: {describe_status(row)}")
    return Verdict(Progress.PENDING, describe_status(row))


def stopped_verdict(row: Mapping[str, Any]) -> Verdict:
    """Whether the instance has come to rest."""
    if row.get("intended_status") == "stopped" and row.get("actual_status") in _DOWN:
        return Verdict(Progress.READY, "is stopped")
    return Verdict(Progress.PENDING, describe_status(row))


def is_fatal(row: Mapping[str, Any]) -> bool:
    """Whether the host's message says that the container will never start."""
    return bool(_FATAL_MESSAGE.search(status_message(row)))


def describe_status(row: Mapping[str, Any]) -> str:
    """Such as ``is loading (pulling layers)``, for the middle of a sentence."""
    message = status_message(row)
    status = row.get("actual_status") or "being created"
    return f"is {status} ({message})" if message else f"is {status}"


def status_message(row: Mapping[str, Any]) -> str:
    """The host's message on one line, at most 300 characters, without a full stop."""
    message = " ".join(str(row.get("status_msg") or "").split())
    return message[:300].rstrip(".")
