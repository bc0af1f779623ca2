#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rent, change, stop, start and destroy an instance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_instance
short_description: Rent, change, stop, start and destroy a GPU instance on Vast.ai
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Rents GPUs on the Vast.ai marketplace at the fixed (on-demand) price, brings instances to the wanted state, and
    destroys them.
  - An instance is known by its label, here called O(name). However often a task runs, at most one instance of that
    name is rented, also when the answer of the API is lost or two controllers run at the same time.
  - When the chosen offer was rented by somebody else in the meantime, the next one that fits is taken.
  - An instance of that O(name) that was rented for a bid does not count as rented on demand; it is left alone, with an
    error, unless O(force_replace) is true. It can be stopped and destroyed here as well as with
    M(cloudctl.vastai.vast_bid).
  - If an offer became dearer than O(max_price) between the search and the rent, the instance is destroyed at once.
  - Everything that exists bills, by the second. Storage bills from the rent to the destruction, also while an instance
    is stopped.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.offers
  - cloudctl.vastai.instance
attributes:
  check_mode:
    support: full
    details:
      - Before a rent the offer that would be taken is searched, so that its price is shown.
  diff_mode:
    support: full
    details:
      - Values of environment variables, arguments and start-up scripts are never shown.
  idempotent:
    support: partial
    details:
      - The states V(rebooted) and V(recycled) do what they say every time.
seealso:
  - module: cloudctl.vastai.vast_instance_info
  - module: cloudctl.vastai.vast_offer_info
  - module: cloudctl.vastai.vast_bid
  - plugin: cloudctl.vastai.vast
    plugin_type: inventory
"""

EXAMPLES = r"""
- name: Rent the cheapest single RTX 4090 in Europe for at most $0.60/h
  cloudctl.vastai.vast_instance:
    name: llama3-trainer
    image: pytorch/pytorch:latest
    disk: 50
    filters: gpu_name=RTX_4090 num_gpus=1 reliability>=0.98
    region: Europe
    order: dph_total
    max_price: 0.60
    env:
      HF_HOME: /workspace/hf
    ports:
      - 8080
    onstart: pip install transformers
  register: trainer

- name: Say how to get there and what it costs
  ansible.builtin.debug:
    msg: "{{ trainer.ssh.command }} at ${{ trainer.cost.hourly_price }}/h"

- name: Rent whatever a certain machine offers
  cloudctl.vastai.vast_instance:
    name: on-that-machine
    machine_id: 123456
    image: pytorch/pytorch:latest

- name: Rent where a volume is, and mount it
  cloudctl.vastai.vast_instance:
    name: with-models
    image: pytorch/pytorch:latest
    volumes:
      - name: trained_models
        mount_path: /data

- name: Stop it for the night (its disk goes on billing)
  cloudctl.vastai.vast_instance:
    name: llama3-trainer
    state: stopped

- name: Start it again
  cloudctl.vastai.vast_instance:
    name: llama3-trainer
    state: started

- name: Destroy it
  cloudctl.vastai.vast_instance:
    name: llama3-trainer
    state: absent
"""

RETURN = r"""
actions:
  description: The steps that were taken, or would be taken in check mode, in their order. Empty when nothing is to do.
  returned: always
  type: list
  elements: dict
  sample:
    - action: rent
      summary: "rent offer 1001 as llama3-trainer: 1x RTX 4090 on machine 77 (Sweden, SE) at $0.4104/h"
  contains:
    action:
      description: One of V(rent), V(start), V(stop), V(reboot), V(recycle), V(label), V(update), V(destroy).
      type: str
    summary:
      description: The same for a person.
      type: str
instance:
  description:
    - The instance as it is now, or would be. V(null) when it is destroyed. Also returned when a task fails that left
      one behind.
    - Values of environment variables, start-up scripts and tokens are not part of it.
  returned: always
  type: dict
  contains:
    id:
      description: ID of the instance; V(null) in check mode before a rent.
      type: int
      sample: 4242
    name:
      description: Its label.
      type: str
      sample: llama3-trainer
    status:
      description: >-
        What the machine last reported, such as V(creating), V(loading), V(running), V(exited), V(offline); V(planned)
        in check mode before a rent.
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
      description: Whether RV(instance.status) is V(running).
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
  description: How to reach the instance by SSH; V(null) when it has no address (yet).
  returned: always
  type: dict
  sample:
    host: 203.0.113.7
    port: 20000
    user: root
    command: ssh -p 20000 root@203.0.113.7
cost:
  description:
    - What the instance costs, in dollars; V(null) when it is destroyed. In check mode before a rent, what it would
      cost when it runs.
  returned: always
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
      description: The part of RV(cost.hourly_price) for the GPUs.
      type: float
      sample: 0.4
    storage_hourly_price:
      description: The part of RV(cost.hourly_price) for storage.
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
offer:
  description:
    - The offer that was rented, or would be in check mode. The fields are those of M(cloudctl.vastai.vast_offer_info).
  returned: when an instance is rented
  type: dict
runners_up:
  description: The next best offers, at most four.
  returned: in check mode, when an instance would be rented and there are other offers
  type: list
  elements: dict
destroyed_id:
  description: ID of the instance that was destroyed, or would be.
  returned: when an instance is destroyed
  type: int
  sample: 4242
volumes_kept:
  description: Volumes that were mounted in the destroyed instance. They still exist and bill.
  returned: when an instance is destroyed
  type: list
  elements: dict
  sample: []
"""

from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_resource import (
    INSTANCE_ARGUMENTS,
    InstanceResource,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._launch import LAUNCH_EXCLUSIVE, LAUNCH_PRIVATE
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._offers import OFFER_ARGUMENTS
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import converge

SPEC = ModuleSpec(
    argument_spec={**API_ARGUMENTS, **OFFER_ARGUMENTS, **INSTANCE_ARGUMENTS},
    required_one_of=(("name", "id"),),
    mutually_exclusive=LAUNCH_EXCLUSIVE,
    private=LAUNCH_PRIVATE,
)


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    return converge(InstanceResource(context), context.check_mode)


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
