# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance rows as the list and the single show answer them.

A row has two parts. What :func:`still` makes stays until the contract is saved, and is encoded once until then. What
moves with the clock, with other bids or with volumes is made by :func:`moving`, each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vast_emulator.instances.ssh_endpoints import DocumentationAddresses, first_port, proxy_index
from vast_emulator.market.pricing import price_block, storage_price
from vast_emulator.world.contracts import Contract
from vast_emulator.world.volumes import mounted_row
from vast_emulator.world.world import World

# fmt: off
_FROM_MACHINE = (
    "machine_id", "host_id", "gpu_name", "gpu_ram", "gpu_arch", "gpu_lanes", "gpu_mem_bw", "gpu_max_power",
    "gpu_max_temp", "compute_cap", "bw_nvlink", "cpu_name", "cpu_arch", "cpu_cores", "cpu_ghz", "cpu_ram",
    "has_avx", "mobo_name", "pci_gen", "pcie_bw", "disk_name", "disk_bw", "inet_up", "inet_down", "inet_up_cost",
    "inet_down_cost", "verification", "reliability2", "static_ip", "geolocation", "geolocode", "country_code",
    "hosting_type", "external", "os_version", "driver_version", "cuda_max_good", "storage_cost",
    "credit_discount_max", "vms_enabled", "resource_type", "cluster_id",
)
_FROM_OFFER = (
    "bundle_id", "num_gpus", "gpu_frac", "gpu_total_ram", "cpu_cores_effective", "direct_port_count", "dlperf",
    "total_flops", "score",
)
# Columns that the list can filter by; others are computed for the answer and refused.
STORED = frozenset((
    "id", "label", "actual_status", "intended_status", "cur_state", "next_state", "machine_id", "host_id",
    "bundle_id", "gpu_name", "is_bid", "verification", "image_uuid", "template_id", "template_hash_id",
    "geolocation", "start_date", "end_date", "ask_contract_id",
))
# fmt: on
# External ports from here on ask for the same number inside and outside.
FIRST_IDENTICAL = 70_000
MOVING = frozenset(("min_bid", "duration", "uptime_mins", "client_run_time", "host_run_time", "volume_info"))
Reader = Callable[[Contract, World], Any]


def _of_machine(name: str) -> Reader:
    return lambda contract, world: world.machines[contract.machine_id].facts[name]


def _of_offer(name: str) -> Reader:
    return lambda contract, world: world.offers[contract.ask_id].facts[name]


def _of_contract(name: str) -> Reader:
    return lambda contract, world: getattr(contract, name)


def _uptime(contract: Contract, world: World) -> float | None:
    return None if contract.running_since is None else (world.now - contract.running_since) / 60.0


# Columns that the list can be ordered by, each read without building the row.
COLUMNS: dict[str, Reader] = {
    **{name: _of_contract(name) for name in STORED},
    **{name: _of_machine(name) for name in _FROM_MACHINE},
    **{name: _of_offer(name) for name in _FROM_OFFER},
    "actual_status": _of_contract("reported_status"),
    "image_uuid": _of_contract("image"),
    "start_date": _of_contract("created_at"),
    "ask_contract_id": _of_contract("ask_id"),
    "disk_space": _of_contract("disk"),
    "dph_base": _of_contract("dph_base"),
    "dph_total": lambda contract, world: contract.dph_base + storage_price(contract.storage_cost, contract.disk),
    "duration": lambda contract, world: contract.end_date - world.now,
    "uptime_mins": _uptime,
}
# What rows are ordered by. The clock moves none of it, so that a token still has its place on a page that comes later.
PLACES: dict[str, Reader] = {
    **COLUMNS,
    "duration": _of_contract("end_date"),
    "uptime_mins": lambda contract, world: None if contract.running_since is None else -contract.running_since,
}


def _port_table(mapped: dict[str, int]) -> dict[str, list[dict[str, str]]]:
    """Docker's port table."""
    table = {}
    for inside, port in mapped.items():
        inner, protocol = inside.split("/")
        name = f"{port}/{protocol}" if int(inner) >= FIRST_IDENTICAL else inside
        table[name] = [{"HostIp": address, "HostPort": str(port)} for address in ("0.0.0.0", "::")]  # noqa: S104
    return table


def row(contract: Contract, world: World, addresses: DocumentationAddresses) -> dict[str, Any]:
    """The whole row, with ``volume_info``. Prices in $/h, times in epoch seconds, ``duration`` in seconds left."""
    return {**still(contract, world, addresses), **moving(contract, world)}


def moving(contract: Contract, world: World) -> dict[str, Any]:
    """The columns of :data:`MOVING`: they change though nobody changes the contract."""
    now, since = world.now, contract.running_since
    return {
        "min_bid": world.offers[contract.ask_id].price_to_win(besides=contract.id),
        "duration": contract.end_date - now,
        "uptime_mins": _uptime(contract, world),
        "client_run_time": contract.ran_before + (0.0 if since is None else now - since),
        "host_run_time": now - world.machines[contract.machine_id].facts["start_date"],
        "volume_info": [mounted_row(volume) for volume in world.volumes.of(contract.id)],
    }


def still(contract: Contract, world: World, addresses: DocumentationAddresses) -> dict[str, Any]:
    """All other columns: they stay as they are until the contract is saved."""
    machine = world.machines[contract.machine_id].facts
    offer = world.offers[contract.ask_id].facts
    up = contract.answers
    disk_price = storage_price(contract.storage_cost, contract.disk)
    proxy_host, proxy_port = addresses.proxy(contract)
    public, ssh_port = addresses.direct(contract, machine["public_ipaddr"])
    made = {name: offer[name] for name in (*_FROM_MACHINE, *_FROM_OFFER)}
    made.update(
        id=contract.id,
        ask_contract_id=contract.ask_id,
        label=contract.label,
        actual_status=contract.reported_status,
        intended_status=contract.intended_status,
        cur_state=contract.cur_state,
        next_state=contract.next_state,
        status_msg=contract.status_msg,
        template_id=contract.template_id,
        template_hash_id=contract.template_hash_id,
        template_name=contract.template_name,
        image_uuid=contract.image,
        image_args=contract.args,
        image_runtype=contract.runtype,
        extra_env=[[name, value] for name, value in contract.env.items()],
        onstart=contract.onstart,
        jupyter_token=contract.jupyter_token,
        ssh_host=proxy_host,
        ssh_port=proxy_port,
        ssh_idx=str(proxy_index(contract)),
        machine_dir_ssh_port=first_port(contract),
        public_ipaddr=public,
        local_ipaddrs="10.0.0.5 172.17.0.1 \n",
        direct_port_start=first_port(contract) if contract.is_direct else -1,
        direct_port_end=first_port(contract) + 39 if contract.is_direct else -1,
        gpu_ids=contract.gpu_ids,
        gpu_totalram=made["gpu_total_ram"],
        gpu_util=0.0 if up else None,
        gpu_temp=39.0 if up else None,
        cpu_util=0.0 if up else None,
        mem_limit=round(machine["cpu_ram"] * made["gpu_frac"] / 1000.0, 1) if up else None,
        mem_usage=0.1 if up else None,
        vmem_usage=0.5 if up else None,
        disk_space=contract.disk,
        disk_usage=1.2 if contract.actual_status else -1,
        disk_util=round(1.2 / contract.disk, 4) if contract.actual_status else -1,
        is_bid=contract.is_bid,
        dph_base=contract.dph_base,
        dph_total=contract.dph_base + disk_price,
        storage_total_cost=disk_price,
        search=price_block(contract.dph_base, disk_price),
        instance=price_block(contract.dph_base if up else 0.0, 0.0 if contract.offline else disk_price),
        credit_balance=None,
        credit_discount=None,
        start_date=contract.created_at,
        end_date=contract.end_date,
        time_remaining="",
        time_remaining_isbid="",
        rentable=False,
        dlperf_per_dphtotal=made["dlperf"] / (contract.dph_base + disk_price),
        flops_per_dphtotal=made["total_flops"] / (contract.dph_base + disk_price),
        vram_costperhour=(contract.dph_base + disk_price) / (made["gpu_total_ram"] / 1000.0),
        logo="/static/logos/vastai_small2.png",
        webpage=None,
    )
    if up:
        made["ports"] = _port_table(addresses.mapped_ports(contract, ssh_port))
    return made
