#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List bids."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_bid_info
short_description: List bids for interruptible GPU instances on Vast.ai, and how they stand
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Lists the interruptible instances of the account with their bids, the prices that win now, and what they save.
  - Vast.ai has no list of bids, so all instances that fit are listed, and those on demand are left out here. The
    on-demand prices take one search for every eight machines.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.attributes.info_module
options:
  name:
    description:
      - Only bids whose instance has this label.
    type: str
  id:
    description:
      - Only the bid of the instance with this ID.
    type: int
  connect_with:
    description:
      - Which SSH address to return. V(auto) prefers the direct one.
    type: str
    choices: [auto, direct, proxy]
    default: auto
seealso:
  - module: cloudctl.vastai.vast_bid
  - module: cloudctl.vastai.vast_instance_info
"""

EXAMPLES = r"""
- name: List all bids
  cloudctl.vastai.vast_bid_info:
  register: mine

- name: Name those that lost
  ansible.builtin.debug:
    msg: "{{ mine.bids | selectattr('bid.status', 'eq', 'outbid') | map(attribute='name') | join(', ') }}"
"""

RETURN = r"""
bids:
  description:
    - The interruptible instances that fit, by ID, with the fields of
      RV(cloudctl.vastai.vast_instance_info#module:instances), and RV(bids[].bid).
  returned: success
  type: list
  elements: dict
  contains:
    bid:
      description: How the bid stands.
      type: dict
      contains:
        status:
          description: >-
            V(winning) when it runs; V(outbid) when somebody pays more: it is stopped, its disk bills, and it resumes
            by itself; V(starting); V(stopped) when it does not run although its bid would win, on request or because
            its GPUs were rented on demand; V(offline) when its machine is lost; V(ended) with the contract.
          type: str
          sample: winning
        since:
          description: When that began, in seconds since 1970; V(null) where Vast.ai does not tell.
          type: float
          sample: 1795000060
        price:
          description: The bid in force, $/h without storage.
          type: float
          sample: 0.5
        price_to_win:
          description: The lowest bid that wins now, $/h without storage.
          type: float
          sample: 0.31
        on_demand_price:
          description: >-
            What the same GPUs cost on demand, $/h without storage; V(null) if the machine does not offer them so.
          type: float
          sample: 0.8
        saving:
          description: On-demand price less bid, $/h.
          type: float
          sample: 0.3
        saving_percent:
          description: The same in percent of the on-demand price.
          type: float
          sample: 37.5
cost:
  description: The sum over RV(bids), with the prices per time of M(cloudctl.vastai.vast_instance_info).
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
from ansible_collections.cloudctl.vastai.plugins.module_utils._bid_facts import describe_bid
from ansible_collections.cloudctl.vastai.plugins.module_utils._bids import on_demand_prices
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import total
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._instances import (
    list_by_label,
    list_instances,
    show_instance,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._listing import summarize
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
        "connect_with": {"type": "str", "choices": list(_ssh.CONNECT_WITH), "default": "auto"},
    },
    mutually_exclusive=(("id", "name"),),
)


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    rows = [row for row in _rows(context) if row.get("is_bid")]
    on_demand = _on_demand_prices(context, rows)
    connect_with = context.params["connect_with"]
    bids = [{**summarize(row, connect_with), "bid": describe_bid(row, on_demand.get(row["id"]))} for row in rows]
    return {"changed": False, "bids": bids, "cost": total(bid["cost"] for bid in bids)}


def _on_demand_prices(context: Context, rows: list[dict[str, Any]]) -> dict[Any, float]:
    """Nice to know, and no reason to hide the bids when the search fails."""
    try:
        return on_demand_prices(context.client, rows)
    except VastError as error:
        context.warn(f"What the GPUs cost on demand is not known: {error}")
        return {}


def _rows(context: Context) -> list[dict[str, Any]]:
    instance_id = checked_id("id", context.params["id"])
    if instance_id is not None:
        row = show_instance(context.client, instance_id)
        return [row] if row else []
    name = not_empty(context.params["name"])
    return list_by_label(context.client, name) if name else list_instances(context.client)


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
