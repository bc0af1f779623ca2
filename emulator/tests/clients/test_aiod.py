# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""aiondemandcluster 0.5.0 (``aiod``), by its constructor's ``base_url``: renting a machine that serves a model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from aiod import vast
from aiod.bootstrap import ServerConfig
from aiod.sizing import QuantPlan, plan_gpus
from aiod.vast import Offer, VastClient, VastError

from vast_emulator.process import Emulator

CREATE = "/api/v0/asks/{id}/"
MAX_PRICE = 2.5


@pytest.fixture
def aiod(emulator: Emulator, emulated_time: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[VastClient]:
    monkeypatch.setattr(vast, "time", emulated_time)
    with VastClient(emulator.api_key, base_url=emulator.url) as client:
        yield client


@pytest.fixture
def offer(aiod: VastClient) -> Offer:
    """The cheapest way to serve a model that needs 40 GB, as ``aiod up`` finds it."""
    plan = QuantPlan("bf16", "bf16", 30, 10, 40, plan_gpus(40))
    offers = [priced.offer for priced in aiod.price_plan(plan, 60, max_price=MAX_PRICE) if priced.offer]
    return min(offers, key=lambda offer: offer.dph_total)


def rent(aiod: VastClient, offer: Offer, max_price: float = MAX_PRICE) -> int:
    server = ServerConfig("org/model", offer.num_gpus, "bf16", "server-key")
    return aiod.create_instance(offer.id, server, disk_gb=60, max_price=max_price)


def test_offers_are_priced_for_the_model(offer: Offer) -> None:
    assert offer.total_vram_gb >= 40 * 0.95
    assert 0 < offer.dph_total <= MAX_PRICE
    assert offer.direct_port_count >= 1


def test_cards_are_found_by_a_part_of_their_name(aiod: VastClient) -> None:
    offers = aiod.search_offers(num_gpus=1, min_gpu_ram_gb=20, min_disk_gb=50, gpu_match=["rtx 4090"])
    assert {offer.gpu_name for offer in offers} == {"RTX 4090"}


def test_a_server_boots_answers_at_its_port_and_is_destroyed(
    aiod: VastClient, offer: Offer, emulator: Emulator
) -> None:
    instance = rent(aiod, offer)
    seen = []
    while (endpoint := aiod.endpoint_of(row := aiod.get_instance(instance))) is None:
        seen.append(aiod.status_of(row))
        emulator.advance(10)
    assert set(seen) <= {"running", "created", "loading"}
    assert seen
    assert aiod.status_of(row) == "running"
    assert endpoint[1] > 0
    assert "vllm/vllm-openai:latest" in aiod.fetch_logs(instance)
    assert [row["id"] for row in aiod.list_instances()] == [instance]
    aiod.destroy_instance(instance)
    assert aiod.list_instances() == []
    with pytest.raises(VastError, match="not found"):
        aiod.get_instance(instance)
    assert emulator.ledger()["billing"] == []


def test_what_it_means_to_rent_on_demand_is_a_bid_that_can_be_lost(
    aiod: VastClient, offer: Offer, emulator: Emulator
) -> None:
    instance = rent(aiod, offer)
    emulator.advance(100)
    assert aiod.get_instance(instance)["is_bid"] is True
    emulator.outbid(instance)
    assert aiod.status_of(aiod.get_instance(instance)) == "exited"


def test_a_bid_below_the_market_leaves_a_stopped_instance_that_bills(
    aiod: VastClient, offer: Offer, emulator: Emulator
) -> None:
    with pytest.raises(VastError):
        rent(aiod, offer, max_price=0.001)
    [left] = aiod.list_instances()
    assert left["label"] == "aiod-vllm"
    aiod.destroy_instance(left["id"])
    assert emulator.ledger()["billing"] == []


def test_too_many_requests_are_waited_out(aiod: VastClient, offer: Offer, emulator: Emulator) -> None:
    body = {"success": False, "error": "too_many_requests", "retry_after": 7}
    emulator.fault("PUT", CREATE, status=429, body=body, times=3)
    before = emulator.clock()["now"]
    assert rent(aiod, offer) > 0
    assert emulator.clock()["now"] - before >= 21
    assert emulator.count("PUT", CREATE) == 4


def test_a_lost_answer_is_not_asked_for_again(aiod: VastClient, offer: Offer, emulator: Emulator) -> None:
    emulator.fault("PUT", CREATE, when="after", status=504)
    with pytest.raises(VastError, match="504"):
        rent(aiod, offer)
    assert emulator.count("PUT", CREATE) == 1
    assert [row["label"] for row in aiod.list_instances()] == ["aiod-vllm"]


def test_a_wrong_key_is_an_error(emulator: Emulator, emulated_time: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vast, "time", emulated_time)
    with VastClient("not-the-key", base_url=emulator.url) as client, pytest.raises(VastError, match="404"):
        client.list_instances()
    emulator.settings(wrong_key_status=401)
    with VastClient("not-the-key", base_url=emulator.url) as client, pytest.raises(VastError, match="VAST_API_KEY"):
        client.list_instances()
