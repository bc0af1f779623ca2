# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fields out of rows that were written by strangers: each may be missing, null, or of another type than it was once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number


def text(row: Mapping[str, Any], field: str) -> str | None:
    """A field as text; None when there is nothing in it."""
    value = row.get(field)
    return str(value) if value not in (None, "") else None


def identifier(row: Mapping[str, Any], field: str = "id") -> int | None:
    """A field as the number of an object; None when it is no number."""
    found = number(row.get(field))
    return None if found is None else int(found)
