# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Places inside JSON, written as ``instances.*.ports``: names of fields, numbers of list elements, ``*`` for all."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

from vast_emulator import values
from vast_emulator.failures import invalid_args

Path = tuple[str, ...]


def parse(text: object, name: str) -> Path:
    """The steps of a dotted path. Refuses an empty path and empty steps."""
    steps = tuple((values.text(text, name, 200) or "").split("."))
    if not all(steps):
        raise invalid_args(f"{name}: {text!r} is no path like instances.*.ports.")
    return steps


def _keys(holder: Any, step: str) -> Sequence[Any]:
    """The keys of an object or list that a step means; fields that an object does not have yet are among them."""
    if isinstance(holder, dict):
        return list(holder) if step == "*" else [step]
    if isinstance(holder, list):
        if step == "*":
            return range(len(holder))
        if step.isascii() and step.isdigit() and int(step) < len(holder):
            return [int(step)]
    return []


def _places(holder: Any, path: Sequence[str]) -> Iterator[tuple[Any, Any]]:
    """Every (object or list, key) that a path leads to. Only the last key may be new."""
    first, *rest = path
    for key in _keys(holder, first):
        if not rest:
            yield holder, key
        elif isinstance(holder, list) or key in holder:
            yield from _places(holder[key], rest)


def find(content: Any, path: Path) -> list[Any]:
    """The values at a path; none when nothing is there."""
    return [holder[key] for holder, key in _places(content, path) if isinstance(holder, list) or key in holder]


def assign(content: Any, path: Path, value: Any) -> None:
    """Put a value at every place of a path. The last field may be new, those above it must be there."""
    for holder, key in list(_places(content, path)):
        holder[key] = copy.deepcopy(value)


def append(content: Any, path: Path, tail: str) -> None:
    """Write more behind the texts at a path; what is no text stays as it is."""
    for holder, key in list(_places(content, path)):
        if isinstance(holder, list) or key in holder:
            holder[key] = holder[key] + tail if isinstance(holder[key], str) else holder[key]


def remove(content: Any, path: Path) -> None:
    """Take away what is at a path."""
    # Backwards, so that the numbers of the elements that are left stay right.
    for holder, key in reversed(list(_places(content, path))):
        if isinstance(holder, list) or key in holder:
            del holder[key]
