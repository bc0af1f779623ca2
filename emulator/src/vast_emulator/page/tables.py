# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables that read well on narrow screens and to those who hear them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from vast_emulator.page.html import Markup, element


class Column(NamedTuple):
    """A heading, and what is below it: ``number``, ``short`` (stays on its line), ``wide``, or any text."""

    heading: str
    kind: str | None = None


def table(key: str, caption: str, columns: Sequence[Column], rows: Iterable[tuple[str, Sequence[object]]]) -> Markup:
    """A table; each row has a key, which is its own in the page, and as many cells as there are columns.

    On narrow screens the cells stand below each other, each with its heading; the roles say that it is still a table.
    """
    body = [_row(f"{key}-{own}", columns, cells) for own, cells in rows]
    return element(
        "table",
        element("caption", caption),
        element("thead", element("tr", *map(_heading, columns), role="row"), role="rowgroup"),
        element("tbody", *(body or [_nothing(columns)]), role="rowgroup"),
        id=key,
        role="table",
    )


def _heading(column: Column) -> Markup:
    return element("th", column.heading, scope="col", role="columnheader", class_=column.kind)


def _row(key: str, columns: Sequence[Column], cells: Sequence[object]) -> Markup:
    made = [
        element("td", cell, role="cell", data_label=column.heading, class_=column.kind)
        for column, cell in zip(columns, cells, strict=True)
    ]
    return element("tr", *made, id=key, role="row")


def _nothing(columns: Sequence[Column]) -> Markup:
    return element("tr", element("td", "None", role="cell", colspan=len(columns), class_="nothing"), role="row")
