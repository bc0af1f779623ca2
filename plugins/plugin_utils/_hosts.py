# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From API rows to hosts: what is remembered of an instance, and the variables of its host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _ssh
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_facts import describe
from ansible_collections.cloudctl.vastai.plugins.module_utils._listing import summarize
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._unsafe import unsafe

PREFIX = "vast_"

NAMING_FACTS = tuple(name for name, value in describe({}).items() if not isinstance(value, (list, dict)))
"""Facts that a host can be named after."""

# Increase it when `remembered` returns something else, so that caches of older releases are not read.
_CACHE_FORMAT = 2


def remembered(row: Mapping[str, Any]) -> dict[str, Any]:
    """What the cache holds of a row: the documented facts, which have no secrets, and the address of each way in."""
    return {**summarize(row, "auto"), "ssh": {way: _ssh.endpoint(row, way) for way in _ssh.CONNECT_WITH}}


def fingerprint(api_url: str, api_key: str, conditions: Mapping[str, Any]) -> str:
    """What makes two listings differ, in 16 hexadecimal digits: the account and the conditions that the API meets."""
    parts = [_CACHE_FORMAT, api_url, api_key, conditions]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def host_variables(instance: Mapping[str, Any], connect_with: str) -> dict[str, Any]:
    """Variables of the host of a remembered instance."""
    facts = {PREFIX + name: value for name, value in instance.items()}
    endpoint = facts[PREFIX + "ssh"] = instance["ssh"][connect_with]
    return {**unsafe(facts), **_connection(endpoint, instance["id"])}


def _connection(endpoint: Mapping[str, Any] | None, instance_id: int) -> dict[str, Any]:
    """How Ansible connects.

    Without ``ansible_host`` it would connect to the host's name: a label, which may also be the name of some machine in
    the local network. The top-level domain ``invalid`` never resolves.
    """
    if endpoint is None:
        return {"ansible_host": f"instance-{instance_id}-has-no-ssh-address.invalid", "ansible_user": _ssh.USER}
    return {"ansible_host": endpoint["host"], "ansible_port": endpoint["port"], "ansible_user": endpoint["user"]}
