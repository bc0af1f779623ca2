# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renting exactly once, instances as well as volumes.

Vast.ai has no idempotency key: a create that timed out, was answered with 5xx, or even with ``success: false`` may have
rented something that bills from then on. So every create carries its label, is sent once, and whatever is not a clear
refusal is settled by listing that label before anything else happens. Two controllers that rent the same name at
the same time end with one: both list the label after their create, the lowest id stays, and each destroys only its
own. An offer that somebody else rented first is normal: the next candidate is taken, then a new search.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _instances
from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    AuthFailed,
    Failure,
    OfferGone,
    OutcomeUnknown,
    Throttled,
    VastError,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._wait import ticks

Row = dict[str, Any]

# A list may lag some seconds behind a create.
LIST_LAG = 20.0
# A destruction takes effect within seconds.
DESTROY_PATIENCE = 60.0


@dataclass(frozen=True)
class Goods:
    """What can be rented, and the calls for it.

    ``noun``: what sentences call it, and where a result has it; ``create``: rents an offer as a body asks, under a
    label, and returns the new id; ``named``: rows with a label; ``destroy``: returns when it is gone, or raises after
    so many seconds; ``is_dud``: whether a create that was refused left this row behind instead of what was wanted.
    """

    noun: str
    create: Callable[[VastClient, int, str, Mapping[str, Any]], int]
    named: Callable[[VastClient, str], list[Row]]
    destroy: Callable[[VastClient, int, float], None]
    is_dud: Callable[[Row], bool]


def _create_instance(client: VastClient, offer_id: int, label: str, body: Mapping[str, Any]) -> int:
    return _instances.create_instance(client, offer_id, {"client_id": "me", **body, "label": label})


def _is_stopped(row: Row) -> bool:
    return row.get("intended_status") == "stopped"


INSTANCE = Goods(
    noun="instance",
    create=_create_instance,
    named=_instances.list_by_label,
    destroy=_instances.destroy_until_gone,
    is_dud=_is_stopped,
)


@dataclass(frozen=True)
class Rented:
    """``row`` of the one that carries the label now, and the ``offer`` row that was rented. ``is_ours``: whether this
    task rented it, and not another controller at the same time.
    """

    row: Row
    offer: Mapping[str, Any]
    is_ours: bool = True


class Renter:
    """Rents one offer under one label."""

    def __init__(
        self,
        client: VastClient,
        label: str,
        warn: Callable[[str], None],
        goods: Goods = INSTANCE,
        replaced: int | None = None,
    ) -> None:
        """``replaced``: the id of the one of that label that was just destroyed and may still be listed."""
        self._client = client
        self._label = label
        self._warn = warn
        self._goods = goods
        self._noun = goods.noun
        self._replaced = replaced

    def rent(
        self,
        candidates: Sequence[Row],
        search: Callable[[], Sequence[Row]],
        body: Mapping[str, Any],
        timeout: float,
        body_for: Callable[[Row], Mapping[str, Any]] | None = None,
    ) -> Rented:
        """Rent the first candidate that is still there.

        ``candidates``: offer rows, best first; ``search``: finds new ones when all are gone, until ``timeout`` seconds
        are over; ``body``: the create request without the label; ``body_for``: what it has beside that for an offer.
        Raises :class:`VastError`; whatever exists by then is named in its sentence.
        """
        gone = 0
        for offer in _candidates(candidates, search, timeout):
            try:
                return self._create(offer, {**body, **body_for(offer)} if body_for else body)
            except OfferGone:
                gone += 1
        raise VastError(
            f"Nothing was rented for {self._label}: {_offers_went(gone)} away between the search and the rent. "
            "Run the task again, or widen the search."
        )

    def _create(self, offer: Mapping[str, Any], body: Mapping[str, Any]) -> Rented:
        try:
            number = self._goods.create(self._client, int(offer["id"]), self._label, body)
        except (OfferGone, AuthFailed, Throttled):
            raise
        except (OutcomeUnknown, ApiError) as error:
            return self._settle(error, offer)
        return self._confirm(number, offer)

    def _settle(self, error: OutcomeUnknown | ApiError, offer: Mapping[str, Any]) -> Rented:
        """After an answer that leaves the effect open: what exists after all, or the error."""
        left = _instances.new_contract(error.body) if isinstance(error, ApiError) else None
        rows, ours = self._look_for(error, offer, left)
        if left is not None and not ours:
            raise self._failure(
                f"{error} The answer names {self._noun} {left} all the same, which is not listed after {LIST_LAG:g} s. "
                "It may exist and bill: run the task again, or destroy it by id.",
                left,
            ) from error
        if not rows:
            raise error
        if len(ours) != 1:
            ids = ", ".join(str(row["id"]) for row in rows)
            raise Failure(
                f"{error} These {self._noun}s are named {self._label} now, and which of them this task rented can't "
                f"be told: {ids}. They bill; destroy by id those you don't want."
            ) from error
        own = ours[0]
        if isinstance(error, ApiError) and self._goods.is_dud(own):
            self._destroy_own(own, f"{error} It left {self._noun} {own['id']} behind, stopped")
            raise Failure(f"{error} It left the stopped {self._noun} {own['id']}, which was destroyed.") from error
        return self._only_one(rows, own, offer)

    def _look_for(
        self, error: OutcomeUnknown | ApiError, offer: Mapping[str, Any], left: int | None
    ) -> tuple[list[Row], list[Row]]:
        """All that carry the label, and those of them that may be what this task rented; a list may lag.

        ``left``: the id that a refusal named; otherwise ours is known by its machine.
        """
        rows: list[Row] = []
        ours: list[Row] = []
        for _passed in ticks(LIST_LAG if left is not None or not _is_clear(error) else 0.0):
            rows = self._labelled(error)
            if left is None:
                ours = [row for row in rows if row.get("machine_id") == offer.get("machine_id")]
            else:
                ours = [row for row in rows if row["id"] == left]
            if ours:
                break
        return rows, ours

    def _labelled(self, error: VastError) -> list[Row]:
        try:
            return self._named()
        except VastError as listing:
            raise Failure(
                f"{error} Whether the {self._noun} {self._label} was rented can't be told, as the list can't "
                f"be read either: {listing} It may exist and bill: run the task again, which will find it by its name."
            ) from listing

    def _named(self) -> list[Row]:
        rows = self._goods.named(self._client, self._label)
        return [row for row in rows if row["id"] != self._replaced]

    def _confirm(self, number: int, offer: Mapping[str, Any]) -> Rented:
        """The row of what was just created, once the list has it."""
        rented = f"{self._noun.capitalize()} {number} was rented as {self._label} and bills"
        for _passed in ticks(LIST_LAG):
            try:
                rows = self._named()
            except VastError as error:
                raise self._failure(f"{rented}, but can't be read back: {error}", number) from error
            for row in rows:
                if row["id"] == number:
                    return self._only_one(rows, row, offer)
        raise self._failure(f"{rented}, but is not listed after {LIST_LAG:g} s. Run the task again.", number)

    def _only_one(self, rows: Sequence[Row], ours: Row, offer: Mapping[str, Any]) -> Rented:
        """Resolve a race between controllers: the lowest id stays, and we destroy nothing but our own."""
        stays = min(rows, key=lambda row: row["id"])
        if stays is not ours:
            race = f"Another controller rented {self._label} at the same time: its {self._noun} {stays['id']} stays"
            self._destroy_own(ours, f"{race}, and this task's {ours['id']} is one too many")
            self._warn(f"{race}, and this task's {ours['id']} was destroyed.")
        elif len(rows) > 1:
            self._warn_of_twins([row["id"] for row in rows if row is not ours])
        return Rented(stays, offer, is_ours=stays is ours)

    def _warn_of_twins(self, ids: Sequence[int]) -> None:
        """What others rented is theirs to destroy; whether they do is not to be seen."""
        others = ", ".join(map(str, ids))
        self._warn(
            f"Others are named {self._label} as well: {self._noun} {others}. Another run of this task destroys its "
            "own; anything else bills on until somebody destroys it by id."
        )

    def _destroy_own(self, row: Row, situation: str) -> None:
        """Destroy what this very task created. ``situation``: a clause for the sentence if that fails."""
        try:
            self._goods.destroy(self._client, row["id"], DESTROY_PATIENCE)
        except VastError as error:
            raise self._failure(f"{situation}. It bills, and could not be destroyed: {error}", row["id"]) from error

    def _failure(self, sentence: str, number: int) -> Failure:
        """A failure that leaves something behind."""
        return Failure(sentence, changed=True, **{self._noun: {"id": number}})


def _is_clear(error: OutcomeUnknown | ApiError) -> bool:
    """Whether the API refused in so many words; a bare ``success: false`` has come with a new instance."""
    return isinstance(error, ApiError) and bool(error.status >= 400 or error.code)


def _candidates(first: Sequence[Row], search: Callable[[], Sequence[Row]], timeout: float) -> Iterator[Row]:
    """Each offer once: those at hand at once, then those of new searches."""
    tried: set[Any] = set()
    for attempt, _passed in enumerate(ticks(timeout)):
        for offer in search() if attempt else first:
            if offer["id"] not in tried:
                tried.add(offer["id"])
                yield offer


def _offers_went(count: int) -> str:
    return "the offer went" if count == 1 else f"all {count} matching offers went"
