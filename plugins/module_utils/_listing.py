# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every listing of instances has in common: its conditions, and what is told of each instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _ssh
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import instance_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_facts import describe

# An instance whose machine has not reported yet has no status at all; `describe` calls that "creating".
_NO_STATUS = "creating"


def select_filters(
    filters: Mapping[str, Any] | None = None,
    name: str | None = None,
    statuses: Sequence[str] | None = None,
    gpu_names: Sequence[str] | None = None,
) -> dict[str, Any]:
    """Conditions for the API, ``{column: {operator: value}}``, all of which must hold.

    ``filters``: ``{column: value}``, ``{column: [values]}`` or ``{column: {operator: value}}``; in ``gpu_names``,
    underscores count as spaces. Raises BadRequest when ``filters`` speaks of a column that another argument is for.
    """
    named: dict[str, Any] = {}
    if name is not None:
        named["label"] = {"in": [name]}
    if statuses is not None:
        named["actual_status"] = {"in": [None if status == _NO_STATUS else status for status in statuses]}
    if gpu_names is not None:
        named["gpu_name"] = {"in": [gpu_name.replace("_", " ") for gpu_name in gpu_names]}
    conditions = {column: _condition(value) for column, value in (filters or {}).items()}
    for column in named.keys() & conditions.keys():
        raise BadRequest(
            f"The option filters can't have a condition on {column} beside the option for that; keep one of them."
        )
    return conditions | named


def summarize(row: Mapping[str, Any], connect_with: str) -> dict[str, Any]:
    """The documented facts of an instance, how SSH reaches it (``ssh``, may be None) and what it costs (``cost``)."""
    return {**describe(row), "ssh": _ssh.endpoint(row, connect_with), "cost": instance_cost(row)}


def _condition(value: Any) -> dict[str, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    return {"in": value} if isinstance(value, list) else {"eq": value}
