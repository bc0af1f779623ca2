# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan failures."""

from __future__ import annotations

from typing import Any

from vast_emulator import faults
from vast_emulator.routing import Call, control


@control.add("GET", "/_emulator/faults")
def show(call: Call) -> dict[str, Any]:
    """What is still planned."""
    return {"faults": [fault.record() for fault in call.service.faults.planned]}


@control.add("POST", "/_emulator/faults")
def plan(call: Call) -> dict[str, Any]:
    """Add one."""
    fault = faults.parse(call.body)
    call.service.faults.add(fault)
    return {"success": True, "fault": fault.record()}


@control.add("DELETE", "/_emulator/faults")
def clear(call: Call) -> dict[str, Any]:
    """Forget all."""
    call.service.faults.clear()
    return {"success": True}
