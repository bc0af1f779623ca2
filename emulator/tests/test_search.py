# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches over a running marketplace."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

import pytest

from vast_emulator.market.generator import generate
from vast_emulator.process import Emulator


def test_same_seed_same_market() -> None:
    def facts(seed: int) -> list[Any]:
        return [
            (machine.id, machine.facts, machine.holders, [(one.id, one.price, one.min_bid) for one in machine.offers])
            for machine in generate(seed, 1e9)
        ]

    assert facts(7) == facts(7)
    assert facts(7) != facts(8)


@pytest.mark.parametrize("seed", [0, 1, 7, 99])
def test_each_seed_has_enough_to_choose_from(seed: int) -> None:
    machines = generate(seed, 1e9)
    offers = [offer for machine in machines for offer in machine.offers]
    assert len(machines) >= 60
    assert len(offers) >= 200
    assert len({offer.id for offer in offers}) == len(offers)
    assert {123456, 789012} <= {machine.id for machine in machines}
    assert {machine.facts["verification"] for machine in machines} >= {"verified", "unverified"}
    assert {machine.facts["hosting_type"] for machine in machines} == {0, 1}
    assert {len(offer.gpu_ids) for offer in offers} >= {1, 2, 4}
    assert len({machine.facts["country_code"] for machine in machines}) > 20


def test_search_answers_64_rows_and_all_columns(renter: Any) -> None:
    rows = renter.offers()
    assert len(rows) == 64
    assert [row["score"] for row in rows] == sorted((row["score"] for row in rows), reverse=True)
    assert all(row["id"] == row["ask_contract_id"] and row["search"]["totalHour"] == row["dph_total"] for row in rows)
    assert len(renter.offers(limit=512)) == 64
    assert len(renter.offers(limit="3")) == 3


def test_three_forms_of_one_search(renter: Any) -> None:
    query = {"gpu_name": {"eq": "RTX 4090"}, "order": [["dph_total", "asc"]], "limit": 5}
    flat = renter.offers(**query)
    asks = renter.ask("PUT", "/api/v0/search/asks", {"select_cols": ["*"], "q": query})[1]["offers"]
    text = urllib.parse.quote(json.dumps(query))
    in_url = renter.ask("GET", f"/api/v0/bundles?q={text}")[1]["offers"]
    assert flat == asks == in_url
    assert flat
    columns = renter.ask("PUT", "/api/v0/search/asks/", {"select_cols": ["id"], "q": query})[1]["offers"]
    assert columns == [{"id": row["id"]} for row in flat]


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        ({"verified": {"eq": True}}, lambda row: row["verification"] == "verified"),
        ({"datacenter": {"eq": True}}, lambda row: row["hosting_type"] == 1),
        ({"geolocation": {"in": ["US", "CA"]}}, lambda row: row["geolocation"][-2:] in ("US", "CA")),
        ({"geolocation": {"notin": ["US"]}}, lambda row: row["geolocation"][-2:] != "US"),
        ({"duration": {"gte": 86400 * 60}}, lambda row: row["duration"] >= 86400 * 60),
        ({"driver_version": {"gte": "550.0.0"}}, lambda row: row["driver_vers"] >= 550000000),
        ({"driver_version": {"lt": 550000000}}, lambda row: row["driver_vers"] < 550000000),
        ({"ubuntu_version": {"gte": "22.04"}}, lambda row: float(row["os_version"]) >= 22.04),
        ({"target_reliability": {"gte": 0.98}}, lambda row: row["expected_reliability"] >= 0.98),
        ({"gpu_ram_GB": {"gte": 40}}, lambda row: row["gpu_ram"] >= 40000),
        ({"cpu_ram_GB": {"gte": "128"}}, lambda row: row["cpu_ram"] >= 128000),
        ({"gpu_totalram": {"gte": 100000}}, lambda row: row["gpu_total_ram"] >= 100000),
        ({"dphtotal": {"lte": "0.5"}}, lambda row: row["dph_total"] <= 0.5),
        ({"allocated_storage": 900}, lambda row: row["disk_space"] >= 900),
        ({"num_gpus": {"gt": "1", "lt": "8"}}, lambda row: 1 < row["num_gpus"] < 8),
        ({"external": {"eq": False}}, lambda row: row["external"] is False),
        ({"rentable": {"eq": False}}, lambda row: not row["rentable"]),
        ({"cluster_id": {"eq": None}}, lambda row: row["cluster_id"] is None),
        ({"has_avx": {"eq": True}}, lambda row: row["has_avx"] == 1),
    ],
)
def test_fields(renter: Any, query: dict[str, Any], passes: Any) -> None:
    rows = renter.offers(**query)
    assert rows
    assert all(passes(row) for row in rows)


def test_an_underscore_in_a_gpu_name_matches_nothing(renter: Any) -> None:
    assert renter.offers(gpu_name={"eq": "RTX_4090"}) == []


def test_offers_are_found_by_ask_contract_id_and_not_by_id(renter: Any, emulator: Emulator) -> None:
    offer = renter.offer()
    assert renter.offers(id={"eq": offer}) == []
    assert [row["id"] for row in renter.offers(ask_contract_id={"eq": str(offer)})] == [offer]
    emulator.settings(search_by_id="works")
    assert [row["id"] for row in renter.offers(id={"eq": offer})] == [offer]


def test_storage_and_type_change_the_price(renter: Any) -> None:
    def price(**query: Any) -> dict[str, Any]:
        return renter.offers(machine_id={"eq": 123456}, **query)[0]

    assert price(allocated_storage=50)["dph_total"] == pytest.approx(0.8)
    assert price(allocated_storage=50)["storage_total_cost"] == pytest.approx(0.144 * 50 / 720)
    assert price()["dph_total"] == pytest.approx(0.79 + 0.144 * 8 / 720)
    bid = price(type="bid", allocated_storage=50)
    assert bid["is_bid"] is True
    assert bid["dph_base"] == bid["min_bid"]
    assert bid["dph_total"] == pytest.approx(bid["min_bid"] + 0.01)
    reserved = price(type="reserved")
    assert reserved["discounted_dph_total"] < reserved["dph_total"]
    assert price(type="ondemand") == price(type="on-demand") == price(type="ask")


def test_renting_one_split_takes_overlapping_ones_off_the_market(renter: Any, emulator: Emulator) -> None:
    machine = next(
        one
        for one in emulator.market()["machines"]
        if len(one["holders"]) == 4 and all(holder is None for holder in one["holders"])
    )
    pair = next(offer for offer in machine["offers"] if offer["gpu_ids"] == [0, 1])
    assert renter.ask("PUT", f"/api/v0/asks/{pair['id']}/", {"image": "a/b"})[0] == 200
    rows = renter.offers(machine_id={"eq": machine["machine_id"]})
    for row in rows:
        overlaps = bool({0, 1} & set(row["gpu_ids"]))
        assert row["rentable"] is not overlaps
        assert row["rented"] is overlaps
    free = renter.offers(machine_id={"eq": machine["machine_id"]}, rentable={"eq": True}, rented={"eq": False})
    assert {tuple(row["gpu_ids"]) for row in free} == {(2,), (3,), (2, 3)}


def test_a_vanished_offer_is_in_no_later_search(renter: Any, emulator: Emulator) -> None:
    offer = renter.offer()
    emulator.vanish(offer)
    status, answer = renter.ask("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})
    assert (status, answer["error"], answer["ask_id"]) == (400, "no_such_ask", offer)
    assert renter.offers(machine_id={"eq": 123456}) == []


def test_only_the_first_create_finds_its_offer_gone(renter: Any, emulator: Emulator) -> None:
    first, second = (row["id"] for row in renter.offers(rentable={"eq": True}, num_gpus={"eq": 1}, limit=2))
    emulator.vanish_on_create(1)
    assert "no_such_ask" in renter.ask("PUT", f"/api/v0/asks/{first}/", {"image": "a/b"})[1]["msg"]
    assert renter.ask("PUT", f"/api/v0/asks/{second}/", {"image": "a/b"})[0] == 200
