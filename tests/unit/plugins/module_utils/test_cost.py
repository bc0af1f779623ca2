# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What things cost, and that the parts make the whole."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import (
    HOURS_PER_MONTH,
    instance_cost,
    offer_cost,
    total,
)

RATES = ("storage_price_per_gb_month", "upload_price_per_gb", "download_price_per_gb")
SUMS = (
    "hourly_price",
    "daily_price",
    "monthly_price",
    "gpu_hourly_price",
    "storage_hourly_price",
    "running_hourly_price",
)
OFFER = {"dph_base": 0.4, "dph_total": 0.401042, "storage_cost": 0.15, "inet_up_cost": 0.005, "inet_down_cost": 0.003}
PRICES = {"gpuCostPerHour": 0.4, "diskHour": 0.002074, "totalHour": 0.402074}
RUNNING = {
    "actual_status": "running",
    "dph_base": 0.4,
    "dph_total": 0.402074,
    "storage_cost": 0.149333,
    "disk_space": 10.0,
    "storage_total_cost": 0.002074,
    "search": PRICES,
    "instance": PRICES,
}
STOPPED = RUNNING | {
    "actual_status": "exited",
    "instance": {"gpuCostPerHour": 0, "diskHour": 0.002074, "totalHour": 0.002074},
}

prices = st.floats(0, 100, allow_nan=False)
sizes = st.floats(0, 10_000, allow_nan=False)
hostile = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())
rows = st.dictionaries(
    st.sampled_from([*RUNNING, "inet_up_cost", "inet_down_cost"]),
    hostile | st.dictionaries(st.sampled_from([*PRICES]), hostile),
)


def near(expected: float) -> Any:
    return pytest.approx(expected, abs=2e-6)


def test_an_offer_costs_its_gpu_and_the_storage_asked_for() -> None:
    assert offer_cost(OFFER, 50) == {
        "currency": "USD",
        "hourly_price": 0.410417,
        "daily_price": 9.85,
        "monthly_price": 295.5,
        "gpu_hourly_price": 0.4,
        "storage_hourly_price": 0.010417,
        "running_hourly_price": 0.410417,
        "storage_price_per_gb_month": 0.15,
        "upload_price_per_gb": 0.005,
        "download_price_per_gb": 0.003,
    }


def test_the_prices_of_the_command_card() -> None:
    assert offer_cost({"dph_base": 0.8}, 0)["monthly_price"] == 576.0
    assert offer_cost({"storage_cost": 0.1}, 200)["monthly_price"] == 20.0


def test_a_running_instance_accrues_everything() -> None:
    cost = instance_cost(RUNNING)
    assert (cost["hourly_price"], cost["gpu_hourly_price"], cost["storage_hourly_price"]) == (0.402074, 0.4, 0.002074)
    assert cost["running_hourly_price"] == cost["hourly_price"]


@pytest.mark.parametrize("instance", [STOPPED["instance"], None, {}, {"gpuCostPerHour": 0}])
@pytest.mark.parametrize("status", ["exited", "stopped", "created", "loading", None])
def test_an_instance_that_does_not_run_accrues_only_its_storage(status: str | None, instance: Any) -> None:
    cost = instance_cost(STOPPED | {"actual_status": status, "instance": instance})
    assert (cost["hourly_price"], cost["gpu_hourly_price"], cost["storage_hourly_price"]) == (0.002074, 0.0, 0.002074)
    assert cost["running_hourly_price"] == 0.402074


def test_an_offline_machine_bills_nothing() -> None:
    cost = instance_cost(RUNNING | {"actual_status": "offline"})
    assert (cost["hourly_price"], cost["running_hourly_price"]) == (0.0, 0.402074)


def test_a_running_row_without_price_objects() -> None:
    assert instance_cost({**RUNNING, "search": None, "instance": None}) == instance_cost(RUNNING)
    bare = {"actual_status": "running", "dph_total": 0.402074, "storage_cost": 0.149333, "disk_space": 10}
    assert instance_cost(bare)["hourly_price"] == 0.402074


def test_an_offer_without_a_base_price() -> None:
    assert offer_cost({"dph_total": 0.5, "storage_total_cost": 0.1}, 0)["hourly_price"] == 0.4
    assert offer_cost({"search": {"gpuCostPerHour": 0.3}}, 0)["hourly_price"] == 0.3


@given(prices, prices, sizes)
def test_the_parts_of_an_offer_make_the_whole(gpu: float, storage: float, size: float) -> None:
    cost = offer_cost({"dph_base": gpu, "storage_cost": storage}, size)
    assert cost["hourly_price"] == near(cost["gpu_hourly_price"] + cost["storage_hourly_price"])
    assert cost["hourly_price"] == cost["running_hourly_price"] == near(gpu + storage * size / 720)
    assert cost["monthly_price"] == pytest.approx(cost["hourly_price"] * HOURS_PER_MONTH, abs=720 * 1e-6)
    assert cost["daily_price"] == pytest.approx(cost["hourly_price"] * 24, abs=24 * 1e-6)


@given(prices, prices, sizes, st.sampled_from(["running", "exited", "loading", None]))
def test_the_parts_of_an_instance_make_the_whole(gpu: float, storage: float, size: float, status: str | None) -> None:
    cost = instance_cost({"dph_base": gpu, "storage_cost": storage, "disk_space": size, "actual_status": status})
    assert cost["hourly_price"] == near(cost["gpu_hourly_price"] + cost["storage_hourly_price"])
    assert cost["running_hourly_price"] == near(gpu + storage * size / 720)
    assert cost["hourly_price"] <= cost["running_hourly_price"]


@given(st.lists(st.tuples(prices, prices, sizes), max_size=5))
def test_a_total_is_the_sum(parts: list[tuple[float, float, float]]) -> None:
    costs = [offer_cost({"dph_base": gpu, "storage_cost": storage}, size) for gpu, storage, size in parts]
    found = total(costs)
    assert found.keys() == {"currency", *SUMS}
    for name in SUMS:
        assert found[name] == pytest.approx(sum(cost[name] for cost in costs), abs=1e-5)


@given(rows)
def test_no_row_makes_a_price_fail(row: dict[str, Any]) -> None:
    for cost in (offer_cost(row, 10), instance_cost(row)):
        assert cost.keys() == {"currency", *SUMS, *RATES}
        assert all(isinstance(cost[name], float) for name in (*SUMS, *RATES))


def test_nothing_known_costs_nothing() -> None:
    assert set(offer_cost({}, 10).values()) == set(instance_cost({}).values()) == {"USD", 0.0}
    assert set(total([]).values()) == {"USD", 0.0}
