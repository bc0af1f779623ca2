# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bid in the hands of a task: what is asked of the API, what never is, and what being outbid means."""

from __future__ import annotations

import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils import _ssh
from ansible_collections.cloudctl.vastai.plugins.module_utils._bid_resource import BidResource
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, Failure
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_resource import INSTANCE_ARGUMENTS
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import Context
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import converge
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import (
    bid,
    instance,
    offer,
    outbid,
    stopped,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import KEY, says

LIST, SEARCH = "/api/v1/instances/", "/api/v0/bundles/"
SINGLE, ASK, PRICE = "/api/v0/instances/7/", "/api/v0/asks/7/", "/api/v0/instances/bid_price/7/"
FINE = says({"success": True})
NOWHERE = says({"instances": None})
QUEUED = says({"success": False, "error": "resources_unavailable", "msg": "state change queued."})
SHAPES = ("stopped", "running")


def lists(*rows):
    return says({"success": True, "instances": list(rows), "total_instances": len(rows), "next_token": None})


def offers(*rows):
    return says({"offers": list(rows)})


def cheap(number=7, **fields):
    """An offer for bids of $0.40/h and more."""
    return offer(number, **{"min_bid": 0.4, "dph_base": 0.4, "dph_total": 0.41, "is_bid": True} | fields)


ON_DEMAND = offers(offer(7, dph_base=0.9))


class Task:
    """A vast_bid task on the scripted API."""

    def __init__(self, server):
        self.server = server
        self.warnings = []

    def run(self, check_mode=False, **params):
        defaults = {name: option.get("default") for name, option in INSTANCE_ARGUMENTS.items()}
        mine = {"name": "train", "price": None, "wait_for": "running", "api_key": KEY, "api_url": self.server.url}
        context = Context("vast_bid", {**defaults, **mine, **params}, check_mode, self.warnings.append)
        return converge(BidResource(context), check_mode)

    def finds(self, row):
        """The two requests with which every task begins: the list, and what the GPUs cost on demand."""
        self.server.expect("GET", LIST, lists(row)).expect("POST", SEARCH, ON_DEMAND)

    def rents(self, *candidates):
        """The requests before a create."""
        self.server.expect("GET", LIST, lists()).expect("POST", SEARCH, offers(*candidates))
        self.server.expect("POST", SEARCH, ON_DEMAND)


@pytest.fixture
def task(server, clock, monkeypatch):
    monkeypatch.setattr(_ssh, "answers", lambda host, port: True)
    return Task(server)


def verbs(result):
    return [action["action"] for action in result["actions"]]


# -- renting


def test_a_create_carries_the_price_and_no_bid_is_rented_on_demand(server, task):
    task.rents(cheap())
    server.expect("PUT", ASK, says({"success": True, "new_contract": 7}))
    server.expect("GET", LIST, lists(bid(7)))
    result = task.run(price=0.5, image="a/b", machine_id=107)
    create = server.requests[3].body
    assert (create["price"], create["cancel_unavail"], create["label"]) == (0.5, True, "train")
    assert [server.requests[number].body["type"] for number in (1, 2)] == ["bid", "on-demand"]
    assert verbs(result) == ["rent"]
    assert result["offer"]["cost"]["gpu_hourly_price"] == 0.5
    assert (result["bid"]["status"], result["bid"]["saving"]) == ("winning", 0.4)


def test_check_mode_shows_the_bid_as_it_would_be(server, task):
    task.rents(cheap(), cheap(8))
    result = task.run(check_mode=True, price=0.5, image="a/b")
    assert result["bid"] == {
        "status": "planned",
        "since": None,
        "price": 0.5,
        "price_to_win": 0.4,
        "on_demand_price": 0.9,
        "saving": 0.4,
        "saving_percent": 44.4,
    }
    assert result["actions"][0]["summary"].startswith("bid for offer 7 as train: 2x RTX 4090 on machine 107")
    assert len(result["runners_up"]) == 1


def test_only_offers_that_the_price_wins_are_tried(server, task):
    task.rents(cheap(8, min_bid=0.6), cheap(7))
    result = task.run(check_mode=True, price=0.5, image="a/b")
    assert (result["offer"]["id"], "runners_up" in result) == (7, False)


def test_a_price_that_loses_everywhere_is_told_the_lowest_that_wins(server, task):
    server.expect("GET", LIST, lists()).expect("POST", SEARCH, offers(cheap(8, min_bid=0.6), cheap(7)))
    with pytest.raises(BadRequest, match=r"lowest bid that wins now is \$0.40/h, on machine 107. Nothing was rented"):
        task.run(price=0.3, image="a/b")


def test_a_bid_above_the_cap_is_not_placed(server, task):
    server.expect("GET", LIST, lists()).expect("POST", SEARCH, offers(cheap()))
    with pytest.raises(BadRequest, match=r"makes \$0.502/h with storage, more than max_price \$0.50/h. Nothing was"):
        task.run(price=0.5, image="a/b", max_price=0.5)


def test_the_cap_chooses_among_offers(server, task):
    task.rents(cheap(8, storage_cost=9.0), cheap(7))
    assert task.run(check_mode=True, price=0.5, image="a/b", max_price=0.505)["offer"]["id"] == 7


def test_no_price_no_bid(server, task):
    server.expect("GET", LIST, lists())
    with pytest.raises(BadRequest, match="needs a price"):
        task.run(image="a/b")


@pytest.mark.parametrize("price", [0.0, -1.0, 0.0009, 128.1, float("nan"), float("inf")])
def test_a_price_that_can_not_be(server, task, price):
    with pytest.raises(BadRequest, match=r"between 0\.001 and 128"):
        task.run(price=price)
    assert server.requests == []


def test_all_candidates_vanished_and_what_is_left_is_too_dear(server, task):
    gone = says({"success": False, "error": "invalid_args", "msg": "error 404/3603: no_such_ask"}, 404)
    task.rents(cheap())
    server.expect("PUT", ASK, gone).expect("POST", SEARCH, offers(cheap(8, min_bid=0.8)))
    with pytest.raises(Failure, match=r"would lose: the lowest bid that wins now is \$0.80/h") as caught:
        task.run(price=0.5, image="a/b")
    assert caught.value.result["changed"] is False


def test_a_leftover_of_a_refused_bid_is_destroyed(server, task):
    task.rents(cheap())
    lost = {"success": False, "error": "invalid_price", "msg": "The bid is below the minimum.", "new_contract": 7}
    server.expect("PUT", ASK, says(lost, 400)).expect("GET", LIST, lists(outbid(7)))
    server.expect("DELETE", SINGLE, FINE).expect("GET", SINGLE, NOWHERE)
    with pytest.raises(Failure, match=r"below the minimum .*It left the stopped instance 7, which was destroyed"):
        task.run(price=0.5, image="a/b")


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (outbid(7), r"was outbid before it started: \$0.70/h wins now. It was destroyed, and nothing of it bills"),
        (instance(7), "was rented on demand although a bid was asked for. It was destroyed"),
        (bid(7, dph_total=2.0), r"costs \$2.00/h, more than max_price \$1.00/h, as its price rose"),
    ],
    ids=["outbid", "on demand", "dear"],
)
def test_what_was_not_meant_is_given_back(server, task, row, said):
    task.rents(cheap())
    server.expect("PUT", ASK, says({"success": True, "new_contract": 7})).expect("GET", LIST, lists(row))
    server.expect("DELETE", SINGLE, FINE).expect("GET", SINGLE, NOWHERE)
    with pytest.raises(Failure, match=said) as caught:
        task.run(price=0.5, image="a/b", max_price=1.0)
    assert (caught.value.result["instance"], caught.value.result["bid"]) == (None, None)
    assert caught.value.result["destroyed_id"] == 7


def test_what_another_controller_rented_is_never_given_back(server, task):
    """Somebody rented the same name on demand at the same time: its instance has the lower id and stays."""
    task.rents(cheap())
    server.expect("PUT", ASK, says({"success": True, "new_contract": 7}))
    server.expect("GET", LIST, lists(instance(3), bid(7)))
    server.expect("DELETE", SINGLE, FINE).expect("GET", SINGLE, NOWHERE)
    result = task.run(price=0.5, image="a/b")
    assert result["instance"]["id"] == 3
    assert "Another controller" in task.warnings[0]


# -- what exists


@pytest.mark.parametrize("state", ["present", "started", "stopped", "rebooted", "absent"])
def test_an_instance_on_demand_is_left_alone(server, task, state):
    server.expect("GET", LIST, lists(instance(7)))
    with pytest.raises(BadRequest, match=r"Instance 7 \(train\) is no bid: it was rented on demand"):
        task.run(state=state, price=0.5)


@pytest.mark.parametrize("price", [None, 0.5])
def test_nothing_to_do(task, price):
    task.finds(bid(7))
    result = task.run(price=price)
    assert (verbs(result), result["bid"]["status"], task.warnings) == ([], "winning", [])


def test_the_on_demand_price_is_no_reason_to_fail(server, task):
    server.expect("GET", LIST, lists(bid(7)))
    server.expect("POST", SEARCH, says({"success": False, "error": "no", "msg": "no"}, 400))
    assert task.run(price=0.5)["bid"]["on_demand_price"] is None


def test_a_bid_above_the_on_demand_price_is_the_same_bid(task):
    task.finds(bid(7, dph_base=0.9))
    assert verbs(task.run(price=1.5)) == []


def test_changing_the_bid_is_one_write(server, task):
    task.finds(bid(7))
    server.expect("PUT", PRICE, FINE, body={"client_id": "me", "price": 0.6})
    server.expect("GET", LIST, lists(bid(7, dph_base=0.6)))
    result = task.run(price=0.6)
    assert result["actions"][0]["summary"] == "change the bid of Instance 7 (train) from $0.50/h to $0.60/h"
    assert result["diff"] == {"before": {"price": 0.5}, "after": {"price": 0.6}}
    assert result["bid"]["price"] == 0.6


def test_check_mode_of_a_change_shows_prices_and_costs_after_it(task):
    prices = {"gpuCostPerHour": 0.5, "diskHour": 0.01}
    task.finds(bid(7, instance=prices, search=prices))
    result = task.run(check_mode=True, price=0.6)
    assert (result["bid"]["price"], result["bid"]["status"]) == (0.6, "winning")
    assert result["cost"]["hourly_price"] == pytest.approx(0.61)
    assert result["instance"]["hourly_price"] == pytest.approx(0.61)


def test_check_mode_of_a_change_above_the_on_demand_price(task):
    task.finds(bid(7))
    assert task.run(check_mode=True, price=2.0)["bid"]["price"] == 0.9


def test_a_lower_bid_than_wins_is_refused_before_anything_is_sent(server, task):
    task.finds(bid(7))
    with pytest.raises(BadRequest, match=r"would lose: the lowest bid that wins now is \$0.40/h. Its bid stays at \$0"):
        task.run(price=0.39)


@pytest.mark.parametrize("row", [bid(7), outbid(7)], ids=["winning", "outbid"])
def test_a_change_above_the_cap_is_refused_before_anything_is_sent(task, row):
    task.finds(row)
    with pytest.raises(BadRequest) as caught:
        task.run(price=0.8, max_price=0.6)
    assert str(caught.value) == (
        "A bid of $0.80/h for Instance 7 (train) makes $0.81/h with storage, more than max_price $0.60/h. "
        "Its bid stays at $0.50/h."
    )


def test_the_cap_holds_for_the_bid_also_where_less_is_paid(task):
    """The on-demand price, $0.90/h, is what Vast.ai takes of it today only."""
    task.finds(bid(7))
    with pytest.raises(BadRequest, match=r"makes \$2.01/h with storage, more than max_price \$1.00/h"):
        task.run(price=2.0, max_price=1.0)


def test_a_change_up_to_the_cap(task):
    task.finds(bid(7))
    assert verbs(task.run(check_mode=True, price=0.8, max_price=0.81)) == ["bid"]


# -- gone for good


@pytest.mark.parametrize("state", ["present", "started"])
@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"duration": -5.0}, "ended", "its contract ended, and it can't run again; state: absent destroys it."),
        ({"actual_status": "offline"}, "offline", "its machine is offline; "),
    ],
    ids=["ended", "offline"],
)
def test_a_bid_that_no_price_brings_back_is_a_warning(task, state, fields, status, said):
    task.finds(bid(7, **fields))
    result = task.run(state=state, price=0.5, wait=False)
    assert (verbs(result), result["bid"]["status"]) == ([], status)
    [warning] = task.warnings
    assert warning.startswith(f"Instance 7 (train) does not run: {said}")


# -- outbid


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("state", ["present", "started"])
def test_being_outbid_is_a_warning(task, shape, state):
    task.finds(outbid(7, shape))
    result = task.run(state=state, price=0.5)
    assert (verbs(result), result["bid"]["status"], result["instance"]["bid_status"]) == ([], "outbid", "outbid")
    [warning] = task.warnings
    assert warning == (
        "Instance 7 (train) is outbid: $0.70/h wins now. Its disk bills, and it resumes by itself when it can have its "
        "GPUs again."
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_waiting_ends_when_it_is_outbid(server, task, shape):
    task.finds(bid(7, actual_status="loading"))
    server.expect("GET", LIST, lists(outbid(7, shape)))
    assert task.run(price=0.5)["bid"]["status"] == "outbid"
    assert len(task.warnings) == 1


@pytest.mark.parametrize("shape", SHAPES)
def test_a_higher_bid_brings_it_back_and_is_waited_for(server, task, shape):
    task.finds(outbid(7, shape))
    server.expect("PUT", PRICE, FINE)
    late = outbid(7, shape, dph_base=0.8)
    server.expect("GET", LIST, lists(late), times=2)
    server.expect("GET", LIST, lists(bid(7, actual_status="loading", dph_base=0.8)))
    server.expect("GET", LIST, lists(bid(7, dph_base=0.8, min_bid=0.7)))
    result = task.run(price=0.8)
    assert (verbs(result), result["bid"]["status"], task.warnings) == (["bid"], "winning", [])


@pytest.mark.parametrize("shape", SHAPES)
def test_check_mode_of_a_change_that_wins_again(task, shape):
    task.finds(outbid(7, shape))
    result = task.run(check_mode=True, price=0.8)
    assert (result["bid"]["status"], result["instance"]["bid_status"]) == ("starting", "starting")
    assert result["cost"]["running_hourly_price"] == pytest.approx(0.81)


def test_a_higher_bid_that_does_not_help_is_not_waited_for_long(server, task, clock):
    task.finds(outbid(7))
    server.expect("PUT", PRICE, FINE)
    server.expect("GET", LIST, lists(outbid(7, dph_base=0.8, min_bid=0.9)), times=11)
    start = clock.now
    assert task.run(price=0.8)["bid"]["status"] == "outbid"
    assert 55 <= clock.now - start <= 80
    assert "$0.90/h wins now" in task.warnings[0]


def test_started_with_a_higher_bid_changes_the_bid_first(server, task):
    task.finds(outbid(7))
    server.expect("PUT", PRICE, FINE).expect("PUT", SINGLE, QUEUED)
    server.expect("GET", LIST, lists(bid(7, dph_base=0.8)))
    assert verbs(task.run(state="started", price=0.8)) == ["bid", "start"]


def test_a_start_that_is_queued_is_neither_waited_for_nor_taken_back(server, task):
    """Its bid would win, so somebody who rents on demand has its GPUs."""
    task.finds(stopped(7, is_bid=True, dph_base=0.5, min_bid=0.4))
    server.expect("PUT", SINGLE, QUEUED)
    server.expect("GET", LIST, lists(outbid(7, "running", min_bid=0.4)))
    result = task.run(state="started")
    assert result["bid"]["status"] == "outbid"
    [warning] = task.warnings
    assert "does not run although its bid of $0.50/h would win: its GPUs may be rented on demand" in warning


def test_a_stopped_bid_that_is_present_is_as_it_should_be(task):
    task.finds(stopped(7, is_bid=True, dph_base=0.5, min_bid=0.4))
    result = task.run(price=0.5)
    assert (verbs(result), result["bid"]["status"], task.warnings) == ([], "stopped", [])


@pytest.mark.parametrize("shape", SHAPES)
def test_stopping_an_outbid_bid_keeps_it_from_resuming(server, task, shape):
    task.finds(outbid(7, shape))
    server.expect("PUT", SINGLE, FINE, body={"state": "stopped"}).expect("GET", LIST, lists(outbid(7)))
    result = task.run(state="stopped")
    assert (verbs(result), task.warnings) == (["stop"], [])


def test_a_reboot_may_look_like_being_outbid(server, task):
    task.finds(bid(7))
    server.expect("PUT", "/api/v0/instances/reboot/7/", FINE)
    server.expect("GET", LIST, lists(bid(7, actual_status="exited"))).expect("GET", LIST, lists(bid(7)), times=4)
    assert task.run(state="rebooted")["bid"]["status"] == "winning"
    assert task.warnings == []


def test_an_image_that_does_not_exist_is_no_lost_bid(server, task):
    task.rents(cheap())
    server.expect("PUT", ASK, says({"success": True, "new_contract": 7}))
    dud = stopped(7, is_bid=True, dph_base=0.5, min_bid=0.4, actual_status="created", status_msg="Error: no manifest")
    server.expect("GET", LIST, lists(dud))
    with pytest.raises(Failure, match="can't boot: Error: no manifest"):
        task.run(price=0.5, image="a/b")


def test_absent_needs_no_prices(server, task):
    server.expect("GET", LIST, lists(outbid(7))).expect("DELETE", SINGLE, FINE).expect("GET", SINGLE, NOWHERE)
    result = task.run(state="absent")
    assert (verbs(result), result["bid"], task.warnings) == (["destroy"], None, [])
