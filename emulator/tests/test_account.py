# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reset keys, transfers, subaccounts, jobs, copies: what the API says, and what it refuses."""

from __future__ import annotations

import json
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator

EVER = {"when": {"gte": 0, "lte": 4e9}}
BOB = {"email": "bob@example.com", "username": "bob", "password": "x", "host_only": False, "parent_id": "me"}


def transfer(renter: Any, amount: Any, to: Any = "bob@example.com") -> tuple[int, Any]:
    body = {"sender": "me", "recipient": to, "amount": amount}
    return renter.ask("PUT", "/api/v0/commands/transfer_credit/", body)


def payments(emulator: Emulator) -> list[dict[str, Any]]:
    query = urllib.parse.urlencode({"select_filters": json.dumps(EVER)})
    return emulator.api("GET", f"/api/v1/invoices/?{query}")["results"]


def test_a_reset_key_takes_the_old_ones_place(emulator: Emulator, renter: Any) -> None:
    new = emulator.api("PUT", "/api/v0/commands/reset_apikey/", {"client_id": "me"})["new_api_key"]
    assert renter.ask("GET", "/api/v0/users/current")[0] == 404
    assert emulator.call("GET", "/api/v0/users/current", key=new)[0] == 200
    emulator.reset()
    assert renter.ask("GET", "/api/v0/users/current")[0] == 200


def test_a_further_key_resets_itself_only(emulator: Emulator, renter: Any) -> None:
    made = emulator.api("POST", "/api/v0/auth/apikeys/", {"name": "ci", "permissions": {}})
    status, answer = emulator.call("PUT", "/api/v0/commands/reset_apikey/", {}, key=made["key"])
    assert status == 200
    assert emulator.call("GET", "/api/v0/users/current", key=made["key"])[0] == 404
    assert emulator.call("GET", "/api/v0/users/current", key=answer["new_api_key"])[0] == 200
    assert renter.ask("GET", "/api/v0/users/current")[0] == 200
    assert [key["id"] for key in emulator.api("GET", "/api/v0/auth/apikeys/")["apikeys"]] == [made["id"]]


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"client_id": 3}', b"\xff"])
def test_a_key_is_not_reset_by_accident(renter: Any, body: bytes) -> None:
    assert renter.ask("PUT", "/api/v0/commands/reset_apikey/", body)[0] == 400
    assert renter.ask("GET", "/api/v0/users/current")[0] == 200


def test_a_reset_key_survives_a_restart(tmp_path: Path) -> None:
    with Emulator(state=str(tmp_path / "state"), speed=0) as emulator:
        new = emulator.api("PUT", "/api/v0/commands/reset_apikey/", {})["new_api_key"]
        emulator.kill()
        emulator.restart()
        assert emulator.api_key == new
        assert emulator.call("GET", "/api/v0/users/current", key=new)[0] == 200


def test_transfers_lower_the_credit_to_the_cent(emulator: Emulator, renter: Any) -> None:
    renter.running()
    for amount in (0.1, 0.2, 33.33, 12.01):
        emulator.advance(1000)
        assert transfer(renter, amount) == (200, {"success": True})
    rows = payments(emulator)
    assert [row["amount"] for row in rows if row["type"] == "transfer"] == [12.01, 33.33, 0.2, 0.1]
    assert len({row["metadata"]["invoice_id"] for row in rows}) == len(rows)
    user, used = emulator.api("GET", "/api/v0/users/current"), emulator.ledger()["total"]
    assert user["credit"] == pytest.approx(-sum(row["amount"] for row in rows) - used, abs=1e-9)
    assert user["credit"] == pytest.approx(1000 - 45.64 - used, abs=1e-9)


def test_transfers_can_be_asked_for_by_service(emulator: Emulator, renter: Any) -> None:
    transfer(renter, 5)
    query = urllib.parse.urlencode({"select_filters": json.dumps({**EVER, "service": {"in": ["transfer"]}})})
    (row,) = emulator.api("GET", f"/api/v1/invoices/?{query}")["results"]
    assert (row["type"], row["amount"]) == ("transfer", 5)


def test_giving_everything_away_stops_what_runs(emulator: Emulator, renter: Any) -> None:
    instance = renter.running()
    left = emulator.api("GET", "/api/v0/users/current")["credit"]
    assert transfer(renter, int(left * 100) / 100)[0] == 200
    emulator.advance(120)
    assert renter.show(instance)["intended_status"] == "stopped"


@pytest.mark.parametrize(
    ("amount", "to", "error"),
    [
        (1001, "bob@example.com", "insufficient_balance"),
        (1, "nobody", "invalid_recipient"),
        (1, "renter@example.com", "invalid_recipient"),
        (1, 4711, "invalid_recipient"),
        (1, None, "invalid_recipient"),
        (-1, "bob@example.com", "invalid_args"),
        (0.001, "bob@example.com", "invalid_args"),
        (1.005, "bob@example.com", "invalid_args"),
        ("nan", "bob@example.com", "invalid_args"),
    ],
)
def test_transfers_that_are_refused(renter: Any, emulator: Emulator, amount: Any, to: Any, error: str) -> None:
    status, answer = transfer(renter, amount, to)
    assert (status, answer["error"]) == (400, error)
    assert len(payments(emulator)) == 1


def test_a_subaccount_shows_what_it_was_given(emulator: Emulator, renter: Any) -> None:
    number = emulator.api("POST", "/api/v0/users/", BOB)["id"]
    transfer(renter, 2)
    transfer(renter, 3, number)
    (row,) = emulator.api("GET", "/api/v0/subaccounts?owner=me")["users"]
    assert (row["id"], row["username"], row["credit"]) == (number, "bob", 5)
    assert "password" not in row


def test_a_subaccount_needs_a_new_name(renter: Any) -> None:
    assert renter.ask("POST", "/api/v0/users/", BOB)[0] == 200
    assert renter.ask("POST", "/api/v0/users/", BOB)[1]["error"] == "user_exists"
    assert renter.ask("POST", "/api/v0/users/", {**BOB, "email": None})[0] == 400


def job(instance: int, **more: Any) -> dict[str, Any]:
    return {
        "start_time": 1.8e9,
        "end_time": 1.9e9,
        "api_endpoint": f"/api/v0/instances/reboot/{instance}/",
        "request_method": "PUT",
        "request_body": {"instance_id": instance},
        "day_of_the_week": None,
        "hour_of_the_day": 4,
        "frequency": "DAILY",
        "instance_id": instance,
        **more,
    }


def test_jobs_are_kept_and_changed(emulator: Emulator, renter: Any) -> None:
    instance = renter.rent()
    path = "/api/v0/commands/schedule_job/"
    number = emulator.api("POST", path, job(instance))["scheduled_job_id"]
    status, answer = renter.ask("POST", path, job(instance, hour_of_the_day=5))
    assert (status, answer["scheduled_job_id"]) == (422, number)
    assert renter.ask("PUT", f"{path}{number}/", {"hour_of_the_day": 5})[0] == 200
    (row,) = emulator.api("GET", path)
    assert row == {"id": number, **job(instance, hour_of_the_day=5), "min_of_the_hour": 0}
    assert renter.ask("DELETE", f"{path}{number}/")[0] == 200
    assert renter.ask("DELETE", f"{path}{number}/")[0] == 404
    assert emulator.api("GET", path) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"frequency": "YEARLY"},
        {"hour_of_the_day": 24},
        {"day_of_the_week": "monday"},
        {"end_time": 0},
        {"api_endpoint": "https://example.com/"},
        {"request_method": []},
        {"request_body": 1},
    ],
)
def test_jobs_that_make_no_sense(renter: Any, wrong: dict[str, Any]) -> None:
    assert renter.ask("POST", "/api/v0/commands/schedule_job/", job(renter.rent(), **wrong))[0] == 400


def test_a_job_is_for_an_instance_that_exists(renter: Any) -> None:
    assert renter.ask("POST", "/api/v0/commands/schedule_job/", job(1))[0] == 404


@pytest.mark.parametrize(
    ("source", "target", "status"),
    [
        ("s3.101", "mine", 200),
        ("mine", "drive", 200),
        ("V.1", "mine", 404),
        ("C.1", "mine", 404),
        (None, "local", 400),
        (None, "s3.101", 400),
        ("A B", "mine", 400),
        ({}, "mine", 400),
    ],
)
def test_ends_of_a_copy(renter: Any, source: Any, target: Any, status: int) -> None:
    mine = str(renter.rent())
    ends = [mine if end == "mine" else end for end in (source, target)]
    body = {"client_id": "me", "src_id": ends[0], "dst_id": ends[1], "src_path": "/a", "dst_path": "/b"}
    assert renter.ask("PUT", "/api/v0/commands/copy_direct/", body)[0] == status


def test_a_backup_that_is_not_there(renter: Any) -> None:
    assert renter.ask("GET", "/api/v0/instance_backups/1/download/")[0] == 404
