# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that argument specs let through and that would cost money or a traceback later.

An argument spec takes an empty text for a text and "nan" for a number. An empty name would rent an instance that no
later task finds by its name, so each run would rent one more.
"""

from __future__ import annotations

import math
import threading

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest

LONGEST_LABEL = 256


def not_empty(name: str | None, kind: str = "an instance") -> str | None:
    """A name to look for, or None when none was given. ``kind``: of what. Raises :class:`BadRequest`."""
    if name is not None and not name.strip():
        raise BadRequest(f"name is empty; {kind} can only be found by a name of at least one character.")
    return name


def checked_name(name: str | None, kind: str = "an instance") -> str | None:
    """A name to give to something, by which it is found again, or None. Raises :class:`BadRequest`."""
    name = not_empty(name, kind)
    if name is None:
        return None
    if name != name.strip() or not name.isprintable():
        raise BadRequest(
            f"name {name!r} has white space at an end, or a line break or another control character; take those out."
        )
    if len(name) > LONGEST_LABEL:
        raise BadRequest(f"name has {len(name)} characters, and Vast.ai takes {LONGEST_LABEL}.")
    return name


def checked_id(option: str, number: int | None) -> int | None:
    """An id, or None when none was given. Raises :class:`BadRequest`."""
    if number is not None and number < 1:
        raise BadRequest(f"{option} must be a number above 0, not {number}.")
    return number


def checked_seconds(option: str, seconds: float, least: float = 0.0) -> float:
    """A time that can be waited for. Raises :class:`BadRequest`."""
    if not (math.isfinite(seconds) and least <= seconds <= threading.TIMEOUT_MAX):
        raise BadRequest(f"{option} must be a number of seconds, {least:g} or more, not {seconds:g}.")
    return seconds
