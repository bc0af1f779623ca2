#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's money, and how long it lasts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_account_info
short_description: Tell the credit of a Vast.ai account and how long it lasts
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Returns whose account it is, how much credit is left, what all its instances and volumes burn at this moment, and
    how long the credit lasts at that rate.
  - When the credit is used up, Vast.ai stops all instances. Their storage goes on billing, and is deleted some time
    later.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.attributes.info_module
seealso:
  - module: cloudctl.vastai.vast_charge_info
    description: What was really used and paid.
"""

EXAMPLES = r"""
- name: Ask how long the credit lasts
  cloudctl.vastai.vast_account_info:
  register: money

- name: Say it
  ansible.builtin.debug:
    msg: >-
      ${{ '%.2f' | format(money.account.spendable) }} left; ${{ money.account.burn_rate }}/h burns it
      {{ 'never' if money.account.hours_left is none else 'in %.1f h' | format(money.account.hours_left) }}

- name: Stop before a long training runs dry
  ansible.builtin.assert:
    that: money.account.hours_left is none or money.account.hours_left > 48
"""

RETURN = r"""
account:
  description: Whose account it is, and its money.
  returned: success
  type: dict
  contains:
    id:
      description: ID of the user, or of the team if the API key is a team's.
      type: int
      sample: 4711
    username:
      description: Name of the user.
      type: str
      sample: renter
    email:
      description: Mail address of the user.
      type: str
      sample: renter@example.com
    credit:
      description: Prepaid money that is left, in $.
      type: float
      sample: 24.18
    balance:
      description: Zero, or below zero what is owed when the credit is used up, in $.
      type: float
      sample: 0.0
    spendable:
      description: RV(account.credit) less what is owed, in $.
      type: float
      sample: 24.18
    burn_rate:
      description: What all instances and volumes accrue at this moment, in $/h. It is RV(cost.hourly_price).
      type: float
      sample: 0.410417
    hours_left:
      description: Hours until RV(account.spendable) is used up at RV(account.burn_rate); V(null) when nothing burns.
      type: float
      sample: 58.91
resources:
  description: What burns, the dearest first. Instances whose machine is offline burn nothing and are not listed.
  returned: success
  type: list
  elements: dict
  contains:
    type:
      description: V(ai) for an on-demand instance, V(bid) for an interruptible one, V(storage) for a volume.
      type: str
      sample: ai
    id:
      description: ID of the instance or volume.
      type: int
      sample: 4242
    name:
      description: Its label.
      type: str
      sample: llama3-trainer
    hourly_price:
      description: What it accrues now, in $/h.
      type: float
      sample: 0.410417
    monthly_price:
      description: The same for 720 hours, in $.
      type: float
      sample: 295.5
    size_gb:
      description: Size of a volume in GB; V(null) for an instance.
      type: int
      sample: 200
cost:
  description: The sum over all instances and volumes, in dollars.
  returned: success
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
      description: The part of RV(cost.hourly_price) for GPUs.
      type: float
      sample: 0.4
    storage_hourly_price:
      description: The part of RV(cost.hourly_price) for storage.
      type: float
      sample: 0.010417
    running_hourly_price:
      description: $/h if all instances ran.
      type: float
      sample: 0.410417
"""

from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._account import current_user, describe
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import instance_cost, total, volume_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._instances import list_instances
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._volumes import list_volumes, size_gb

SPEC = ModuleSpec(argument_spec={**API_ARGUMENTS})

Row = dict[str, Any]


def run(context: Context) -> Row:
    """The module's logic, for both doors."""
    client = context.client
    priced = [("bid" if row.get("is_bid") else "ai", row, instance_cost(row)) for row in list_instances(client)]
    priced += [("storage", row, volume_cost(row)) for row in list_volumes(client)]
    cost = total(price for _kind, _row, price in priced)
    burning = [_resource(*one) for one in priced if one[2]["hourly_price"] > 0]
    return {
        "changed": False,
        "account": describe(current_user(client), cost["hourly_price"]),
        "resources": sorted(burning, key=lambda resource: -resource["hourly_price"]),
        "cost": cost,
    }


def _resource(kind: str, row: Row, cost: Row) -> Row:
    return {
        "type": kind,
        "id": row["id"],
        "name": row.get("label"),
        "hourly_price": cost["hourly_price"],
        "monthly_price": cost["monthly_price"],
        "size_gb": size_gb(row) if kind == "storage" else None,
    }


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
