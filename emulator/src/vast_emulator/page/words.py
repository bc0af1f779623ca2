# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Amounts and moments as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

_END_OF_CALENDAR = datetime(9999, 12, 31, tzinfo=UTC).timestamp()


def dollars(amount: float) -> str:
    """With cents; small amounts with as many digits as it takes to see them move."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.{2 if abs(amount) >= 100 else 4}f}"


def hourly(rate: float) -> str:
    """A price in $/h."""
    return f"${rate:.4f}"


def moment(at: float) -> str:
    """Emulated epoch seconds as date and time in UTC; the calendar ends with the year 9999."""
    return f"{datetime.fromtimestamp(min(at, _END_OF_CALENDAR), UTC):%Y-%m-%d %H:%M:%S}"


def cut(text: str, most: int) -> str:
    """At most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"
