# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rented instances and volumes cost, or what an offer would."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vast_cost
short_description: What instances and volumes on Vast.ai cost, or what an offer would
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Tells what one resource, several, or all resources of the account cost per hour, day and month, with the parts for
    GPUs and storage and the prices of traffic. Resources are instances and volumes.
  - With O(offer), tells what the best offer would cost before it is rented.
  - One name, several names, or one ID of instances cost one request; otherwise it is one for every 25 instances of the
    account. Volumes are asked for, with one request more, when all resources are wanted, or when a term means no
    instance.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.api.plugin
  - cloudctl.vastai.api.lookup
options:
  _terms:
    description:
      - Names (labels) or IDs of instances and volumes. A number is an ID, and a name only if there is no such ID.
      - The ID of a volume is written V(789012), V(vol-789012) or V(V.789012).
      - What an instance is called by means that instance, and a volume only if there is no such instance. Name a volume
        by V(vol-789012) if both have the same name.
      - Without any, all instances and volumes of the account.
      - Vast.ai allows several instances, and several volumes, of the same name. All of them are returned, each with its
        ID.
    type: list
    elements: str
  offer:
    description:
      - Instead of resources, an offer that is not rented yet, for which there must be no terms.
      - Either its ID, or what it must be like, in the form of O(cloudctl.vastai.vast_offer_info#module:filters), as
        text or as a dictionary. The best offer by O(order) is returned, which is the one that
        M(cloudctl.vastai.vast_instance) would try first.
    type: raw
  order:
    description:
      - Which is the best O(offer), as O(cloudctl.vastai.vast_offer_info#module:order).
    type: list
    elements: str
  disk:
    description:
      - Storage in GB that would be rented with O(offer).
    type: float
    default: 10.0
notes:
  - It is best called with C(query), which returns a list whatever is found. C(lookup) returns a dictionary when there
    is one result, and a list of dictionaries when there are several.
  - A name that nothing is called by is an error. C(errors='ignore') makes it an empty result.
seealso:
  - module: cloudctl.vastai.vast_instance_info
  - module: cloudctl.vastai.vast_volume_info
  - module: cloudctl.vastai.vast_offer_info
"""

EXAMPLES = r"""
- name: What one instance costs
  ansible.builtin.debug:
    msg: "${{ '%.2f' | format(cost.hourly_price) }}/h, ${{ '%.2f' | format(cost.monthly_price) }} a month"
  vars:
    cost: "{{ query('cloudctl.vastai.vast_cost', 'llama3-trainer') | first }}"

- name: What everything costs
  ansible.builtin.debug:
    msg: "${{ query('cloudctl.vastai.vast_cost') | sum(attribute='hourly_price') | round(4) }}/h"

- name: What a volume costs
  ansible.builtin.debug:
    msg: "{{ cost.size_gb }} GB for ${{ '%.2f' | format(cost.monthly_price) }} a month"
  vars:
    cost: "{{ query('cloudctl.vastai.vast_cost', 'vol-789012') | first }}"

- name: Go on only if the best offer is cheap enough
  ansible.builtin.assert:
    that: offer.running_hourly_price <= 0.5
  vars:
    offer: "{{ query('cloudctl.vastai.vast_cost', offer='gpu_name=RTX_4090 num_gpus=1', disk=50) | first }}"

- name: Each with its price
  ansible.builtin.debug:
    msg: "{{ item.name }} costs ${{ item.hourly_price }}/h, and ${{ item.upload_price_per_gb }} per GB sent"
  loop: "{{ query('cloudctl.vastai.vast_cost', 'llama3-trainer', '4242') }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
_raw:
  description:
    - A dictionary for each instance by ID, then for each volume by ID; or for the offer.
  type: list
  elements: dict
  contains:
    provider:
      description: Always V(vast).
      type: str
      sample: vast
    type:
      description: >-
        V(ai) for an on-demand instance, V(bid) for an interruptible one, V(storage) for a volume, V(offer) for an
        offer.
      type: str
      sample: ai
    id:
      description: ID of the instance, the volume or the offer.
      type: int
      sample: 4242
    name:
      description: Name of the instance or volume; V(null) if it has none, and for an offer.
      type: str
      sample: llama3-trainer
    status:
      description: What the machine last reported of the instance or volume; V(null) for an offer.
      type: str
      sample: running
    machine_id:
      description: ID of the machine.
      type: int
      sample: 77
    gpu_name:
      description: Model of the GPUs; V(null) for a volume.
      type: str
      sample: RTX 4090
    num_gpus:
      description: Number of GPUs; V(null) for a volume.
      type: int
      sample: 1
    disk_gb:
      description: Storage in GB that the prices include.
      type: float
      sample: 50.0
    size_gb:
      description: Size of the volume in GB; V(null) for everything else.
      type: int
      sample: 100
    currency:
      description: Currency of all prices.
      type: str
      sample: USD
    hourly_price:
      description: >-
        What accrues now, in $/h. GPUs do not bill while an instance is loading or stopped, storage does. Of an offer,
        what accrues once it is rented and runs.
      type: float
      sample: 0.410417
    daily_price:
      description: The same in $ for 24 hours.
      type: float
      sample: 9.85
    monthly_price:
      description: The same in $ for 720 hours.
      type: float
      sample: 295.5
    gpu_hourly_price:
      description: The part of RV(_raw[].hourly_price) for the GPUs, in $/h.
      type: float
      sample: 0.4
    storage_hourly_price:
      description: The part of RV(_raw[].hourly_price) for storage, in $/h.
      type: float
      sample: 0.010417
    running_hourly_price:
      description: What accrues when the instance runs, in $/h. A volume always accrues the same.
      type: float
      sample: 0.410417
    storage_price_per_gb_month:
      description: Price of storage in $ for 1 GB and 720 hours.
      type: float
      sample: 0.15
    upload_price_per_gb:
      description: Price of sending data in $ for 1 GB.
      type: float
      sample: 0.005
    download_price_per_gb:
      description: Price of receiving data in $ for 1 GB.
      type: float
      sample: 0.003
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient, open_client
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import instance_cost, offer_cost, volume_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_facts import describe as describe_instance
from ansible_collections.cloudctl.vastai.plugins.module_utils._instances import list_instances
from ansible_collections.cloudctl.vastai.plugins.module_utils._offers import describe as describe_offer
from ansible_collections.cloudctl.vastai.plugins.module_utils._offers import offer_query, search
from ansible_collections.cloudctl.vastai.plugins.module_utils._volumes import describe as describe_volume
from ansible_collections.cloudctl.vastai.plugins.module_utils._volumes import list_volumes, volumes_meant
from ansible_collections.cloudctl.vastai.plugins.module_utils._which import candidates, matching
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._options import Options
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._plain import plain

Row = dict[str, Any]

_FACTS = ("id", "name", "status", "machine_id", "gpu_name", "num_gpus", "disk_gb", "size_gb")


class LookupModule(LookupBase):
    """The lookup plugin."""

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Row]:
        self.set_options(var_options=variables, direct=kwargs)
        options = Options(self, self._templar.template, "var:")
        names = ["" if term is None else str(term) for term in plain(self._flatten(terms))]
        try:
            if options["offer"] is not None:
                return [_offer(options, names)]
            client = open_client(options.api(), "lookup vast_cost")
            return _rented(client, names) if names else _everything(client)
        except VastError as error:
            raise AnsibleError(str(error)) from error


def _instance(row: Row) -> Row:
    facts = describe_instance(row)
    return _result("bid" if facts["is_bid"] else "ai", facts, instance_cost(row))


def _volume(row: Row) -> Row:
    facts = describe_volume(row)
    return _result("storage", {**facts, "disk_gb": facts["size_gb"]}, volume_cost(row))


def _result(kind: str, facts: Mapping[str, Any], cost: Mapping[str, Any]) -> Row:
    return {"provider": "vast", "type": kind, **{name: facts.get(name) for name in _FACTS}, **cost}


def _everything(client: VastClient) -> list[Row]:
    return [*map(_instance, list_instances(client)), *map(_volume, list_volumes(client))]


def _rented(client: VastClient, names: list[str]) -> list[Row]:
    """The instances and volumes that are meant. Raises BadRequest for a name that nothing has."""
    rows = candidates(client, names)
    instances: dict[int, Row] = {}
    others: list[str] = []
    for name in names:
        meant = matching(rows, name)
        instances |= {row["id"]: row for row in meant}
        if not meant:
            others.append(name)
    volumes = _volumes(client, others) if others else []
    return [*(_instance(instances[number]) for number in sorted(instances)), *map(_volume, volumes)]


def _volumes(client: VastClient, names: list[str]) -> list[Row]:
    rows = list_volumes(client)
    volumes: dict[int, Row] = {}
    for name in names:
        meant = volumes_meant(rows, name)
        if not meant:
            raise BadRequest(
                f"There is no instance or volume with the name or ID {name!r}; vast_instance_info and vast_volume_info "
                "list all."
            )
        volumes |= {row["id"]: row for row in meant}
    return [volumes[number] for number in sorted(volumes)]


def _offer(options: Options, names: list[str]) -> Row:
    """The best offer that is like the option asks. Raises BadRequest when there is none."""
    if names:
        raise BadRequest(f"vast_cost tells the price of an offer or of resources: either offer or {', '.join(names)}.")
    wanted, disk = options["offer"], options["disk"]
    by_id = str(wanted).isdecimal()
    asked = {"offer_id": int(wanted)} if by_id else {"filters": wanted}
    query = offer_query({**asked, "order": options["order"]}, storage=disk)
    offers = search(open_client(options.api(), "lookup vast_cost"), query)
    if not offers:
        raise BadRequest(f"There is no offer {wanted} any more." if by_id else f"No offer meets {wanted!r}.")
    facts = describe_offer(offers[0], disk)
    return _result("offer", {**facts, "disk_gb": disk}, offer_cost(offers[0], disk))
