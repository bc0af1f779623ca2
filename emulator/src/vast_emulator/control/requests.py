# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was asked of the API so far."""

from __future__ import annotations

from typing import Any

from vast_emulator.web.routing import Call, control


@control.add("GET", "/_emulator/requests")
def show(call: Call) -> dict[str, Any]:
    """Counts per method, path (ids as ``{id}``) and status, totals, and the last requests one by one."""
    return call.service.log.report()


@control.add("DELETE", "/_emulator/requests")
def clear(call: Call) -> dict[str, Any]:
    """Start counting again."""
    call.service.log.clear()
    return {"success": True}
