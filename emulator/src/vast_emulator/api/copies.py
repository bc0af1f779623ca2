# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copies between instances, volumes, clouds and the renter's own machine. They are accepted; no file moves."""

from __future__ import annotations

import re
from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args, no_such_instance
from vast_emulator.web.routing import Call, api
from vast_emulator.world.contracts import Contract

CONTAINER = re.compile(r"(?:C\.)?([0-9]{1,16})")
VOLUME = re.compile(r"V\.([0-9]{1,16})")
CLOUD = re.compile(r"[a-z0-9]+(?:\.[0-9]+)?")
TRANSFERS = ("instance to cloud", "cloud to instance")


def _place(call: Call, given: Any, name: str) -> Contract | None:
    """The instance of an end of a copy; None for a volume, a cloud or the renter's machine. Unknown ones are 404."""
    text = str(given) if isinstance(given, int) and not isinstance(given, bool) else values.text(given, name, 64)
    if text is None or text == "local":
        return None
    if container := CONTAINER.fullmatch(text):
        contract = call.world.contract(container[1])
        if contract is None:
            raise no_such_instance(text)
        return contract
    if volume := VOLUME.fullmatch(text):
        if int(volume[1]) not in call.world.volumes.volumes:
            raise Refusal(404, "no_such_volume", "Volume with that ID does not exist.")
        return None
    if not CLOUD.fullmatch(text):
        raise invalid_args(f"{name} is no instance, volume or cloud.")
    return None


def _address(call: Call, contract: Contract, end: str) -> dict[str, Any]:
    """Where the renter's rsync connects to, for the end of the copy that is an instance."""
    address, port = call.service.addresses.proxy(contract)
    return {f"{end}_addr": address, f"{end}_port": port}


@api.add("PUT", "/api/v0/commands/copy_direct")
@api.add("PUT", "/api/v0/commands/rsync")
def copy(call: Call) -> dict[str, Any]:
    """With one end on the renter's machine, the address of the other end is in the answer."""
    body = call.body
    for name in ("src_path", "dst_path"):
        if not values.text(body.get(name), name, 4096):
            raise invalid_args(f"{name} is required.")
    source, target = _place(call, body.get("src_id"), "src_id"), _place(call, body.get("dst_id"), "dst_id")
    here = [name for name in ("src_id", "dst_id") if body.get(name) in (None, "local")]
    answer: dict[str, Any] = {"success": True}
    if len(here) == 2 or (here and source is None and target is None):
        raise invalid_args("one end of the copy must be an instance.")
    if here and source is not None:
        answer |= _address(call, source, "src")
    if here and target is not None:
        answer |= _address(call, target, "dst")
    return answer


@api.add("POST", "/api/v0/commands/rclone")
def cloud_copy(call: Call) -> dict[str, Any]:
    """Any cloud connection will do."""
    body = call.body
    if _place(call, body.get("instance_id"), "instance_id") is None:
        raise invalid_args("instance_id is required.")
    for name in ("src", "dst"):
        values.text(body.get(name), name, 4096)
    transfer = (values.text(body.get("transfer"), "transfer", 64) or "").lower().replace("_", " ")
    if transfer not in TRANSFERS:
        raise invalid_args(f"transfer must be one of {', '.join(TRANSFERS)}.")
    values.texts(body.get("flags"), "flags")
    return {"success": True, "msg": "Cloud copy started."}


@api.add("DELETE", "/api/v0/commands/copy_direct")
@api.add("DELETE", "/api/v0/commands/rclone")
def cancel(call: Call) -> dict[str, Any]:
    """Also when there is nothing to cancel."""
    if call.body.get("dst_id") is None:
        raise invalid_args("dst_id is required.")
    _place(call, call.body["dst_id"], "dst_id")
    return {"success": True}
