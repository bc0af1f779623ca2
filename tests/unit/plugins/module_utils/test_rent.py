# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Renting exactly once: conversations in which answers are lost, lists lag, and others are quicker."""

from __future__ import annotations

import re

import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    AuthFailed,
    Failure,
    OutcomeUnknown,
    OutOfCredit,
    Throttled,
    Unreachable,
    VastError,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._rent import Renter
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import instance, offer, stopped
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import (
    KEY,
    hangs_up,
    is_silent,
    refused_url,
    resets,
    says,
    says_half,
    says_text,
)

LIST = "/api/v1/instances/"
BODY = {"image": "pytorch/pytorch", "disk": 10.0}
GONE = says(
    {"success": False, "error": "invalid_args", "msg": "error 404/3603: no_such_ask Instance type by id 7"}, 400
)
NO_CREDIT = says({"success": False, "error": "insufficient_credit", "msg": "Your account lacks credit."}, 400)
BAD = says({"success": False, "error": "invalid_args", "msg": "Invalid args: disk"}, 400)
FINE = says({"success": True})
HTTP_504 = says_text("<html>504</html>", 504)
NOWHERE = says({"instances": None})


def rents(number):
    return says({"success": True, "new_contract": number, "instance_api_key": "x"})


def lists(*rows):
    return says({"success": True, "instances": list(rows), "total_instances": len(rows), "next_token": None})


def ask(number):
    return f"/api/v0/asks/{number}/"


def single(number):
    return f"/api/v0/instances/{number}/"


def no_search():
    raise AssertionError("there is no need to search again")


class Desk:
    """A renter, and what it warned of."""

    def __init__(self, client):
        self.warnings = []
        self._renter = Renter(client, "train", self.warnings.append)

    def rent(self, *candidates, search=no_search, timeout=0.0):
        return self._renter.rent(candidates or [offer(7)], search, BODY, timeout)


@pytest.fixture
def desk(client):
    return Desk(client)


# -- the ordinary way


def test_rent_is_one_create_and_one_list(server, desk):
    server.expect("PUT", ask(7), rents(7), body={"client_id": "me", **BODY, "label": "train"})
    server.expect("GET", LIST, lists(instance(7)))
    rented = desk.rent()
    assert rented.row["id"] == 7
    assert rented.offer["id"] == 7
    assert desk.warnings == []


def test_label_is_what_the_list_is_asked_for(server, desk):
    server.expect("PUT", ask(7), rents(7)).expect("GET", LIST, lists(instance(7)))
    desk.rent()
    assert server.requests[1].query["select_filters"] == '{"label":{"in":["train"]}}'


def test_list_that_lags_behind_the_create_is_read_again(server, desk, clock):
    server.expect("PUT", ask(7), rents(7)).expect("GET", LIST, lists(), times=2).expect("GET", LIST, lists(instance(7)))
    assert desk.rent().row["id"] == 7
    assert clock.pauses == [1.0, 1.5]


def test_instance_that_is_never_listed_is_named_with_its_price(server, desk):
    server.expect("PUT", ask(7), rents(7)).expect("GET", LIST, lists(), times=7)
    with pytest.raises(
        Failure, match="Instance 7 was rented as train and bills, but is not listed after 20 s"
    ) as caught:
        desk.rent()
    assert caught.value.result["instance"] == {"id": 7}


def test_list_that_fails_after_a_create_names_the_instance_that_bills(server, clock):
    server.expect("PUT", ask(7), rents(7)).expect("GET", LIST, says_text("", 500))
    desk = Desk(VastClient(KEY, server.url, "x", retry_timeout=0.0))
    with pytest.raises(Failure, match="Instance 7 was rented as train and bills, but can't be read back") as caught:
        desk.rent()
    assert caught.value.result["instance"] == {"id": 7}


# -- answers that leave the effect open


@pytest.mark.parametrize(
    "lost",
    [HTTP_504, says({}, 500), hangs_up, resets, says_half, says_text("<html>welcome</html>"), says({"success": True})],
    ids=["504", "500", "hangs up", "resets", "half a body", "a page", "no id"],
)
def test_create_whose_answer_is_lost_is_sent_once_and_found_by_its_label(server, desk, lost):
    server.expect("PUT", ask(7), lost).expect("GET", LIST, lists(instance(7)))
    assert desk.rent().row["id"] == 7


def test_create_that_timed_out_is_sent_once_and_found_by_its_label(server, clock):
    server.expect("PUT", ask(7), is_silent).expect("GET", LIST, lists(instance(7)))
    assert Desk(VastClient(KEY, server.url, "x", timeout=0.2)).rent().row["id"] == 7


def test_lost_create_is_looked_for_as_long_as_a_list_may_lag(server, desk, clock):
    server.expect("PUT", ask(7), HTTP_504).expect("GET", LIST, lists(), times=3).expect("GET", LIST, lists(instance(7)))
    assert desk.rent().row["id"] == 7
    assert clock.pauses == [1.0, 1.5, 2.25]


def test_lost_create_that_rented_nothing_is_the_error_itself(server, desk, clock):
    server.expect("PUT", ask(7), HTTP_504).expect("GET", LIST, lists(), times=7)
    with pytest.raises(OutcomeUnknown, match="HTTP 504"):
        desk.rent()
    assert sum(clock.pauses) == pytest.approx(20.0)


def test_lost_create_and_a_list_that_fails_say_that_something_may_bill(server, clock):
    server.expect("PUT", ask(7), HTTP_504).expect("GET", LIST, says_text("", 502))
    with pytest.raises(Failure, match=r"HTTP 504.*can't be told.*HTTP 502.*It may exist and bill"):
        Desk(VastClient(KEY, server.url, "x", retry_timeout=0.0)).rent()


def test_lost_create_among_strangers_of_that_name_touches_nothing(server, desk):
    server.expect("PUT", ask(7), HTTP_504).expect("GET", LIST, lists(instance(3), instance(4)), times=7)
    with pytest.raises(Failure, match=r"can't be told: 3, 4\. They bill"):
        desk.rent()


def test_lost_create_is_looked_for_although_a_stranger_is_listed_first(server, desk):
    server.expect("PUT", ask(7), HTTP_504).expect("GET", LIST, lists(instance(9)))
    server.expect("GET", LIST, lists(instance(7), instance(9)))
    assert desk.rent().row["id"] == 7


def test_lost_create_with_two_on_the_same_machine_touches_nothing(server, desk):
    twins = [instance(3, machine_id=107), instance(4, machine_id=107)]
    server.expect("PUT", ask(7), HTTP_504).expect("GET", LIST, lists(*twins))
    with pytest.raises(Failure, match="which of them this task rented can't be told: 3, 4"):
        desk.rent()


# -- refusals


def test_clear_refusal_is_checked_once_and_passed_on(server, desk, clock):
    server.expect("PUT", ask(7), NO_CREDIT).expect("GET", LIST, lists())
    with pytest.raises(OutOfCredit):
        desk.rent()
    assert clock.pauses == []


def test_refusal_that_rented_all_the_same_is_a_rent(server, desk):
    server.expect("PUT", ask(7), says({"success": False})).expect("GET", LIST, lists(instance(7)))
    assert desk.rent().row["id"] == 7


def test_bare_success_false_is_given_the_time_of_a_lagging_list(server, desk):
    server.expect("PUT", ask(7), says({"success": False})).expect("GET", LIST, lists())
    server.expect("GET", LIST, lists(instance(7)))
    assert desk.rent().row["id"] == 7


def test_refusal_that_left_a_stopped_instance_destroys_it_and_says_so(server, desk):
    server.expect("PUT", ask(7), BAD).expect("GET", LIST, lists(stopped(7)))
    server.expect("DELETE", single(7), FINE).expect("GET", single(7), NOWHERE)
    with pytest.raises(Failure, match=r"Invalid args.*It left the stopped instance 7, which was destroyed\."):
        desk.rent()


def test_refusal_that_names_its_leftover_is_believed_although_the_list_lags(server, desk):
    left = says({"success": False, "error": "invalid_price", "msg": "Bid too low", "new_contract": 12}, 400)
    server.expect("PUT", ask(7), left).expect("GET", LIST, lists())
    server.expect("GET", LIST, lists(stopped(12, machine_id=107)))
    server.expect("DELETE", single(12), FINE).expect("GET", single(12), NOWHERE)
    with pytest.raises(Failure, match="It left the stopped instance 12, which was destroyed"):
        desk.rent()


def test_leftover_that_is_never_listed_is_named(server, desk):
    left = says({"success": False, "error": "invalid_price", "msg": "Bid too low", "new_contract": 12}, 400)
    server.expect("PUT", ask(7), left).expect("GET", LIST, lists(), times=7)
    with pytest.raises(Failure, match=r"Bid too low.*instance 12") as caught:
        desk.rent()
    assert caught.value.result["instance"] == {"id": 12}


def test_leftover_that_can_not_be_destroyed_is_said_to_bill(server, desk):
    server.expect("PUT", ask(7), BAD).expect("GET", LIST, lists(stopped(7)))
    server.expect("DELETE", single(7), says({"success": False, "msg": "no"}, 400))
    with pytest.raises(Failure, match=r"It left instance 7 behind, stopped\. It bills, and could not be") as caught:
        desk.rent()
    assert caught.value.result["instance"] == {"id": 7}


def test_strangers_stopped_instance_survives_our_refused_create(server, desk):
    """Another controller's instance of that name is stopped too: only our own leftover goes."""
    server.expect("PUT", ask(7), BAD).expect("GET", LIST, lists(stopped(3), stopped(7)))
    server.expect("DELETE", single(7), FINE).expect("GET", single(7), NOWHERE)
    with pytest.raises(Failure):
        desk.rent()
    assert f"DELETE {single(3)}" not in server.asked()


@pytest.mark.parametrize(
    ("play", "error"),
    [
        (says({"success": False, "error": "auth_error"}, 404), AuthFailed),
        (says({"retry_after": 3600}, 429), Throttled),
    ],
)
def test_refusal_that_certainly_did_nothing_needs_no_list(server, desk, play, error):
    server.expect("PUT", ask(7), play)
    with pytest.raises(error):
        desk.rent()


def test_throttled_create_is_sent_again(server, desk, clock):
    server.expect("PUT", ask(7), says_text("endpoint threshold=4.5", 429)).expect("PUT", ask(7), rents(7))
    server.expect("GET", LIST, lists(instance(7)))
    assert desk.rent().row["id"] == 7
    assert clock.pauses == [5.0]


def test_api_that_can_not_be_reached_rented_nothing(clock):
    with pytest.raises(Unreachable):
        Desk(VastClient(KEY, refused_url(), "x", retry_timeout=0.0)).rent()


# -- offers that are gone


@pytest.mark.parametrize("status", [400, 404, 410])
def test_offer_that_is_gone_gives_way_to_the_next(server, desk, status):
    gone = says({"success": False, "error": "no_such_ask", "msg": "error 410/3907: no_such_ask"}, status)
    server.expect("PUT", ask(7), gone).expect("PUT", ask(8), rents(8)).expect("GET", LIST, lists(instance(8)))
    rented = desk.rent(offer(7), offer(8))
    assert (rented.row["id"], rented.offer["id"]) == (8, 8)


def test_offers_that_are_all_gone_are_searched_again(server, desk):
    server.expect("PUT", ask(7), GONE).expect("PUT", ask(9), rents(9)).expect("GET", LIST, lists(instance(9)))
    assert desk.rent(offer(7), search=lambda: [offer(7), offer(9)], timeout=60.0).offer["id"] == 9


def test_no_offer_is_tried_twice(server, desk):
    server.expect("PUT", ask(7), GONE)
    with pytest.raises(VastError, match="the offer went away between the search and the rent"):
        desk.rent(offer(7), search=lambda: [offer(7)], timeout=60.0)


def test_no_time_means_no_second_search(server, desk):
    server.expect("PUT", ask(7), GONE).expect("PUT", ask(8), GONE)
    with pytest.raises(VastError, match="all 2 matching offers went away"):
        desk.rent(offer(7), offer(8))


def test_search_ends_at_its_deadline(server, desk, clock):
    server.expect("PUT", ask(7), GONE)
    with pytest.raises(VastError):
        desk.rent(offer(7), search=list, timeout=30.0)
    assert sum(clock.pauses) == pytest.approx(30.0)


# -- races


def test_lowest_id_stays_and_ours_is_destroyed(server, desk):
    server.expect("PUT", ask(7), rents(7)).expect("GET", LIST, lists(instance(3), instance(7)))
    server.expect("DELETE", single(7), FINE).expect("GET", single(7), NOWHERE)
    assert desk.rent().row["id"] == 3
    assert re.search(r"Another controller rented train.* instance 3 stays, and this task's 7 was", desk.warnings[0])


def test_our_lower_id_stays_and_nobody_elses_is_touched(server, desk):
    server.expect("PUT", ask(7), rents(7)).expect("GET", LIST, lists(instance(7), instance(9)))
    assert desk.rent().row["id"] == 7
    (warning,) = desk.warnings
    assert warning.startswith("Others are named train as well: instance 9. Another run of this task destroys its own")


def test_two_controllers_that_race_end_with_one_instance(server, client):
    """The same list seen from both sides: exactly one of the two is destroyed, by its own renter."""
    both = lists(instance(7), instance(8))
    server.expect("PUT", ask(7), rents(7)).expect("GET", LIST, both)
    server.expect("PUT", ask(8), rents(8)).expect("GET", LIST, both)
    server.expect("DELETE", single(8), FINE).expect("GET", single(8), NOWHERE)
    first, second = Desk(client).rent(offer(7)), Desk(client).rent(offer(8))
    assert first.row["id"] == second.row["id"] == 7


def test_lost_create_in_a_race_destroys_only_our_own(server, desk):
    server.expect("PUT", ask(7), HTTP_504).expect("GET", LIST, lists(instance(3), instance(7)))
    server.expect("DELETE", single(7), FINE).expect("GET", single(7), NOWHERE)
    assert desk.rent().row["id"] == 3


def test_one_too_many_that_can_not_be_destroyed_is_named(server, desk):
    server.expect("PUT", ask(7), rents(7)).expect("GET", LIST, lists(instance(3), instance(7)))
    server.expect("DELETE", single(7), says({"success": False, "msg": "no"}, 400))
    with pytest.raises(
        Failure, match=r"this task's 7 is one too many\. It bills, and could not be destroyed"
    ) as caught:
        desk.rent()
    assert caught.value.result["instance"] == {"id": 7}
    assert isinstance(caught.value.__cause__, ApiError)


def test_rows_that_are_being_destroyed_take_no_part_in_a_race(server, desk):
    server.expect("PUT", ask(7), rents(7)).expect("GET", LIST, lists(stopped(3, cur_state="unloaded"), instance(7)))
    assert desk.rent().row["id"] == 7


def test_instance_that_was_just_replaced_takes_no_part_in_a_race(server, client):
    """It may be listed for a while, and its id is lower than that of the new one."""
    server.expect("PUT", ask(7), rents(7)).expect("GET", LIST, lists(instance(3), instance(7)))
    renter = Renter(client, "train", pytest.fail, replaced=3)
    assert renter.rent([offer(7)], no_search, BODY, 0.0).row["id"] == 7
