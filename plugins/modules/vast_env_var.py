#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Environment variables that every new instance of the account gets."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_env_var
short_description: Manage the environment variables of a Vast.ai account
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Creates, changes and deletes environment variables of the account. Vast.ai sets all of them in every instance that
    is created from then on; instances that exist keep what they have. This is where tokens belong that all your
    instances need.
  - Vast.ai shows the values to nobody, so whether a variable has the right one can't be known; see O(update_value).
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Values are never shown.
  idempotent:
    support: partial
    details:
      - With O(update_value=always) the value is written every time.
options:
  name:
    description:
      - Name of the variable, made of letters, digits and V(_). Vast.ai keeps it in upper case.
    type: str
    required: true
  value:
    description:
      - Its value. Needed with O(state=present). It is never returned, logged or shown.
      - The value reaches Vast.ai and the hosts of your instances.
    type: str
  update_value:
    description:
      - When to write the value. With V(on_create) a variable that exists is left as it is, whatever its value.
        With V(always) the value is written on every run, and the task is always changed.
      - To rotate a token, run the task once with V(always), for instance as an extra variable.
    type: str
    choices: [on_create, always]
    default: on_create
  state:
    description:
      - Whether the variable shall exist.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: cloudctl.vastai.vast_instance
    description: Its option O(cloudctl.vastai.vast_instance#module:env) sets variables of a single instance.
"""

EXAMPLES = r"""
- name: Give all new instances the token for Hugging Face
  cloudctl.vastai.vast_env_var:
    name: HF_TOKEN
    value: "{{ vault_hf_token }}"

- name: Write a new token (-e rotate=true)
  cloudctl.vastai.vast_env_var:
    name: HF_TOKEN
    value: "{{ vault_hf_token }}"
    update_value: "{{ 'always' if rotate | default(false) | bool else 'on_create' }}"

- name: Take it away
  cloudctl.vastai.vast_env_var:
    name: HF_TOKEN
    state: absent
"""

RETURN = r"""
actions:
  description: The steps that were taken, or would be taken in check mode, in their order. Empty when nothing is to do.
  returned: always
  type: list
  elements: dict
  sample:
    - action: create
      summary: create environment variable HF_TOKEN
  contains:
    action:
      description: One of V(create), V(update), V(delete).
      type: str
    summary:
      description: The same for a person.
      type: str
env_var:
  description: The variable as it is now, or would be. V(null) when it is deleted.
  returned: always
  type: dict
  contains:
    name:
      description: Its name in upper case.
      type: str
      sample: HF_TOKEN
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._env_vars import (
    checked_env_name,
    create_env_var,
    delete_env_var,
    list_env_names,
    update_env_var,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import ApiError, BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._record import STATE_ARGUMENT, Fields, Record, Row
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import converge

SPEC = ModuleSpec(
    argument_spec={
        **API_ARGUMENTS,
        **STATE_ARGUMENT,
        "name": {"type": "str", "required": True},
        "value": {"type": "str"},
        "update_value": {"type": "str", "choices": ["on_create", "always"], "default": "on_create"},
    },
    required_if=(("state", "present", ("value",)),),
    # Not no_log, which would blank out a value such as "1" in names, too.
    private=("value",),
)

_MASK = "********"


class EnvVar(Record):
    """A variable. Its row is its name, because that is all that Vast.ai tells."""

    noun = "environment variable"
    result_name = "env_var"
    hidden = ("value",)

    def __init__(self, context: Context) -> None:
        """Raises :class:`BadRequest` for a name that can't be one, and for no value."""
        super().__init__(context)
        self._name = checked_env_name(self.params["name"])
        if self.params["state"] == "present" and not self.params["value"]:
            raise BadRequest(f"The value of {self._name} is empty, which Vast.ai does not take.")

    def matching(self) -> list[Row]:
        return [{"key": name} for name in list_env_names(self.client) if name == self._name]

    def title(self, row: Fields) -> str:
        return f"environment variable {row['key']}"

    def wanted(self) -> Fields:
        return {"name": self._name, "value": self.params["value"]}

    def current(self, row: Fields) -> Fields:
        """The value can't be read: it counts as right or as wrong, as the task says."""
        left_alone = self.params["update_value"] == "on_create" and self.params["value"] is not None
        return {"name": row["key"], "value": self.params["value"] if left_alone else _MASK}

    def body(self, row: Fields, changes: Fields) -> Row:
        return {"key": self._name, "value": changes["value"]}

    def create(self, body: Row) -> Row:
        return self._written(create_env_var, body)

    def update(self, row: Row, body: Row) -> Row:
        return self._written(update_env_var, body)

    def _written(self, write: Callable[[VastClient, str, str], None], body: Row) -> Row:
        name, value = body["key"], body["value"]
        try:
            write(self.client, name, value)
        except ApiError as error:
            # A refusal may quote what it refuses.
            raise BadRequest(str(error).replace(value, _MASK)) from None
        return {"key": name}

    def delete(self, row: Row) -> None:
        delete_env_var(self.client, row["key"])

    def describe(self, row: Fields) -> Row:
        return {"name": row["key"]}


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    return converge(EnvVar(context), context.check_mode)


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
