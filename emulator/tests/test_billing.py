# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Charges, invoices and credit say the same as the ledger, to the cent and further."""

from __future__ import annotations

import json
import math
import urllib.parse
from typing import Any

import pytest

from vast_emulator.process import Emulator

DAY = 86400.0
EVER = {"gte": 0, "lte": 4e9}


def results(emulator: Emulator, path: str, **query: Any) -> list[dict[str, Any]]:
    """All rows of all pages."""
    rows: list[dict[str, Any]] = []
    token = None
    while True:
        given = {**query, **({"after_token": token} if token else {})}
        text = {name: one if isinstance(one, str) else json.dumps(one) for name, one in given.items()}
        page = emulator.api("GET", f"{path}?{urllib.parse.urlencode(text)}")
        rows += page["results"]
        token = page["next_token"]
        if token is None:
            assert len(rows) == page["total"]
            return rows


def charges(emulator: Emulator, **more: Any) -> list[dict[str, Any]]:
    return results(emulator, "/api/v0/charges/", select_filters={"day": EVER, **more}, limit=2)


@pytest.fixture
def spent(emulator: Emulator, renter: Any) -> Emulator:
    """An account with one instance that is gone, one that was stopped after days, a bid that was repriced and outbid,
    and a volume.
    """
    bid = renter.running(789012, label="bid", price=0.5)
    offer = emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": 123456}})["offers"][0]
    emulator.api("PUT", "/api/v0/volumes/", {"id": offer["id"], "size": 200, "name": "models"})
    gone = renter.running(label="gone")
    emulator.advance(3 * DAY + 1234)
    emulator.api("DELETE", f"/api/v0/instances/{gone}/")
    emulator.api("PUT", f"/api/v0/instances/bid_price/{bid}/", {"client_id": "me", "price": 0.61})
    stopped = renter.running(label="stopped")
    emulator.advance(DAY / 3)
    emulator.api("PUT", f"/api/v0/instances/{stopped}/", {"state": "stopped"})
    emulator.advance(DAY / 2)
    emulator.outbid(bid)
    emulator.advance(1.5 * DAY)
    return emulator


def test_charges_add_up_to_the_ledger(spent: Emulator) -> None:
    rows, ledger = charges(spent), spent.ledger()
    assert math.fsum(row["amount"] for row in rows) == pytest.approx(ledger["total"], abs=1e-9)
    for contract in ledger["contracts"]:
        own = [row for row in rows if row["source"].endswith(f"-{contract['contract']}")]
        assert math.fsum(row["amount"] for row in own) == pytest.approx(contract["dollars"], abs=1e-9)
        for part, dollars in (("gpu", contract["gpu"]), ("disk", contract["disk"] + contract["volume"])):
            items = [item for row in own for item in row["items"] if item["type"] == part]
            assert math.fsum(item["amount"] for item in items) == pytest.approx(dollars, abs=1e-9)


def test_charges_follow_a_bid_and_a_volume(spent: Emulator) -> None:
    rows = charges(spent)
    rates = {
        item["description"]
        for row in rows
        if row["metadata"]["label"] == "bid"
        for item in row["items"]
        if item["type"] == "gpu"
    }
    assert rates == {"gpu at $0.5000/hour", "gpu at $0.6100/hour"}
    volume = charges(spent, type={"in": ["volume"]})
    assert {row["metadata"]["label"] for row in volume} == {"models"}
    (owned,) = [one for one in spent.ledger()["contracts"] if one["volume"]]
    assert math.fsum(row["amount"] for row in volume) == pytest.approx(owned["dollars"], abs=1e-9)


def test_each_charge_is_of_one_day(spent: Emulator) -> None:
    for row in charges(spent):
        assert math.floor(row["start"] / DAY) == math.ceil(row["end"] / DAY) - 1
        assert row["amount"] == pytest.approx(math.fsum(item["amount"] for item in row["items"]))


def test_days_of_a_period_are_whole_and_leave_out_the_others(spent: Emulator) -> None:
    rows = charges(spent)
    midnight = math.floor(rows[0]["start"] / DAY + 1) * DAY
    query = {"select_filters": {"day": {"gte": midnight, "lte": midnight + DAY - 1}}}
    day = results(spent, "/api/v0/charges/", **query)
    assert {row["source"]: row["amount"] for row in day} == {
        row["source"]: row["amount"] for row in rows if midnight <= row["start"] < midnight + DAY
    }


def test_what_is_gone_keeps_its_name_on_the_bill(spent: Emulator) -> None:
    assert {row["metadata"]["label"] for row in charges(spent)} == {"gone", "stopped", "bid", "models"}
    assert {contract["label"] for contract in spent.ledger()["contracts"]} == {"gone", "stopped", "bid", "models"}


def test_types_that_were_not_used_have_no_charges(spent: Emulator) -> None:
    assert charges(spent, type={"in": ["serverless"]}) == []


def test_credit_is_what_was_paid_less_what_was_used(spent: Emulator) -> None:
    paid = results(spent, "/api/v1/invoices/", select_filters={"when": EVER})
    user = spent.api("GET", "/api/v0/users/current")
    used = math.fsum(row["amount"] for row in charges(spent))
    assert user["credit"] + user["balance"] == pytest.approx(-math.fsum(row["amount"] for row in paid) - used, abs=1e-9)


def test_a_template_gives_an_instance_values_with_spaces_and_arguments(emulator: Emulator, renter: Any) -> None:
    env = '-p 8080:8080 -e PORTAL="localhost:1111:/:Instance Portal" -e QUOTED="say \\"hi\\""'
    template = {"name": "portal", "image": "a/b", "env": env, "runtype": "args", "args_str": "serve"}
    made = emulator.api("POST", "/api/v0/template/", template)["template"]
    row = renter.show(renter.rent(image=None, template_hash_id=made["hash_id"], runtype=None))
    assert dict(row["extra_env"]) == {
        "-p 8080:8080": "1",
        "PORTAL": "localhost:1111:/:Instance Portal",
        "QUOTED": 'say "hi"',
    }
    assert row["image_args"] == ["serve"]
