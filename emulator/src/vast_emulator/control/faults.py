# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan faults."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal
from vast_emulator.faults import cuts
from vast_emulator.web.routing import Call, control


@control.add("GET", "/_emulator/faults")
def show(call: Call) -> dict[str, Any]:
    """What is still planned, and what could not happen."""
    return {"faults": [fault.shown() for fault in call.service.faults]}


@control.add("POST", "/_emulator/faults")
def plan(call: Call) -> dict[str, Any]:
    """Add one. Refusing connections needs no request to set it off: without a path it begins at once."""
    wanted = call.body
    if set(wanted) == {"refuse"}:
        call.service.door.refuse(cuts.seconds(wanted["refuse"], "refuse"))
        return {"success": True}
    return {"success": True, "fault": call.service.faults.add(wanted).shown()}


@control.add("DELETE", "/_emulator/faults")
def clear(call: Call) -> dict[str, Any]:
    """Forget all."""
    call.service.faults.clear()
    return {"success": True}


@control.add("DELETE", "/_emulator/faults/{id}")
def remove(call: Call) -> dict[str, Any]:
    """Forget one."""
    number = values.identifier(call.params["id"])
    if number is None or not call.service.faults.remove(number):
        raise Refusal(404, "no_such_fault", f"There is no fault {call.params['id']}.")
    return {"success": True}
