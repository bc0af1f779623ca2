# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance and offer rows for tests: plausible ones, and arbitrary JSON under the fields that code reads."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=3,
)
_FIELDS = [
    "id actual_status intended_status cur_state status_msg label template_hash_id image_uuid image_args image_runtype",
    "extra_env onstart jupyter_token ssh_host ssh_port public_ipaddr ports machine_id host_id num_gpus gpu_name",
    "gpu_ram cpu_ram disk_space inet_up inet_down is_bid dph_base dph_total storage_cost storage_total_cost search",
    "instance start_date end_date verification reliability2 geolocation cuda_max_good driver_version volume_info",
]
_PORTS = st.dictionaries(
    st.sampled_from(["22/tcp", "8080/tcp"]),
    st.lists(st.dictionaries(st.just("HostPort"), ANY_JSON | st.integers(-5, 70000).map(str))) | ANY_JSON,
)
_LIKELY = {
    "ports": _PORTS,
    "ssh_host": st.text("abc.-:@ ", max_size=8),
    "public_ipaddr": st.text("0123456789.-\n ", max_size=12),
    "image_runtype": st.sampled_from(["ssh", "args", "jupyter", "ssh_direc ssh_proxy"]),
    "ssh_port": st.integers(-5, 70000),
    "extra_env": st.lists(st.lists(ANY_JSON, min_size=2, max_size=2), max_size=3),
    "volume_info": st.lists(st.fixed_dictionaries({"id": ANY_JSON, "label": ANY_JSON}), max_size=2),
}
ANY_ROW = st.builds(
    lambda anything, likely: {**anything, **likely},
    st.dictionaries(st.sampled_from(" ".join(_FIELDS).split()), ANY_JSON, max_size=10),
    st.fixed_dictionaries({}, optional=_LIKELY),
)


def instance(number: int = 7, **fields: Any) -> dict[str, Any]:
    """A running on-demand instance, as the v1 list has it."""
    return {
        "id": number,
        "label": "train",
        "actual_status": "running",
        "intended_status": "running",
        "cur_state": "running",
        "status_msg": "success, running pytorch/pytorch_latest/ssh\n",
        "image_uuid": "pytorch/pytorch:latest",
        "image_args": [],
        "image_runtype": "ssh_direc ssh_proxy",
        "template_hash_id": None,
        "extra_env": [],
        "onstart": None,
        "machine_id": 100 + number,
        "gpu_name": "RTX 4090",
        "num_gpus": 2,
        "disk_space": 50.0,
        "dph_base": 0.8,
        "dph_total": 0.81,
        "storage_cost": 0.144,
        "storage_total_cost": 0.01,
        "geolocation": "Sweden, SE",
        **fields,
    }


def stopped(number: int = 7, **fields: Any) -> dict[str, Any]:
    """The same, at rest."""
    rest = {"actual_status": "exited", "intended_status": "stopped", "cur_state": "stopped"}
    return instance(number, **rest | fields)


def offer(number: int = 7, **fields: Any) -> dict[str, Any]:
    """An offer row, on the machine on which ``instance(number)`` would run."""
    return {
        "id": number,
        "ask_contract_id": number,
        "machine_id": 100 + number,
        "gpu_name": "RTX 4090",
        "num_gpus": 2,
        "dph_base": 0.8,
        "dph_total": 0.81,
        "storage_cost": 0.144,
        "geolocation": "Sweden, SE",
        "verification": "verified",
        "external": False,
        "rentable": True,
        "rented": False,
        **fields,
    }


def bid(number: int = 7, **fields: Any) -> dict[str, Any]:
    """A running interruptible instance whose bid of $0.50/h wins."""
    auction = {"is_bid": True, "dph_base": 0.5, "min_bid": 0.4, "dph_total": 0.51, "next_state": "running"}
    return instance(number, **auction | fields)


def outbid(number: int = 7, shape: str = "stopped", **fields: Any) -> dict[str, Any]:
    """The same, when somebody bids $0.70/h; ``shape``: its intended status, of which two were seen."""
    lost = {"min_bid": 0.7, "intended_status": shape, "next_state": shape, "cur_state": "stopped"}
    return bid(number, **lost | {"actual_status": "exited"} | fields)
