# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instance appears under which name in an inventory.

Ansible merges hosts of the same name without a word, so no two instances may ever share one; labels are neither unique
nor harmless. A name depends only on what is listed, never on the order of the list.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# What host patterns, command lines and templates give a meaning is replaced.
_UNWANTED = re.compile(r"[^\w.@+-]")
_UNWANTED_FIRST = re.compile(r"^[^\w]")

Instance = Mapping[str, Any]


def host_names(
    instances: Sequence[Instance], preferences: Sequence[str], is_taken: Callable[[str, int], bool]
) -> dict[int, str]:
    """A name for each instance, by its id; never the same name twice.

    ``preferences``: names of facts; the first one that is neither missing nor empty is the name. Instances that would
    share a name, and those whose name is taken, all get ``<name>-<id>``. ``is_taken(name, id)``: whether the name means
    something else already.
    """
    names = {instance["id"]: _preferred(instance, preferences) for instance in instances}
    while ambiguous := _ambiguous(names, is_taken):
        names |= {number: f"{names[number]}-{number}" for number in ambiguous}
    return names


def _ambiguous(names: Mapping[int, str], is_taken: Callable[[str, int], bool]) -> list[int]:
    uses = Counter(names.values())
    return [number for number, name in names.items() if uses[name] > 1 or is_taken(name, number)]


def _preferred(instance: Instance, preferences: Sequence[str]) -> str:
    values = (instance.get(preference) for preference in preferences)
    found = next((value for value in values if value not in (None, "")), instance["id"])
    return _UNWANTED_FIRST.sub("_", _UNWANTED.sub("_", str(found)))
