# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print "N passed, N failed" for a folder of JUnit files.

    count.py FOLDER FAILED_STEPS

A pytest test counts as one, so does one sanity test on one ansible-core, and one integration target (a file each, whose
cases are its tasks). A step may fail without a file that says so: at least FAILED_STEPS have failed.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree


def main() -> int:
    """Return 1 when no test ran at all."""
    folder, failed_steps = Path(sys.argv[1]), int(sys.argv[2])
    total: Counter[str] = Counter()
    for file in sorted(folder.rglob("*.xml")):
        outcomes = Counter(_outcome(case) for case in ElementTree.parse(file).iter("testcase"))  # noqa: S314 - our own
        if file.parent.name == "integration":
            outcomes = Counter({"failed" if outcomes["failed"] else "passed": 1})
        total += outcomes
    total["failed"] = max(total["failed"], failed_steps)
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    print(f"{total['passed']} passed, {total['failed']} failed{skipped}")
    return 0 if total["passed"] or total["failed"] else 1


def _outcome(case: ElementTree.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    return "passed" if case.find("skipped") is None else "skipped"


if __name__ == "__main__":
    sys.exit(main())
