# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JSON is the same with orjson and without it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vast_emulator import values


@pytest.fixture(params=["orjson", "plain"])
def encoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "plain":
        monkeypatch.setattr(values, "orjson", None)
    else:
        pytest.importorskip("orjson")
    return request.param


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, None, True, "x/y"], "b": (0.1, -0.0)}, '{"a":[1,null,true,"x/y"],"b":[0.1,-0.0]}'),
        (2**63, "9223372036854775808"),
        ([2**64, -(2**70), "é"], '[18446744073709551616,-1180591620717411303424,"é"]'),
        ("Škoda 😀 \u2028\x7f\x00", '"Škoda 😀 \u2028\x7f\\u0000"'),
        ("é\ud800", '"\\u00e9\\ud800"'),
        ({1: "a", None: "b", 1.5: "d"}, '{"1":"a","null":"b","1.5":"d"}'),
        (float("nan"), "null"),
        ({"a": [float("inf"), (-float("inf"), 1.5)]}, '{"a":[null,[null,1.5]]}'),
        ([float("nan"), 2**64], "[null,18446744073709551616]"),
    ],
)
def test_what_encoders_disagree_about(encoder: str, value: Any, text: str) -> None:
    assert values.dump_json(value) == text


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(PLAIN)
def test_it_reads_back_what_it_wrote(value: Any) -> None:
    written = values.dump_json(value)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(values, "orjson", None)
        assert json.loads(values.dump_json(value)) == json.loads(written) == value
