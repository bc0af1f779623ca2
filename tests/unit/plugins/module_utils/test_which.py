# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names and ids side by side: the right instance, or a sentence."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._which import instances_meant
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import ScriptedServer, says

LIST = "/api/v1/instances/"
A, B, TWIN, NUMBER = ({"id": number, "label": label} for number, label in ((7, "a"), (8, "b"), (9, "b"), (10, "7")))


def rows(*listed: dict[str, Any]) -> Any:
    return says({"success": True, "instances": list(listed), "total_instances": len(listed), "next_token": None})


def test_names_cost_one_request(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", LIST, rows(A, B))
    assert instances_meant(client, ["b", "a", "b"]) == [B, A]
    assert '{"label":{"in":["b","a","b"]}}' == server.requests[0].query["select_filters"]


def test_one_id_costs_one_request(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", "/api/v0/instances/7/", says({"instances": A}))
    assert instances_meant(client, ["7"]) == [A]


def test_an_id_goes_before_a_name_that_looks_like_one(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", LIST, rows(A, NUMBER))
    assert instances_meant(client, ["7", "a"]) == [A]


def test_a_number_may_be_a_name(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", "/api/v0/instances/7/", says({"instances": None}))
    server.expect("GET", LIST, rows(NUMBER))
    assert instances_meant(client, ["7"]) == [NUMBER]


def test_a_name_that_several_have_is_ambiguous(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", LIST, rows(B, TWIN))
    with pytest.raises(BadRequest, match="2 instances are named b: 8, 9"):
        instances_meant(client, ["b"])


@pytest.mark.parametrize("reference", ["c", ""])
def test_what_does_not_exist(server: ScriptedServer, client: VastClient, reference: str) -> None:
    server.expect("GET", LIST, rows({"id": 1, "label": ""}), times=2)
    with pytest.raises(BadRequest, match=f"no instance with the name or id '{reference}'"):
        instances_meant(client, [reference])
    assert instances_meant(client, [reference], missing_ok=True) == []


def test_nothing_costs_nothing(client: VastClient) -> None:
    assert instances_meant(client, []) == []
