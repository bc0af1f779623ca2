# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is remembered of an instance, and what its host is told."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.plugins.plugin_utils._hosts import (
    NAMING_FACTS,
    fingerprint,
    host_variables,
    remembered,
)

ROW: dict[str, Any] = {
    "id": 4242,
    "label": "trainer",
    "actual_status": "running",
    "image_runtype": "ssh ssh_direc ssh_proxy",
    "ssh_host": "ssh5.vast.ai",
    "ssh_port": 12345,
    "public_ipaddr": " 203.0.113.7\n",
    "ports": {"22/tcp": [{"HostIp": "0.0.0.0", "HostPort": "20000"}]},
    "num_gpus": 2,
    "gpu_name": "RTX 4090",
    "dph_base": 0.8,
    "dph_total": 0.81,
    "jupyter_token": "jupyter-secret",
    "instance_api_key": "instance-secret",
    "onstart": "curl -H 'Authorization: onstart-secret' ...",
    "image_login": "-u me -p login-secret",
    "extra_env": [["HF_TOKEN", "env-secret"]],
}


def test_no_secret_is_remembered() -> None:
    memory = json.dumps(remembered(ROW))
    assert "secret" not in memory
    assert "HF_TOKEN" in memory


def test_every_fact_is_a_variable_with_the_prefix() -> None:
    variables = host_variables(remembered(ROW), "auto")
    own = {name for name in variables if not name.startswith("vast_")}
    assert own == {"ansible_host", "ansible_port", "ansible_user"}
    assert variables["vast_id"] == 4242
    assert variables["vast_name"] == "trainer"
    assert variables["vast_running"] is True
    assert variables["vast_cost"]["running_hourly_price"] == 0.8


@pytest.mark.parametrize(
    ("connect_with", "host", "port"),
    [("auto", "203.0.113.7", 20000), ("direct", "203.0.113.7", 20000), ("proxy", "ssh5.vast.ai", 12345)],
)
def test_ansible_connects_as_asked(connect_with: str, host: str, port: int) -> None:
    variables = host_variables(remembered(ROW), connect_with)
    assert (variables["ansible_host"], variables["ansible_port"], variables["ansible_user"]) == (host, port, "root")
    assert variables["vast_ssh"]["command"] == f"ssh -p {port} root@{host}"


def test_without_an_address_ansible_never_connects_to_the_label() -> None:
    variables = host_variables(remembered({**ROW, "ports": None}), "direct")
    assert variables["ansible_host"] == "instance-4242-has-no-ssh-address.invalid"
    assert "ansible_port" not in variables
    assert variables["vast_ssh"] is None


def test_how_the_bid_stands() -> None:
    assert host_variables(remembered(ROW), "auto")["vast_bid_status"] is None
    bid = {**ROW, "is_bid": True, "min_bid": 0.9, "intended_status": "stopped", "cur_state": "stopped"}
    variables = host_variables(remembered(bid), "auto")
    assert (variables["vast_is_bid"], variables["vast_bid_status"]) == (True, "outbid")


def test_ports_and_volumes() -> None:
    ports = {**ROW["ports"], "8080/tcp": [{"HostIp": "0.0.0.0", "HostPort": "20001"}], "53/udp": None}
    mounted = [["-v models:/models", "1"], ["PLAIN", "x"]]
    row = {**ROW, "ports": ports, "extra_env": mounted, "volume_info": [{"id": 7, "label": "models"}]}
    variables = host_variables(remembered(row), "auto")
    assert variables["vast_ports"] == {
        "22/tcp": {"host": "203.0.113.7", "port": 20000},
        "8080/tcp": {"host": "203.0.113.7", "port": 20001},
    }
    assert variables["vast_volumes"] == [{"id": 7, "name": "models", "mount_path": "/models"}]


def test_memory_survives_json() -> None:
    memory = remembered(ROW)
    assert json.loads(json.dumps(memory)) == memory


def test_each_listing_has_its_own_fingerprint() -> None:
    running = {"actual_status": {"in": ["running"]}}
    listings = [
        ("https://console.vast.ai", "key", running),
        ("https://console.vast.ai", "other", running),
        ("http://127.0.0.1:1", "key", running),
        ("https://console.vast.ai", "key", {}),
        ("https://console.vast.ai", "key", {**running, "label": {"eq": "a"}}),
    ]
    prints = {fingerprint(*listing) for listing in listings}
    assert len(prints) == len(listings)
    assert not any("key" in one for one in prints)
    assert fingerprint("u", "k", {"a": 1, "b": 2}) == fingerprint("u", "k", {"b": 2, "a": 1})


def test_hosts_can_be_named_after_simple_facts() -> None:
    assert {"name", "id", "public_ip", "machine_id"} <= set(NAMING_FACTS)
    assert not {"ports", "volumes", "env_names"} & set(NAMING_FACTS)
