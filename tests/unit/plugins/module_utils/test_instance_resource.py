# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance in the hands of a task: which requests a state costs, and how it ends."""

from __future__ import annotations

import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils import _ssh
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, Failure, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_resource import (
    INSTANCE_ARGUMENTS,
    InstanceResource,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import Context
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import converge
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import (
    bid,
    instance,
    offer,
    outbid,
    stopped,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import KEY, says, says_text

LIST, SEARCH = "/api/v1/instances/", "/api/v0/bundles/"
SINGLE, ASK = "/api/v0/instances/7/", "/api/v0/asks/7/"
IMAGE = "pytorch/pytorch:latest"
FINE = says({"success": True})
NOWHERE = says({"instances": None})


def lists(*rows):
    return says({"success": True, "instances": list(rows), "total_instances": len(rows), "next_token": None})


def offers(*rows):
    return says({"offers": list(rows)})


def shows(row):
    return says({"instances": row})


class Task:
    """A task on the scripted API. ``ssh``: whether servers answer there."""

    def __init__(self, server, monkeypatch):
        self.server = server
        self.warnings = []
        self.ssh_answers = True
        monkeypatch.setattr(_ssh, "answers", lambda host, port: self.ssh_answers)

    def run(self, check_mode=False, **params):
        params.setdefault("name", "train")
        defaults = {name: option.get("default") for name, option in INSTANCE_ARGUMENTS.items()}
        given = {**defaults, "api_key": KEY, "api_url": self.server.url, "image": IMAGE, **params}
        context = Context("vast_instance", given, check_mode, self.warnings.append)
        return converge(InstanceResource(context), check_mode)

    def verbs(self, **params):
        return [action["action"] for action in self.run(**params)["actions"]]


@pytest.fixture
def task(server, clock, monkeypatch):
    return Task(server, monkeypatch)


def reachable(row):
    return {**row, "public_ipaddr": "203.0.113.7", "ports": {"22/tcp": [{"HostPort": "20000"}]}}


# -- how many requests


def test_nothing_to_do_costs_one_request(server, task):
    server.expect("GET", LIST, lists(reachable(instance(7))))
    result = task.run()
    assert (result["changed"], result["actions"]) == (False, [])
    assert result["ssh"]["command"] == "ssh -p 20000 root@203.0.113.7"


def test_nothing_to_do_by_id_costs_one_request(server, task):
    server.expect("GET", SINGLE, shows(reachable(instance(7))))
    assert task.run(id=7, name=None)["changed"] is False


def test_absent_that_is_absent_costs_one_request(server, task):
    server.expect("GET", LIST, lists())
    assert task.run(state="absent") == {
        "changed": False,
        "actions": [],
        "diff": {"before": {}, "after": {}},
        "instance": None,
        "ssh": None,
        "cost": None,
    }


def test_stopped_that_is_stopped_costs_one_request(server, task):
    server.expect("GET", LIST, lists(stopped(7)))
    assert task.verbs(state="stopped") == []


def test_rent_searches_creates_and_reads(server, task):
    server.expect("GET", LIST, lists()).expect("POST", SEARCH, offers(offer(7)))
    server.expect("PUT", ASK, says({"success": True, "new_contract": 7}))
    server.expect("GET", LIST, lists(reachable(instance(7))))
    result = task.run()
    assert result["instance"]["id"] == 7
    assert result["offer"]["id"] == 7
    assert [action["action"] for action in result["actions"]] == ["rent"]


@pytest.mark.parametrize(
    ("state", "row", "verb"),
    [
        ("present", None, "rent"),
        ("present", instance(7, image_uuid="a/b"), "update"),
        ("started", stopped(7), "start"),
        ("stopped", instance(7), "stop"),
        ("rebooted", instance(7), "reboot"),
        ("recycled", instance(7), "recycle"),
        ("absent", instance(7), "destroy"),
    ],
)
def test_check_mode_sends_no_change(server, task, state, row, verb):
    server.expect("GET", LIST, lists(*[row] if row else []))
    if verb == "rent":
        server.expect("POST", SEARCH, offers(offer(7)))
    result = task.run(check_mode=True, state=state)
    assert result["changed"] is True
    assert [action["action"] for action in result["actions"]] == [verb]


def test_check_mode_shows_the_offer_the_runners_up_and_the_price(server, task):
    server.expect("GET", LIST, lists())
    rows = [offer(number, dph_base=0.1 * number) for number in range(1, 8)]
    server.expect("POST", SEARCH, offers(*rows))
    result = task.run(check_mode=True, order=["dph_base"], disk=50)
    assert result["instance"]["status"] == "planned"
    assert result["cost"]["hourly_price"] == pytest.approx(0.11)
    assert [row["id"] for row in result["runners_up"]] == [2, 3, 4, 5]


# -- names and ids


def test_two_of_the_same_name_are_an_error_that_lists_them(server, task):
    server.expect("GET", LIST, lists(instance(7), instance(8)))
    with pytest.raises(BadRequest, match=r"2 instances are named train: 7, 8\. Say which one with id\."):
        task.run()


def test_id_that_is_gone_is_an_error(server, task):
    server.expect("GET", SINGLE, NOWHERE)
    with pytest.raises(BadRequest, match="Instance 7 does not exist"):
        task.run(id=7, name=None)


def test_id_that_is_gone_is_fine_when_it_shall_be_absent(server, task):
    server.expect("GET", SINGLE, NOWHERE)
    assert task.run(id=7, name=None, state="absent")["changed"] is False


def test_name_beside_an_id_is_the_new_label(server, task):
    server.expect("GET", SINGLE, shows(instance(7))).expect("PUT", SINGLE, FINE, body={"label": "new"})
    server.expect("GET", SINGLE, shows(instance(7, label="new")))
    assert task.run(id=7, name="new", wait_for="running")["instance"]["name"] == "new"


@pytest.mark.parametrize("name", ["", "  ", " train", "train\n", "a" * 257])
def test_name_that_could_not_be_found_again_is_refused_before_anything_is_sent(task, name):
    with pytest.raises(BadRequest, match="name "):
        task.run(name=name)


def test_no_offer_says_what_was_asked_for(server, task):
    server.expect("GET", LIST, lists()).expect("POST", SEARCH, offers())
    with pytest.raises(BadRequest, match=r"Nothing was rented for train: No offer fits .*max_price \$0\.50/h"):
        task.run(max_price=0.5)


# -- replacing


def test_replacement_destroys_and_rents(server, task):
    server.expect("GET", LIST, lists(instance(3))).expect("POST", SEARCH, offers(offer(7)))
    server.expect("DELETE", "/api/v0/instances/3/", FINE).expect("GET", "/api/v0/instances/3/", NOWHERE)
    server.expect("PUT", ASK, says({"success": True, "new_contract": 7}))
    server.expect("GET", LIST, lists(reachable(instance(7)))).expect("GET", LIST, lists(reachable(instance(7))))
    result = task.run(disk=100, force_replace=True)
    assert (result["destroyed_id"], result["instance"]["id"]) == (3, 7)


def test_replacement_without_waiting_does_not_take_the_old_one_for_a_rival(server, task):
    server.expect("GET", LIST, lists(instance(3))).expect("POST", SEARCH, offers(offer(7)))
    server.expect("DELETE", "/api/v0/instances/3/", FINE)
    server.expect("PUT", ASK, says({"success": True, "new_contract": 7}))
    server.expect("GET", LIST, lists(instance(3), instance(7)), times=2)
    assert task.run(disk=100, force_replace=True, wait=False)["instance"]["id"] == 7
    assert task.warnings == []


# -- refusals


def test_change_of_what_is_gone_does_not_say_that_it_bills(server, task):
    server.expect("GET", LIST, lists(instance(7)))
    server.expect("PUT", SINGLE, says({"success": False, "error": "no_such_instance", "msg": "No such instance"}, 404))
    with pytest.raises(Failure, match=r"No such instance \(HTTP 404, no_such_instance\)\.$"):
        task.run(state="stopped")


@pytest.mark.parametrize(("state", "method"), [("stopped", "PUT"), ("absent", "DELETE")])
def test_refused_change_says_what_exists_and_bills(server, task, state, method):
    server.expect("GET", LIST, lists(instance(7)))
    server.expect(method, SINGLE, says({"success": False, "msg": "Not now."}, 400))
    with pytest.raises(
        Failure, match=r"Not now \(HTTP 400\)\. Instance 7 \(train\) exists and bills \$\d.*/h\.$"
    ) as caught:
        task.run(state=state)
    assert not caught.value.result["changed"]
    assert caught.value.result["instance"]["id"] == 7


def test_destruction_that_nobody_waits_for_and_whose_answer_is_lost(server, task):
    server.expect("GET", LIST, lists(instance(7))).expect("DELETE", SINGLE, says_text("<html>502</html>", 502))
    with pytest.raises(
        Failure, match=r"HTTP 502 .*Instance 7 \(train\) may exist and bill: run the task again\."
    ) as caught:
        task.run(state="absent", wait=False)
    assert caught.value.result["changed"]


# -- waiting


def test_waiting_costs_one_list_per_tick(server, task, clock):
    server.expect("GET", LIST, lists(stopped(7))).expect("PUT", SINGLE, FINE, body={"state": "running"})
    rest = {"intended_status": "running"}
    server.expect("GET", LIST, lists(stopped(7, **rest))).expect(
        "GET", LIST, lists(instance(7, actual_status="loading"))
    )
    server.expect("GET", LIST, lists(reachable(instance(7))))
    assert task.verbs(state="started") == ["start"]
    assert clock.pauses == [1.0, 1.5]


def test_without_waiting_a_change_costs_one_more_read(server, task):
    server.expect("GET", LIST, lists(stopped(7))).expect("PUT", SINGLE, FINE).expect("GET", LIST, lists(instance(7)))
    assert task.verbs(state="started", wait=False) == ["start"]


def test_instance_without_ssh_is_usable_when_it_runs(server, task):
    task.ssh_answers = False
    server.expect("GET", LIST, lists(instance(7, image_runtype="args")))
    assert task.run()["ssh"] is None


def test_silent_ssh_is_waited_for_and_then_said(server, task):
    task.ssh_answers = False
    server.expect("GET", LIST, lists(reachable(instance(7))), times=4)
    with pytest.raises(
        Failure, match=r"within 3 s: it runs, but SSH does not answer at 203\.0\.113\.7:20000"
    ) as caught:
        task.run(wait_timeout=3.0)
    assert caught.value.result["instance"]["id"] == 7


def test_dud_fails_at_once_and_says_what_it_costs(server, task, clock):
    broken = instance(
        7, actual_status="loading", status_msg="Error: pull access denied", instance={"gpuCostPerHour": 0}
    )
    server.expect("GET", LIST, lists(broken))
    with pytest.raises(Failure, match=r"can't boot: Error: pull access denied\. It exists and bills \$0\.01/h now"):
        task.run()
    assert clock.pauses == []


def test_instance_that_vanishes_while_it_is_waited_for_is_said_to_be_gone(server, task):
    server.expect("GET", LIST, lists(instance(7, actual_status="loading"))).expect("GET", LIST, lists())
    server.expect("GET", SINGLE, NOWHERE)
    with pytest.raises(Failure, match=r"Instance 7 \(train\) is gone") as caught:
        task.run()
    assert caught.value.result["instance"] is None


def test_instance_that_a_lagging_list_leaves_out_is_not_gone(server, task):
    server.expect("GET", LIST, lists(instance(7, actual_status="loading"))).expect("GET", LIST, lists())
    server.expect("GET", SINGLE, shows(reachable(instance(7))))
    assert task.run()["instance"]["status"] == "running"


def test_stop_is_over_when_the_container_is_down(server, task):
    server.expect("GET", LIST, lists(instance(7))).expect("PUT", SINGLE, FINE, body={"state": "stopped"})
    server.expect("GET", LIST, lists(instance(7, intended_status="stopped"))).expect("GET", LIST, lists(stopped(7)))
    assert task.run(state="stopped")["instance"]["status"] == "exited"


def test_reboot_does_not_take_the_past_for_the_future(server, task, clock):
    server.expect("GET", LIST, lists(reachable(instance(7)))).expect("PUT", "/api/v0/instances/reboot/7/", FINE)
    server.expect("GET", LIST, lists(reachable(instance(7))), times=2)
    server.expect("GET", LIST, lists(instance(7, actual_status="exited")))
    server.expect("GET", LIST, lists(reachable(instance(7))), times=2)
    assert task.verbs(state="rebooted") == ["reboot"]
    assert sum(clock.pauses) >= 5.0


# -- a start behind another renter

QUEUED = says({"success": False, "error": "resources_unavailable", "msg": "state change queued."})
WAITING = stopped(7, intended_status="running")


def test_queued_start_is_cancelled_when_the_time_is_over(server, task):
    server.expect("GET", LIST, lists(stopped(7))).expect("PUT", SINGLE, QUEUED, body={"state": "running"})
    server.expect("GET", LIST, lists(WAITING), times=4)
    server.expect("PUT", SINGLE, FINE, body={"state": "stopped"}).expect("GET", LIST, lists(stopped(7)))
    with pytest.raises(Failure, match=r"was not freed within 3 s\. The queued start was cancelled"):
        task.run(state="started", wait_timeout=3.0)


def test_queued_start_that_comes_through_is_a_start(server, task):
    server.expect("GET", LIST, lists(stopped(7))).expect("PUT", SINGLE, QUEUED)
    server.expect("GET", LIST, lists(WAITING)).expect("GET", LIST, lists(reachable(instance(7))))
    assert task.verbs(state="started") == ["start"]


def test_queued_start_that_nobody_waits_for_is_a_warning(server, task):
    server.expect("GET", LIST, lists(stopped(7))).expect("PUT", SINGLE, QUEUED).expect("GET", LIST, lists(WAITING))
    task.run(state="started", wait=False)
    assert "the start is queued" in task.warnings[0]


# -- failures


def test_failure_after_a_step_says_what_was_done(server, task):
    server.expect("GET", LIST, lists(instance(3))).expect("POST", SEARCH, offers(offer(7)))
    server.expect("DELETE", "/api/v0/instances/3/", FINE).expect("GET", "/api/v0/instances/3/", NOWHERE)
    server.expect("PUT", ASK, says({"success": False, "error": "insufficient_credit", "msg": "no credit"}, 400))
    server.expect("GET", LIST, lists())
    with pytest.raises(Failure, match="no credit") as caught:
        task.run(disk=100, force_replace=True)
    assert [action["action"] for action in caught.value.result["actions"]] == ["destroy"]
    assert caught.value.result["destroyed_id"] == 3


def test_rent_that_can_not_be_read_back_is_a_change(server, task):
    """Something was rented and bills: a result without a change would be a lie."""
    server.expect("GET", LIST, lists()).expect("POST", SEARCH, offers(offer(7)))
    server.expect("PUT", ASK, says({"success": True, "new_contract": 7}))
    server.expect("GET", LIST, says({"success": False, "msg": "no"}, 400))
    with pytest.raises(Failure, match="Instance 7 was rented as train and bills") as caught:
        task.run()
    assert caught.value.result["changed"] is True
    assert caught.value.result["instance"] == {"id": 7}


def test_wrong_page_is_one_sentence(server, task):
    server.expect("GET", LIST, says_text("<html>x</html>", 404))
    with pytest.raises(VastError, match="an HTML page") as caught:
        task.run()
    assert len(str(caught.value).splitlines()) == 1


# -- what was not asked for


@pytest.mark.parametrize("state", ["present", "started"])
def test_bid_of_that_name_does_not_count_as_rented_on_demand(server, task, state):
    server.expect("GET", LIST, lists(bid(7)))
    with pytest.raises(BadRequest, match="its GPUs are rented for a bid and may be lost to others"):
        task.run(state=state)


def test_bid_can_be_replaced_by_force(server, task):
    server.expect("GET", LIST, lists(bid(7))).expect("POST", SEARCH, offers(offer(8)))
    result = task.run(check_mode=True, force_replace=True)
    assert [action["action"] for action in result["actions"]] == ["destroy", "rent"]


def test_bid_can_be_stopped_and_destroyed_like_any_instance(server, task):
    server.expect("GET", LIST, lists(bid(7)), times=2)
    for state, verb in (("stopped", "stop"), ("absent", "destroy")):
        result = task.run(check_mode=True, state=state)
        assert [action["action"] for action in result["actions"]] == [verb]
    server.expect("GET", LIST, lists(outbid(7)))
    assert task.verbs(state="stopped", image=None) == []


def test_offer_that_became_dearer_than_the_cap_is_given_back(server, task):
    server.expect("GET", LIST, lists()).expect("POST", SEARCH, offers(offer(7)))
    server.expect("PUT", ASK, says({"success": True, "new_contract": 7}))
    server.expect("GET", LIST, lists(instance(7, dph_total=2.5)))
    server.expect("DELETE", SINGLE, FINE).expect("GET", SINGLE, NOWHERE)
    with pytest.raises(Failure, match=r"costs \$2.50/h, more than max_price \$1.00/h, as its price rose") as caught:
        task.run(max_price=1.0)
    assert caught.value.result["destroyed_id"] == 7
    assert caught.value.result["instance"] is None


def test_price_that_can_not_be_read_is_no_price_of_nothing(server, task):
    server.expect("GET", LIST, lists()).expect("POST", SEARCH, offers(offer(7)))
    server.expect("PUT", ASK, says({"success": True, "new_contract": 7}))
    server.expect("GET", LIST, lists(instance(7, dph_total=None)))
    assert task.run(max_price=1.0, wait=False)["changed"]
    assert task.warnings[0].startswith("What Instance 7 (train) costs can't be read from Vast.ai's answer.")
