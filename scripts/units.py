# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run `ansible-test units` with the ansible-core of .venv: each test in a process of its own, imports restricted.

units.py [ansible-test units' own options and files]
"""

from __future__ import annotations

import sys

from _ansible_test import of_this_environment


def main() -> int:
    """Return ansible-test's exit code."""
    tool, version = of_this_environment("units")
    return tool.run("units", "--venv", "--python", version, *sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
