# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renting exactly once.

Vast.ai has no idempotency key: a create that timed out, was answered with 5xx, or even with ``success: false`` may have
rented a machine that bills from then on. So every create carries its label, is sent once, and whatever is not a clear
refusal is settled by listing that label before anything else happens. Two controllers that rent the same name at
the same time end with one instance: both list the label after their create, the lowest id stays, and each destroys
only its own. An offer that somebody else rented first is normal: the next candidate is taken, then a new search.
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
class Rented:
    """``row`` of the one instance that carries the label now, and the ``offer`` row it came from."""

    row: Row
    offer: Mapping[str, Any]


class Renter:
    """Rents one offer under one label."""

    def __init__(self, client: VastClient, label: str, warn: Callable[[str], None]) -> None:
        self._client = client
        self._label = label
        self._warn = warn

    def rent(
        self,
        candidates: Sequence[Row],
        search: Callable[[], Sequence[Row]],
        body: Mapping[str, Any],
        timeout: float,
    ) -> Rented:
        """Rent the first candidate that is still there.

        ``candidates``: offer rows, best first; ``search``: finds new ones when all are gone, until ``timeout`` seconds
        are over; ``body``: the create request without the label. Raises :class:`VastError`; whatever exists by then is
        named in its sentence.
        """
        gone = 0
        for offer in _candidates(candidates, search, timeout):
            try:
                return Rented(self._create(offer, body), offer)
            except OfferGone:
                gone += 1
        raise VastError(
            f"Nothing was rented for {self._label}: {_offers_went(gone)} away between the search and the rent. "
            "Run the task again, or widen the search."
        )

    def _create(self, offer: Mapping[str, Any], body: Mapping[str, Any]) -> Row:
        request = {"client_id": "me", **body, "label": self._label}
        try:
            instance_id = _instances.create_instance(self._client, int(offer["id"]), request)
        except (OfferGone, AuthFailed, Throttled):
            raise
        except OutcomeUnknown as error:
            return self._settle(error, offer, patience=LIST_LAG)
        except ApiError as error:
            row = self._settle(error, offer, patience=0.0)
            if row.get("intended_status") == "stopped":
                self._destroy_own(row, f"{error} It left instance {row['id']} behind, stopped")
                raise Failure(f"{error} It left the stopped instance {row['id']}, which was destroyed.") from error
            return row
        return self._confirm(instance_id)

    def _settle(self, error: VastError, offer: Mapping[str, Any], patience: float) -> Row:
        """After an answer that leaves the effect open: the instance that exists after all, or the error.

        ``patience``: seconds for which an empty list may still be a lagging one.
        """
        rows: list[Row] = []
        for _passed in ticks(patience):
            rows = self._labelled(error)
            if rows:
                break
        if not rows:
            raise error
        ours = [row for row in rows if row.get("machine_id") == offer.get("machine_id")]
        if len(ours) != 1:
            ids = ", ".join(str(row["id"]) for row in rows)
            raise Failure(
                f"{error} These instances are named {self._label} now, and which of them this task rented can't "
                "be told: "
                f"{ids}. They bill; destroy by id those you don't want."
            ) from error
        return self._only_one(rows, ours[0])

    def _labelled(self, error: VastError) -> list[Row]:
        try:
            return _instances.list_by_label(self._client, self._label)
        except VastError as listing:
            raise Failure(
                f"{error} Whether an instance named {self._label} was rented can't be told, as the list can't "
                "be read either: "
                f"{listing} It may exist and bill: run the task again, which will find it by its name."
            ) from listing

    def _confirm(self, instance_id: int) -> Row:
        """The row of an instance that was just created, once the list has it."""
        rented = f"Instance {instance_id} was rented as {self._label} and bills"
        for _passed in ticks(LIST_LAG):
            try:
                rows = _instances.list_by_label(self._client, self._label)
            except VastError as error:
                raise Failure(f"{rented}, but can't be read back: {error}", instance={"id": instance_id}) from error
            for row in rows:
                if row["id"] == instance_id:
                    return self._only_one(rows, row)
        raise Failure(
            f"{rented}, but is not listed after {LIST_LAG:g} s. Run the task again.", instance={"id": instance_id}
        )

    def _only_one(self, rows: Sequence[Row], ours: Row) -> Row:
        """Resolve a race between controllers: the lowest id stays, and we destroy nothing but our own."""
        stays = min(rows, key=lambda row: row["id"])
        if stays is not ours:
            race = f"Another controller rented {self._label} at the same time: its instance {stays['id']} stays"
            self._destroy_own(ours, f"{race}, and this task's {ours['id']} is one too many")
            self._warn(f"{race}, and this task's {ours['id']} was destroyed.")
        return stays

    def _destroy_own(self, row: Row, situation: str) -> None:
        """Destroy an instance that this very task created. ``situation``: a clause for the sentence if that fails."""
        try:
            _instances.destroy_until_gone(self._client, row["id"], DESTROY_PATIENCE)
        except VastError as error:
            raise Failure(
                f"{situation}. It bills, and could not be destroyed: {error}", instance={"id": row["id"]}
            ) from error


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
