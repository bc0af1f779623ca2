# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are not the real ones, as a client sees them."""

from __future__ import annotations

import http.client
import json
import urllib.parse
from email.message import Message
from typing import Any, NamedTuple

import pytest

from vast_emulator.faults.forms import FORMS
from vast_emulator.process import Emulator, EmulatorError

CREATE = "/api/v0/asks/{id}/"
LIST = "/api/v1/instances/"
THROTTLED = "API requests too frequent"


class Answer(NamedTuple):
    status: int
    headers: Message
    text: str


def whole(emulator: Emulator, method: str, path: str, body: Any = None) -> Answer:
    """An answer with its headers."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(emulator.url).netloc)
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, {"Authorization": f"Bearer {emulator.api_key}"})
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return Answer(response.status, response.headers, text)


@pytest.mark.parametrize(
    ("form", "status", "kind", "said"),
    [
        ("html", 403, "text/html", "403 Forbidden"),
        ("throttled", 429, "application/json", '"rate_limit_exceeded"'),
        ("throttled_text", 429, "text/plain", THROTTLED),
        ("throttled_threshold", 429, "text/plain", f"{THROTTLED}: endpoint threshold=1.0"),
        ("throttled_detail", 429, "application/json", '{"detail": "' + THROTTLED + ' endpoint threshold=1.0"}'),
        ("throttled_retry_after", 429, "application/json", '"retry_after": 1.0'),
        ("quota", 429, "application/json", '"search_quota_exceeded"'),
        ("failure", 200, "application/json", '"error": "request_failed"'),
        ("bare_failure", 200, "application/json", '{"success": false}'),
        ("vanished", 410, "application/json", "no_such_ask"),
        ("retired", 410, "application/json", f"{LIST} is deprecated."),
    ],
)
def test_forms_by_name(emulator: Emulator, form: str, status: int, kind: str, said: str) -> None:
    emulator.fault("GET", LIST, answer=form)
    response = whole(emulator, "GET", LIST)
    assert (response.status, response.headers["content-type"]) == (status, kind)
    assert said in response.text
    assert response.headers["retry-after"] is None
    assert emulator.call("GET", LIST, key=emulator.api_key)[0] == 200


def test_each_form_is_tried_above() -> None:
    (mark,) = test_forms_by_name.pytestmark
    assert {row[0] for row in mark.args[1]} == set(FORMS)


def test_a_form_with_another_status_body_and_header(emulator: Emulator) -> None:
    emulator.fault("GET", LIST, answer="html", status=503)
    response = whole(emulator, "GET", LIST)
    assert (response.status, "503 Service Temporarily Unavailable" in response.text) == (503, True)
    emulator.fault("GET", LIST, answer="throttled_text", headers={"Retry-After": "7"}, body="slow down")
    response = whole(emulator, "GET", LIST)
    assert (response.status, response.headers["retry-after"]) == (429, "7")
    assert response.text == "slow down"


def test_the_threshold_is_the_documented_one(renter: Any, emulator: Emulator) -> None:
    emulator.fault("PUT", CREATE, answer="throttled_threshold")
    assert renter.ask("PUT", f"/api/v0/asks/{renter.offer()}/", {}) == (429, f"{THROTTLED}: endpoint threshold=4.5")


def test_the_quota_ends_at_the_next_midnight_of_the_emulated_clock(emulator: Emulator) -> None:
    for _day in range(2):
        emulator.fault("POST", "/api/v0/bundles/", answer="quota")
        now = emulator.clock()["now"]
        reset = int(whole(emulator, "POST", "/api/v0/bundles/", {}).headers["x-ratelimit-reset"])
        assert reset % 86400 == 0
        assert 0 < reset - now <= 86400
        emulator.advance(86400)


@pytest.mark.parametrize(("when", "left"), [("before", 0), ("after", 1)])
@pytest.mark.parametrize(
    "fault", [{"status": 502}, {"status": 503}, {}, {"answer": "bare_failure"}, {"answer": "failure"}]
)
def test_with_and_without_the_effect(
    renter: Any, emulator: Emulator, fault: dict[str, Any], when: str, left: int
) -> None:
    emulator.fault("PUT", CREATE, when=when, **fault)
    status, answer = renter.ask("PUT", f"/api/v0/asks/{renter.offer()}/", {"image": "a/b"})
    assert status == fault.get("status", 200 if fault else 504)
    assert "new_contract" not in answer
    assert emulator.api("GET", LIST)["total_instances"] == left


def test_fields_of_the_real_answer_change(renter: Any, emulator: Emulator) -> None:
    numbers = [renter.rent(), renter.rent(789012)]
    emulator.fault(
        "GET",
        LIST,
        edit={
            "set": {"instances.*.ports": None, "instances.*.id": "text", "instances.1.label": ["x"], "new": {"a": 1}},
            "remove": ["instances.*.actual_status", "total_instances", "nothing.here"],
        },
    )
    answer = emulator.api("GET", LIST)
    assert [row["id"] for row in answer["instances"]] == ["text", "text"]
    assert [row["ports"] for row in answer["instances"]] == [None, None]
    assert [row["label"] for row in answer["instances"]] == ["trainer", ["x"]]
    assert not any("actual_status" in row for row in answer["instances"])
    assert "total_instances" not in answer
    assert answer["new"] == {"a": 1}
    assert {row["id"] for row in emulator.api("GET", LIST)["instances"]} == set(numbers)


def test_texts_of_the_real_answer_get_longer(renter: Any, emulator: Emulator) -> None:
    renter.rent()
    tails = {"instances.*.label": "\n", "instances.*.id": "0", "nothing.here": "x", "instances.*.nothing": "x"}
    emulator.fault("GET", LIST, edit={"append": tails})
    changed, real = (emulator.api("GET", LIST)["instances"] for _read in range(2))
    assert changed == [{**real[0], "label": "trainer\n"}]


def test_an_answer_that_is_not_json_stays(emulator: Emulator) -> None:
    emulator.fault("GET", LIST, answer="html", edit={"set": {"a": 1}})
    assert whole(emulator, "GET", LIST).text.startswith("<html>")


def test_some_pass_then_some_fail(renter: Any, emulator: Emulator) -> None:
    emulator.fault("GET", LIST, skip=2, times=2, status=502)
    assert [renter.ask("GET", LIST)[0] for _call in range(6)] == [200, 200, 502, 502, 200, 200]
    planned = emulator.fault("GET", LIST, times="always", status=503)
    assert [renter.ask("GET", LIST)[0] for _call in range(5)] == [503] * 5
    (shown,) = emulator.faults()
    assert (shown["times"], shown["seen"], shown["fired"]) == (None, 5, 5)
    emulator.control("DELETE", f"faults/{planned['id']}")
    assert renter.ask("GET", LIST)[0] == 200
    assert emulator.call("DELETE", f"/_emulator/faults/{planned['id']}")[0] == 404


def test_the_first_that_was_planned_comes_first(renter: Any, emulator: Emulator) -> None:
    emulator.fault("GET", LIST, status=502, probability=0)
    emulator.fault("GET", LIST, status=503, skip=1)
    emulator.fault("GET", "/api/v1/*", status=504)
    assert [renter.ask("GET", LIST)[0] for _call in range(4)] == [504, 503, 200, 200]


def test_chance_is_the_same_in_each_run(renter: Any, emulator: Emulator) -> None:
    runs = []
    for _run in range(2):
        emulator.reset()
        emulator.fault("GET", LIST, times="always", probability=0.5, status=502)
        emulator.fault("GET", LIST, times="always", probability=0.5, status=503)
        runs.append([renter.ask("GET", LIST)[0] for _call in range(40)])
    assert runs[0] == runs[1]
    assert set(runs[0]) == {200, 502, 503}


def test_only_what_matches(renter: Any, emulator: Emulator) -> None:
    emulator.fault("PUT", CREATE, match={"body": {"label": "train-*", "price": None}}, times=None, status=503)
    path = f"/api/v0/asks/{renter.offer()}/"
    assert renter.ask("PUT", path, {"image": "a/b", "label": "train-1"})[0] == 503
    assert renter.ask("PUT", path, {"image": "a/b", "label": "train-1", "price": 0.9})[0] == 200
    emulator.fault("GET", LIST, match={"query": {"limit": {"gt": 10}}}, times=None, status=502)
    assert [renter.ask("GET", f"{LIST}?limit={limit}")[0] for limit in (5, 25)] == [200, 502]


@pytest.mark.parametrize(
    "fault",
    [
        {"tiems": 3},
        {"answer": "teapot"},
        {"answer": 7},
        {"probability": 1.5},
        {"probability": "often"},
        {"skip": -1},
        {"times": 0},
        {"times": "never"},
        {"when": "later"},
        {"delay": -1},
        {"delay": 1e9},
        {"refuse": "long"},
        {"reset": "yes"},
        {"truncate": 1},
        {"edit": {}},
        {"edit": {"set": []}},
        {"edit": {"put": {}}},
        {"edit": {"set": {"a..b": 1}}},
        {"edit": {"append": {"a": 1}}},
        {"edit": {"append": {"a..b": "x"}}},
        {"edit": {"remove": "a"}},
        {"event": {}},
        {"event": []},
        {"event": "outbid"},
        {"event": {"meteor": 1}},
        {"event": [{"outbid": "this"}, {"meteor": 1}]},
        {"event": {"vanish_on_create": "many"}},
        {"event": {"offline": 1}},
        {"match": {"head": {}}},
    ],
)
def test_faults_that_make_no_sense(emulator: Emulator, fault: dict[str, Any]) -> None:
    status, answer = emulator.call("POST", "/_emulator/faults", {"path": LIST, **fault})
    assert status in (400, 404)
    assert answer["msg"]
    assert emulator.faults() == []


def test_a_path_is_needed_unless_connections_are_refused_at_once(emulator: Emulator) -> None:
    for wanted in ({}, {"status": 502}, {"refuse": 1, "reset": True}, {"refuse": -1}):
        with pytest.raises(EmulatorError, match="400"):
            emulator.control("POST", "faults", wanted)
