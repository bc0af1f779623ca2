# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Play scenarios."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.failures import invalid_args
from vast_emulator.scenarios import files as scenario_files
from vast_emulator.scenarios.stage import Scenario, ScenarioError
from vast_emulator.web.routing import Call, control


@control.add("GET", "/_emulator/scenario")
def show(call: Call) -> dict[str, Any]:
    """The scenarios that ship, which events are going to happen, and which could not."""
    call.world.settle()
    ships = [
        {"name": name, "description": scenario_files.description(path)}
        for name, path in scenario_files.shipped().items()
    ]
    return {"ships": ships, **call.service.stage.shown()}


@control.add("POST", "/_emulator/scenario")
def play(call: Call) -> dict[str, Any]:
    """Begin one now: an object, or ``{"name": …}`` for one that ships."""
    call.world.settle()
    call.service.stage.play(_understood(call))
    return {"success": True}


def _understood(call: Call) -> Scenario:
    body = call.body
    try:
        if set(body) == {"name"}:
            name = values.text(body["name"], "name", 64) or ""
            if name not in scenario_files.shipped():
                raise invalid_args(f"no scenario {name!r} ships; known: {', '.join(scenario_files.shipped())}.")
            return scenario_files.understand(scenario_files.find(name), call.service.stage)
        return call.service.stage.understand(body)
    except (ScenarioError, scenario_files.FileError) as error:
        raise invalid_args(str(error)) from error
