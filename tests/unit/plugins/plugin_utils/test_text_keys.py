# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and booleans can name groups."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.plugins.plugin_utils._text_keys import key_text


@pytest.mark.parametrize(
    ("key", "text"),
    [(8, "8"), (0, "0"), (0.5, "0.5"), (True, "true"), (False, "false"), ("a", "a"), ("", ""), (None, None)],
)
def test_scalars_become_text(key: Any, text: Any) -> None:
    assert key_text(key) == text


@pytest.mark.parametrize("key", [["a", 1], {"a": 1}])
def test_what_ansible_takes_as_it_is_stays(key: Any) -> None:
    assert key_text(key) is key
