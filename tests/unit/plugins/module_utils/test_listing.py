# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Conditions of a listing, as the API takes them."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._listing import select_filters, summarize


@pytest.mark.parametrize(
    ("arguments", "conditions"),
    [
        ({}, {}),
        ({"name": "a"}, {"label": {"in": ["a"]}}),
        ({"statuses": ["running", "creating"]}, {"actual_status": {"in": ["running", None]}}),
        ({"statuses": []}, {"actual_status": {"in": []}}),
        ({"gpu_names": ["RTX_4090", "H100 SXM"]}, {"gpu_name": {"in": ["RTX 4090", "H100 SXM"]}}),
        ({"filters": {"machine_id": 7}}, {"machine_id": {"eq": 7}}),
        ({"filters": {"label": ["a", "b"]}}, {"label": {"in": ["a", "b"]}}),
        ({"filters": {"machine_id": {"gt": 7}}, "name": "a"}, {"machine_id": {"gt": 7}, "label": {"in": ["a"]}}),
    ],
)
def test_conditions(arguments: dict[str, Any], conditions: dict[str, Any]) -> None:
    assert select_filters(**arguments) == conditions


def test_two_conditions_on_one_column_are_an_error() -> None:
    with pytest.raises(BadRequest, match="actual_status"):
        select_filters({"actual_status": "exited"}, statuses=["running"])


def test_an_empty_row_has_all_facts() -> None:
    facts = summarize({}, "auto")
    assert facts["status"] == "creating"
    assert facts["ssh"] is None
    assert facts["cost"]["hourly_price"] == 0
