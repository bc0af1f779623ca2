# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A record of the account, such as a key or a template: created when it is missing, brought in line, deleted.

A kind of record says how it is found, what its fields are now and what they shall be, and which request does what. The
rest is here: the plan, check mode, the diff, and answers that leave the outcome open. Creating is not idempotent on
Vast.ai, so nothing is sent twice: after such an answer the record is read again and planned again, and a step that the
new plan does not have any more took effect.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    BadRequest,
    Failure,
    OutcomeUnknown,
    VastError,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import Context
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import Resource
from ansible_collections.cloudctl.vastai.plugins.module_utils._wait import ticks

Row = dict[str, Any]
Fields = Mapping[str, Any]

STATE_ARGUMENT: dict[str, Any] = {"state": {"type": "str", "choices": ["present", "absent"], "default": "present"}}

# A list may lag some seconds behind a write.
LIST_LAG = 10.0

_SET = "(set, not shown)"
_CHANGED = "(changed, not shown)"


class Record(Resource):
    """One record, or all that are the same to Vast.ai. Rows are the API's; fields are those of the task's options."""

    noun: ClassVar[str]
    """What sentences call it."""
    result_name: ClassVar[str]
    """Where the result has it."""
    hidden: ClassVar[tuple[str, ...]] = ()
    """Fields that may be secrets."""
    may_repeat: ClassVar[bool] = False
    """Whether several rows may be the one record, or are an ambiguity."""

    def __init__(self, context: Context) -> None:
        self.client = context.client
        self.params = context.params
        self.rows: list[Row] = []

    # -- what a kind of record says of itself

    @abstractmethod
    def matching(self) -> list[Row]:
        """The rows that the task means, by a request that only reads."""

    @abstractmethod
    def title(self, row: Fields) -> str:
        """A row for sentences, such as ``template 7 (trainer)``; of a record that does not exist yet, its body."""

    @abstractmethod
    def wanted(self) -> Fields:
        """The fields that the task asks for; what it leaves open is left out."""

    @abstractmethod
    def current(self, row: Fields) -> Fields:
        """The same fields as a row has them."""

    @abstractmethod
    def body(self, row: Fields, changes: Fields) -> Row:
        """What to send for a row (empty for a new one) with these fields changed; it is like the row that comes of it.

        Raises :class:`BadRequest` for a new record that lacks something.
        """

    @abstractmethod
    def create(self, body: Row) -> Row:
        """Create the record and return its row."""

    @abstractmethod
    def update(self, row: Row, body: Row) -> Row:
        """Change the record and return its new row."""

    @abstractmethod
    def delete(self, row: Row) -> None:
        """Delete the record."""

    @abstractmethod
    def describe(self, row: Fields) -> Row:
        """The documented facts of a row, without secrets."""

    # -- the life of a task

    @property
    def row(self) -> Row | None:
        """The record as it is now."""
        return self.rows[0] if self.rows else None

    @property
    def stays(self) -> bool:
        """Whether the record shall exist."""
        return self.params["state"] == "present"

    def find(self) -> None:
        self.rows = self.matching()
        number = self.params.get("id")
        if len(self.rows) > 1 and not self.may_repeat:
            names = ", ".join(self.title(row) for row in self.rows)
            raise BadRequest(f"That name has more than one {self.noun}: {names}. Say which one with id.")
        if number is not None and not self.rows and self.stays:
            raise BadRequest(
                f"There is no {self.noun} {number} (any more) in this account. Leave out id to create a new one."
            )

    def plan(self) -> list[Step]:
        if not self.stays:
            return [self._deletion(row) for row in self.rows]
        if self.row is None:
            return [self._creation()]
        changes = self.changes(self.row)
        return [self._change(self.row, changes)] if changes else []

    def changes(self, row: Fields) -> Fields:
        """The wanted fields that a row does not have."""
        current = self.current(row)
        return {name: value for name, value in self.wanted().items() if not self.same(name, current.get(name), value)}

    def same(self, name: str, current: Any, wanted: Any) -> bool:
        """Whether a field is as wanted; for values that can be written in several ways."""
        return current == wanted

    def _creation(self) -> Step:
        wanted = self.wanted()
        body = self.body({}, wanted)
        return Step("create", f"create {self.title(body)}", after=self._shown({}, wanted)[1], arguments=body)

    def _change(self, row: Row, changes: Fields) -> Step:
        before, after = self._shown(self.current(row), changes)
        summary = f"update {', '.join(changes)} of {self.title(row)}"
        return Step("update", summary, before, after, arguments=self.body(row, changes))

    def _deletion(self, row: Row) -> Step:
        current = self.current(row)
        before, _after = self._shown(current, dict.fromkeys(current))
        return Step("delete", f"delete {self.title(row)}", before=before, arguments=row)

    def _shown(self, current: Fields, changes: Fields) -> tuple[Row, Row]:
        """What a diff says of changes: before, after."""
        before: Row = {}
        after: Row = {}
        for name, value in changes.items():
            pair = current.get(name), value
            before[name], after[name] = veiled(*pair) if name in self.hidden else pair
        return _said(before), _said(after)

    def apply(self, step: Step) -> Step:
        try:
            getattr(self, f"_{step.action}")(step.arguments)
        except OutcomeUnknown as error:
            self._settle(step, error, patience=LIST_LAG)
        except ApiError as error:
            # What somebody else deleted in the meantime is refused in a different way for each kind of record.
            if step.action != "delete":
                raise
            self._settle(step, error, patience=0.0)
        return step

    def _settle(self, step: Step, error: VastError, patience: float) -> None:
        """Read what came of the step; raise the error if nothing did. ``patience``: seconds for lists that lag."""
        for _passed in ticks(patience):
            try:
                self.find()
                left = self.plan()
            except VastError as reading:
                unknown = f"{error} Whether it took effect can't be told, as reading fails too: {reading}"
                raise Failure(unknown, changed=True) from error
            if (step.action, step.summary) not in [(again.action, again.summary) for again in left]:
                return
        raise error

    def _create(self, body: Fields) -> None:
        self.rows = [self.create(dict(body))]

    def _update(self, body: Fields) -> None:
        self.rows[0] = self.update(self.rows[0], dict(body))

    def _delete(self, row: Fields) -> None:
        self.delete(dict(row))
        self.rows = [one for one in self.rows if one != row]

    def wait(self, done: Sequence[Step]) -> None:
        """Records are there at once."""

    def result(self) -> Row:
        return {self.result_name: self.describe(self.row) if self.row else None}

    def preview(self, steps: Sequence[Step]) -> Row:
        row = self.row
        for step in steps:
            if step.action in ("create", "update"):
                row = {**(row or {}), **step.arguments}
            elif step.action == "delete":
                row = None
        return {self.result_name: self.describe(row) if row else None}


def veiled(before: Any, after: Any) -> tuple[Any, Any]:
    """Two values that may be secrets, as a diff may show them: that they differ, and of mappings in which names."""
    if isinstance(before, Mapping) or isinstance(after, Mapping):
        old, new = before or {}, after or {}
        touched = [name for name in {**old, **new} if old.get(name) != new.get(name)]
        return (
            {name: _SET for name in touched if name in old},
            {name: _CHANGED if name in old else _SET for name in touched if name in new},
        )
    if not after:
        return _SET if before else None, None
    return (_SET, _CHANGED) if before else (None, _SET)


def _said(fields: Row) -> Row:
    return {name: value for name, value in fields.items() if value not in (None, "", {}, [])}
