# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of a record of the account: what is planned is done, once, and lost answers are settled by reading."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils import _record
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    BadRequest,
    Failure,
    OutcomeUnknown,
    Unreachable,
    VastError,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._record import Fields, Record, Row, veiled
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import converge

SETTINGS = st.fixed_dictionaries({}, optional={"color": st.sampled_from("rgb"), "token": st.sampled_from(["s1", "s2"])})


class Shelf:
    """An account full of boxes. ``trouble``: what goes wrong, by verb."""

    def __init__(self, *rows: Row) -> None:
        self.rows = list(rows)
        self.writes: list[str] = []
        self.reads = 0
        self.trouble: dict[str, VastError] = {}
        self.lost = False
        self.lag = 0

    def write(self, verb: str, effect: Any) -> None:
        self.writes.append(verb)
        error = self.trouble.pop(verb, None)
        if error is None or self.lost:
            effect()
        if error is not None:
            raise error


class Box(Record):
    """A record as plain as can be."""

    noun = "box"
    result_name = "box"
    hidden = ("token",)

    def __init__(self, shelf: Shelf, **params: Any) -> None:
        super().__init__(SimpleNamespace(client=None, params={"state": "present", "id": None, **params}))  # type: ignore[arg-type]
        self.shelf = shelf

    def matching(self) -> list[Row]:
        self.shelf.reads += 1
        if self.shelf.writes and self.shelf.lag:
            self.shelf.lag -= 1
            return []
        key = "id" if self.params["id"] is not None else "name"
        return [dict(row) for row in self.shelf.rows if row[key] == self.params[key]]

    def title(self, row: Fields) -> str:
        return f"box {row.get('id') or row['name']}"

    def wanted(self) -> Fields:
        return {name: self.params[name] for name in ("name", "color", "token") if self.params.get(name) is not None}

    def current(self, row: Fields) -> Fields:
        return row

    def body(self, row: Fields, changes: Fields) -> Row:
        return {"color": None, "token": None, **row, **changes}

    def create(self, body: Row) -> Row:
        row = {"id": 1 + max((one["id"] for one in self.shelf.rows), default=0), **body}
        self.shelf.write("create", lambda: self.shelf.rows.append(row))
        return row

    def update(self, row: Row, body: Row) -> Row:
        def effect() -> None:
            self.shelf.rows = [body if one["id"] == row["id"] else one for one in self.shelf.rows]

        self.shelf.write("update", effect)
        return body

    def delete(self, row: Row) -> None:
        self.shelf.write("delete", lambda: self.shelf.rows.remove(row))

    def describe(self, row: Fields) -> Row:
        return {name: row.get(name) for name in ("id", "name", "color")}


class Heap(Box):
    """Of which several may be the same."""

    may_repeat = True


def lost(verb: str) -> dict[str, VastError]:
    return {verb: OutcomeUnknown(f"{verb} got no answer.")}


def a_box(**more: Any) -> Row:
    return {"id": 7, "name": "a", "color": "r", "token": "s1", **more}


OTHER = a_box(id=8, name="b")


@given(st.lists(st.sampled_from([a_box(), OTHER]), unique_by=lambda row: row["id"]), SETTINGS, st.booleans())
def test_a_second_run_changes_nothing_and_check_mode_tells_the_truth(
    rows: list[Row], settings: Row, stays: bool
) -> None:
    shelf = Shelf(*rows)
    state = "present" if stays else "absent"
    planned = converge(Box(shelf, name="a", state=state, **settings), check_mode=True)
    assert shelf.writes == []
    done = converge(Box(shelf, name="a", state=state, **settings), check_mode=False)
    writes = len(shelf.writes)
    again = converge(Box(shelf, name="a", state=state, **settings), check_mode=False)

    assert (planned["changed"], planned["actions"], planned["diff"]) == (done["changed"], done["actions"], done["diff"])
    assert writes == len(done["actions"])
    assert len(shelf.writes) == writes
    assert again["actions"] == []
    assert not again["changed"]
    assert again["box"] == done["box"]
    left = [row for row in shelf.rows if row["name"] == "a"]
    assert len(left) == int(stays)
    assert all(left[0][name] == value for name, value in settings.items() if stays)
    assert (OTHER in shelf.rows) == (OTHER in rows)
    if planned["box"] is not None and planned["box"]["id"] is not None:
        assert planned["box"] == done["box"]


@given(st.lists(st.sampled_from([a_box(), OTHER]), unique_by=lambda row: row["id"]), SETTINGS, st.booleans())
def test_no_secret_is_shown(rows: list[Row], settings: Row, stays: bool) -> None:
    result = converge(Box(Shelf(*rows), name="a", state="present" if stays else "absent", **settings), check_mode=False)
    assert "s1" not in str(result)
    assert "s2" not in str(result)


@pytest.mark.parametrize(
    ("rows", "wanted", "verb"),
    [
        ([], {"name": "a"}, "create"),
        ([a_box()], {"name": "a", "color": "g"}, "update"),
        ([a_box()], {"name": "a", "state": "absent"}, "delete"),
    ],
)
def test_a_lost_answer_is_settled_by_reading(clock: Any, rows: list[Row], wanted: Row, verb: str) -> None:
    shelf = Shelf(*rows)
    shelf.trouble, shelf.lost = lost(verb), True
    result = converge(Box(shelf, **wanted), check_mode=False)
    assert [step["action"] for step in result["actions"]] == [verb]
    assert shelf.writes == [verb]
    assert (result["box"] is None) == (verb == "delete")
    assert clock.pauses == []


@pytest.mark.parametrize("verb", ["create", "update", "delete"])
def test_what_had_no_effect_is_an_error_and_not_sent_again(clock: Any, verb: str) -> None:
    shelf = Shelf(*([] if verb == "create" else [a_box()]))
    shelf.trouble = lost(verb)
    state = "absent" if verb == "delete" else "present"
    with pytest.raises(Failure, match=f"{verb} got no answer") as failure:
        converge(Box(shelf, name="a", color="g", state=state), check_mode=False)
    assert shelf.writes == [verb]
    assert failure.value.result["actions"] == []
    assert failure.value.result["changed"] is True, "for all that is known"
    assert sum(clock.pauses) == pytest.approx(_record.LIST_LAG)


def test_a_list_may_lag_behind_a_create(clock: Any) -> None:
    shelf = Shelf()
    shelf.trouble, shelf.lost, shelf.lag = lost("create"), True, 2
    result = converge(Box(shelf, name="a"), check_mode=False)
    assert result["box"]["id"] == 1
    assert len(clock.pauses) == 2


def test_when_reading_fails_too_the_sentence_says_so(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Shelf()
    shelf.trouble = lost("create")
    box = Box(shelf, name="a")

    def unreadable() -> list[Row]:
        if shelf.writes:
            raise Unreachable("The network is gone.")
        return []

    monkeypatch.setattr(box, "matching", unreadable)
    with pytest.raises(Failure, match=r"create got no answer. Whether it took effect can't be told, .* The network is"):
        converge(box, check_mode=False)


def test_deleting_what_somebody_else_deleted_is_fine(clock: Any) -> None:
    shelf = Shelf(a_box())
    shelf.trouble, shelf.lost = {"delete": ApiError("No such box.", 400, "invalid_args")}, True
    assert converge(Box(shelf, name="a", state="absent"), check_mode=False)["box"] is None


@pytest.mark.parametrize("verb", ["create", "update", "delete"])
def test_a_refusal_is_an_error(clock: Any, verb: str) -> None:
    shelf = Shelf(*([] if verb == "create" else [a_box()]))
    shelf.trouble = {verb: ApiError("Vast.ai refused.", 400, "max_boxes")}
    with pytest.raises(Failure, match=r"Vast\.ai refused"):
        converge(Box(shelf, name="a", color="g", state="absent" if verb == "delete" else "present"), check_mode=False)
    assert clock.pauses == []


def test_a_name_that_several_have_is_ambiguous() -> None:
    twins = (a_box(), a_box(id=9))
    with pytest.raises(BadRequest, match=r"more than one box: box 7, box 9. Say which one with id"):
        converge(Box(Shelf(*twins), name="a"), check_mode=False)
    assert converge(Box(Shelf(*twins), name="a", id=9), check_mode=False)["box"]["id"] == 9


def test_all_that_are_the_same_are_deleted() -> None:
    shelf = Shelf(a_box(), a_box(id=9), OTHER)
    assert converge(Heap(shelf, name="a"), check_mode=False)["changed"] is False
    result = converge(Heap(shelf, name="a", state="absent"), check_mode=False)
    assert [step["summary"] for step in result["actions"]] == ["delete box 7", "delete box 9"]
    assert shelf.rows == [OTHER]


def test_an_id_that_is_gone_is_an_error_unless_it_shall_be() -> None:
    with pytest.raises(BadRequest, match="There is no box 99 "):
        converge(Box(Shelf(), name="a", id=99), check_mode=False)
    assert converge(Box(Shelf(), name="a", id=99, state="absent"), check_mode=False)["changed"] is False


def test_an_id_says_which_and_the_name_is_its_new_one() -> None:
    shelf = Shelf(a_box())
    result = converge(Box(shelf, name="z", id=7), check_mode=False)
    assert result["diff"] == {"before": {"name": "a"}, "after": {"name": "z"}}
    assert result["actions"] == [{"action": "update", "summary": "update name of box 7"}]
    assert shelf.rows == [a_box(name="z")]


@given(
    st.dictionaries(st.sampled_from("ABC"), st.sampled_from(["one-secret", "two-secret"])),
    st.dictionaries(st.sampled_from("ABC"), st.sampled_from(["one-secret", "two-secret"])),
)
def test_veiled_mappings_tell_which_names_differ(before: Row, after: Row) -> None:
    shown_before, shown_after = veiled(before, after)
    touched = {name for name in before | after if before.get(name) != after.get(name)}
    assert shown_before.keys() == touched & before.keys()
    assert shown_after.keys() == touched & after.keys()
    assert "secret" not in str((shown_before, shown_after))
    assert all(shown_before.get(name) != shown_after.get(name) for name in touched)


def test_veiled_values_tell_whether_they_are_there() -> None:
    shown = [veiled(*pair) for pair in ((None, "x"), ("x", None), ("x", "y"), (None, None))]
    assert len(set(shown)) == 4
    assert not any("x" in str(one) for one in shown)
