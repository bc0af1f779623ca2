# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each folder of the package imports only what stands below it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import vast_emulator

PACKAGE = Path(vast_emulator.__file__).parent
# From the cellar up. Folders on one line know nothing of each other.
FLOORS = (
    ("failures", "open_files"),
    ("values",),
    ("market",),
    ("world",),
    ("instances", "wire"),
    ("containers", "events"),
    ("faults", "page"),
    ("scenarios",),
    ("web",),
    ("api", "control"),
    ("cli",),
)
LEVEL = {name: number for number, floor in enumerate(FLOORS) for name in floor}
# The service finds its routes by importing the folders that hold them.
LOADED = {("web", "api"), ("web", "control")}
APART = ("__init__", "__main__", "process", "pytest_plugin")


def place(path: Path) -> str:
    first, *rest = path.relative_to(PACKAGE).parts
    return first if rest else path.stem


def imported(path: Path) -> Iterator[str]:
    """What of the package a file imports, by the first name below it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.ImportFrom) or (node.module or "").split(".")[0] != "vast_emulator":
            continue
        below = (node.module or "").split(".")[1:]
        yield from [below[0]] if below else (name.name for name in node.names if name.name != "__version__")


FILES = [path for path in sorted(PACKAGE.rglob("*.py")) if place(path) not in APART]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = place(path)
    for other in imported(path):
        down = LEVEL[other] < LEVEL[here]
        assert down or other == here or (here, other) in LOADED, f"{here} imports {other}"


def test_every_place_has_a_floor() -> None:
    assert {place(path) for path in PACKAGE.rglob("*.py")} == {*LEVEL, *APART}
