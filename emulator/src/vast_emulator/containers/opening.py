# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the command's options to machines."""

from __future__ import annotations

import sys
from pathlib import Path

from vast_emulator.containers.endpoints import MachineEndpoints
from vast_emulator.containers.folders import Folders
from vast_emulator.containers.probe import probe
from vast_emulator.instances.ssh_endpoints import Unavailable
from vast_emulator.world.world import World


def machines(world: World, kept: Path | None, isolation: str, url: str) -> MachineEndpoints:
    """Machines for a world. Raises Unavailable and OSError.

    ``kept``: the folder where they outlive the emulator, else they end with it; ``isolation``: auto, namespaces or
    home; ``url``: where the emulator listens. What is less than the best is said on standard error.
    """
    folders = Folders(kept)
    try:
        finding = probe(folders, isolation)
    except (Unavailable, OSError):
        folders.close()
        raise
    if finding.note is not None:
        sys.stderr.write(f"vast-emulator: {finding.note}\n")
    return MachineEndpoints(world, folders, finding, url)
