# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of GPUs; the official client asks for them without a key on every start."""

from __future__ import annotations

from typing import Any

from vast_emulator.market.catalog import GPUS
from vast_emulator.web.routing import Call, api


@api.add("GET", "/api/v0/gpu_names/unique", auth=False)
def gpu_names(call: Call) -> dict[str, Any]:
    """Every name that is or was for rent."""
    return {"gpu_names": sorted({machine.facts["gpu_name"] for machine in call.world.machines.values()})}


@api.add("GET", "/api/v0/gpu_types", auth=False)
def gpu_types(call: Call) -> dict[str, Any]:
    """The names with what their cards are like."""
    return {
        "gpu_types": [
            {"gpu_name": gpu.name, "gpu_arch": gpu.arch, "gpu_ram": gpu.ram, "compute_cap": gpu.compute_cap}
            for gpu in GPUS
        ]
    }
