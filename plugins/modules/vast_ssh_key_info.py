#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which SSH keys there are."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_ssh_key_info
short_description: List the SSH keys of a Vast.ai account or of an instance
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Lists the public SSH keys of the account, which every instance gets that is created later, or those that one
    instance has.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.attributes.info_module
options:
  instance:
    description:
      - Name or ID of an instance, to list the keys that it has.
    type: str
notes:
  - Vast.ai keeps no SSH keys for teams. With the API key of a team the task fails and says so.
seealso:
  - module: cloudctl.vastai.vast_ssh_key
"""

EXAMPLES = r"""
- name: List the keys that new instances will let in
  cloudctl.vastai.vast_ssh_key_info:
  register: account

- name: List the keys that one instance lets in
  cloudctl.vastai.vast_ssh_key_info:
    instance: llama3-trainer
  register: trainer

- name: Name the guests
  ansible.builtin.debug:
    msg: "{{ trainer.ssh_keys | map(attribute='fingerprint')
             | difference(account.ssh_keys | map(attribute='fingerprint')) }}"
"""

RETURN = r"""
ssh_keys:
  description: The keys, in the order of their IDs.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the key.
      type: int
      sample: 17
    type:
      description: Kind of the key; V(null) if its text can't be read.
      type: str
      sample: ssh-ed25519
    fingerprint:
      description: Its fingerprint, as C(ssh-keygen -l) shows it; V(null) if its text can't be read.
      type: str
      sample: SHA256:oRPTWdiCWSYgrYjrH5hYoSTIVGEIAmVR3DDLrPDsWdE
    comment:
      description: Its comment.
      type: str
      sample: me@home
    public_key:
      description: The whole line.
      type: str
      sample: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl me@home
    created_time:
      description: When it was added to the account, in seconds since 1970; V(null) for the keys of an instance.
      type: float
      sample: 1795000000.5
"""

from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _ssh_keys
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._which import instances_meant

SPEC = ModuleSpec(argument_spec={**API_ARGUMENTS, "instance": {"type": "str"}})


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    return {"changed": False, "ssh_keys": [_ssh_keys.describe(row) for row in _rows(context)]}


def _rows(context: Context) -> list[dict[str, Any]]:
    if context.params["instance"] is None:
        return _ssh_keys.list_keys(context.client)
    (row,) = instances_meant(context.client, [context.params["instance"]])
    return _ssh_keys.instance_keys(context.client, row["id"])


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
