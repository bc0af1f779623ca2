# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible's own kinds of text, numbers and containers, turned into Python's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def plain(value: Any) -> Any:
    """The value as a module would receive it through JSON.

    Options arrive tagged, lazily templated, unsafe or vaulted, depending on the release of ansible-core; JSON and YAML
    writers and ``type(x) is str`` choke on those.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, Mapping):
        return {plain(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, Iterable) and not hasattr(value, "data"):
        return [plain(inner) for inner in value]
    return str(value)  # an encrypted string decrypts itself here; dates become text
