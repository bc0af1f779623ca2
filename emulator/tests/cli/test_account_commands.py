# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official client's commands about money, keys, further accounts and scheduled jobs."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest

HOUR = 3600


def period() -> tuple[str, ...]:
    """Two days back to two days on: around everything that a test does."""
    day = 24 * HOUR
    return tuple(time.strftime("%Y-%m-%d", time.gmtime(time.time() + shift)) for shift in (-2 * day, 2 * day))


@pytest.mark.command("show invoices")
def test_show_invoices_is_the_ledger(client: Any, emulator: Any, renter: Any) -> None:
    instance = renter.running(label="trainer")
    emulator.advance(3 * HOUR)
    first, last = period()
    rows = client.raw("show", "invoices", "-s", first, "-e", last)
    charges = [row for row in rows if row["type"] == "charge"]
    assert {row["instance_id"] for row in charges} == {instance}
    assert sum(row["amount"] for row in charges) == pytest.approx(emulator.ledger()["total"], abs=1e-9)
    assert [row["amount"] for row in rows if row["type"] == "payment"] == [1000.0]
    assert "Card_payment" in client.says("show", "invoices", "-s", first, "-e", last)


def test_show_invoices_of_a_kind_or_label(client: Any, emulator: Any, renter: Any) -> None:
    instance = renter.running(label="trainer")
    emulator.advance(HOUR)
    first, last = period()
    words = ("show", "invoices", "-s", first, "-e", last)
    assert {row["type"] for row in client.raw(*words, "--only_charges")} == {"charge"}
    assert {row["type"] for row in client.raw(*words, "--only_credits")} == {"payment"}
    assert {row["instance_id"] for row in client.raw(*words, "--instance_label", "trainer")} == {instance}
    assert client.raw(*words, "--instance_label", "other") == []


@pytest.mark.command("search invoices")
def test_search_invoices(client: Any) -> None:
    assert client.raw("search", "invoices", "amount_cents>3000") == []


@pytest.mark.command("reset api-key")
def test_reset_api_key(client: Any, emulator: Any) -> None:
    found = re.search(r"New api-key: ([0-9a-f]{32})", client.says("reset", "api-key"))
    assert found is not None
    assert emulator.call("GET", "/api/v0/users/current", key=found[1])[0] == 200
    assert "Invalid user key" in client.run("show", "user").stderr
    client.environment["VAST_API_KEY"] = found[1]
    assert client.raw("show", "user")["credit"] == 1000.0


@pytest.mark.command("create subaccount")
def test_create_and_show_subaccounts(client: Any) -> None:
    words = ("--email", "bob@example.com", "--username", "bob", "--password", "pass", "--type", "client")
    assert "'username': 'bob'" in client.says("create", "subaccount", *words)
    (row,) = client.raw("show", "subaccounts")
    assert (row["email"], row["host_only"]) == ("bob@example.com", False)
    assert "bob@example.com" in client.says("show", "subaccounts")
    assert "409" in client.run("create", "subaccount", *words).stdout


@pytest.mark.command("transfer credit")
def test_transfer_credit(client: Any) -> None:
    assert "Sent 12.34" in client.says("transfer", "credit", "bob@example.com", "12.34", "--skip")
    assert client.raw("show", "user")["credit"] == 987.66
    now = int(time.time())
    days = ("--start-date", str(now - 86400), "--end-date", str(now + 86400))
    rows = client.raw("show", "invoices-v1", "-i", *days)["results"]
    assert [row["amount"] for row in rows if row["type"] == "transfer"] == [12.34]
    assert "Transfer" in client.says("show", "invoices-v1", "-i", *days)


@pytest.mark.command("delete scheduled-job")
def test_reboot_on_a_schedule_reboots_at_once_as_well(client: Any, renter: Any) -> None:
    instance = renter.running()
    text = client.says("reboot", "instance", str(instance), "--schedule", "DAILY", "--day", "*", "--hour", "4")
    assert "insert: success" in text
    assert renter.show(instance)["actual_status"] == "rebooting"
    (job,) = client.raw("show", "scheduled-jobs")
    assert (job["frequency"], job["day_of_the_week"], job["hour_of_the_day"]) == ("DAILY", None, 4)
    assert "4_AM" in client.says("show", "scheduled-jobs")
    client.says("delete", "scheduled-job", str(job["id"]))
    assert client.raw("show", "scheduled-jobs") == []


def test_change_bid_on_a_schedule_leaves_the_bid_alone_for_now(client: Any, renter: Any) -> None:
    instance = renter.running(789012, price=0.5)
    words = ("change", "bid", str(instance), "--price", "0.61", "--schedule", "WEEKLY", "--day", "1", "--hour", "4")
    assert "insert: success" in client.says(*words)
    assert renter.show(instance)["dph_base"] == 0.5
    (job,) = client.raw("show", "scheduled-jobs")
    assert job["request_body"]["price"] == 0.61


@pytest.mark.parametrize(
    "noun",
    [
        pytest.param(noun, marks=pytest.mark.command(f"show {noun}"))
        for noun in ("endpoints", "workergroups", "deployments")
    ],
)
def test_serverless_lists(client: Any, noun: str) -> None:
    assert client.raw("show", noun) == []


@pytest.mark.command("show instance-backups")
def test_show_instance_backups(client: Any) -> None:
    assert client.raw("show", "instance-backups") == []


@pytest.mark.command("search benchmarks")
def test_search_benchmarks(client: Any) -> None:
    assert client.raw("search", "benchmarks", "gpu_name=RTX_4090") == []


@pytest.mark.command("show instance-backup-files")
def test_show_instance_backup_files(client: Any, renter: Any) -> None:
    done = client.run("show", "instance-backup-files", str(renter.rent()))
    assert "There is no backup" in done.stdout + done.stderr


@pytest.mark.command("set user")
def test_set_user(client: Any, tmp_path: Path) -> None:
    wanted = tmp_path / "user.json"
    wanted.write_text('{"fullname": "Ada", "balance_threshold": 5}')
    client.says("set", "user", "--file", str(wanted))
    user = client.raw("show", "user")
    assert (user["fullname"], user["balance_threshold"]) == ("Ada", 5.0)
    wanted.write_text('{"credit": 1000000}')
    assert "credit cannot be set" in client.run("set", "user", "--file", str(wanted)).stderr


@pytest.mark.command("tfa status")
def test_two_factor_status(client: Any) -> None:
    assert client.raw("tfa", "status")["tfa_enabled"] is False
    assert "No active 2FA methods" in client.says("tfa", "status")


def test_curl_shows_the_request(client: Any, renter: Any) -> None:
    instance = renter.rent()
    text = client.says("show", "instance", str(instance), "--curl")
    assert text.lstrip().startswith("curl")
    assert "/api/v0/" in text
