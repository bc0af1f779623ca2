#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search the offers of storage volumes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_volume_offer_info
short_description: Search the offers of storage volumes on Vast.ai
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Finds storage that can be rented as a volume on Vast.ai, cheapest first, with its price per hour, day and month.
  - It rents nothing and costs nothing. Vast.ai limits how often an account may search.
  - What Vast.ai returns is checked again, since it was seen to ignore conditions. One search returns a sample of at
    most about 64 offers, so narrow conditions find more than a high O(limit).
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.attributes.info_module
  - cloudctl.vastai.volume_offers
options:
  size:
    description:
      - Size in GB for which the prices are shown. Offers with less free storage do not match.
    type: int
    default: 15
  limit:
    description:
      - Return at most this many offers. V(0) is as many as Vast.ai gives.
    type: int
    default: 0
seealso:
  - module: cloudctl.vastai.vast_volume
  - module: cloudctl.vastai.vast_volume_info
"""

EXAMPLES = r"""
- name: The three cheapest offers of 200 GB in Europe on fast disks
  cloudctl.vastai.vast_volume_offer_info:
    size: 200
    regions: Europe
    filters: disk_bw>=2000
    limit: 3
  register: found

- name: Show them
  ansible.builtin.debug:
    msg: "{{ item.disk_name }} in {{ item.geolocation }}: ${{ item.cost.monthly_price }}/month"
  loop: "{{ found.offers }}"
  loop_control:
    label: "{{ item.id }}"

- name: What one machine offers
  cloudctl.vastai.vast_volume_offer_info:
    machine_id: 123456
    size: 200
"""

RETURN = r"""
offers:
  description: The offers that match, in the asked order.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the offer. It is short-lived.
      type: int
      sample: 5123456
    machine_id:
      description: The machine, which lasts.
      type: int
      sample: 123456
    host_id:
      description: The host who owns the machine.
      type: int
      sample: 9
    disk_space_gb:
      description: Storage that can be rented in GB.
      type: float
      sample: 500.0
    disk_name:
      description: Model of the disk.
      type: str
      sample: Samsung SSD 980
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
    cpu_arch:
      description: Architecture of the CPU, V(amd64) or V(arm64).
      type: str
      sample: amd64
    cuda_max_good:
      description: Highest CUDA version that the machine's driver supports.
      type: float
      sample: 12.8
    driver_version:
      description: Version of the machine's GPU driver.
      type: str
      sample: 570.124.04
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
    static_ip:
      description: Whether the machine's address stays the same.
      type: bool
      sample: true
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
    duration_seconds:
      description: How long a volume can be rented at most, in seconds.
      type: int
      sample: 8640000
    cost:
      description: What a volume of O(size) GB costs.
      type: dict
      contains:
        currency:
          description: Currency of all prices.
          type: str
          sample: USD
        hourly_price:
          description: Price in $/h.
          type: float
          sample: 0.027778
        daily_price:
          description: Price in $ for 24 hours.
          type: float
          sample: 0.666667
        monthly_price:
          description: Price in $ for a month of 720 hours.
          type: float
          sample: 20.0
        gpu_hourly_price:
          description: Always 0, as a volume has no GPU.
          type: float
          sample: 0.0
        storage_hourly_price:
          description: The same as the hourly price.
          type: float
          sample: 0.027778
        running_hourly_price:
          description: The same as the hourly price; a volume bills whether it is used or not.
          type: float
          sample: 0.027778
        storage_price_per_gb_month:
          description: Price in $ per GB and month.
          type: float
          sample: 0.1
        upload_price_per_gb:
          description: Price of sending data in $ per GB.
          type: float
          sample: 0.005
        download_price_per_gb:
          description: Price of receiving data in $ per GB.
          type: float
          sample: 0.003
query:
  description: The search as it was sent to Vast.ai, in its own names and units.
  returned: success
  type: dict
  sample:
    verified: {eq: true}
    external: {eq: false}
    disk_bw: {gte: 2000}
    order: [[storage_cost, asc]]
    limit: 3
    allocated_storage: 200.0
"""

from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._volume_offers import (
    VOLUME_OFFER_ARGUMENTS,
    describe,
    search,
    volume_query,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._volumes import checked_size

SPEC = ModuleSpec(
    argument_spec={
        **API_ARGUMENTS,
        **VOLUME_OFFER_ARGUMENTS,
        "size": {"type": "int", "default": 15},
        "limit": {"type": "int", "default": 0},
    },
)


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    params = context.params
    size = checked_size(params["size"])
    query = volume_query(params, size, params["limit"])
    offers = [describe(row, size) for row in search(context.client, query)]
    return {"changed": False, "offers": offers, "query": query}


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
