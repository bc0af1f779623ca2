#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Store, verify and remove the API key in the system keyring."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_keyring
short_description: Keep the Vast.ai API key in the system keyring
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Stores the API key in the keyring of the user who runs the task, where all plugins of this collection find it,
    verifies it, or removes it. The key is neither written to a file nor returned nor logged.
  - The keyring is that of the host on which the task runs, so run it on localhost.
extends_documentation_fragment:
  - cloudctl.vastai.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows whether a key is stored, never the key.
  idempotent:
    support: full
options:
  state:
    description:
      - V(present) stores O(api_key). Without a key, it verifies the one that is stored.
      - V(absent) removes it.
    type: str
    choices: [present, absent]
    default: present
  api_key:
    description:
      - The key to store. Do not write it into a playbook or a command line; ask for it, or take it from a vault.
      - Unlike with the other modules, E(VAST_API_KEY) is not looked at.
    type: str
  verify:
    description:
      - Ask Vast.ai about the key, and fail without storing it if it is not accepted.
    type: bool
    default: true
  api_url:
    description:
      - Address of the API. If it is not set, the value of the environment variable E(VAST_URL) is used, and then
        V(https://console.vast.ai).
    type: str
  api_timeout:
    description:
      - Seconds for one request to connect, and to wait for the next part of its answer.
    type: float
    default: 30.0
  api_retry_timeout:
    description:
      - Seconds for all tries of one call together.
    type: float
    default: 60.0
requirements:
  - requests >= 2.31
  - keyring >= 24, with a back end that works, such as a Secret Service (GNOME Keyring, KWallet), macOS Keychain or
    Windows Credential Locker
notes:
  - On localhost and without C(become), the task runs inside Ansible's own process. In every other case Ansible puts the
    options of a module, and so O(api_key), into a temporary file while the task runs, unless pipelining is on.
seealso:
  - module: cloudctl.vastai.vast_account_info
"""

EXAMPLES = r"""
- name: Store the key of a vaulted variable
  cloudctl.vastai.vast_keyring:
    api_key: "{{ vaulted_vast_api_key }}"

- name: See whether the stored key still works
  cloudctl.vastai.vast_keyring:

- name: Remove it
  cloudctl.vastai.vast_keyring:
    state: absent
"""

RETURN = r"""
stored:
  description: Whether a key is stored now, or would be.
  returned: always
  type: bool
  sample: true
verified:
  description: Whether Vast.ai has accepted the key; V(null) if it was not asked.
  returned: always
  type: bool
  sample: true
backend:
  description: The keyring that keeps it.
  returned: always
  type: str
  sample: SecretService Keyring
summary:
  description: The same for a person.
  returned: always
  type: str
  sample: The API key is stored in the SecretService Keyring, and Vast.ai accepts it.
actions:
  description: The steps that were taken, or would be taken in check mode.
  returned: always
  type: list
  elements: dict
  sample:
    - action: store
      summary: store the API key in the SecretService Keyring
"""

from collections.abc import Sequence
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _keyring
from ansible_collections.cloudctl.vastai.plugins.module_utils._client import open_client
from ansible_collections.cloudctl.vastai.plugins.module_utils._credentials import checked
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import NoCredentials
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step
from ansible_collections.cloudctl.vastai.plugins.module_utils._record import STATE_ARGUMENT
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import Resource, converge

SPEC = ModuleSpec(argument_spec={**API_ARGUMENTS, **STATE_ARGUMENT, "verify": {"type": "bool", "default": True}})

_HIDDEN = "(hidden)"


class KeyringEntry(Resource):
    """The one entry that the collection has in the keyring."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._present = context.params["state"] == "present"
        self._given = (context.params["api_key"] or "").strip() or None
        self._stored: str | None = None
        self._backend = ""
        self._verified: bool | None = None

    def find(self) -> None:
        self._stored = _keyring.stored_key()
        self._backend = _keyring.backend_name()
        key = self._given or self._stored
        if not self._present:
            return
        if key is None:
            raise NoCredentials("No API key was given, and none is stored in the system keyring. Give it as api_key.")
        checked(key)
        if self._context.params["verify"]:
            client = open_client({**self._context.params, "api_key": key}, f"module {self._context.name}")
            client.read("GET", "/api/v0/users/current/")
            self._verified = True

    def plan(self) -> list[Step]:
        if not self._present:
            summary = f"remove the API key from the {self._backend}"
            return [Step("remove", summary, before={"api_key": _HIDDEN})] if self._stored else []
        if self._given in (None, self._stored):
            return []
        before = {"api_key": f"{_HIDDEN}, another one"} if self._stored else {}
        return [Step("store", f"store the API key in the {self._backend}", before, {"api_key": _HIDDEN})]

    def apply(self, step: Step) -> Step:
        if step.action == "store" and self._given:
            _keyring.store_key(self._given)
            self._stored = self._given
        else:
            _keyring.remove_key()
            self._stored = None
        return step

    def wait(self, done: Sequence[Step]) -> None:
        """A keyring takes effect at once."""

    def result(self) -> dict[str, Any]:
        return self._facts(self._stored is not None)

    def preview(self, steps: Sequence[Step]) -> dict[str, Any]:
        return self._facts(self._present)

    def _facts(self, stored: bool) -> dict[str, Any]:
        where = f"The API key is stored in the {self._backend}" if stored else f"No API key is in the {self._backend}"
        accepted = ", and Vast.ai accepts it" if stored and self._verified else ""
        return {
            "stored": stored,
            "verified": self._verified,
            "backend": self._backend,
            "summary": f"{where}{accepted}.",
        }


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    return converge(KeyringEntry(context), context.check_mode)


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
