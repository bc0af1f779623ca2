#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List instances."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_instance_info
short_description: List GPU instances on Vast.ai, with how to reach them and what they cost
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Lists the instances of the account, all of them or those that fit every condition, on-demand and interruptible ones
    alike.
  - Conditions, except O(is_bid), are met by the API itself, which needs one request for every 25 instances found.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.attributes.info_module
options:
  name:
    description:
      - Only the instance with this label. Vast.ai allows several of the same label; all of them are returned.
    type: str
  id:
    description:
      - Only the instance with this ID.
    type: int
  statuses:
    description:
      - Only instances whose machine last reported one of these, such as V(running), V(loading), V(exited), V(offline).
    type: list
    elements: str
  gpu_names:
    description:
      - Only instances with one of these GPUs, such as V(RTX 4090). Underscores count as spaces.
    type: list
    elements: str
  is_bid:
    description:
      - Only interruptible instances, which were rented for a bid, if V(true); only on-demand ones if V(false); both
        if it is not set.
      - Instances of the other kind are listed by the API, and left out here.
    type: bool
  filters:
    description:
      - Further conditions for the API, for each column a value, a list of values, or a dictionary of operators and
        values, with the operators V(eq), V(neq), V(gt), V(gte), V(lt), V(lte), V(in) and V(notin).
      - Vast.ai filters by stored columns such as V(label), V(actual_status), V(gpu_name), V(verification) and
        V(machine_id), and refuses computed ones such as V(dph_total).
    type: dict
  connect_with:
    description:
      - Which SSH address to return. V(auto) prefers the direct one.
    type: str
    choices: [auto, direct, proxy]
    default: auto
seealso:
  - module: cloudctl.vastai.vast_instance
  - plugin: cloudctl.vastai.vast
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: List everything that is rented
  cloudctl.vastai.vast_instance_info:
  register: rented

- name: Say what it costs
  ansible.builtin.debug:
    msg: "{{ rented.instances | length }} instances bill ${{ rented.cost.hourly_price }}/h"

- name: Look at one
  cloudctl.vastai.vast_instance_info:
    name: llama3-trainer

- name: List what is running on H100s
  cloudctl.vastai.vast_instance_info:
    statuses: [running]
    gpu_names: [H100_SXM, H100_NVL]

- name: List what is rented on demand
  cloudctl.vastai.vast_instance_info:
    is_bid: false

- name: List what is rented on one machine
  cloudctl.vastai.vast_instance_info:
    filters:
      machine_id: 123456
"""

RETURN = r"""
instances:
  description: >-
    The instances that fit, by ID. Values of environment variables, start-up scripts and tokens are not part of it.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the instance.
      type: int
      sample: 4242
    name:
      description: Its label.
      type: str
      sample: llama3-trainer
    status:
      description: >-
        What the machine last reported, such as V(creating), V(loading), V(running), V(exited), V(offline).
      type: str
      sample: running
    status_message:
      description: The machine's message about it.
      type: str
      sample: success, running pytorch/pytorch_latest/ssh
    intended_status:
      description: What was asked for, V(running) or V(stopped).
      type: str
      sample: running
    running:
      description: Whether RV(instances[].status) is V(running).
      type: bool
      sample: true
    is_bid:
      description: Whether it is interruptible, that is, rented for a bid.
      type: bool
      sample: false
    bid_status:
      description: >-
        How its bid stands, as RV(cloudctl.vastai.vast_bid_info#module:bids[].bid.status); V(null) on demand.
      type: str
      sample: winning
    machine_id:
      description: The machine it is on.
      type: int
      sample: 77
    host_id:
      description: The host who owns the machine.
      type: int
      sample: 9
    gpu_name:
      description: Model of the GPUs.
      type: str
      sample: RTX 4090
    num_gpus:
      description: Number of GPUs.
      type: int
      sample: 1
    gpu_ram_gb:
      description: Memory of each GPU in GB.
      type: float
      sample: 24.564
    cpu_cores:
      description: CPU cores that belong to the instance.
      type: float
      sample: 24.0
    cpu_ram_gb:
      description: Memory of the machine in GB.
      type: float
      sample: 128.576
    disk_gb:
      description: Disk of the instance in GB.
      type: float
      sample: 50.0
    inet_up_mbps:
      description: Upload speed in Mb/s.
      type: float
      sample: 812.3
    inet_down_mbps:
      description: Download speed in Mb/s.
      type: float
      sample: 934.8
    cuda_max_good:
      description: Highest CUDA version that the driver supports.
      type: float
      sample: 12.8
    driver_version:
      description: Version of the GPU driver.
      type: str
      sample: 570.124.04
    reliability:
      description: Vast.ai's estimate for the machine, 0 to 1.
      type: float
      sample: 0.9912
    verification:
      description: Whether Vast.ai has checked the machine, such as V(verified).
      type: str
      sample: verified
    geolocation:
      description: Where the machine is.
      type: str
      sample: Sweden, SE
    country:
      description: Two-letter code of the country.
      type: str
      sample: SE
    public_ip:
      description: The machine's public address.
      type: str
      sample: 203.0.113.7
    image:
      description: The image it runs.
      type: str
      sample: pytorch/pytorch:latest
    template_hash_id:
      description: The template it was made from.
      type: str
      sample: 4e17788f74f075dd9aab7d0d4427968f
    runtype:
      description: How it is reached, in the API's words.
      type: str
      sample: ssh ssh_direc ssh_proxy
    env_names:
      description: Names of its environment variables, without their values.
      type: list
      elements: str
      sample: [HF_HOME]
    ports:
      description: For each open port of the container, where it is found from outside.
      type: dict
      sample:
        8080/tcp:
          host: 203.0.113.7
          port: 20001
    volumes:
      description: >-
        Volumes that are mounted, with RV(ignore:id), RV(ignore:name) and RV(ignore:mount_path). The ID is V(null) when
        the instance was read by its own ID, unless the volume is named by it.
      type: list
      elements: dict
      sample:
        - id: 789012
          name: trained_models
          mount_path: /data
    hourly_price:
      description: $/h when it runs, with storage and without traffic.
      type: float
      sample: 0.410417
    start_time:
      description: When it was rented, in seconds since 1970.
      type: float
      sample: 1795000000.5
    end_time:
      description: When the contract ends at the latest, in seconds since 1970.
      type: float
      sample: 1799000000.0
    ssh:
      description: How to reach it by SSH; V(null) when it has no address (yet).
      type: dict
      sample:
        host: 203.0.113.7
        port: 20000
        user: root
        command: ssh -p 20000 root@203.0.113.7
    cost:
      description: What it costs, in dollars.
      type: dict
      contains:
        currency:
          description: Always V(USD).
          type: str
          sample: USD
        hourly_price:
          description: $/h that accrue now. GPUs do not bill while an instance is loading or stopped, storage does.
          type: float
          sample: 0.410417
        daily_price:
          description: The same for 24 hours.
          type: float
          sample: 9.85
        monthly_price:
          description: The same for 720 hours.
          type: float
          sample: 295.5
        gpu_hourly_price:
          description: The part of RV(instances[].cost.hourly_price) for the GPUs.
          type: float
          sample: 0.4
        storage_hourly_price:
          description: The part of RV(instances[].cost.hourly_price) for storage.
          type: float
          sample: 0.010417
        running_hourly_price:
          description: $/h when the instance runs.
          type: float
          sample: 0.410417
        storage_price_per_gb_month:
          description: $ for 1 GB of storage and 720 hours.
          type: float
          sample: 0.15
        upload_price_per_gb:
          description: $ for 1 GB sent by the instance.
          type: float
          sample: 0.005
        download_price_per_gb:
          description: $ for 1 GB received by the instance.
          type: float
          sample: 0.003
cost:
  description: The sum over RV(instances), with the prices per time of RV(instances[].cost).
  returned: success
  type: dict
  sample:
    currency: USD
    hourly_price: 0.410417
    daily_price: 9.85
    monthly_price: 295.5
    gpu_hourly_price: 0.4
    storage_hourly_price: 0.010417
    running_hourly_price: 0.410417
"""

from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _ssh
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import total
from ansible_collections.cloudctl.vastai.plugins.module_utils._instances import list_instances, show_instance
from ansible_collections.cloudctl.vastai.plugins.module_utils._listing import select_filters, summarize
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._usage import checked_id, not_empty

SPEC = ModuleSpec(
    argument_spec={
        **API_ARGUMENTS,
        "name": {"type": "str"},
        "id": {"type": "int"},
        "statuses": {"type": "list", "elements": "str"},
        "gpu_names": {"type": "list", "elements": "str"},
        "is_bid": {"type": "bool"},
        "filters": {"type": "dict"},
        "connect_with": {"type": "str", "choices": list(_ssh.CONNECT_WITH), "default": "auto"},
    },
    mutually_exclusive=tuple(("id", other) for other in ("name", "statuses", "gpu_names", "filters")),
)


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    is_bid, connect_with = context.params["is_bid"], context.params["connect_with"]
    rows = [row for row in _rows(context) if is_bid is None or bool(row.get("is_bid")) == is_bid]
    instances = [summarize(row, connect_with) for row in rows]
    return {"changed": False, "instances": instances, "cost": total(instance["cost"] for instance in instances)}


def _rows(context: Context) -> list[dict[str, Any]]:
    params = context.params
    instance_id = checked_id("id", params["id"])
    not_empty(params["name"])
    if instance_id is not None:
        row = show_instance(context.client, instance_id)
        return [row] if row else []
    conditions = ("filters", "name", "statuses", "gpu_names")
    return list_instances(context.client, select_filters(**{option: params[option] for option in conditions}))


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
