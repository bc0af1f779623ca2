# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables, lines, and texts as they were typed."""

from __future__ import annotations

from typing import Any

import pytest
from ansible import context

from ansible_collections.cloudctl.vastai.plugins.filter.line import FilterModule as Line
from ansible_collections.cloudctl.vastai.plugins.filter.table import FilterModule as Table
from ansible_collections.cloudctl.vastai.plugins.filter.typed import FilterModule as Typed

table = Table().filters()["table"]
line = Line().filters()["line"]
typed = Typed().filters()["typed"]


def test_columns_are_as_wide_as_their_widest_cell():
    assert table([["ID", "Name", "$/h"], [1, "trainer", 0.5], [22, None, ""]]) == [
        "ID  Name     $/h",
        "1   trainer  0.5",
        "22  -        -",
    ]
    assert table([]) == []
    assert table([["a", "b"], ["longer"], []]) == ["a       b", "longer", ""]


def test_width_is_what_a_terminal_needs():
    assert table([["訓練", "x"], ["cafe\u0301", "x"], ["🚀", "x"], ["four", "x"]]) == [
        "訓練  x",
        "cafe\u0301  x",
        "🚀    x",
        "four  x",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, ünï€ 🚀", "plain text, ünï€ 🚀"),
        ("two\nlines\r\u2028\x85", r"two\nlines\r\u2028\x85"),
        ("\x1b[2J\x07\t", r"\x1b[2J\x07\t"),
        ("\u202eoff\ud800", r"\u202eoff\ud800"),
        (42, "42"),
        ("", ""),
    ],
)
def test_a_line_is_one_harmless_line(text: Any, shown: str):
    assert line(text) == shown
    assert table([[text or "-"]]) == [shown or "-"]


@pytest.mark.parametrize(
    ("options", "value", "pairs", "expected"),
    [
        ([], "pip", False, "pip"),
        (["onstart=pip install x && y --lr=1"], "pip", False, "pip install x && y --lr=1"),
        (["disk=50", "onstart=a b", "onstart=c  d"], "c", False, "c  d"),
        (['onstart="a b" disk=50'], "a b", False, "a b"),
        (["onstart=a disk=50"], "a", False, "a"),
        (["onstart=a disk=50"], "a", True, "a disk=50"),
        (["onstart=a"], "a", True, "a"),
        (["disk=50 onstart=a b"], "a", False, "a"),
        (["onstarting=a b", "@file.yml", '{"onstart": "a b"}'], "a b", False, "a b"),
        ([], {"a": "b"}, True, {"a": "b"}),
    ],
)
def test_words_that_ansible_dropped(
    monkeypatch: pytest.MonkeyPatch, options: list[str], value: Any, pairs: bool, expected: Any
):
    monkeypatch.setattr(context, "CLIARGS", {"extra_vars": tuple(options)})
    assert typed(value, "onstart", pairs=pairs) == expected


def test_there_may_be_no_command_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(context, "CLIARGS", {})
    assert typed("a", "onstart") == "a"
