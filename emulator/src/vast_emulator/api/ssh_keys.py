# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH keys of the account, and of single instances."""

from __future__ import annotations

import json
from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.web.routing import Call, api
from vast_emulator.world.account import USER_ID

LONGEST_KEY = 16384
_KINDS = ("ssh-rsa", "ssh-ed25519", "ssh-dss", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-")


def _public_key(call: Call) -> str:
    """The key text of the body; surrounding white space is dropped. Clients may send a path by mistake: refused."""
    text = (values.text(call.body.get("ssh_key"), "ssh_key", LONGEST_KEY) or "").strip()
    words = text.split()
    if len(words) < 2 or "\n" in text or not words[0].startswith(_KINDS):
        raise invalid_args("ssh_key is not a public key.")
    return text


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    return {name: record[name] for name in ("id", "user_id", "public_key", "created_at", "deleted_at")}


def _key(call: Call) -> dict[str, Any]:
    record = call.world.account.ssh_keys.get(values.identifier(call.params["id"]))
    if record is None:
        raise Refusal(400, "no_ssh_key", "No such SSH key.")
    return record


@api.add("GET", "/api/v0/ssh")
def list_keys(call: Call) -> list[dict[str, Any]]:
    """A bare array."""
    keys = call.world.account.ssh_keys
    if not len(keys) and call.world.settings.empty_ssh_list == "404":
        raise Refusal(404, "not_found", "No SSH keys found for the user.")
    return [_shown(record) for record in keys]


@api.add("POST", "/api/v0/ssh")
def create_key(call: Call) -> dict[str, Any]:
    """Reaches instances that are created from now on."""
    text = _public_key(call)
    number = call.world.account.new_id()
    record = {"id": number, "user_id": USER_ID, "public_key": text, "created_at": call.world.now, "deleted_at": None}
    call.world.account.ssh_keys.put(number, record)
    return {"success": True, "key": _shown(record)}


@api.add("PUT", "/api/v0/ssh/{id}")
def update_key(call: Call) -> dict[str, Any]:
    """Another text under the same id."""
    record = {**_key(call), "public_key": _public_key(call)}
    call.world.account.ssh_keys.put(record["id"], record)
    return {"success": True, "key": _shown(record)}


@api.add("DELETE", "/api/v0/ssh/{id}")
def delete_key(call: Call) -> dict[str, Any]:
    """Instances that have the key keep it."""
    call.world.account.ssh_keys.remove(_key(call)["id"])
    return {"success": True}


@api.add("GET", "/api/v0/instances/{id}/ssh")
def list_instance_keys(call: Call) -> dict[str, Any]:
    """The keys as JSON inside a string."""
    return {"success": True, "ssh_keys": json.dumps(call.contract().ssh_keys)}


@api.add("POST", "/api/v0/instances/{id}/ssh")
def attach_key(call: Call) -> dict[str, Any]:
    """Give one instance a key; one it has already stays as it is."""
    contract, text = call.contract(), _public_key(call)
    if all(key["public_key"] != text for key in contract.ssh_keys):
        known = {key["public_key"]: key["id"] for key in call.world.account.ssh_keys}
        number = known[text] if text in known else call.world.account.new_id()
        contract.ssh_keys.append({"id": number, "public_key": text})
        call.world.save(contract)
    return {"success": True, "msg": "SSH key added to instance."}


@api.add("DELETE", "/api/v0/instances/{id}/ssh/{key}")
def detach_key(call: Call) -> dict[str, Any]:
    """Take a key from one instance."""
    contract, number = call.contract(), values.identifier(call.params["key"])
    left = [key for key in contract.ssh_keys if key["id"] != number]
    if len(left) == len(contract.ssh_keys):
        raise Refusal(404, "no_such_ssh_key", "The instance has no such SSH key.")
    contract.ssh_keys = left
    call.world.save(contract)
    return {"success": True, "msg": "SSH key removed from instance."}
