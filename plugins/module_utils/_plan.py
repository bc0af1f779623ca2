# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A plan: the steps from what exists to what is wanted.

Planning is pure. Check mode shows the steps, a real run applies the very same list, and ``changed``, ``actions`` and
``diff`` all come from it, so that a dry run can't say anything else than the run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One change to one object.

    ``action`` is the verb of Vast.ai (``rent``, ``start``, ``label``, …); ``summary`` says it to a person; ``before``
    and ``after`` hold what the diff shows, never a secret; ``arguments`` is what applying needs and nobody is shown.
    """

    action: str
    summary: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)


def actions(steps: Sequence[Step]) -> list[dict[str, str]]:
    """The steps as results show them: ``[{"action": "rent", "summary": "rent offer 7 …"}]``."""
    return [{"action": step.action, "summary": step.summary} for step in steps]


def diff(steps: Sequence[Step]) -> dict[str, dict[str, Any]]:
    """The change of all steps together, for ``--diff``: every field as it was first and as it is last."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for step in steps:
        for name, value in step.before.items():
            if name not in after:
                before.setdefault(name, value)
        after = {name: value for name, value in after.items() if name not in step.before}
        after.update(step.after)
    return {"before": before, "after": after}
