# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ray-vast 0.3.0, by its constructor's ``base_url`` and ``sleep``: what its node provider asks of Vast.ai."""

from __future__ import annotations

import pytest
from ray_vast.config import build_offer_query
from ray_vast.vast_api import TRIES, VastClient, VastError, label, sweep

from vast_emulator.process import Emulator

CREATE = "/api/v0/asks/{id}/"
NODE_TYPE = {"resources": {"GPU": 1, "CPU": 8}, "node_config": {"offer_query": {"gpu_ram": {"gte": 24000}}}}
TOKEN = "the-join-token"


class Cluster:
    """Rents workers as the node provider does, through the package's own client."""

    name = "trial"

    def __init__(self, emulator: Emulator) -> None:
        self.vast = VastClient(emulator.api_key, f"{emulator.url}/api/v0", sleep=emulator.advance, jitter=lambda: 0.0)
        self.offers = self.vast.search_offers(build_offer_query(NODE_TYPE, "worker"))

    def rent(self) -> int:
        offer = self.offers.pop(0)
        ports = min(64, offer["direct_port_count"])
        environment = {"RAY_VAST_TOKEN": TOKEN}
        return self.vast.create_instance(
            offer["id"], "rayproject/ray:2.59.0", environment, ["worker"], label(self.name), 40, ports
        )

    def sweep(self) -> list[int]:
        return sweep(self.vast, self.vast.list_instances(), self.name)


@pytest.fixture
def cluster(emulator: Emulator) -> Cluster:
    # The client lists instances the way that the live API refuses since mid-2026.
    emulator.settings(v0_list="list")
    return Cluster(emulator)


def test_offers_fit_the_node_type(cluster: Cluster) -> None:
    prices = [offer["dph_total"] for offer in cluster.offers]
    assert prices
    assert prices == sorted(prices)
    assert all(offer["num_gpus"] == 1 and offer["gpu_ram"] >= 24000 for offer in cluster.offers)
    assert all(offer["direct_port_count"] >= 18 for offer in cluster.offers)


def test_a_worker_boots_and_is_swept_away_with_its_cluster(cluster: Cluster, emulator: Emulator) -> None:
    worker = cluster.rent()
    [row] = cluster.vast.list_instances()
    assert (row["id"], row["label"]) == (worker, "ray-vast:trial")
    assert row["actual_status"] != "running"
    emulator.advance(100)
    [row] = cluster.vast.list_instances()
    assert row["actual_status"] == "running"
    assert row["public_ipaddr"]
    assert len(row["ports"]) >= 18
    assert cluster.sweep() == [worker]
    assert cluster.vast.list_instances() == []
    assert emulator.ledger()["billing"] == []


def test_the_sweep_spares_other_clusters_and_what_it_is_told_to_keep(cluster: Cluster, emulator: Emulator) -> None:
    keep, end = cluster.rent(), cluster.rent()
    stranger = VastClient(emulator.api_key, f"{emulator.url}/api/v0").create_instance(
        cluster.offers.pop(0)["id"], "rayproject/ray:2.59.0", {}, [], label("other"), 40, 1
    )
    assert sweep(cluster.vast, cluster.vast.list_instances(), cluster.name, keep={keep}) == [end]
    assert {row["id"] for row in cluster.vast.list_instances()} == {keep, stranger}


def test_destroying_twice_is_no_error(cluster: Cluster) -> None:
    worker = cluster.rent()
    cluster.vast.destroy_instance(worker)
    cluster.vast.destroy_instance(worker)


def test_too_many_requests_are_waited_out(cluster: Cluster, emulator: Emulator) -> None:
    emulator.fault("PUT", CREATE, status=429, times=TRIES - 1)
    before = emulator.clock()["now"]
    worker = cluster.rent()
    assert emulator.clock()["now"] - before == pytest.approx(1 + 2 + 4 + 8)
    assert [row["id"] for row in cluster.vast.list_instances()] == [worker]
    assert emulator.count("PUT", CREATE) == TRIES


def test_a_lost_answer_is_not_asked_for_again_and_the_sweep_finds_what_was_rented(
    cluster: Cluster, emulator: Emulator
) -> None:
    emulator.fault("PUT", CREATE, when="after", status=504)
    with pytest.raises(VastError) as refused:
        cluster.rent()
    assert refused.value.status == 504
    assert emulator.count("PUT", CREATE) == 1
    assert len(cluster.sweep()) == 1
    assert emulator.ledger()["billing"] == []


def test_an_offer_that_is_gone_is_an_error_without_secrets(cluster: Cluster, emulator: Emulator) -> None:
    emulator.vanish_on_create()
    with pytest.raises(VastError) as refused:
        cluster.rent()
    assert TOKEN not in str(refused.value)
    assert cluster.vast.list_instances() == []


def test_the_list_that_the_live_api_gave_up_is_an_error(emulator: Emulator) -> None:
    with pytest.raises(VastError) as refused:
        Cluster(emulator).vast.list_instances()
    assert refused.value.status == 410
