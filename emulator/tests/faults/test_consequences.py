# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Market events that a request sets off."""

from __future__ import annotations

from typing import Any

import pytest

from vast_emulator.faults.consequences import subject
from vast_emulator.process import Emulator

CREATE = "/api/v0/asks/{id}/"
INSTANCE = "/api/v0/instances/{id}/"


def test_the_instance_that_a_create_made_is_outbid(renter: Any, emulator: Emulator) -> None:
    emulator.fault("PUT", CREATE, event={"outbid": "this"})
    instance = renter.rent(789012, price=0.5)
    assert renter.show(instance)["intended_status"] == "stopped"
    assert emulator.faults() == []


def test_an_event_and_a_lost_answer(renter: Any, emulator: Emulator) -> None:
    emulator.fault("PUT", CREATE, event={"outbid": "this"}, status=504)
    body = {"image": "a/b", "price": 0.5}
    assert renter.ask("PUT", f"/api/v0/asks/{renter.offer(789012)}/", body)[0] == 504
    (row,) = emulator.api("GET", "/api/v1/instances/")["instances"]
    assert row["intended_status"] == "stopped"


def test_an_event_before_the_effect_is_seen_by_the_request(renter: Any, emulator: Emulator) -> None:
    offer = renter.offer()
    emulator.fault("PUT", CREATE, when="before", event=[{"vanish": offer}])
    assert renter.ask("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})[1]["error"] == "no_such_ask"


def test_the_instance_of_the_path(renter: Any, emulator: Emulator) -> None:
    instance = renter.running(789012, price=0.5)
    emulator.fault("GET", INSTANCE, skip=1, event={"outbid": "this"})
    assert renter.show(instance)["actual_status"] == "running"
    assert renter.show(instance)["actual_status"] == "running", "the answer was made before"
    assert renter.show(instance)["actual_status"] == "exited"


def test_what_cannot_happen_is_noted_and_breaks_nothing(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.fault("GET", INSTANCE, event=[{"outbid": "this"}, {"offline": 123456}])
    assert renter.show(instance)["id"] == instance
    (fault,) = emulator.faults()
    assert (fault["times"], fault["fired"], fault["last_error"]) == (0, 1, "only a bid can be outbid.")
    assert renter.show(instance)["actual_status"] == "offline", "the next event happened all the same"
    emulator.fault("DELETE", INSTANCE, event={"outbid": "this"})
    assert renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})[0] == 200
    assert emulator.faults()[-1]["last_error"] == "No such instance: this."


@pytest.mark.parametrize(
    ("path", "answer", "expected"),
    [
        ("/api/v0/asks/5/", b'{"success": true, "new_contract": 21}', 21),
        ("/api/v0/asks/bulk/", b'{"new_contracts": [21, 22]}', 21),
        ("/api/v0/launch_instance/", b'{"new_contract": 21}', 21),
        ("/api/v0/asks/5/", b'{"success": false}', None),
        ("/api/v0/asks/5/", None, None),
        ("/api/v0/instances/7/", b'{"success": true}', 7),
        ("/api/v0/instances/7", b"<html>", 7),
        ("/api/v0/instances/7/ssh/9/", b"[]", 7),
        ("/api/v0/instances/bid_price/7/", b"{}", 7),
        ("/api/v0/instances/", b"{}", None),
        ("/api/v0/ssh/7/", b"{}", None),
        ("/api/v0/template/", b'{"new_contracts": []}', None),
        ("/api/v0/template/", b'{"new_contract": "x"}', None),
    ],
)
def test_whom_a_request_is_about(path: str, answer: bytes | None, expected: int | None) -> None:
    assert subject(path, answer) == expected
