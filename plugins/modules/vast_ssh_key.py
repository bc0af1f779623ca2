#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH keys of the account and of instances."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_ssh_key
short_description: Manage the SSH keys of a Vast.ai account and of its instances
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Adds public SSH keys to the account and takes them away. Every instance that is created from then on lets the keys
    of the account in.
  - Instances that exist are not touched by that. O(instances) attaches a key to some of them, or detaches it.
  - A key is known by its fingerprint. Its comment does not matter, and a key that is there with another comment is left
    as it is.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  public_key:
    description:
      - The key as one line in OpenSSH's format, such as V(ssh-ed25519 AAAA… me@home).
      - Together with O(id) it is what the key of that ID shall be replaced with.
    type: str
  public_key_file:
    description:
      - File with that line, on the host on which the task runs.
    type: path
  id:
    description:
      - ID of a key of the account. It is an error if it does not exist, unless O(state=absent).
    type: int
  instances:
    description:
      - Names or IDs of instances to which the key shall be attached, or with O(state=absent) from which it shall be
        detached. Other instances are left as they are.
      - An entry that is a number means the instance with that ID, or one with that name if there is none.
      - With O(state=absent), instances that do not exist are fine.
    type: list
    elements: str
  account:
    description:
      - Whether the task is about the key in the account too. With V(false) only O(instances) are changed, which must
        then be given, so that a guest can get into one instance and not into those that you rent later.
    type: bool
    default: true
  state:
    description:
      - Whether the key shall be there.
    type: str
    choices: [present, absent]
    default: present
notes:
  - Vast.ai keeps no SSH keys for teams. With the API key of a team the task fails and says so.
seealso:
  - module: cloudctl.vastai.vast_ssh_key_info
  - module: cloudctl.vastai.vast_instance
"""

EXAMPLES = r"""
- name: Let my key into all instances that I rent from now on
  cloudctl.vastai.vast_ssh_key:
    public_key_file: ~/.ssh/id_ed25519.pub

- name: Let it also into two that run already
  cloudctl.vastai.vast_ssh_key:
    public_key_file: ~/.ssh/id_ed25519.pub
    instances:
      - llama3-trainer
      - 4242

- name: Let a guest into one instance only
  cloudctl.vastai.vast_ssh_key:
    public_key: "{{ guest_public_key }}"
    instances:
      - llama3-trainer
    account: false

- name: Take the guest out again
  cloudctl.vastai.vast_ssh_key:
    public_key: "{{ guest_public_key }}"
    instances:
      - llama3-trainer
    account: false
    state: absent

- name: Replace an old key
  cloudctl.vastai.vast_ssh_key:
    id: 17
    public_key_file: ~/.ssh/new.pub
"""

RETURN = r"""
actions:
  description: The steps that were taken, or would be taken in check mode, in their order. Empty when nothing is to do.
  returned: always
  type: list
  elements: dict
  sample:
    - action: create
      summary: create SSH key SHA256:oRPTWdiCWSYgrYjrH5hYoSTIVGEIAmVR3DDLrPDsWdE (me@home)
  contains:
    action:
      description: One of V(create), V(update), V(delete), V(attach), V(detach).
      type: str
    summary:
      description: The same for a person.
      type: str
ssh_key:
  description:
    - The key in the account, as it is now or would be. V(null) when it is not there, and when O(account=false) and no
      O(id) left it unread.
    - If the account has it several times, the one with the lowest ID.
  returned: always
  type: dict
  contains:
    id:
      description: ID of the key; V(null) in check mode before it is created.
      type: int
      sample: 17
    type:
      description: Kind of the key.
      type: str
      sample: ssh-ed25519
    fingerprint:
      description: Its fingerprint, as C(ssh-keygen -l) shows it.
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
      description: When it was added, in seconds since 1970.
      type: float
      sample: 1795000000.5
attachments:
  description: The instances of O(instances), as they are now or would be.
  returned: always
  type: list
  elements: dict
  contains:
    instance_id:
      description: ID of the instance.
      type: int
      sample: 4242
    instance_name:
      description: Its name.
      type: str
      sample: llama3-trainer
    attached:
      description: Whether it has the key.
      type: bool
      sample: true
"""

from collections.abc import Sequence
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _ssh_keys
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step
from ansible_collections.cloudctl.vastai.plugins.module_utils._record import STATE_ARGUMENT, Fields, Record, Row
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import converge
from ansible_collections.cloudctl.vastai.plugins.module_utils._which import instances_meant

SPEC = ModuleSpec(
    argument_spec={
        **API_ARGUMENTS,
        **STATE_ARGUMENT,
        "public_key": {"type": "str"},
        "public_key_file": {"type": "path"},
        "id": {"type": "int"},
        "instances": {"type": "list", "elements": "str"},
        "account": {"type": "bool", "default": True},
    },
    required_one_of=(("public_key", "public_key_file", "id"),),
    mutually_exclusive=(("public_key", "public_key_file"),),
    required_if=(("account", False, ("instances",)),),
)


class SshKey(Record):
    """A key of the account, and the instances to which it is attached."""

    noun = "SSH key"
    result_name = "ssh_key"
    may_repeat = True

    def __init__(self, context: Context) -> None:
        """Raises :class:`BadRequest` for a key that is none."""
        super().__init__(context)
        self._key = _ssh_keys.wanted_key(self.params["public_key"], self.params["public_key_file"])
        # What is attached: as the task gives it, or as the account had it when it was last seen there.
        self._attachable = self._key
        self._instances: list[Row] = []
        self._attached: dict[int, list[Row]] = {}

    def find(self) -> None:
        super().find()
        if self._key is None and self.row:
            self._attachable = _ssh_keys.parse_key(_ssh_keys.key_text(self.row))
        self._instances = instances_meant(self.client, self.params["instances"] or [], missing_ok=not self.stays)
        self._attached = {
            row["id"]: self._this_key(_ssh_keys.instance_keys(self.client, row["id"])) for row in self._instances
        }

    def matching(self) -> list[Row]:
        number = self.params["id"]
        if number is not None:
            return [row for row in _ssh_keys.list_keys(self.client) if row.get("id") == number]
        return self._this_key(_ssh_keys.list_keys(self.client)) if self.params["account"] else []

    def _this_key(self, rows: Sequence[Row]) -> list[Row]:
        key = self._attachable
        if key is None:
            return [row for row in rows if row.get("id") == self.params["id"]]
        return [row for row in rows if _ssh_keys.fingerprint(row) == key.fingerprint]

    def title(self, row: Fields) -> str:
        facts = self.describe(row)
        name = facts["fingerprint"] or facts["id"]
        return f"SSH key {name} ({facts['comment']})" if facts["comment"] else f"SSH key {name}"

    def wanted(self) -> Fields:
        return {"public_key": self._key.text} if self._key else {}

    def current(self, row: Fields) -> Fields:
        """The same key under another comment is as wanted."""
        same = self._key is not None and _ssh_keys.fingerprint(row) == self._key.fingerprint
        return {"public_key": self._key.text if self._key and same else _ssh_keys.key_text(row)}

    def body(self, row: Fields, changes: Fields) -> Row:
        return {**row, **changes}

    def create(self, body: Row) -> Row:
        return _ssh_keys.create_key(self.client, body["public_key"])

    def update(self, row: Row, body: Row) -> Row:
        return _ssh_keys.update_key(self.client, row["id"], body["public_key"])

    def delete(self, row: Row) -> None:
        _ssh_keys.delete_key(self.client, row["id"])

    def describe(self, row: Fields) -> Row:
        return _ssh_keys.describe(row)

    def plan(self) -> list[Step]:
        of_account = super().plan() if self.params["account"] else []
        return of_account + [
            self._attachment(row) for row in self._instances if bool(self._attached[row["id"]]) != self.stays
        ]

    def _attachment(self, row: Row) -> Step:
        verb, preposition = ("attach", "to") if self.stays else ("detach", "from")
        key = self.title({"id": self.params["id"], "public_key": self._attachable.text if self._attachable else ""})
        field = f"instance {row['id']}"
        return Step(
            verb,
            f"{verb} {key} {preposition} instance {row['id']} ({row.get('label') or 'no name'})",
            before={field: "without the key" if self.stays else "with the key"},
            after={field: "with the key" if self.stays else "without the key"},
            arguments=row,
        )

    def _attach(self, row: Fields) -> None:
        if self._attachable is None:
            raise BadRequest(f"SSH key {self.params['id']} can't be attached, as Vast.ai does not show its text.")
        _ssh_keys.attach_key(self.client, row["id"], self._attachable.text)
        self._attached[row["id"]] = [{"public_key": self._attachable.text}]

    def _detach(self, row: Fields) -> None:
        for key in self._attached[row["id"]]:
            _ssh_keys.detach_key(self.client, row["id"], key["id"])
        self._attached[row["id"]] = []

    def result(self) -> Row:
        attachments = [self._told(row, self._attached[row["id"]]) for row in self._instances]
        return {**super().result(), "attachments": attachments}

    def preview(self, steps: Sequence[Step]) -> Row:
        return {**super().preview(steps), "attachments": [self._told(row, self.stays) for row in self._instances]}

    def _told(self, row: Row, attached: Any) -> Row:
        return {"instance_id": row["id"], "instance_name": row.get("label"), "attached": bool(attached)}


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    return converge(SshKey(context), context.check_mode)


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
