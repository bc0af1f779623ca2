# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API noun *instance* (contract): plain rows in and out, one function per call.

Facts: the list is v1 and paged by 25 (the v0 list answers 410); the single read answers 200 with
``{"instances": null}`` or an empty object for anything that is not there; a destroyed instance may linger in lists with
``cur_state: unloaded``; writes need the trailing slash.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import ApiError, NotFound, OutcomeUnknown
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number_or_zero
from ansible_collections.cloudctl.vastai.plugins.module_utils._pages import pages
from ansible_collections.cloudctl.vastai.plugins.module_utils._wait import ticks

Row = dict[str, Any]

_LIST = "/api/v1/instances/"
_PAGE = 25
_COMPLETE_LISTING_TRIES = 3
_DELETE_AGAIN_AFTER = 10.0
_MOST_REFUSALS = 3


def list_instances(client: VastClient, filters: Mapping[str, Any] | None = None) -> list[Row]:
    """All rows that match ``filters`` (``{"label": {"in": ["train"]}}``), in the order of their ids.

    Only stored columns can be filtered (``label``, ``actual_status``, ``gpu_name``, ``verification``, …); the API
    refuses others. Instances that are being destroyed are left out. Raises :class:`OutcomeUnknown` if no complete list
    can be had: an incomplete one could hide an instance that bills.
    """
    for _attempt in range(_COMPLETE_LISTING_TRIES):
        rows, total = _all_pages(client, filters)
        if len(rows) >= total:
            return [rows[number] for number in sorted(rows) if not is_gone(rows[number])]
    raise OutcomeUnknown(f"GET {_LIST} named {total} instances but listed {len(rows)}; run the task again.")


def list_by_label(client: VastClient, label: str) -> list[Row]:
    """The rows whose label is exactly ``label``; one request."""
    rows = list_instances(client, {"label": {"in": [label]}})
    return [row for row in rows if row.get("label") == label]


def show_instance(client: VastClient, instance_id: int) -> Row | None:
    """The row of one instance without its ``volume_info``, or None when it does not exist or belongs to others."""
    try:
        answer = client.read("GET", f"/api/v0/instances/{instance_id}/", params={"owner": "me"})
    except NotFound:
        return None
    row = answer.get("instances") if isinstance(answer, dict) else None
    return row if isinstance(row, dict) and row and not is_gone(row) else None


def create_instance(client: VastClient, offer_id: int, body: Mapping[str, Any]) -> int:
    """Rent an offer and return the new instance's id. Sent once; see ``_rent`` for what may follow an error."""
    path = f"/api/v0/asks/{offer_id}/"
    answer = client.write("PUT", path, body=body)
    instance_id = new_contract(answer)
    if instance_id is None:
        raise OutcomeUnknown(f"PUT {path} was answered without the id of a new instance.")
    return instance_id


def new_contract(answer: Any) -> int | None:
    """The instance id in the answer of a create, which some failures carry as well."""
    try:
        return int(answer["new_contract"])
    except (KeyError, TypeError, ValueError):
        return None


def set_state(client: VastClient, instance_id: int, state: str) -> None:
    """Ask for ``running`` or ``stopped``. Raises ``ResourcesUnavailable`` when a start had to be queued."""
    client.write("PUT", f"/api/v0/instances/{instance_id}/", body={"state": state})


def set_label(client: VastClient, instance_id: int, label: str) -> None:
    """Name the instance."""
    client.write("PUT", f"/api/v0/instances/{instance_id}/", body={"label": label})


def update_instance(client: VastClient, instance_id: int, changes: Mapping[str, Any]) -> None:
    """Change image, args, env, onstart or template; Vast.ai creates the container anew, disk contents are lost."""
    body = {"id": instance_id, **changes}
    client.write("PUT", f"/api/v0/instances/update_template/{instance_id}/", body=body)


def reboot_instance(client: VastClient, instance_id: int) -> None:
    """Stop and start the container; it keeps its GPU and its disk."""
    client.write("PUT", f"/api/v0/instances/reboot/{instance_id}/")


def recycle_instance(client: VastClient, instance_id: int) -> None:
    """Create the container anew from a fresh pull on the same contract; it keeps its GPU, disk contents are lost."""
    client.write("PUT", f"/api/v0/instances/recycle/{instance_id}/")


def destroy_instance(client: VastClient, instance_id: int) -> None:
    """Ask for the destruction; an instance that is not there is fine."""
    with suppress(NotFound):
        client.write("DELETE", f"/api/v0/instances/{instance_id}/")


def destroy_until_gone(client: VastClient, instance_id: int, timeout: float) -> None:
    """Delete, read, and delete again until the instance is gone; an answer that was lost is settled the same way.

    Destroyed instances have come back to life, so an accepted delete is not yet the end; and a failure under HTTP 200
    has been a passing one. Raises :class:`ApiError` when the delete is refused, and :class:`OutcomeUnknown` after
    ``timeout`` seconds: by then it may still exist and bill.
    """
    accepted_at, refusals = float("-inf"), 0
    for passed in ticks(timeout):
        if passed - accepted_at >= _DELETE_AGAIN_AFTER:
            try:
                accepted_at = passed if _delete_accepted(client, instance_id) else accepted_at
            except ApiError as refusal:
                refusals += 1
                if refusal.status >= 400 or refusals == _MOST_REFUSALS:
                    raise
        if show_instance(client, instance_id) is None:
            return
    raise OutcomeUnknown(
        f"Instance {instance_id} still exists {timeout:g} s after its destruction was asked for, and may bill. "
        "Run the task again, or destroy it in Vast.ai's console."
    )


def _delete_accepted(client: VastClient, instance_id: int) -> bool:
    try:
        destroy_instance(client, instance_id)
    except OutcomeUnknown:
        return False
    return True


def is_gone(row: Mapping[str, Any] | None) -> bool:
    """Whether the row is that of a destroyed instance."""
    return not row or row.get("cur_state") == "unloaded"


def _all_pages(client: VastClient, filters: Mapping[str, Any] | None) -> tuple[dict[int, Row], int]:
    """Rows by id, and how many the API says there are."""
    params = {"select_filters": dict(filters or {}), "order_by": [{"col": "id", "dir": "asc"}], "limit": _PAGE}
    rows: dict[int, Row] = {}
    total = 0
    for page in pages(client, _LIST, params):
        rows.update(_rows_by_id(page))
        total = int(number_or_zero(page.get("total_instances")))
    return rows, total


def _rows_by_id(page: Mapping[str, Any]) -> dict[int, Row]:
    rows = page.get("instances")
    if not isinstance(rows, list):
        raise OutcomeUnknown(
            f"GET {_LIST} was answered without a list of instances; check that api_url is Vast.ai's API."
        )
    return {int(number_or_zero(row["id"])): row for row in rows if isinstance(row, dict) and "id" in row}
