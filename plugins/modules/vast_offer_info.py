#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search the offers of the Vast.ai marketplace."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_offer_info
short_description: Search the offers of the Vast.ai marketplace
version_added: 0.1.0
description:
  - Finds GPUs that can be rented on Vast.ai, best first, with their prices per hour, day and month.
  - It rents nothing and costs nothing. Vast.ai limits how often an account may search, to about 10 searches per minute.
  - What Vast.ai returns is checked again, since it was seen to ignore conditions. One search returns a sample of at
    most about 64 offers, so narrow conditions find more than a high O(limit).
author:
  - cloudctl.vastai contributors (@cloudctl)
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.attributes.info_module
  - cloudctl.vastai.offers
options:
  type:
    description:
      - How the offer would be rented, and so which price is shown.
      - V(on-demand) is the fixed price. V(bid) is the lowest bid that wins now for an interruptible instance.
        V(reserved) is for paying in advance, see RV(offers[].reserved_hourly_price).
    type: str
    choices: [on-demand, bid, reserved]
    default: on-demand
  limit:
    description:
      - Return at most this many offers. V(0) is as many as Vast.ai gives.
    type: int
    default: 0
  storage:
    description:
      - Storage in GB that the prices include. Offers with less free storage do not match.
    type: float
    default: 5.0
seealso:
  - name: Finding and renting instances
    description: Vast.ai's own guide to its marketplace.
    link: https://docs.vast.ai/
"""

EXAMPLES = r"""
- name: The three best offers of an RTX 4090 in Europe or South Korea
  cloudctl.vastai.vast_offer_info:
    filters: gpu_name=RTX_4090 num_gpus=1 reliability>0.98
    regions: [Europe, KR]
    limit: 3
  register: found

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.num_gpus }} x {{ item.gpu_name }} in {{ item.geolocation }}: ${{ item.cost.hourly_price }}/h"
  loop: "{{ found.offers }}"
  loop_control:
    label: "{{ item.id }}"

- name: The cheapest European offer with at least 24 GB per GPU and 100 GB of storage, for up to 0.60 $/h
  cloudctl.vastai.vast_offer_info:
    filters:
      gpu_ram: ">=24"
      cuda_max_good: ">=12.4"
      direct_port_count: {gte: 2}
    regions: Europe
    storage: 100
    max_price: 0.60
    order: dph_total
    limit: 1

- name: What interruptible instances of one of these GPUs cost, community hosts included
  cloudctl.vastai.vast_offer_info:
    type: bid
    filters:
      gpu_name: [RTX_3090, RTX_4090]
      verified: any
    order: [min_bid, reliability-]

- name: What one machine offers at present
  cloudctl.vastai.vast_offer_info:
    machine_id: 123456
"""

RETURN = r"""
offers:
  description:
    - The offers found, best first. A field that Vast.ai does not tell is null.
    - The texts come from Vast.ai and its hosts.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: Number of the offer, for O(offer_id). It is short-lived, and gone once somebody rents the offer.
      type: int
      sample: 1001
    machine_id:
      description: Number of the machine, for O(machine_id). It stays.
      type: int
      sample: 77
    host_id:
      description: Number of the machine's owner.
      type: int
      sample: 9
    gpu_name:
      description: Model of the GPUs.
      type: str
      sample: RTX 4090
    num_gpus:
      description: How many GPUs the offer has.
      type: int
      sample: 1
    gpu_fraction:
      description: Their share of the machine's GPUs.
      type: float
      sample: 0.25
    gpu_ram_gb:
      description: Memory of one GPU in GB.
      type: float
      sample: 24.564
    gpu_total_ram_gb:
      description: Memory of all GPUs of the offer in GB.
      type: float
      sample: 24.564
    gpu_memory_bandwidth_gb_per_s:
      description: Memory bandwidth of a GPU in GB/s.
      type: float
      sample: 1008.0
    gpu_arch:
      description: Maker of the GPUs, V(nvidia) or V(amd).
      type: str
      sample: nvidia
    compute_cap:
      description: CUDA compute capability, times 100.
      type: int
      sample: 890
    cuda_max_good:
      description: Highest CUDA version that the driver supports.
      type: float
      sample: 12.8
    driver_version:
      description: Version of the GPU driver.
      type: str
      sample: 570.124.04
    total_tflops:
      description: Computing power of all GPUs of the offer in TFLOPS.
      type: float
      sample: 82.6
    dlperf:
      description: Vast.ai's benchmark of deep learning performance.
      type: float
      sample: 90.1
    score:
      description: Vast.ai's judgement of value for money; higher is better.
      type: float
      sample: 210.5
    cpu_name:
      description: Model of the CPU.
      type: str
      sample: AMD EPYC 7K62
    cpu_arch:
      description: Architecture of the CPU, V(amd64) or V(arm64).
      type: str
      sample: amd64
    cpu_cores:
      description: CPU cores that belong to the offer.
      type: float
      sample: 24.0
    cpu_ram_gb:
      description: Memory of the machine in GB.
      type: float
      sample: 128.576
    pcie_bandwidth_gb_per_s:
      description: Bandwidth between CPU and GPU in GB/s.
      type: float
      sample: 24.1
    disk_space_gb:
      description: Storage that can be rented with the offer in GB.
      type: float
      sample: 612.4
    disk_bandwidth_mb_per_s:
      description: Read speed of the disk in MB/s.
      type: float
      sample: 2100.5
    inet_up_mbps:
      description: Upload speed in Mb/s.
      type: float
      sample: 812.3
    inet_down_mbps:
      description: Download speed in Mb/s.
      type: float
      sample: 934.8
    direct_port_count:
      description: Ports of the machine that can be opened to the Internet.
      type: int
      sample: 99
    static_ip:
      description: Whether the machine's address stays the same.
      type: bool
      sample: true
    geolocation:
      description: Where the machine is, in the host's words.
      type: str
      sample: Sweden, SE
    country:
      description: The two-letter country code at the end of RV(offers[].geolocation).
      type: str
      sample: SE
    datacenter:
      description: Whether the machine stands in a data center that Vast.ai has checked.
      type: bool
      sample: false
    verified:
      description: Whether Vast.ai has verified the machine.
      type: bool
      sample: true
    verification:
      description: The same in Vast.ai's words, V(verified), V(unverified) or V(deverified).
      type: str
      sample: verified
    reliability:
      description: How reliable the machine was, from 0 to 1.
      type: float
      sample: 0.9912
    rentable:
      description: Whether the offer can be rented at present.
      type: bool
      sample: true
    duration_seconds:
      description: How long the offer can be rented at most, in seconds.
      type: int
      sample: 8640000
    is_bid:
      description: Whether the price is that of an interruptible instance.
      type: bool
      sample: false
    min_bid_price:
      description: The lowest bid that wins at present, in $/h, without storage.
      type: float
      sample: 0.21
    reserved_hourly_price:
      description: The price in $/h for an instance that is paid in advance, storage included.
      type: float
      sample: 0.401042
    cost:
      description: What the offer costs once it is rented with O(storage) GB and runs.
      type: dict
      contains:
        currency:
          description: Currency of all prices.
          type: str
          sample: USD
        hourly_price:
          description: Price in $/h, of the GPUs and the storage together.
          type: float
          sample: 0.401042
        daily_price:
          description: Price in $ for 24 hours.
          type: float
          sample: 9.625
        monthly_price:
          description: Price in $ for a month of 720 hours.
          type: float
          sample: 288.75
        gpu_hourly_price:
          description: The part of RV(offers[].cost.hourly_price) that is due only while the instance runs, in $/h.
          type: float
          sample: 0.4
        storage_hourly_price:
          description: The part that is due until the instance is destroyed, in $/h.
          type: float
          sample: 0.001042
        running_hourly_price:
          description: The same as RV(offers[].cost.hourly_price); they differ for instances that do not run.
          type: float
          sample: 0.401042
        storage_price_per_gb_month:
          description: Price of storage in $ per GB and month.
          type: float
          sample: 0.15
        upload_price_per_gb:
          description: Price of sending data in $ per GB.
          type: float
          sample: 0.005
        download_price_per_gb:
          description: Price of receiving data in $ per GB.
          type: float
          sample: 0.003
query:
  description: The search as it was sent to Vast.ai, in its own names and units (MB, seconds).
  returned: success
  type: dict
  sample:
    verified: {eq: true}
    external: {eq: false}
    rentable: {eq: true}
    rented: {eq: false}
    gpu_name: {eq: RTX 4090}
    num_gpus: {gte: 2}
    order: [[score, desc]]
    type: on-demand
    limit: 3
    allocated_storage: 5.0
"""

from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._offers import (
    OFFER_ARGUMENTS,
    describe,
    offer_query,
    search,
)

SPEC = ModuleSpec(
    argument_spec={
        **API_ARGUMENTS,
        **OFFER_ARGUMENTS,
        "type": {"type": "str", "choices": ["on-demand", "bid", "reserved"], "default": "on-demand"},
        "limit": {"type": "int", "default": 0},
        "storage": {"type": "float", "default": 5.0},
    },
)


def run(context: Context) -> dict[str, Any]:
    params = context.params
    query = offer_query(params, params["type"], params["limit"], params["storage"])
    offers = [describe(row, params["storage"]) for row in search(context.client, query)]
    return {"changed": False, "offers": offers, "query": query}


def main() -> None:
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
