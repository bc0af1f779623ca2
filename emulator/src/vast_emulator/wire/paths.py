# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Request paths as patterns."""

from __future__ import annotations

import re

_ID = re.compile(r"(?<=/)\d+(?=/|$)")


def without_ids(path: str) -> str:
    """The path with each number segment written as ``{id}``."""
    return _ID.sub("{id}", path)
