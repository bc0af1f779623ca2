#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was used and what was paid."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_charge_info
short_description: Tell what was used and what was paid on Vast.ai
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Returns the charges of a period, which are what instances and volumes really cost, and the invoices of that period,
    which are what was paid into the account.
  - All amounts are in dollars. A charge is positive. An invoice is positive when you paid and negative when you got
    something back.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.attributes.info_module
options:
  start_date:
    description:
      - First day of the period, as V(2026-11-01). Days begin and end at midnight UTC.
      - Not set, the period has 30 days.
    type: str
  end_date:
    description:
      - Last day of the period, today if it is not set. What is used today is billed up to now.
    type: str
  types:
    description:
      - Only charges of these types, V(instance), V(volume) or V(serverless). All if it is not set. Invoices are not
        affected.
    type: list
    elements: str
    choices: [instance, volume, serverless]
  name:
    description:
      - Only charges of instances and volumes with this label. Invoices are not affected.
    type: str
seealso:
  - module: cloudctl.vastai.vast_account_info
    description: What is burning now, and how long the credit lasts.
"""

EXAMPLES = r"""
- name: Ask what November cost
  cloudctl.vastai.vast_charge_info:
    start_date: 2026-11-01
    end_date: 2026-11-30
  register: november

- name: Say it, and for what
  ansible.builtin.debug:
    msg:
      - "${{ '%.2f' | format(november.charged) }} in all, ${{ '%.2f' | format(november.paid) }} paid in"
      - "{{ november.charged_by_name }}"

- name: Ask what one instance has cost in the last 30 days
  cloudctl.vastai.vast_charge_info:
    types: [instance]
    name: llama3-trainer
  register: trainer
"""

RETURN = r"""
charged:
  description: Sum over RV(charges), in $.
  returned: success
  type: float
  sample: 12.34
charged_by_type:
  description: The same for each type of charge, the largest first, with RV(ignore:type) and RV(ignore:amount) in $.
  returned: success
  type: list
  elements: dict
  sample:
    - type: instance
      amount: 12.34
charged_by_name:
  description:
    - The same for each instance and volume, the largest first, with RV(ignore:type), RV(ignore:id), RV(ignore:name) and
      RV(ignore:amount) in $.
  returned: success
  type: list
  elements: dict
  sample:
    - type: instance
      id: 4242
      name: llama3-trainer
      amount: 12.34
charged_by_part:
  description:
    - The same for V(gpu), V(storage), V(download) and V(upload), the largest first, with RV(ignore:type) and
      RV(ignore:amount) in $.
  returned: success
  type: list
  elements: dict
  sample:
    - type: gpu
      amount: 12.0
    - type: storage
      amount: 0.34
charges:
  description: What was used, one entry for each day of each instance or volume, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    day:
      description: The day in UTC.
      type: str
      sample: "2026-11-23"
    type:
      description: V(instance), V(volume) or V(serverless).
      type: str
      sample: instance
    id:
      description: ID of the instance or volume, which may not exist any more.
      type: int
      sample: 4242
    name:
      description: Its label; V(null) if it has none, or if Vast.ai does not know it any more.
      type: str
      sample: llama3-trainer
    description:
      description: Vast.ai's words for it.
      type: str
      sample: Instance 4242 GPU and storage
    amount:
      description: What it cost, in $.
      type: float
      sample: 9.85
    start_time:
      description: From when, in seconds since 1970.
      type: float
      sample: 1795392000.0
    end_time:
      description: Until when, in seconds since 1970.
      type: float
      sample: 1795478400.0
    parts:
      description: What the amount is made of.
      type: list
      elements: dict
      contains:
        type:
          description: V(gpu), V(storage), V(download) or V(upload).
          type: str
          sample: gpu
        amount:
          description: What the part cost, in $.
          type: float
          sample: 9.6
        description:
          description: Vast.ai's words for it.
          type: str
          sample: gpu at $0.4000/hour
paid:
  description:
    - What you paid into the account, less what you got back, in $. It is the sum over those RV(invoices) whose type is
      V(credit) or V(refund); transfers and the like move credit that was paid before.
  returned: success
  type: float
  sample: 25.0
invoices:
  description: What was paid, oldest first.
  returned: success
  type: list
  elements: dict
  contains:
    day:
      description: The day in UTC.
      type: str
      sample: "2026-11-20"
    type:
      description: V(credit) for a payment, or V(refund), V(transfer), V(payout), V(reserved).
      type: str
      sample: credit
    id:
      description: ID of the invoice.
      type: int
      sample: 1
    service:
      description: How it was paid.
      type: str
      sample: stripe_payments
    description:
      description: Vast.ai's words for it.
      type: str
      sample: Card payment
    amount:
      description:
        - What you paid, in $; negative for a refund. Transfers and payouts are as Vast.ai gives them, which is
          positive.
      type: float
      sample: 25.0
    start_time:
      description: When it was made, in seconds since 1970.
      type: float
      sample: 1795132800.0
    end_time:
      description: When it was paid, in seconds since 1970; V(null) if it was not yet.
      type: float
      sample: 1795132800.0
period:
  description: The days that were looked at, with RV(ignore:start_date) and RV(ignore:end_date).
  returned: success
  type: dict
  sample:
    start_date: "2026-11-01"
    end_date: "2026-11-30"
"""

import datetime
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _charges
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._usage import not_empty

SPEC = ModuleSpec(
    argument_spec={
        **API_ARGUMENTS,
        "start_date": {"type": "str"},
        "end_date": {"type": "str"},
        "types": {"type": "list", "elements": "str", "choices": list(_charges.CHARGE_TYPES)},
        "name": {"type": "str"},
    },
)


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    params, name = context.params, not_empty(context.params["name"])
    period = _charges.period_of(params["start_date"], params["end_date"], datetime.datetime.now(datetime.UTC).date())
    charges = [_charges.describe_charge(row) for row in _charges.list_charges(context.client, period, params["types"])]
    charges = [charge for charge in charges if name in (None, charge["name"])]
    invoices = [_charges.describe_invoice(row) for row in _charges.list_invoices(context.client, period)]
    return {
        "changed": False,
        "charged": _charges.amount(charges),
        "charged_by_type": _charges.amounts_by(charges, "type"),
        "charged_by_name": _charges.amounts_by(charges, "type", "id", "name"),
        "charged_by_part": _charges.amounts_by([part for charge in charges for part in charge["parts"]], "type"),
        "charges": charges,
        "paid": _charges.amount(invoice for invoice in invoices if invoice["type"] in _charges.PAYMENT_TYPES),
        "invoices": invoices,
        "period": {"start_date": period.first.isoformat(), "end_date": period.last.isoformat()},
    }


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
