# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test sanity` on every supported ansible-core, each in its own environment.

    sanity.py [--core 2.19] [ansible-test sanity's own options and files]

A core for which no Python is installed is skipped, and that is said; with CI=true it is a failure.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from _ansible_test import AnsibleTest
from _collection import ROOT
from _pythons import available, environment

# Each ansible-core with the Pythons that it runs on as a controller, the preferred one first.
CORES = {
    "2.18": ("3.13", "3.12", "3.11"),
    "2.19": ("3.13", "3.12", "3.11"),
    "2.21": ("3.13", "3.12", "3.14"),
}


def main() -> int:
    """Return 0 when no core found a fault."""
    parser = argparse.ArgumentParser(description="ansible-test sanity on every supported ansible-core")
    parser.add_argument("--core", choices=CORES, action="append", help="only this ansible-core (may be repeated)")
    options, rest = parser.parse_known_args()

    pythons = available()
    # One run keeps one processor busy.
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        outcomes = list(pool.map(lambda core: _check(core, pythons, rest), options.core or CORES))
    return 1 if "failed" in outcomes else 0


def _check(core: str, pythons: dict[str, Path], arguments: list[str]) -> str:
    """Check one core, print a line, and return "passed", "failed" or "skipped"."""
    version = next((version for version in CORES[core] if version in pythons), None)
    if version is None:
        outcome = "failed" if os.environ.get("CI") == "true" else "skipped"
        _say(core, f"{outcome}: it needs Python {' or '.join(sorted(CORES[core]))}, and none is installed")
        return outcome
    started = time.monotonic()
    lock = ROOT / "requirements" / f"ansible-core-{core}.txt"
    venv = environment(f"ansible-test/{core}/venv", pythons[version], lock)
    tool = AnsibleTest(core, venv, pythons[version])
    status = tool.run("sanity", "--junit", "--python", version, *arguments)
    outcome = "failed" if status else "passed"
    _say(core, f"{outcome} (Python {version}, {time.monotonic() - started:.0f} s)")
    return outcome


def _say(core: str, text: str) -> None:
    print(f"sanity, ansible-core {core}: {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
