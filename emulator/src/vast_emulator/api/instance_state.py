# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start, stop, label, reboot, recycle and destroy, one or many."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args, no_such_instance
from vast_emulator.web.routing import Call, api
from vast_emulator.world.contracts import Contract

LONGEST_LABEL = 1024


def _start(call: Call, contract: Contract) -> None:
    if not call.world.has_credit():
        raise Refusal(400, "insufficient_credit", "Your account lacks credit; see the billing page.")
    if call.world.now >= contract.end_date:
        raise invalid_args("the contract has ended and cannot be started.")
    if not call.world.start(contract):
        text = "Required resources are currently unavailable, state change queued."
        raise Refusal(200, "resources_unavailable", text)


def _change_state(call: Call, contract: Contract, state: Any) -> None:
    if state == "running":
        _start(call, contract)
    elif state == "stopped":
        call.world.stop(contract)
    else:
        raise invalid_args("state must be running or stopped.")


def _change_label(call: Call, contract: Contract, label: Any) -> None:
    if isinstance(label, str) and len(label) > LONGEST_LABEL:
        raise Refusal(400, "label_too_long", f"The label is longer than {LONGEST_LABEL} characters.")
    call.world.relabel(contract, values.text(label, "label", LONGEST_LABEL) or None)


@api.add("PUT", "/api/v0/instances/{id}", instance_key=True)
def manage(call: Call) -> dict[str, Any]:
    """``state`` starts or stops, ``label`` renames."""
    contract, body = call.contract(), call.body
    if "state" not in body and "label" not in body:
        raise invalid_args("state or label is required.")
    if "label" in body:
        if call.caller is not None and call.caller.contract is not None:
            raise Refusal(403, "auth_error", "This key may only start, stop and destroy its own instance.")
        _change_label(call, contract, body["label"])
    if "state" in body:
        _change_state(call, contract, body["state"])
    return {"success": True}


@api.add("PUT", "/api/v0/instances")
def manage_many(call: Call) -> dict[str, Any]:
    """Start or stop several. Nothing happens when one of the ids is unknown."""
    body = call.body
    contracts = _all_of(call, values.identifiers(body.get("ids"), "ids"))
    if body.get("state") not in ("running", "stopped"):
        raise invalid_args("state must be running or stopped.")
    queued = []
    for contract in contracts:
        try:
            _change_state(call, contract, body["state"])
        except Refusal as refusal:
            if refusal.status != 200:
                raise
            queued.append(contract.id)
    if queued:
        text = "Required resources are currently unavailable, state change queued."
        raise Refusal(200, "resources_unavailable", text, ids=queued)
    return {"success": True}


def _all_of(call: Call, ids: list[int]) -> list[Contract]:
    for number in ids:
        if number not in call.world.contracts:
            raise no_such_instance(number)
    return [call.world.contracts[number] for number in dict.fromkeys(ids)]


def _running(call: Call) -> Contract:
    contract = call.contract()
    if contract.cur_state != "running":
        raise invalid_args("the instance is not running.")
    return contract


@api.add("PUT", "/api/v0/instances/reboot/{id}")
def reboot(call: Call) -> dict[str, Any]:
    """Restart the container on the same GPUs."""
    call.world.reboot(_running(call))
    return {"success": True}


@api.add("PUT", "/api/v0/instances/recycle/{id}")
def recycle(call: Call) -> dict[str, Any]:
    """Make the container again from its image, on the same contract."""
    call.world.recycle(_running(call))
    return {"success": True}


@api.add("DELETE", "/api/v0/instances/{id}", instance_key=True)
def destroy(call: Call) -> dict[str, Any]:
    """For good."""
    contract = call.contract()
    call.world.destroy(contract)
    return {"success": True, "msg": f"Instance {contract.id} destroyed."}


@api.add("DELETE", "/api/v0/instances")
def destroy_many(call: Call) -> dict[str, Any]:
    """Several at once; ids that are already gone do not matter as long as one is there."""
    ids = values.identifiers(call.body.get("instance_ids"), "instance_ids")
    contracts = [call.world.contracts[number] for number in dict.fromkeys(ids) if number in call.world.contracts]
    if not contracts:
        raise no_such_instance(ids[0])
    for contract in contracts:
        call.world.destroy(contract)
    return {"success": True, "msg": f"{len(contracts)} instances destroyed."}
