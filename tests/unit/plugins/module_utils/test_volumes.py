# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names, ids and rows of volumes, and the calls about them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils import _volumes
from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import volume_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    BadRequest,
    OfferGone,
    OutcomeUnknown,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import ANY_JSON
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import ScriptedServer, says
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.volume_rows import volume

FIELDS = [*volume(), "storage_cost"]


@pytest.mark.parametrize("written", ["789012", "vol-789012", "VOL-789012", "V.789012", "v.789012", " 789012 "])
def test_an_id_in_all_its_spellings(written: str) -> None:
    assert _volumes.volume_id(written) == 789012


@pytest.mark.parametrize("written", ["", "0", "vol-", "vol_1", "V789012", "-1", "1.5", "١", "9" * 16])
def test_what_is_no_id(written: str) -> None:
    with pytest.raises(BadRequest, match="is no volume id"):
        _volumes.volume_id(written)


@given(st.integers(1, 10**15 - 1))
def test_ids_read_back_what_results_write(number: int) -> None:
    assert _volumes.volume_id(_volumes.describe({"id": number})["vol_id"]) == number


@pytest.mark.parametrize(
    ("written", "proposed"),
    [
        ("trained-models", "trained_models"),
        ("-my .models", "_my__models"),
        ("my models (v2)", "my_models_v2"),
        ("models/", "models"),
        ("ä-1", "1"),
        ("x" * 70, "x" * 64),
    ],
)
def test_a_name_that_vast_ai_refuses_gets_a_proposal(written: str, proposed: str) -> None:
    with pytest.raises(BadRequest, match=re.escape(f"; use {proposed}.")):
        _volumes.volume_name(written)


def test_a_name_that_looks_like_an_id_may_be_one() -> None:
    with pytest.raises(BadRequest, match="use vol_789012, or id: vol-789012 if that is an existing volume"):
        _volumes.volume_name("vol-789012")


@pytest.mark.parametrize("written", ["", "---", " "])
def test_a_name_without_anything_to_keep(written: str) -> None:
    with pytest.raises(BadRequest, match=r"letters, digits and _\.$"):
        _volumes.volume_name(written)


@given(st.text())
def test_a_proposal_is_always_a_name(written: str) -> None:
    proposed = _volumes.possible_name(written)
    assert proposed == "" or _volumes.volume_name(proposed) == proposed
    assert _volumes.possible_name(proposed) == proposed


@given(st.from_regex(r"[A-Za-z0-9_]{1,64}", fullmatch=True))
def test_a_good_name_is_taken_as_it_is(name: str) -> None:
    assert _volumes.volume_name(name) == name


def test_sizes_are_at_least_1_gb() -> None:
    assert _volumes.checked_size(1) == 1
    with pytest.raises(BadRequest, match="1 GB or more"):
        _volumes.checked_size(0)


# Rows


def test_the_facts_of_a_volume() -> None:
    facts = _volumes.describe(volume(instances=[4242]))
    assert facts["vol_id"] == "vol-7"
    assert (facts["name"], facts["size_gb"], facts["status"], facts["type"]) == ("models", 200, "in-use", "local")
    assert (facts["machine_id"], facts["geolocation"], facts["country"]) == (107, "Sweden, SE", "SE")
    assert facts["instances"] == [4242]
    assert (facts["hourly_price"], facts["monthly_price"]) == (0.027778, pytest.approx(20.0, abs=0.001))


def test_200_gb_at_10_cents_cost_20_dollars_a_month() -> None:
    cost = volume_cost(volume(storage_total_cost=200 * 0.1 / 720))
    assert (cost["monthly_price"], cost["hourly_price"], cost["running_hourly_price"]) == (20.0, 0.027778, 0.027778)
    assert (cost["storage_price_per_gb_month"], cost["gpu_hourly_price"]) == (0.1, 0.0)


def test_a_row_without_a_price_is_priced_by_its_size() -> None:
    assert volume_cost({"disk_space": 200, "storage_cost": 0.1})["monthly_price"] == 20.0


@given(st.dictionaries(st.sampled_from(FIELDS), ANY_JSON))
def test_any_row_can_be_described(row: dict[str, Any]) -> None:
    facts = _volumes.describe(row)
    assert set(facts) == set(_volumes.describe(volume()))
    assert volume_cost(row)["currency"] == "USD"
    assert _volumes.mount_instructions(row)["path"] == "/data"


@pytest.mark.parametrize("listed", [[4242], [{"id": 4242}], ["4242"], [None, {"id": 4242}, {}]])
def test_users_in_both_shapes(listed: list[Any]) -> None:
    assert _volumes.users({"instances": listed}) == [4242]


@pytest.mark.parametrize(
    "answer",
    [
        {"success": True, "volume_name": "V.7", "volume_id": 7},
        {"id": 7, "success": True},
        {"success": True, "volume_name": "V.7"},
    ],
)
def test_the_new_id_in_all_answers_that_were_seen(answer: dict[str, Any]) -> None:
    assert _volumes.created_id(answer) == 7


def test_an_answer_may_not_name_the_new_volume() -> None:
    assert _volumes.created_id({"success": True, "volume_name": "models"}) is None
    assert _volumes.created_id([]) is None


# Calls


def test_the_list_by_id(server: ScriptedServer, client: VastClient) -> None:
    rows = {"volumes": [volume(9), volume(8), {"label": "no id"}, None]}
    server.expect("GET", "/api/v0/volumes", says(rows), query={"owner": "me", "type": "all_volume"})
    assert [row["id"] for row in _volumes.list_volumes(client)] == [8, 9]


@pytest.mark.parametrize("answer", [{}, {"volumes": None}, []])
def test_a_list_that_is_none(server: ScriptedServer, client: VastClient, answer: Any) -> None:
    server.expect("GET", "/api/v0/volumes", says(answer))
    with pytest.raises(OutcomeUnknown, match="without a list of volumes"):
        _volumes.list_volumes(client)


def test_an_offer_that_is_gone_is_no_missing_volume(server: ScriptedServer, client: VastClient) -> None:
    refusal = {"success": False, "error": "no_such_volume", "msg": "could not find a listed volume matching id 5"}
    server.expect("PUT", "/api/v0/volumes/", says(refusal, status=404), body={"id": 5, "size": 200, "name": "models"})
    with pytest.raises(OfferGone):
        _volumes.create_volume(client, 5, "models", 200)


def test_deleting_what_is_not_there(server: ScriptedServer, client: VastClient) -> None:
    missing = {"success": False, "error": "no_such_volume", "msg": "Volume with that ID does not exist."}
    server.expect("DELETE", "/api/v0/volumes/", says(missing, status=404), query={"id": "7"})
    _volumes.delete_volume(client, 7)


def test_deleting_waits_for_links_of_destroyed_instances(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", "/api/v0/volumes", says({"volumes": [volume(instances=[4242])]}))
    server.expect("GET", "/api/v0/volumes", says({"volumes": [volume()]}))
    server.expect("DELETE", "/api/v0/volumes/", says({"success": True}))
    server.expect("GET", "/api/v0/volumes", says({"volumes": []}))
    _volumes.delete_until_gone(client, volume(instances=[4242]), 60)


def test_a_refusal_after_the_links_are_gone_is_tried_again(server: ScriptedServer, client: VastClient) -> None:
    refusal = {"success": False, "error": "invalid_args", "msg": "in use"}
    server.expect("DELETE", "/api/v0/volumes/", says(refusal, status=400))
    server.expect("GET", "/api/v0/volumes", says({"volumes": [volume()]}))
    server.expect("DELETE", "/api/v0/volumes/", says({"success": True}))
    server.expect("GET", "/api/v0/volumes", says({"volumes": []}))
    _volumes.delete_until_gone(client, volume(), 60)


def test_an_answer_that_was_lost_is_settled_by_the_list(server: ScriptedServer, client: VastClient) -> None:
    server.expect("DELETE", "/api/v0/volumes/", says({}, status=504))
    server.expect("GET", "/api/v0/volumes", says({"volumes": []}))
    _volumes.delete_until_gone(client, volume(), 60)


def test_the_last_refusal_is_told_when_the_time_is_over(server: ScriptedServer, client: VastClient) -> None:
    refusal = {"success": False, "error": "invalid_args", "msg": "in use"}
    server.expect("DELETE", "/api/v0/volumes/", says(refusal, status=400))
    with pytest.raises(ApiError, match="in use"):
        _volumes.delete_until_gone(client, volume(), 0)


def test_links_that_stay(server: ScriptedServer, client: VastClient) -> None:
    with pytest.raises(OutcomeUnknown, match="still exists 0 s after"):
        _volumes.delete_until_gone(client, volume(instances=[4242]), 0)
