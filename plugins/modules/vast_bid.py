#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bid for an interruptible instance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_bid
short_description: Bid for interruptible GPU instances on Vast.ai, and change or withdraw bids
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Rents GPUs for a price of your own. The instance runs while nobody pays more; when it is outbid, it is stopped, its
    disk is kept and bills, and it resumes by itself when its bid wins again.
  - A bid is known by the label of its instance, here called O(name), as with M(cloudctl.vastai.vast_instance). At most
    one instance of that name is rented, and never on demand. If the instance of that name was rented on demand, it is
    left alone, with an error.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.offers
  - cloudctl.vastai.instance
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Values of environment variables, arguments and start-up scripts are never shown.
  idempotent:
    support: partial
    details:
      - The states V(rebooted) and V(recycled) do what they say every time. So does V(stopped) while a bid is outbid,
        as Vast.ai does not tell whether the instance would resume by itself.
options:
  price:
    description:
      - The bid in $/h for all GPUs of the instance, without storage, from 0.001 to 128. Needed to rent; the bid of an
        existing instance is changed to it.
      - A price below the lowest that wins now is an error that names that price. Nothing is rented or changed then.
      - Vast.ai bills the on-demand price if that is less. What O(max_price) caps is this price together with storage.
    type: float
notes:
  - When the task waits, it is over when the instance is usable or outbid. Being outbid is no failure; see
    RV(bid.status).
  - O(state=present) and O(state=started) leave an outbid instance as it is, with a warning; only a higher O(price)
    brings it back before the others give up. O(state=stopped) sees to it that it does not resume.
seealso:
  - module: cloudctl.vastai.vast_bid_info
  - module: cloudctl.vastai.vast_instance
  - plugin: cloudctl.vastai.vast_offers
    plugin_type: lookup
"""

EXAMPLES = r"""
- name: Bid $0.50/h for whatever a certain machine offers
  cloudctl.vastai.vast_bid:
    name: gpu-bid-01
    machine_id: 789012
    price: 0.50
    image: pytorch/pytorch:latest
  register: bid

- name: Say how it stands
  ansible.builtin.debug:
    msg: "{{ bid.bid.status }} at ${{ bid.bid.price }}/h; ${{ bid.bid.price_to_win }}/h wins now"

- name: Bid more
  cloudctl.vastai.vast_bid:
    name: gpu-bid-01
    price: 0.60

- name: Withdraw the bid and destroy the instance
  cloudctl.vastai.vast_bid:
    name: gpu-bid-01
    state: absent
"""

RETURN = r"""
bid:
  description: The bid as it stands now, or would stand. V(null) when the instance is destroyed.
  returned: always
  type: dict
  contains:
    status:
      description: >-
        V(winning) when it runs; V(outbid) when somebody pays more: it is stopped, its disk bills, and it resumes by
        itself; V(starting); V(stopped) when it does not run although its bid would win, on request or because its GPUs
        were rented on demand; V(offline) when its machine is lost; V(ended) with the contract; V(planned) in check mode
        before a rent.
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
actions:
  description:
    - The steps that were taken, or would be taken in check mode, as with M(cloudctl.vastai.vast_instance). V(bid) is a
      change of the bid.
  returned: always
  type: list
  elements: dict
  sample:
    - action: bid
      summary: change the bid of Instance 4242 (gpu-bid-01) from $0.50/h to $0.60/h
instance:
  description: The instance, with the fields of M(cloudctl.vastai.vast_instance). V(null) when it is destroyed.
  returned: always
  type: dict
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
  description: >-
    What the instance costs, in dollars, with the fields of M(cloudctl.vastai.vast_instance). V(null) when it is
    destroyed.
  returned: always
  type: dict
offer:
  description: >-
    The offer that was rented, or would be in check mode, with the fields of M(cloudctl.vastai.vast_offer_info).
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

from ansible_collections.cloudctl.vastai.plugins.module_utils._bid_resource import BidResource
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_resource import INSTANCE_ARGUMENTS
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
    argument_spec={**API_ARGUMENTS, **OFFER_ARGUMENTS, **INSTANCE_ARGUMENTS, "price": {"type": "float"}},
    required_one_of=(("name", "id"),),
    mutually_exclusive=LAUNCH_EXCLUSIVE,
    private=LAUNCH_PRIVATE,
)


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    return converge(BidResource(context), context.check_mode)


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
