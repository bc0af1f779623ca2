# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios as YAML files: those of the user, and those that ship with the emulator."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import yaml

from vast_emulator import values
from vast_emulator.scenarios.stage import Scenario, ScenarioError, Stage

_SHIPPED = Path(__file__).parent
_NAME = re.compile(r"[a-z0-9_]+")


class FileError(Exception):
    """A sentence with the file, the place in it and the reason."""


class _Loader(yaml.SafeLoader):
    """Plain data only; a key that is given twice is a mistake."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        known: list[Any] = []
        for place, _value in node.value:
            key = self.construct_object(place, deep=True)
            if key in known:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} is given twice", place.start_mark)
            known.append(key)
        return super().construct_mapping(node, deep)


def shipped() -> dict[str, Path]:
    """The files that ship, by name."""
    return {path.stem: path for path in sorted(_SHIPPED.glob("*.yml"))}


def find(name_or_path: str) -> Path:
    """The file of a shipped scenario's name; everything that is no plain word is a path."""
    if not _NAME.fullmatch(name_or_path):
        return Path(name_or_path)
    found = shipped().get(name_or_path)
    if found is None:
        raise FileError(f"{name_or_path}: no scenario of this name ships; known: {', '.join(shipped())}.")
    return found


@functools.cache
def description(path: Path) -> str:
    """What a file that ships says of itself."""
    return str(_content(_text(path)).get("description", ""))


def understand(path: Path, stage: Stage) -> Scenario:
    """The scenario in a file. Raises FileError."""
    text = _text(path)
    try:
        return stage.understand(_content(text))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise FileError(f"{path}{place}: not YAML: {error.problem}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise FileError(f"{path}: not YAML with plain values: {error}.") from error
    except ScenarioError as error:
        line = _line(text, error.place)
        raise FileError(f"{path}{f', line {line}' if line else ''}: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: cannot be read: {error}.") from error


def _content(text: str) -> Any:
    """The file's content as JSON would have it: keys are texts, there are no dates and no cycles."""
    loaded = yaml.load(text, _Loader)  # noqa: S506 (a safe loader)
    try:
        return values.parse_json(json.dumps(loaded))
    except TypeError as error:
        raise ValueError(f"a value is neither text, number, true, false, null, list nor object ({error})") from error


def _line(text: str, place: str) -> int | None:
    """The line of a place such as ``faults[2]``."""
    key, _bracket, number = place.removesuffix("]").partition("[")
    root = yaml.compose(text, _Loader)
    if not isinstance(root, yaml.MappingNode):
        return None
    for name, value in root.value:
        if name.value == key:
            node = value.value[int(number)] if number and isinstance(value, yaml.SequenceNode) else name
            return node.start_mark.line + 1
    return None
