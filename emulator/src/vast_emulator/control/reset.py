# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Back to the start, and knobs."""

from __future__ import annotations

from typing import Any

from vast_emulator.web.routing import Call, control


@control.add("POST", "/_emulator/reset")
def reset(call: Call) -> dict[str, Any]:
    """The seed's marketplace with nothing rented; log, ledger, faults and limits are as at the start."""
    call.service.reset()
    return {"success": True}


@control.add("GET", "/_emulator/settings")
def show_settings(call: Call) -> dict[str, Any]:
    """The knobs as they stand."""
    return call.world.settings.record()


@control.add("POST", "/_emulator/settings")
def change_settings(call: Call) -> dict[str, Any]:
    """Turn knobs; a reset turns them back, a restart does not."""
    call.world.turn(call.body)
    return call.world.settings.record()
