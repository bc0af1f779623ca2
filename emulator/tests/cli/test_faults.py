# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the official client makes of faults."""

from __future__ import annotations

from typing import Any

import pytest

CREATE = "/api/v0/asks/{id}/"
LIST = "/api/v1/instances/"
SEARCH = ("POST", "/api/v0/bundles/")


@pytest.mark.parametrize("fault", [{"reset": True}, {"status": 503}, {"answer": "throttled_text"}])
def test_it_asks_again(client: Any, renter: Any, emulator: Any, fault: dict[str, Any]) -> None:
    instance = renter.rent()
    emulator.forget_requests()
    emulator.fault("GET", LIST, **fault)
    assert [row["id"] for row in client.raw("show", "instances")] == [instance]
    assert emulator.count("GET", LIST) == 2


def test_it_waits_as_long_as_it_is_told_to(client: Any, emulator: Any) -> None:
    emulator.fault("GET", LIST, answer="throttled", headers={"Retry-After": "0.01"})
    assert client.raw("show", "instances") == []
    emulator.fault("GET", LIST, answer="throttled", headers={"Retry-After": "61"})
    emulator.forget_requests()
    done = client.run("show", "instances")
    assert "too frequent" in done.stdout + done.stderr
    assert emulator.count("GET", LIST) == 1


def test_it_rents_twice_when_an_answer_is_lost(client: Any, renter: Any, emulator: Any) -> None:
    """The second try for the same offer is refused, which hides that the first one rented."""
    emulator.fault("PUT", CREATE, reset=True, when="after")
    done = client.run("create", "instance", str(renter.offer()), "--image", "a/b", "--disk", "10")
    assert "no_such_ask" in done.stdout + done.stderr
    assert emulator.count("PUT", CREATE) == 2
    assert emulator.api("GET", LIST)["total_instances"] == 1


def test_it_does_not_ask_again_when_the_day_s_quota_is_used_up(client: Any, emulator: Any) -> None:
    emulator.fault(*SEARCH, answer="quota", times="always")
    done = client.run("search", "offers", "num_gpus=1")
    assert "quota" in done.stdout + done.stderr
    assert emulator.count(*SEARCH) == 1


def test_it_stumbles_over_half_an_answer(client: Any, renter: Any, emulator: Any) -> None:
    renter.rent()
    emulator.forget_requests()
    emulator.fault("GET", LIST, truncate=True, times="always")
    done = client.run("show", "instances")
    assert done.returncode == 1
    assert "IncompleteRead" in done.stderr


def test_an_outbid_right_after_the_create(client: Any, renter: Any, emulator: Any) -> None:
    emulator.fault("PUT", CREATE, match={"body": {"price": {"not": None}}}, event={"outbid": "this"})
    offer = renter.offer(789012)
    answer = client.raw("create", "instance", str(offer), "--image", "a/b", "--disk", "10", "--bid_price", "0.5")
    assert client.raw("show", "instance", str(answer["new_contract"]))["intended_status"] == "stopped"
