#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the account's volumes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_volume_info
short_description: List the storage volumes of a Vast.ai account
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Returns the volumes of the account, all or some, with what they cost.
  - It costs one request, however many volumes there are. A name or ID that no volume has gives an empty list.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.attributes.info_module
options:
  name:
    description:
      - Only volumes of this name.
    type: str
  id:
    description:
      - Only the volume with this ID, written V(789012), V(vol-789012) or V(V.789012).
    type: str
  machine_id:
    description:
      - Only volumes on this machine.
    type: int
seealso:
  - module: cloudctl.vastai.vast_volume
  - module: cloudctl.vastai.vast_volume_offer_info
"""

EXAMPLES = r"""
- name: List all volumes
  cloudctl.vastai.vast_volume_info:
  register: storage

- name: Say what they cost together
  ansible.builtin.debug:
    msg: "{{ storage.volumes | length }} volumes, ${{ storage.cost.monthly_price }}/month"

- name: Look at one of them
  cloudctl.vastai.vast_volume_info:
    id: vol-789012

- name: Find what could be mounted on a machine
  cloudctl.vastai.vast_volume_info:
    machine_id: 123456
"""

RETURN = r"""
volumes:
  description: The volumes that match, by ID.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the volume.
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
      description: State in Vast.ai's words, such as V(created) or V(in-use).
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
      description: What the volume costs, in dollars.
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
      description: How an instance gets the volume, with the fields of RV(cloudctl.vastai.vast_volume#module:mount).
      type: dict
cost:
  description: The sum over RV(volumes), with the prices per time of RV(volumes[].cost).
  returned: success
  type: dict
  sample:
    currency: USD
    hourly_price: 0.027778
    daily_price: 0.666667
    monthly_price: 20.0
    gpu_hourly_price: 0.0
    storage_hourly_price: 0.027778
    running_hourly_price: 0.027778
"""

from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import total, volume_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._volumes import (
    describe,
    list_volumes,
    mount_instructions,
    volume_id,
)

SPEC = ModuleSpec(
    argument_spec={
        **API_ARGUMENTS,
        "name": {"type": "str"},
        "id": {"type": "str"},
        "machine_id": {"type": "int"},
    },
    mutually_exclusive=(("name", "id"),),
)


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    volumes = [{**describe(row), "cost": volume_cost(row), "mount": mount_instructions(row)} for row in _rows(context)]
    return {"changed": False, "volumes": volumes, "cost": total(volume["cost"] for volume in volumes)}


def _rows(context: Context) -> list[dict[str, Any]]:
    params = context.params
    wanted = {
        "label": params["name"],
        "id": None if params["id"] is None else volume_id(params["id"]),
        "machine_id": params["machine_id"],
    }
    asked = {field: value for field, value in wanted.items() if value is not None}
    return [row for row in list_volumes(context.client) if all(row.get(field) == asked[field] for field in asked)]


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
