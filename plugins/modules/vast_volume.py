#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rent and destroy a volume."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_volume
short_description: Rent and destroy a storage volume on Vast.ai
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Rents storage on the disk of a Vast.ai machine, which outlives the instances that mount it, and destroys it.
  - A volume is known by its name. However often a task runs, at most one volume of that name is rented, also when the
    answer of the API is lost or two controllers run at the same time.
  - A volume lives on one machine, and only instances on that machine can mount it, from their creation on. See
    O(cloudctl.vastai.vast_instance#module:volumes).
  - It bills from the rent to the destruction, by the second, whether it is used or not.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.volume_offers
attributes:
  check_mode:
    support: full
    details:
      - Before a rent the offer that would be taken is searched, so that its price is shown.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description:
      - Name of the volume, by which it is found. Vast.ai takes 1 to 64 letters, digits and underscores.
    type: str
  id:
    description:
      - ID of an existing volume, written V(789012), V(vol-789012) or V(V.789012). It is an error if it does not exist,
        unless O(state=absent).
      - IDs of instances are not those of volumes. With O(state=absent), the ID of an instance is that of a volume that
        does not exist, and the instance stays.
    type: str
  state:
    description:
      - V(present) rents the volume if there is none of that O(name).
      - V(absent) destroys the volume with all its data, and returns when it is gone. It is an error while an instance
        mounts it, running or stopped. Vast.ai lets go of a volume about 30 seconds after its last instance is
        destroyed, which O(wait_timeout) allows for.
    type: str
    choices: [present, absent]
    default: present
  size:
    description:
      - Size in GB, 15 if it is not set. It can't be changed once rented.
    type: int
  rent_timeout:
    description:
      - Seconds to go on searching when all offers that fitted were gone before this task rented one.
    type: float
    default: 120.0
  force_replace:
    description:
      - Destroy the volume and rent another if its O(size) or O(machine_id) is not the one asked for. All its data is
        lost.
      - Without it, that is an error. The other way out is a volume with another O(name), to which the data is copied.
    type: bool
    default: false
  wait:
    description:
      - Wait until a destroyed volume is gone, and before that until Vast.ai no longer counts an instance that is
        destroyed already. Without it, the destruction is asked for once.
    type: bool
    default: true
  wait_timeout:
    description:
      - Seconds to wait.
    type: float
    default: 180.0
seealso:
  - module: cloudctl.vastai.vast_volume_info
  - module: cloudctl.vastai.vast_volume_offer_info
  - module: cloudctl.vastai.vast_instance
"""

EXAMPLES = r"""
- name: Rent 200 GB in Europe for at most $25 a month
  cloudctl.vastai.vast_volume:
    name: trained_models
    size: 200
    region: Europe
    filters: disk_bw>=1000 reliability>=0.98
    max_monthly_price: 25
  register: models

- name: Rent an instance that mounts it (the search is limited to the volume's machine)
  cloudctl.vastai.vast_instance:
    name: llama3-trainer
    image: pytorch/pytorch:latest
    volumes:
      - name: trained_models
        mount_path: /data

- name: Say what it costs and how to mount it
  ansible.builtin.debug:
    msg: "${{ models.cost.monthly_price }}/month. {{ models.mount.text }}"

- name: Destroy the instance
  cloudctl.vastai.vast_instance:
    name: llama3-trainer
    state: absent

- name: Destroy the volume (waits until Vast.ai lets go of it)
  cloudctl.vastai.vast_volume:
    name: trained_models
    state: absent

- name: The same by ID
  cloudctl.vastai.vast_volume:
    id: vol-789012
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
      summary: >-
        rent 200 GB of volume offer 5123456 as trained_models on machine 123456 (Sweden, SE) at $20.00/month
        ($0.0278/h)
  contains:
    action:
      description: One of V(rent), V(destroy).
      type: str
    summary:
      description: The same for a person.
      type: str
volume:
  description:
    - The volume as it is now, or would be. V(null) when it is destroyed. Also returned when a task fails that left one
      behind.
  returned: always
  type: dict
  contains:
    id:
      description: ID of the volume; V(null) in check mode before a rent.
      type: int
      sample: 789012
    vol_id:
      description: The same, as it is written where it could be taken for the ID of an instance.
      type: str
      sample: vol-789012
    name:
      description: Its name; V(V.) and the ID if it was given none.
      type: str
      sample: trained_models
    size_gb:
      description: Size in GB.
      type: int
      sample: 200
    status:
      description: State in Vast.ai's words, such as V(created) or V(in-use); V(planned) in check mode before a rent.
      type: str
      sample: created
    type:
      description: V(local), on the disk of one machine, or V(network).
      type: str
      sample: local
    machine_id:
      description: The machine it is on.
      type: int
      sample: 123456
    host_id:
      description: The host who owns the machine.
      type: int
      sample: 9
    geolocation:
      description: Where the machine is, in the host's words.
      type: str
      sample: Sweden, SE
    country:
      description: Two-letter code of the country.
      type: str
      sample: SE
    instances:
      description: IDs of the instances that mount it; for about 30 seconds also of those that were destroyed.
      type: list
      elements: int
      sample: [4242]
    hourly_price:
      description: Price in $/h.
      type: float
      sample: 0.027778
    monthly_price:
      description: Price in $ for a month of 720 hours.
      type: float
      sample: 20.0
    disk_name:
      description: Model of the disk.
      type: str
      sample: Samsung SSD 980
    inet_up_mbps:
      description: Upload speed of the machine in Mb/s.
      type: float
      sample: 812.3
    inet_down_mbps:
      description: Download speed of the machine in Mb/s.
      type: float
      sample: 934.8
    reliability:
      description: Vast.ai's estimate for the machine, 0 to 1.
      type: float
      sample: 0.9912
    verification:
      description: Whether Vast.ai has checked the machine, such as V(verified).
      type: str
      sample: verified
    start_time:
      description: When it was rented, in seconds since 1970.
      type: float
      sample: 1795000000.0
    end_time:
      description: When the host ends the contract at the latest, in seconds since 1970.
      type: float
      sample: 1799000000.0
cost:
  description: What the volume costs, in dollars; V(null) when it is destroyed.
  returned: always
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
mount:
  description: How an instance gets the volume; V(null) when it is destroyed.
  returned: always
  type: dict
  contains:
    machine_id:
      description: The machine on which the instance has to be.
      type: int
      sample: 123456
    path:
      description: Where it is mounted if you follow this. Another absolute path does as well.
      type: str
      sample: /data
    volumes:
      description: What to pass as O(cloudctl.vastai.vast_instance#module:volumes).
      type: list
      elements: dict
      sample:
        - name: trained_models
          mount_path: /data
    docker_option:
      description: The same for tools that take Docker options.
      type: str
      sample: -v trained_models:/data
    text:
      description: The same for a person.
      type: str
      sample: >-
        Rent an instance on machine 123456 with cloudctl.vastai.vast_instance and volumes: [{name: trained_models,
        mount_path: /data}]. An instance that exists already can't get it.
offer:
  description:
    - The offer that was rented, or would be in check mode. The fields are those of
      M(cloudctl.vastai.vast_volume_offer_info).
  returned: when a volume is rented
  type: dict
runners_up:
  description: The next best offers, at most four.
  returned: in check mode, when a volume would be rented and there are other offers
  type: list
  elements: dict
destroyed_id:
  description: ID of the volume that was destroyed, or would be.
  returned: when a volume is destroyed
  type: int
  sample: 789012
"""

from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import converge
from ansible_collections.cloudctl.vastai.plugins.module_utils._volume_offers import VOLUME_OFFER_ARGUMENTS
from ansible_collections.cloudctl.vastai.plugins.module_utils._volume_plan import STATES
from ansible_collections.cloudctl.vastai.plugins.module_utils._volume_resource import VolumeResource

SPEC = ModuleSpec(
    argument_spec={
        **API_ARGUMENTS,
        **VOLUME_OFFER_ARGUMENTS,
        "name": {"type": "str"},
        "id": {"type": "str"},
        "state": {"type": "str", "choices": list(STATES), "default": "present"},
        "size": {"type": "int"},
        "rent_timeout": {"type": "float", "default": 120.0},
        "force_replace": {"type": "bool", "default": False},
        "wait": {"type": "bool", "default": True},
        "wait_timeout": {"type": "float", "default": 180.0},
    },
    required_one_of=(("name", "id"),),
    mutually_exclusive=(("name", "id"),),
)


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    return converge(VolumeResource(context), context.check_mode)


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
