# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances over HTTP: pages, absences, and destruction that is only over when it is."""

from __future__ import annotations

import json

import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils import _instances
from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    NotFound,
    OutcomeUnknown,
    ResourcesUnavailable,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import instance, stopped
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import (
    KEY,
    hangs_up,
    says,
)

LIST = "/api/v1/instances/"
SINGLE = "/api/v0/instances/7/"
FINE = says({"success": True})
NOWHERE = says({"instances": None})


def page(*rows, total=None, token=None):
    total = len(rows) if total is None else total
    return says({"success": True, "instances": list(rows), "total_instances": total, "next_token": token})


def shows(row):
    return says({"instances": row})


def listed(client, filters=None):
    return [row["id"] for row in _instances.list_instances(client, filters)]


# -- lists


def test_list_of_one_page_is_one_request(server, client):
    server.expect("GET", LIST, page(instance(1), instance(2)))
    assert listed(client) == [1, 2]


def test_pages_are_followed_with_all_other_parameters_unchanged(server, client):
    server.expect("GET", LIST, page(instance(1), total=3, token="a"))
    server.expect("GET", LIST, page(instance(2), total=3, token="b"))
    server.expect("GET", LIST, page(instance(3), total=3))
    assert listed(client, {"label": {"in": ["x"]}}) == [1, 2, 3]
    first, second, third = (dict(request.query) for request in server.requests)
    assert "after_token" not in first
    assert (second.pop("after_token"), third.pop("after_token")) == ("a", "b")
    assert first == second == third
    assert json.loads(first["select_filters"]) == {"label": {"in": ["x"]}}
    assert (first["limit"], json.loads(first["order_by"])) == ("25", [{"col": "id", "dir": "asc"}])


def test_row_that_moved_between_pages_is_listed_once(server, client):
    server.expect("GET", LIST, page(instance(1), instance(2), total=3, token="a"))
    server.expect("GET", LIST, page(instance(2), instance(3), total=3))
    assert listed(client) == [1, 2, 3]


def test_list_is_in_the_order_of_ids(server, client):
    server.expect("GET", LIST, page(instance(3), instance(1)))
    assert listed(client) == [1, 3]


def test_list_that_lost_a_row_between_pages_is_read_again(server, client):
    server.expect("GET", LIST, page(instance(1), total=2)).expect("GET", LIST, page(instance(1), instance(2)))
    assert listed(client) == [1, 2]


def test_list_that_stays_incomplete_is_an_error(server, client):
    server.expect("GET", LIST, page(instance(1), total=2), times=3)
    with pytest.raises(OutcomeUnknown, match="named 2 instances but listed 1"):
        listed(client)


def test_token_that_repeats_does_not_go_on_for_ever(server, client):
    server.expect("GET", LIST, page(instance(1), total=1, token="a"), times=2)
    assert listed(client) == [1]


@pytest.mark.parametrize("token", [{"values": 1}, ["a"], 7])
def test_token_of_any_kind_is_sent_back(server, client, token):
    server.expect("GET", LIST, page(instance(1), total=2, token=token)).expect("GET", LIST, page(instance(2), total=2))
    assert listed(client) == [1, 2]


def test_rows_that_are_being_destroyed_are_left_out(server, client):
    server.expect("GET", LIST, page(stopped(1, cur_state="unloaded"), instance(2)))
    assert listed(client) == [2]


@pytest.mark.parametrize("answer", [{}, [], None, {"instances": None}, {"instances": {"id": 1}}, {"offers": []}, 7])
def test_answer_without_a_list_is_an_error_and_never_an_empty_list(server, clock, answer):
    server.expect("GET", LIST, says(answer))
    with pytest.raises(OutcomeUnknown, match="without a list of instances"):
        listed(VastClient(KEY, server.url, "x", retry_timeout=0.0))


def test_rows_that_are_no_rows_are_an_incomplete_list(server, client):
    server.expect("GET", LIST, page(None, "x", {}, total=3), times=3)
    with pytest.raises(OutcomeUnknown):
        listed(client)


def test_label_is_compared_again_here(server, client):
    server.expect("GET", LIST, page(instance(1), instance(2, label="Train"), instance(3, label=None)))
    assert [row["id"] for row in _instances.list_by_label(client, "train")] == [1]


# -- one


def test_single_read_asks_for_our_own(server, client):
    server.expect("GET", SINGLE, shows(instance(7)), query={"owner": "me"})
    assert _instances.show_instance(client, 7) == instance(7)


@pytest.mark.parametrize("answer", [{"instances": None}, {}, {"instances": {}}, {"instances": []}, None, []])
def test_single_read_of_nothing_is_none(server, client, answer):
    server.expect("GET", SINGLE, says(answer))
    assert _instances.show_instance(client, 7) is None


def test_single_read_of_one_being_destroyed_is_none(server, client):
    server.expect("GET", SINGLE, shows(stopped(7, cur_state="unloaded")))
    assert _instances.show_instance(client, 7) is None


def test_single_read_with_404_is_none(server, client):
    server.expect("GET", SINGLE, says({"success": False, "error": "no_such_instance"}, 404))
    assert _instances.show_instance(client, 7) is None


def test_wrong_key_is_not_taken_for_a_missing_instance(server, client):
    server.expect("GET", SINGLE, says({"success": False, "error": "auth_error"}, 404))
    with pytest.raises(ApiError, match="does not accept the API key"):
        _instances.show_instance(client, 7)


def test_retired_endpoint_is_not_taken_for_a_missing_instance(server, client):
    server.expect("GET", SINGLE, says({"success": False, "error": "deprecated_endpoint"}, 410))
    with pytest.raises(ApiError):
        _instances.show_instance(client, 7)


# -- changes


@pytest.mark.parametrize(
    ("call", "method", "path", "body"),
    [
        (lambda client: _instances.set_state(client, 7, "running"), "PUT", SINGLE, {"state": "running"}),
        (lambda client: _instances.set_label(client, 7, "new"), "PUT", SINGLE, {"label": "new"}),
        (lambda client: _instances.reboot_instance(client, 7), "PUT", "/api/v0/instances/reboot/7/", {}),
        (lambda client: _instances.recycle_instance(client, 7), "PUT", "/api/v0/instances/recycle/7/", {}),
        (lambda client: _instances.destroy_instance(client, 7), "DELETE", SINGLE, {}),
        (
            lambda client: _instances.update_instance(client, 7, {"image": "a"}),
            "PUT",
            "/api/v0/instances/update_template/7/",
            {"id": 7, "image": "a"},
        ),
    ],
)
def test_each_change_is_one_request_with_a_trailing_slash(server, client, call, method, path, body):
    server.expect(method, path, FINE, body=body)
    call(client)


def test_queued_start_is_told_apart(server, client):
    server.expect("PUT", SINGLE, says({"success": False, "error": "resources_unavailable", "msg": "queued"}))
    with pytest.raises(ResourcesUnavailable):
        _instances.set_state(client, 7, "running")


@pytest.mark.parametrize("number", [12, "12"])
def test_create_gives_the_new_id(server, client, number):
    server.expect("PUT", "/api/v0/asks/7/", says({"success": True, "new_contract": number}))
    assert _instances.create_instance(client, 7, {}) == 12


@pytest.mark.parametrize(
    "answer", [{"success": True}, {"success": True, "new_contract": None}, [], None, {"new_contract": "x"}]
)
def test_create_without_an_id_has_an_unknown_outcome(server, client, answer):
    server.expect("PUT", "/api/v0/asks/7/", says(answer))
    with pytest.raises(OutcomeUnknown, match="without the id of a new instance"):
        _instances.create_instance(client, 7, {})


# -- destruction


@pytest.mark.parametrize("error", ["not_found", "no_such_instance"])
def test_destroying_what_is_not_there_is_fine(server, client, error):
    server.expect("DELETE", SINGLE, says({"success": False, "error": error}, 404))
    _instances.destroy_instance(client, 7)


def test_gone_means_read_and_not_found(server, client, clock):
    server.expect("DELETE", SINGLE, FINE).expect("GET", SINGLE, shows(instance(7)), times=2)
    server.expect("GET", SINGLE, NOWHERE)
    _instances.destroy_until_gone(client, 7, 60.0)
    assert clock.pauses == [1.0, 1.5]


def test_delete_whose_answer_is_lost_is_settled_by_reading(server, client):
    server.expect("DELETE", SINGLE, hangs_up).expect("GET", SINGLE, NOWHERE)
    _instances.destroy_until_gone(client, 7, 60.0)


def test_delete_that_was_lost_on_the_way_is_sent_again(server, client):
    server.expect("DELETE", SINGLE, hangs_up).expect("GET", SINGLE, shows(instance(7)))
    server.expect("DELETE", SINGLE, FINE).expect("GET", SINGLE, NOWHERE)
    _instances.destroy_until_gone(client, 7, 60.0)


def test_instance_that_came_back_to_life_is_destroyed_again(server, client):
    server.expect("DELETE", SINGLE, FINE).expect("GET", SINGLE, shows(instance(7)), times=5)
    server.expect("DELETE", SINGLE, FINE).expect("GET", SINGLE, NOWHERE)
    _instances.destroy_until_gone(client, 7, 60.0)


FAILED = says({"success": False, "error": "request_failed", "msg": "The request could not be completed."})


def test_failure_under_200_is_settled_by_reading_and_tried_again(server, client):
    server.expect("DELETE", SINGLE, FAILED).expect("GET", SINGLE, shows(instance(7)))
    server.expect("DELETE", SINGLE, FAILED).expect("GET", SINGLE, NOWHERE)
    _instances.destroy_until_gone(client, 7, 60.0)


def test_failure_under_200_that_stays_is_passed_on(server, client):
    for _try in range(2):
        server.expect("DELETE", SINGLE, FAILED).expect("GET", SINGLE, shows(instance(7)))
    server.expect("DELETE", SINGLE, FAILED)
    with pytest.raises(ApiError, match="could not be completed"):
        _instances.destroy_until_gone(client, 7, 60.0)


def test_instance_that_will_not_go_is_said_to_bill(server, client):
    server.expect("DELETE", SINGLE, FINE).expect("GET", SINGLE, shows(instance(7)), times=3)
    with pytest.raises(
        OutcomeUnknown, match="Instance 7 still exists 2 s after its destruction was asked for, and may bill"
    ):
        _instances.destroy_until_gone(client, 7, 2.0)


def test_refused_delete_is_passed_on(server, client):
    server.expect("DELETE", SINGLE, says({"success": False, "msg": "no"}, 400))
    with pytest.raises(ApiError) as caught:
        _instances.destroy_until_gone(client, 7, 60.0)
    assert not isinstance(caught.value, NotFound)
