# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers out of answers that were written by strangers.

A field of an API row may be missing, null, a numeric string, or something else altogether; none of this may raise.
"""

from __future__ import annotations

import math
import re
from typing import Any

# ASCII only and without the underscores that Python's own float() would accept.
_NUMERIC = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?\s*", re.ASCII)
_INTEGER = re.compile(r"\s*[+-]?\d{1,18}\s*", re.ASCII)


def number(value: Any) -> int | float | None:
    """The finite number that ``value`` is or spells, else None. Booleans are not numbers."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return int(value) if abs(value) < 10**300 else None
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        return _spelled(value)
    return None


def number_or_zero(value: Any) -> float:
    """As ``number``, as a float, with 0.0 for what is no number."""
    found = number(value)
    return 0.0 if found is None else float(found)


def _spelled(text: str) -> int | float | None:
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _NUMERIC.fullmatch(text):
        return None
    found = float(text)
    return found if math.isfinite(found) else None
