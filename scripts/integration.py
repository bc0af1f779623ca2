# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test integration` against an emulated marketplace that lives as long as the run.

integration.py [ansible-test integration's own options and targets]

Targets find the marketplace in the variables vast_emulator_url and vast_emulator_api_key.
"""

from __future__ import annotations

import json
import signal
import sys

from _ansible_test import of_this_environment

from vast_emulator.process import Emulator

# An instance boots in about a minute on Vast.ai: here in one second.
SPEED = 60
CONFIG = "tests/integration/integration_config.yml"


def main() -> int:
    """Return ansible-test's exit code."""
    # A target of make that is interrupted or killed must not leave the emulator behind: leave through `finally`.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    tool, version = of_this_environment("integration")
    with Emulator(speed=SPEED) as emulator:
        # JSON is YAML.
        variables = json.dumps({"vast_emulator_url": emulator.url, "vast_emulator_api_key": emulator.api_key})
        return tool.run("integration", "--venv", "--python", version, *sys.argv[1:], files={CONFIG: variables + "\n"})


if __name__ == "__main__":
    sys.exit(main())
