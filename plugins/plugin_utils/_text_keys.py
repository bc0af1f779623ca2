# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``keyed_groups`` whose keys may be numbers and booleans."""

from __future__ import annotations

from typing import Any

from ansible.plugins.inventory import Constructable


class TextKeys(Constructable):
    """``Constructable`` gives up on the whole source when a key is neither text, nor a list, nor a dictionary."""

    _naming_groups = False

    def _add_host_to_keyed_groups(self, *args: Any, **kwargs: Any) -> None:
        self._naming_groups = True
        try:
            super()._add_host_to_keyed_groups(*args, **kwargs)
        finally:
            self._naming_groups = False

    def _compose(self, *args: Any, **kwargs: Any) -> Any:
        value = super()._compose(*args, **kwargs)
        return key_text(value) if self._naming_groups else value


def key_text(value: Any) -> Any:
    """Numbers and booleans as the text that a group is named after: ``8``, ``0.5``, ``true``."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    return value
