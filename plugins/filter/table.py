# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows as an aligned table."""

from __future__ import annotations

DOCUMENTATION = r"""
name: table
short_description: Align rows of cells as the lines of a table
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Makes every column as wide as its widest cell, also with letters that take two columns of a terminal.
  - Characters in a cell that would break the table, or that a terminal would obey, are shown as with
    P(cloudctl.vastai.line#filter). A cell without text is a C(-).
options:
  _input:
    description: The rows, the titles among them as the first.
    type: list
    elements: list
    required: true
"""

EXAMPLES = r"""
- name: Show what is rented
  ansible.builtin.debug:
    msg: "{{ ([['ID', 'Name', '$/h']] + ids | zip(names, prices) | list) | cloudctl.vastai.table }}"
  vars:
    ids: "{{ rented.instances | map(attribute='id') }}"
    names: "{{ rented.instances | map(attribute='name') }}"
    prices: "{{ rented.instances | map(attribute='hourly_price') }}"
"""

RETURN = r"""
_value:
  description: One line for each row.
  type: list
  elements: str
  sample:
    - "ID    Name"
    - "4242  llama3-trainer"
"""

from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.plugin_utils._terminal import printable, width

_GAP = "  "


def table(rows: Iterable[Iterable[Any]]) -> list[str]:
    """One line for each row."""
    cells = [[_text(cell) for cell in row] for row in rows]
    widths = [max(map(width, column)) for column in zip_longest(*cells, fillvalue="")]
    return [_GAP.join(map(_padded, row, widths)).rstrip() for row in cells]


def _text(cell: Any) -> str:
    return "-" if cell is None or cell == "" else printable(cell)


def _padded(cell: str, columns: int) -> str:
    return cell + " " * (columns - width(cell))


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters by name."""
        return {"table": table}
