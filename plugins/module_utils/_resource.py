# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""find -> plan -> apply -> wait -> result: the life of a task, the same for every resource of Vast.ai."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import Failure, OutcomeUnknown, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step, actions, diff


class Resource(ABC):
    """One object of Vast.ai, as one task sees it. A subclass keeps the state of the object in its own attributes."""

    @abstractmethod
    def find(self) -> None:
        """Read what exists, with as few requests as it takes, and nothing that changes anything."""

    @abstractmethod
    def plan(self) -> list[Step]:
        """The steps from what was found to what is wanted. Pure: no requests, no clock."""

    @abstractmethod
    def apply(self, step: Step) -> Step:
        """Carry out one step and return it as it really went, such as with the offer that was rented in the end."""

    @abstractmethod
    def wait(self, done: Sequence[Step]) -> None:
        """Wait until the object is what was wanted. ``done``: the steps just applied."""

    @abstractmethod
    def result(self) -> dict[str, Any]:
        """What exists now, documented in the module's RETURN."""

    @abstractmethod
    def preview(self, steps: Sequence[Step]) -> dict[str, Any]:
        """What :meth:`result` would be after ``steps``."""


def converge(resource: Resource, check_mode: bool) -> dict[str, Any]:
    """Bring the resource to its wanted state; in check mode, only say how.

    Returns the task's result with ``changed``, ``actions`` and ``diff``. Raises :class:`Failure` with the result so far
    when something goes wrong after the first step was begun, since by then something may exist and bill.
    """
    resource.find()
    steps = resource.plan()
    if check_mode:
        return {**resource.preview(steps), **_account(steps)}
    done: list[Step] = []
    try:
        for step in steps:
            done.append(resource.apply(step))  # noqa: PERF401 - what was done must be known when a step fails
        resource.wait(done)
    except VastError as error:
        so_far = error.result if isinstance(error, Failure) else {}
        # A step whose answer was lost may have taken effect.
        unsure = {"changed": True} if isinstance(error, OutcomeUnknown) else {}
        raise Failure(str(error), **{**resource.result(), **_account(done), **unsure, **so_far}) from error
    return {**resource.result(), **_account(done)}


def _account(steps: Sequence[Step]) -> dict[str, Any]:
    return {"changed": bool(steps), "actions": actions(steps), "diff": diff(steps)}
