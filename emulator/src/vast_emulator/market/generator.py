# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A marketplace from a seed: the same seed gives the same machines, offers and prices on every start."""

from __future__ import annotations

import random
import zlib
from typing import Any

from vast_emulator.market import catalog
from vast_emulator.market.machines import STRANGER, Machine, Offer

DAY = 86400.0
MACHINES = 90
# These exist for every seed, always free at the start, verified, with one GPU and so one offer each.
ON_DEMAND_MACHINE = 123456
BID_MACHINE = 789012


def generate(seed: int, genesis: float, machines: int = MACHINES) -> list[Machine]:
    """All machines with their offers. Times in the offers are relative to ``genesis`` (epoch seconds)."""
    dice = random.Random(f"market {seed}")
    made = [_on_demand_machine(dice, genesis), _bid_machine(dice, genesis)]
    numbers = dice.sample(range(1000, 1000 + 50 * machines), machines)
    # Every card and every place appears before any repeats, so a search for any of them finds something in each seed.
    for index, number in enumerate(numbers):
        gpu = catalog.GPUS[index % len(catalog.GPUS)]
        place = catalog.PLACES[index % len(catalog.PLACES)]
        made.append(_machine(dice, genesis, number, gpu, place))
    _number_offers(dice, made)
    return made


def _number_offers(dice: random.Random, machines: list[Machine]) -> None:
    offers = [offer for machine in machines for offer in machine.offers]
    ids = dice.sample(range(8_000_000, 8_000_000 + 40 * len(offers)), len(offers))
    for offer, number in zip(offers, ids, strict=True):
        offer.id = number


def _machine(dice: random.Random, genesis: float, number: int, gpu: catalog.Gpu, place: tuple[str, str]) -> Machine:
    """A machine with splits of 1, 2, 4 ... GPUs; some are rented by strangers, unverified or in a datacenter."""
    size = dice.choice(gpu.sizes)
    datacenter = size >= 4 and dice.random() < 0.5
    reliability = round(dice.uniform(0.985, 0.9999) if datacenter else 1.0 - dice.betavariate(1.2, 12) * 0.4, 4)
    facts = _hardware(dice, genesis, number, gpu, size, place)
    unverified = dice.random() < 0.12
    facts.update(
        verification=dice.choice(("unverified", "unverified", "deverified")) if unverified else "verified",
        vericode=0 if unverified else 1,
        hosting_type=int(datacenter),
        static_ip=datacenter or dice.random() < 0.6,
        reliability=reliability,
        reliability2=reliability,
        expected_reliability=round(reliability - 0.005, 4),
    )
    per_gpu = round(gpu.price * dice.uniform(0.8, 1.45) * (1.15 if datacenter else 1.0), 4)
    bid_share = round(dice.uniform(0.35, 0.75), 3)
    holders: list[int | None] = [None] * size
    if size > 1 and dice.random() < 0.2:
        holders[dice.randrange(size)] = STRANGER
    machine = Machine(number, facts, holders)
    split = 1
    while split <= size:
        for first in range(0, size, split):
            _add_offer(machine, tuple(range(first, first + split)), per_gpu, bid_share)
        split *= 2
    return machine


def _hardware(
    dice: random.Random, genesis: float, number: int, gpu: catalog.Gpu, size: int, place: tuple[str, str]
) -> dict[str, Any]:
    """Facts of a machine under the API's field names."""
    cpu, cores, ghz, cpu_arch, board = dice.choice(catalog.CPUS[:-1] if size > 1 else catalog.CPUS)
    disk, disk_bw = dice.choice(catalog.DISKS)
    driver, cuda = dice.choice(catalog.DRIVERS[3:] if gpu.compute_cap >= 1200 else catalog.DRIVERS)
    down = round(dice.uniform(80, 2000) if size < 4 else dice.uniform(800, 9000), 1)
    disk_space = round(dice.uniform(300, 1200) * size, 1)
    return {
        "machine_id": number,
        "host_id": 10_000 + number % 997,
        "gpu_name": gpu.name,
        "gpu_arch": gpu.arch,
        "gpu_ram": gpu.ram,
        "gpu_mem_bw": gpu.bandwidth,
        "gpu_lanes": 16,
        "gpu_display_active": False,
        "gpu_max_power": gpu.watts,
        "gpu_max_temp": 90.0,
        "compute_cap": gpu.compute_cap,
        "bw_nvlink": gpu.nvlink,
        "cuda_max_good": cuda,
        "driver_version": driver,
        "driver_vers": driver_number(driver),
        "os_version": dice.choice(catalog.UBUNTUS),
        "cpu_name": cpu,
        "cpu_arch": cpu_arch,
        "cpu_cores": cores,
        "cpu_ghz": ghz,
        "cpu_ram": dice.choice((64, 128, 128, 256, 512)) * 1000 * max(1, size // 2),
        "has_avx": int(cpu_arch == "amd64"),
        "mobo_name": board,
        "pci_gen": dice.choice((3.0, 4.0, 4.0, 5.0)),
        "pcie_bw": round(dice.uniform(6, 26), 1),
        "disk_space": disk_space,
        "disk_bw": round(disk_bw * dice.uniform(0.8, 1.2), 1),
        "disk_name": disk,
        "inet_down": down,
        "inet_up": round(down * dice.uniform(0.3, 1.0), 1),
        "inet_up_cost": round(dice.uniform(0.001, 0.02), 4),
        "inet_down_cost": round(dice.uniform(0.001, 0.01), 4),
        "storage_cost": dice.choice(catalog.STORAGE_PRICES),
        "geolocation": f"{place[0]}, {place[1]}",
        "geolocode": zlib.crc32(place[1].encode()) & 0x7FFFFFFF,
        "country_code": place[1],
        "public_ipaddr": f"203.0.113.{1 + number % 254}",
        "hostname": None,
        "direct_ports": dice.choice((50, 100, 250)) * size,
        "start_date": round(genesis - dice.uniform(1, 200) * DAY),
        "end_date": round(genesis + dice.uniform(20, 300) * DAY),
        "vms_enabled": dice.random() < 0.15,
        "is_vm_deverified": False,
        "external": False,
        "resource_type": "gpu",
        "cluster_id": None,
        "credit_discount_max": dice.choice((0.1, 0.2, 0.4)),
        "machine_gpus": size,
        "tflops": gpu.tflops,
        "dlperf_per_gpu": round(gpu.dlperf * dice.uniform(0.9, 1.1), 2),
        "volume_price": dice.choice(catalog.VOLUME_PRICES),
        "avail_vol_ask_id": 5_000_000 + number,
        "avail_vol_size": round(disk_space * 0.5, 1),
        "nw_disk_min_bw": None,
        "nw_disk_avg_bw": None,
        "nw_disk_max_bw": None,
        "verification": "verified",
        "vericode": 1,
        "hosting_type": 0,
        "static_ip": True,
        "reliability": 0.998,
        "reliability2": 0.998,
        "expected_reliability": 0.993,
    }


def _add_offer(machine: Machine, gpu_ids: tuple[int, ...], per_gpu: float, bid_share: float) -> None:
    """An offer for some of a machine's GPUs: price, and the machine's share of cores, memory, disk and ports."""
    facts, count = machine.facts, len(gpu_ids)
    share = count / facts["machine_gpus"]
    price = round(per_gpu * count, 4)
    dlperf = round(facts["dlperf_per_gpu"] * count, 2)
    tflops = round(facts["tflops"] * count, 1)
    offer_facts = {
        "bundle_id": machine.id * 100 + count,
        "num_gpus": count,
        "gpu_frac": share,
        "gpu_total_ram": facts["gpu_ram"] * count,
        "cpu_cores_effective": round(facts["cpu_cores"] * share, 1),
        "disk_space": round(facts["disk_space"] * share, 1),
        "direct_port_count": int(facts["direct_ports"] * share),
        "dlperf": dlperf,
        "total_flops": tflops,
        "score": round(dlperf / price * facts["reliability"] ** 4 * (1.1 if facts["hosting_type"] else 1.0), 2),
    }
    offer = Offer(0, machine, gpu_ids, price, round(price * bid_share, 4), offer_facts)
    machine.offers.append(offer)


def _on_demand_machine(dice: random.Random, genesis: float) -> Machine:
    """Machine 123456: an A100 that costs exactly $0.80/h in total with a disk of 50 GB."""
    gpu = next(gpu for gpu in catalog.GPUS if gpu.name == "A100 PCIE")
    facts = _hardware(dice, genesis, ON_DEMAND_MACHINE, gpu, 1, ("Sweden", "SE"))
    facts.update(
        storage_cost=0.144,
        disk_space=1000.0,
        avail_vol_size=500.0,
        volume_price=0.1,
        end_date=round(genesis + 300 * DAY),
    )
    machine = Machine(ON_DEMAND_MACHINE, facts, [None])
    _add_offer(machine, (0,), 0.79, 0.6)
    return machine


def _bid_machine(dice: random.Random, genesis: float) -> Machine:
    """Machine 789012: an L40S whose lowest winning bid is $0.40/h, against $0.90/h on demand."""
    gpu = next(gpu for gpu in catalog.GPUS if gpu.name == "L40S")
    facts = _hardware(dice, genesis, BID_MACHINE, gpu, 1, ("Quebec", "CA"))
    facts.update(storage_cost=0.15, disk_space=800.0, avail_vol_size=400.0, end_date=round(genesis + 300 * DAY))
    machine = Machine(BID_MACHINE, facts, [None])
    _add_offer(machine, (0,), 0.9, 0.4 / 0.9)
    return machine


def driver_number(version: str) -> int:
    """``535.86.05`` as 535086005: three digits per part."""
    number = 0
    for part in version.split("."):
        number = number * 1000 + int(part)
    return number
