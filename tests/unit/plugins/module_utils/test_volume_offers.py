# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching for storage: what is asked, and what is shown of the answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._match import matches
from ansible_collections.cloudctl.vastai.plugins.module_utils._offer_fields import KINDS
from ansible_collections.cloudctl.vastai.plugins.module_utils._volume_offers import (
    FIELDS,
    describe,
    search,
    volume_query,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import ANY_JSON
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import ScriptedServer, says
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.volume_rows import volume_offer


def test_a_search_without_conditions() -> None:
    assert volume_query({}, 15) == {
        "verified": {"eq": True},
        "external": {"eq": False},
        "order": [["storage_cost", "asc"]],
        "allocated_storage": 15.0,
    }


def test_all_options_together() -> None:
    options = {
        "filters": "disk_bw>=2000 verified=any",
        "regions": ["SE", "CA"],
        "order": "disk_bw-",
        "machine_id": 77,
        "max_monthly_price": 25,
    }
    assert volume_query(options, 200, 3) == {
        "disk_bw": {"gte": 2000},
        "geolocation": {"in": ["SE", "CA"]},
        "machine_id": {"eq": 77},
        "storage_cost": {"lte": 0.125},
        "order": [["disk_bw", "desc"]],
        "limit": 3,
        "allocated_storage": 200.0,
    }


@pytest.mark.parametrize("options", [{"filters": "gpu_name=A"}, {"filters": {"rentable": True}}, {"order": "dph"}])
def test_what_only_gpu_offers_have(options: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="Offers of volumes have no "):
        volume_query(options, 15)


def test_the_query_language_knows_all_fields() -> None:
    assert set(KINDS) >= FIELDS


@pytest.mark.parametrize("price", [0, -1, float("nan"), float("inf")])
def test_a_price_cap_is_an_amount(price: float) -> None:
    with pytest.raises(BadRequest, match="max_monthly_price must be more than 0"):
        volume_query({"max_monthly_price": price}, 15)


@given(st.integers(1, 10_000), st.integers(1, 500))
def test_what_costs_just_the_cap_matches(size_gb: int, cents_per_gb: int) -> None:
    price = cents_per_gb / 1000
    query = volume_query({"max_monthly_price": price * size_gb}, size_gb)
    row = volume_offer(storage_cost=price, disk_space=10_000)
    assert matches(row, query)
    assert not matches({**row, "storage_cost": price + 0.001}, query)


def test_rows_are_checked_again_and_put_in_order(server: ScriptedServer, client: VastClient) -> None:
    rows = [volume_offer(1, storage_cost=0.2), volume_offer(2, disk_space=199.0), volume_offer(3)]
    server.expect("POST", "/api/v0/volumes/search/", says({"offers": rows}))
    assert [row["id"] for row in search(client, volume_query({}, 200))] == [3, 1]


def test_an_offer_is_priced_for_the_size() -> None:
    described = describe(volume_offer(), 200)
    assert described["cost"]["monthly_price"] == 20.0
    assert described["cost"]["gpu_hourly_price"] == 0.0
    assert (described["disk_space_gb"], described["country"], described["duration_seconds"]) == (500.0, "SE", 8640000)


@given(st.dictionaries(st.sampled_from([*volume_offer(), "dph_total"]), ANY_JSON))
def test_any_row_can_be_described(row: dict[str, Any]) -> None:
    assert set(describe(row, 15)) == set(describe(volume_offer(), 15))
