# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instances somebody means who writes names and ids side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._instances import list_instances, show_instance

Row = dict[str, Any]


def instances_meant(client: VastClient, references: Sequence[str], missing_ok: bool = False) -> list[Row]:
    """One row per reference, each instance once; an id goes before a name that looks like one.

    Raises :class:`BadRequest` for a name that several instances have, and unless ``missing_ok`` for what none has.
    """
    rows = candidates(client, references) if references else []
    meant: dict[Any, Row] = {}
    for reference in references:
        found = matching(rows, reference)
        if len(found) > 1:
            ids = ", ".join(str(row["id"]) for row in found)
            raise BadRequest(f"{len(found)} instances are named {reference}: {ids}. Say which one by its id.")
        if not found and not missing_ok:
            raise BadRequest(
                f"There is no instance with the name or id {reference!r}; cloudctl.vastai.vast_instance_info lists all."
            )
        meant |= {row["id"]: row for row in found}
    return list(meant.values())


def candidates(client: VastClient, references: Sequence[str]) -> list[Row]:
    """Rows that may be meant, in few requests: the API finds labels itself, and only one id at a time."""
    ids = [reference for reference in references if reference.isdecimal()]
    if len(references) == 1 and ids:
        row = show_instance(client, int(ids[0]))
        if row:
            return [row]
    elif ids:
        return list_instances(client)
    return list_instances(client, {"label": {"in": list(references)}})


def matching(rows: Sequence[Row], reference: str) -> list[Row]:
    """The rows that one name or id means. Several may have a name; an empty one means none, not those without."""
    by_id = [row for row in rows if str(row["id"]) == reference]
    return by_id or [row for row in rows if reference and row.get("label") == reference]
