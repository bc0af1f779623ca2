# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching: what is sent, and what is done with the rows that come back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._offers import (
    OFFER_ARGUMENTS,
    describe,
    offer_query,
    ordered,
    search,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._query import build_query


class Conversation:
    """Answers one read, and remembers it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.requests: list[tuple[str, str, Any]] = []

    def read(self, method: str, path: str, params: Any = None, body: Any = None) -> Any:
        self.requests.append((method, path, body))
        return self.answer


def offer(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "ask_contract_id": number,
        "verification": "verified",
        "external": False,
        "rentable": True,
        "rented": False,
        "score": 100 - number,
        "dph_total": number / 10,
    } | fields


def ids(rows: list[dict[str, Any]]) -> list[int]:
    return [row["id"] for row in rows]


def test_one_request_with_the_whole_query() -> None:
    query = build_query("num_gpus=1", limit=3)
    client = Conversation({"offers": [offer(1)]})
    assert ids(search(client, query)) == [1]
    assert client.requests == [("POST", "/api/v0/bundles/", {**query, "limit": 64})]


def test_rows_that_slip_through_do_not_use_up_the_limit() -> None:
    strangers = [offer(number, num_gpus=2) for number in range(1, 5)]
    client = Conversation({"offers": [*strangers, offer(9, num_gpus=1)]})
    assert ids(search(client, build_query("num_gpus=1", limit=1))) == [9]


def test_rows_that_were_not_asked_for_are_dropped() -> None:
    rows = [offer(1), offer(2, num_gpus=4), offer(3, rentable=False), offer(4, dph_total=None), None, "x", offer(5)]
    query = build_query("num_gpus=1", max_price=10)
    assert ids(search(Conversation({"offers": rows}), query)) == [1, 5]


def test_the_order_is_restored_and_the_limit_kept() -> None:
    rows = [offer(3), offer(1), offer(2)]
    assert ids(search(Conversation({"offers": rows}), build_query())) == [1, 2, 3]
    assert ids(search(Conversation({"offers": rows}), build_query(order="dph-", limit=2))) == [3, 2]


def test_an_offer_that_comes_twice_is_listed_once() -> None:
    assert ids(search(Conversation({"offers": [offer(2), offer(1), offer(2)]}), build_query())) == [1, 2]


@pytest.mark.parametrize("answer", [{"offers": []}, {"offers": None}, {"offers": {}}, {"offers": "x"}])
def test_nothing_found(answer: Any) -> None:
    assert search(Conversation(answer), build_query()) == []


def test_a_single_offer_may_come_without_a_list() -> None:
    assert ids(search(Conversation({"offers": offer(7)}), build_query())) == [7]


@pytest.mark.parametrize("answer", [None, [], "offers", {}, {"success": True}])
def test_an_answer_without_offers_is_an_error(answer: Any) -> None:
    with pytest.raises(VastError, match="no list of offers"):
        search(Conversation(answer), build_query())


def test_order_by_several_fields() -> None:
    rows = [
        {"id": 1, "num_gpus": 2, "dph_total": 0.3},
        {"id": 2, "num_gpus": None, "dph_total": 0.1},
        {"id": 3, "num_gpus": 4, "dph_total": 0.5},
        {"id": 4, "num_gpus": 4, "dph_total": 0.2},
        {"id": 5, "dph_total": 0.05},
    ]
    assert ids(ordered(rows, [["num_gpus", "desc"], ["dph_total", "asc"]])) == [4, 3, 1, 5, 2]
    assert ids(ordered(rows, [["num_gpus", "asc"], ["dph_total", "desc"]])) == [1, 3, 4, 2, 5]
    assert ids(ordered(rows, [])) == [1, 2, 3, 4, 5]


def test_flags_and_texts_have_an_order_too() -> None:
    rows = [{"id": 1, "gpu_name": "B", "static_ip": 0}, {"id": 2, "gpu_name": "A", "static_ip": True}]
    assert ids(ordered(rows, [["static_ip", "desc"]])) == [2, 1]
    assert ids(ordered(rows, [["gpu_name", "asc"]])) == [2, 1]


def test_options_become_a_query() -> None:
    params = dict.fromkeys(OFFER_ARGUMENTS) | {"filters": "num_gpus=2", "max_price": 1.5, "api_key": "none"}
    assert offer_query(params, "bid", 3, 20) == build_query(
        "num_gpus=2", offer_type="bid", limit=3, storage=20, max_price=1.5
    )
    with pytest.raises(BadRequest):
        offer_query({"filters": "nonsense"})


def test_description() -> None:
    row = offer(
        1001,
        machine_id=77,
        num_gpus=1,
        gpu_name="RTX 4090",
        gpu_ram=24564,
        cpu_ram=128576,
        geolocation="Sweden, SE",
        hosting_type=1,
        duration=8640000.0,
        dph_base=0.4,
        storage_cost=0.15,
        reliability2=0.99,
        static_ip=None,
        inet_up="812.3",
    )
    found = describe(row, 50)
    assert found["id"] == 1001
    assert found["gpu_ram_gb"] == 24.564
    assert found["cpu_ram_gb"] == 128.576
    assert found["country"] == "SE"
    assert found["geolocation"] == "Sweden, SE"
    assert found["datacenter"] is True
    assert found["verified"] is True
    assert found["static_ip"] is False
    assert found["reliability"] == 0.99
    assert found["inet_up_mbps"] == 812.3
    assert found["min_bid_price"] is None
    assert found["cost"]["monthly_price"] == 295.5


hostile = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
hostile_rows = st.dictionaries(st.sampled_from([*offer(1), "geolocation", "gpu_ram", "search", "gpu_name"]), hostile)


@given(hostile_rows)
def test_any_row_can_be_described_in_the_same_shape(row: dict[str, Any]) -> None:
    assert describe(row, 10).keys() == describe({}, 10).keys()


@given(st.lists(hostile_rows | hostile, max_size=4))
def test_any_list_of_rows_can_be_searched(rows: list[Any]) -> None:
    search(Conversation({"offers": rows}), build_query(order="gpu_name,score-,geolocation,dph", limit=2))
