# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The line of dollars spent, as a figure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from vast_emulator.page.html import Markup, element
from vast_emulator.page.words import dollars, moment

_WIDTH, _HEIGHT = 600, 100


def ceiling(most: float) -> float:
    """The end of the scale: 1, 2 or 5 times a power of ten that is not below ``most`` dollars."""
    if most <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(most))
    return next((times * power for times in (1, 2, 5) if most <= times * power), 10 * power)


def figure(spent: Sequence[float], first: float, last: float) -> Markup:
    """Dollars at even moments between two of the emulated clock. The labels are text beside the drawing, which can be
    stretched without stretching them.
    """
    top = ceiling(spent[-1])
    across = _WIDTH / (len(spent) - 1)
    points = " ".join(
        f"{index * across:.1f},{_HEIGHT - amount / top * _HEIGHT:.2f}" for index, amount in enumerate(spent)
    )
    middle = (first + last) / 2
    return element(
        "figure",
        element("figcaption", "Dollars burnt since the start"),
        element(
            "div",
            element("div", *(element("span", f"${top * part:g}") for part in (1, 0.5, 0)), class_="scale"),
            element(
                "svg",
                *(_grid(part * _HEIGHT) for part in (0, 0.5, 1)),
                element("polygon", points=f"0,{_HEIGHT} {points} {_WIDTH},{_HEIGHT}", class_="area"),
                element("polyline", points=points, class_="line"),
                viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
                preserveAspectRatio="none",
                role="img",
                aria_label=f"Burnt {dollars(spent[-1])} from {moment(first)} to {moment(last)}",
            ),
            class_="plot",
        ),
        element("div", *(element("span", moment(at)) for at in (first, middle, last)), class_="moments"),
    )


def _grid(height: float) -> Markup:
    return element("line", x1=0, x2=_WIDTH, y1=height, y2=height, class_="grid")
