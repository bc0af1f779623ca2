# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Offers for use inside variables."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vast_offers
short_description: The best offers on Vast.ai for a query
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Finds GPUs that can be rented, best first, for use inside variables. It rents nothing.
  - The search is that of M(cloudctl.vastai.vast_offer_info), in one request. In a task of its own, use that module.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.api.plugin
  - cloudctl.vastai.api.lookup
  - cloudctl.vastai.offers
options:
  _terms:
    description:
      - What an offer must be like, in either form of O(filters). Several texts are conditions that must all hold.
      - Without any, and without O(filters), all offers are meant. Terms and O(filters) exclude each other.
    type: list
    elements: raw
  type:
    description:
      - How the offers would be rented, and so which price is shown.
      - V(on-demand) is the fixed price. V(bid) is the lowest bid that wins now for an interruptible instance.
        V(reserved) is for paying in advance.
    type: str
    choices: [on-demand, bid, reserved]
    default: on-demand
  limit:
    description:
      - Return at most this many offers. V(0) is as many as Vast.ai gives, which is about 64.
    type: int
    default: 0
  storage:
    description:
      - Storage in GB that the prices include. Offers with less free storage do not match.
    type: float
    default: 5.0
notes:
  - It is best called with C(query), which returns a list whatever is found. C(lookup) returns a dictionary when there
    is one offer, a list of dictionaries when there are several, and an empty list or text when there is none.
  - That no offer meets the conditions is no error, but an empty result.
  - Other people rent while a play runs. A variable is searched anew whenever it is used, so offers that belong together
    should be kept with M(ansible.builtin.set_fact).
seealso:
  - module: cloudctl.vastai.vast_offer_info
  - module: cloudctl.vastai.vast_instance
  - module: cloudctl.vastai.vast_bid
  - plugin: cloudctl.vastai.vast_cost
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Rent the cheapest RTX 4090 in Europe, unless it is too dear
  cloudctl.vastai.vast_instance:
    name: llama3-trainer
    image: pytorch/pytorch:latest
    disk: 50
    offer_id: "{{ best.id }}"
    max_price: 0.60
  vars:
    best: "{{ query('cloudctl.vastai.vast_offers', 'gpu_name=RTX_4090 num_gpus=1', region='Europe', order='dph_total',
      storage=50, limit=1) | first }}"

- name: Bid a tenth more than the lowest bid that wins
  cloudctl.vastai.vast_bid:
    name: gpu-bid-01
    image: pytorch/pytorch:latest
    machine_id: "{{ chosen.machine_id }}"
    price: "{{ (chosen.min_bid_price * 1.1) | round(3) }}"
  vars:
    chosen: "{{ query('cloudctl.vastai.vast_offers', filters={'gpu_ram': '>=48'}, type='bid', order='min_bid', limit=1)
      | first }}"

- name: Go on only if there are enough GPUs below a dollar
  ansible.builtin.assert:
    that: query('cloudctl.vastai.vast_offers', 'gpu_name=H100_SXM', max_price=1.0) | length >= 4

- name: Print the three best offers of each model
  ansible.builtin.debug:
    msg: "{{ query('cloudctl.vastai.vast_offers', {'gpu_name': item}, limit=3) | map(attribute='cost.hourly_price') }}"
  loop: [RTX 4090, A100 SXM4, H100 SXM]
"""

RETURN = r"""
_raw:
  description:
    - A dictionary for each offer, in the wanted order, with the fields of
      RV(cloudctl.vastai.vast_offer_info#module:offers). Sizes are in GB, speeds in Mb/s, prices in dollars.
  type: list
  elements: dict
  contains:
    id:
      description: Number of the offer. It is short-lived, and gone once somebody rents the offer.
      type: int
      sample: 1001
    machine_id:
      description: Number of the machine. It stays.
      type: int
      sample: 77
    gpu_name:
      description: Model of the GPUs.
      type: str
      sample: RTX 4090
    num_gpus:
      description: How many GPUs the offer has.
      type: int
      sample: 1
    min_bid_price:
      description: The lowest bid that wins at present, in $/h, without storage.
      type: float
      sample: 0.21
    cost:
      description: >-
        What the offer costs in $ once it is rented and runs, with C(hourly_price), C(monthly_price) (720 hours) and the
        other prices of RV(cloudctl.vastai.vast_offer_info#module:offers[].cost).
      type: dict
      sample:
        hourly_price: 0.401042
        monthly_price: 288.75
"""

from collections.abc import Mapping
from typing import Any

from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import open_client
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._offers import (
    OFFER_ARGUMENTS,
    describe,
    offer_query,
    search,
)
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._options import Options
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._plain import plain


class LookupModule(LookupBase):
    """The lookup plugin."""

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        options = Options(self, self._templar.template, "var:")
        storage = options["storage"]
        try:
            asked = {name: options[name] for name in OFFER_ARGUMENTS}
            asked["filters"] = _filters(plain(self._flatten(terms)), asked["filters"])
            query = offer_query(asked, options["type"], options["limit"], storage)
            return [describe(row, storage) for row in search(open_client(options.api(), "lookup vast_offers"), query)]
        except VastError as error:
            raise AnsibleError(str(error)) from error


def _filters(terms: list[Any], filters: Any) -> Any:
    """The conditions, from the terms or from the option. Raises BadRequest when both are given, or terms of two forms.

    A term that is nothing, such as an empty variable, is no condition.
    """
    terms = [term for term in terms if term not in (None, "")]
    if terms and filters not in (None, ""):
        raise BadRequest("vast_offers takes conditions as its terms or as filters, not both.")
    if len(terms) < 2:
        return terms[0] if terms else filters
    if not all(isinstance(term, str) for term in terms):
        raise BadRequest("vast_offers takes one dictionary, or any number of texts.")
    return " ".join(terms)
