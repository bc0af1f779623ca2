# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is planned, it is refused with a reason or planned, and what is planned happens without a crash."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vast_emulator.process import Emulator

LIST = "/api/v1/instances/"
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.*", max_size=4), inner, max_size=3),
    max_leaves=5,
)
DOTTED = st.sampled_from(["instances", "instances.*", "instances.*.id", "*", "*.*", "total_instances", "a.b", "0", "."])
EVENTS = st.dictionaries(
    st.sampled_from(["outbid", "vanish", "offline", "online", "set_min_bid", "vanish_on_create", "nonsense"]),
    st.sampled_from(["this", 123456, 21000001, {"offer_id": 1, "min_bid": 1}, None]),
    max_size=3,
)
# Cuts are left out: what they do to a connection is no answer.
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "method": st.sampled_from(["GET", "get", "*", "PUT"]),
    "match": st.fixed_dictionaries(
        {},
        optional={
            "query": st.dictionaries(DOTTED, st.sampled_from([1, "*", None, {"not": 1}, {"gt": "a"}, {"in": [1]}])),
            "body": st.dictionaries(DOTTED, ANYTHING, max_size=2),
        },
    ),
    "skip": st.integers(0, 1),
    "times": st.integers(1, 3) | st.sampled_from([None, "always"]),
    "probability": st.floats(0, 1),
    "when": st.sampled_from(["before", "after"]),
    "status": st.integers(200, 599),
    "body": ANYTHING,
    "answer": st.sampled_from(["html", "throttled", "quota", "vanished", "bare_failure", "nonsense"]),
    "headers": st.dictionaries(st.text("A-b", max_size=4), st.text(max_size=4), max_size=2),
    "content_type": st.text(max_size=6),
    "edit": st.fixed_dictionaries(
        {},
        optional={
            "set": st.dictionaries(DOTTED, ANYTHING, max_size=3),
            "append": st.dictionaries(DOTTED, st.text(max_size=3), max_size=2),
            "remove": st.lists(DOTTED, max_size=3),
        },
    ),
    "event": EVENTS | st.lists(EVENTS, max_size=2),
}
PATHS = st.sampled_from([LIST, "/api/v1/*", "*", "/api/v0/instances/{id}/"])
FAULTS = st.fixed_dictionaries({"path": PATHS}, optional=PARTS)
ANSWERS = {"answer", "status", "body", "content_type", "headers"}
SPOILT = st.tuples(FAULTS, st.sampled_from([*PARTS, "delay", "reset", "refuse", "truncate", "other"]), ANYTHING).map(
    lambda spoilt: {**spoilt[0], spoilt[1]: spoilt[2], "path": LIST}
)
QUIET = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@QUIET
@given(fault=FAULTS)
def test_a_planned_fault_happens_without_a_crash(emulator: Emulator, fault: dict[str, Any]) -> None:
    emulator.clear_faults()
    status, answer = emulator.call("POST", "/_emulator/faults", fault)
    if status != 200:
        assert (status in (400, 404), isinstance(answer["msg"], str)) == (True, True)
        return
    for query in ("", "?limit=1"):
        status, answer = emulator.call("GET", LIST + query, key=emulator.api_key)
        assert answer != "Internal Server Error"
        if set(fault) & {"edit", "event"} and not set(fault) & ANSWERS:
            assert status == 200
    assert all(shown["fired"] <= shown["seen"] for shown in emulator.faults())


@QUIET
@given(fault=SPOILT)
def test_nonsense_is_refused_with_a_reason(emulator: Emulator, fault: dict[str, Any]) -> None:
    status, answer = emulator.call("POST", "/_emulator/faults", fault)
    assert status in (200, 400, 404)
    assert status == 200 or answer["msg"]
    emulator.clear_faults()


@QUIET
@given(
    scenario=st.dictionaries(
        st.sampled_from(["description", "settings", "rate_limits", "credit", "other"]), ANYTHING, max_size=3
    ),
    faults=st.lists(FAULTS, max_size=2) | ANYTHING,
    events=st.lists(EVENTS.map(lambda events: {"at": 5, **events}), max_size=3) | ANYTHING,
)
def test_scenarios_are_played_or_refused(
    emulator: Emulator, scenario: dict[str, Any], faults: Any, events: Any
) -> None:
    status, answer = emulator.call("POST", "/_emulator/scenario", {**scenario, "faults": faults, "events": events})
    assert status in (200, 400)
    assert status == 200 or answer["msg"]
    emulator.advance(6)
    emulator.reset()
