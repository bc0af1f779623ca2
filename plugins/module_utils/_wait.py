# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting: quick at first, patient later, never past the deadline."""

from __future__ import annotations

import time
from collections.abc import Iterator

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 10.0
_GROWTH = 1.5


def ticks(timeout: float) -> Iterator[float]:
    """Yield the seconds passed so far, at once and then after pauses from 1 s up to 10 s, until ``timeout`` seconds
    are over.

    The loop over it does one look per tick and leaves when it saw what it waits for; running out means a timeout. The
    first tick is exactly 0.0, and there is always a last one at the deadline itself.
    """
    start = time.monotonic()
    pause = FIRST_PAUSE
    yield 0.0
    while True:
        left = timeout - (time.monotonic() - start)
        if left <= 0:
            return
        time.sleep(min(pause, left))
        yield time.monotonic() - start
        pause = min(pause * _GROWTH, LONGEST_PAUSE)
