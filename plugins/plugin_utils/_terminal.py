# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that strangers wrote, made fit for a terminal.

A label may hold line breaks, which forge lines of a report, or escape sequences, which a terminal obeys.
"""

from __future__ import annotations

import unicodedata


def printable(value: object) -> str:
    """The value as one line: what would move the cursor, or can't be seen, is an escape as in Python."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in str(value))


def width(text: str) -> int:
    """Columns that a terminal needs for printable text."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
