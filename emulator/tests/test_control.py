# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: faults, the request log, the clock, the ledger, limits."""

from __future__ import annotations

from typing import Any

import pytest

from vast_emulator.process import Emulator, EmulatorError


def test_a_create_that_is_lost_after_it_took_effect(renter: Any, emulator: Emulator) -> None:
    emulator.fault("PUT", "/api/v0/asks/{id}/", when="after", status=504)
    status, page = renter.ask("PUT", f"/api/v0/asks/{renter.offer()}/", {"image": "a/b", "label": "x"})
    assert status == 504
    assert page.startswith("<html>")
    assert emulator.api("GET", "/api/v1/instances/")["total_instances"] == 1
    assert emulator.control("GET", "faults") == {"faults": []}


def test_a_create_that_never_arrives(renter: Any, emulator: Emulator) -> None:
    offer = renter.offer()
    body = {"success": False, "error": "no_such_ask", "msg": "error 404/3603: no_such_ask"}
    emulator.fault("PUT", f"/api/v0/asks/{offer}", when="before", status=400, body=body, headers={"X-Why": "test"})
    assert renter.ask("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"}) == (400, body)
    assert emulator.api("GET", "/api/v1/instances/")["total_instances"] == 0
    assert renter.ask("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})[0] == 200


def test_faults_are_counted_down_and_forgotten(renter: Any, emulator: Emulator) -> None:
    emulator.fault("GET", "/api/v1/instances/", times=2, status=429, body="API requests too frequent")
    assert [renter.ask("GET", "/api/v1/instances/")[0] for _call in range(3)] == [429, 429, 200]
    emulator.fault("*", "/api/v1/instances/", times=5, status=502)
    emulator.clear_faults()
    assert renter.ask("GET", "/api/v1/instances/")[0] == 200
    assert emulator.requests()["throttled"] == 2


@pytest.mark.parametrize(
    "fault",
    [
        {"path": "/elsewhere"},
        {"path": "/api/v0/x", "when": "never"},
        {"path": "/api/v0/x", "status": 99},
        {"path": "/api/v0/x", "times": 0},
        {"path": "/api/v0/x", "headers": {"A": "b\r\nC: d"}},
        {"path": "/api/v0/x", "headers": {"Content-Length": "7"}},
        {"path": "/api/v0/x", "content_type": "a\nb"},
    ],
)
def test_bad_faults(emulator: Emulator, fault: dict[str, Any]) -> None:
    assert emulator.call("POST", "/_emulator/faults", {"method": "GET", **fault})[0] == 400


def test_the_request_log_hides_ids_and_counts_writes(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    renter.ask("GET", f"/api/v0/instances/{instance}/ssh/")
    renter.ask("DELETE", f"/api/v0/instances/{instance}/ssh/12/", {})
    rows = emulator.requests()["requests"]
    assert {(row["method"], row["path"], row["status"]) for row in rows} == {
        ("POST", "/api/v0/bundles/", 200),
        ("PUT", "/api/v0/asks/{id}/", 200),
        ("GET", "/api/v0/instances/{id}/ssh/", 200),
        ("DELETE", "/api/v0/instances/{id}/ssh/{id}/", 404),
    }
    report = emulator.requests()
    assert (report["total"], report["writes"]) == (4, 2)
    emulator.forget_requests()
    assert emulator.requests()["total"] == 0


def test_the_ledger_is_exact_on_the_emulated_clock(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    before = emulator.ledger()["contracts"][0]
    emulator.advance(7200)
    after = emulator.ledger()["contracts"][0]
    assert after["gpu"] - before["gpu"] == pytest.approx(2 * 0.79, abs=1e-9)
    assert after["disk"] - before["disk"] == pytest.approx(2 * 0.01, abs=1e-9)
    assert after["hourly"] == pytest.approx(0.8)
    renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})
    total = emulator.ledger()["total"]
    emulator.advance(86400)
    ledger = emulator.ledger()
    assert (ledger["total"], ledger["billing"], ledger["hourly"]) == (total, [], 0)
    assert emulator.api("GET", "/api/v0/users/current")["credit"] == pytest.approx(1000 - total)


def test_reset_goes_back_to_the_start(renter: Any, emulator: Emulator) -> None:
    market = emulator.market()
    renter.rent()
    emulator.vanish(renter.offer(789012))
    emulator.advance(5000)
    emulator.fault("GET", "/api/v1/instances/")
    emulator.settings(v0_list="list")
    emulator.reset()
    assert emulator.market() == market
    assert emulator.clock()["since_start"] == 0
    assert emulator.ledger()["contracts"] == []
    assert renter.ask("GET", "/api/v1/instances/")[1]["total_instances"] == 0
    assert renter.ask("GET", "/api/v0/instances/")[0] == 410
    assert emulator.requests()["total"] == 2


def test_refused_control_calls(emulator: Emulator) -> None:
    for name, body in (
        ("clock", {"advance": -1}),
        ("clock", {"advance": "soon"}),
        ("market", {}),
        ("market", {"vanish": "x"}),
        ("market", {"vanish_on_create": -1}),
        ("settings", {"nonsense": 1}),
        ("settings", {"v0_list": "maybe"}),
    ):
        with pytest.raises(EmulatorError):
            emulator.control("POST", name, body)


def test_documented_rate_limits() -> None:
    with Emulator(api_key="k", speed=0, rate_limits="documented") as emulator:

        def status(method: str, path: str, body: Any = None) -> int:
            return emulator.call(method, path, body, key="k")[0]

        assert [status("GET", "/api/v1/instances/") for _call in range(2)] == [200, 429]
        emulator.advance(1)
        assert status("GET", "/api/v1/instances/") == 200
        # Single shows have a limit of their own, whatever the id.
        assert [status("GET", f"/api/v0/instances/{number}/") for number in (1, 2)] == [200, 429]
        # An early create makes the next one wait for 12 s.
        assert [status("PUT", "/api/v0/asks/1/", {"image": "a"}) for _call in range(2)] == [400, 429]
        emulator.advance(4.6)
        assert status("PUT", "/api/v0/asks/1/", {"image": "a"}) == 429
        emulator.advance(12.1)
        assert status("PUT", "/api/v0/asks/1/", {"image": "a"}) == 400
        assert [status("POST", "/api/v0/bundles/", {"limit": 1}) for _call in range(11)] == [200] * 10 + [429]
        assert emulator.requests()["throttled"] == 5


@pytest.mark.parametrize("style", ["json", "detail", "text", "text_threshold", "retry_after"])
def test_forms_of_the_throttling_answer(style: str) -> None:
    with Emulator(api_key="k", speed=0, rate_limits="documented", ssh="off") as emulator:
        emulator.settings(throttle_body=style)
        emulator.api("GET", "/api/v1/instances/")
        status, answer = emulator.call("GET", "/api/v1/instances/", key="k")
        assert status == 429
        assert "API requests too frequent" in str(answer)
        assert isinstance(answer, str) == style.startswith("text")
        assert ("threshold=1.0" in str(answer)) == (style != "text")
        assert ("retry_after" in str(answer)) == (style == "retry_after")
