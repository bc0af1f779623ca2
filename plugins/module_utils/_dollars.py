# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts of money for sentences and tables."""

from __future__ import annotations


def usd(amount: float) -> str:
    """``$0.80``, ``$576.00``, and with up to four decimals what cents would hide: ``$0.0021``."""
    text = f"{amount:.4f}"
    while text.endswith("0") and len(text) - text.index(".") > 3:
        text = text[:-1]
    return f"${text}"
