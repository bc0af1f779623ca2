# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A volume's tasks as conversations with the API: at most one is rented, whatever the answers are."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, Failure, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import Context
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import converge
from ansible_collections.cloudctl.vastai.plugins.module_utils._volume_resource import VolumeResource
from ansible_collections.cloudctl.vastai.plugins.modules.vast_volume import SPEC
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import (
    KEY,
    ScriptedServer,
    hangs_up,
    says,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.volume_rows import volume, volume_offer

GONE = {"success": False, "error": "no_such_volume", "msg": "could not find a listed volume matching id 7"}


class Task:
    """Runs the module's logic; ``warnings`` are what it warned of."""

    def __init__(self, server: ScriptedServer) -> None:
        self.server = server
        self.warnings: list[str] = []

    def run(self, check_mode: bool = False, **params: Any) -> dict[str, Any]:
        defaults = {name: option.get("default") for name, option in SPEC.argument_spec.items()}
        params = {**defaults, "api_key": KEY, "api_url": self.server.url, **params}
        context = Context("vast_volume", params, check_mode, self.warnings.append)
        return converge(VolumeResource(context), check_mode)

    def lists(self, *rows: Any, times: int = 1) -> None:
        self.server.expect("GET", "/api/v0/volumes", says({"volumes": list(rows)}), times=times)

    def finds(self, *rows: Any) -> None:
        self.server.expect("POST", "/api/v0/volumes/search/", says({"offers": list(rows)}))

    def rents(self, play: Any, offer: int = 7) -> None:
        body = {"id": offer, "size": 200, "name": "models"}
        self.server.expect("PUT", "/api/v0/volumes/", play, body=body)


@pytest.fixture
def task(server: ScriptedServer, client: VastClient) -> Task:
    return Task(server)


def test_renting(task: Task) -> None:
    task.lists()
    task.finds(volume_offer())
    task.rents(says({"success": True, "volume_name": "models", "volume_id": 7}))
    task.lists(volume())
    result = task.run(name="models", size=200)
    assert result["changed"]
    assert (result["volume"]["vol_id"], result["offer"]["id"]) == ("vol-7", 7)
    assert result["mount"]["docker_option"] == "-v models:/data"


def test_check_mode_only_reads(task: Task) -> None:
    task.lists()
    task.finds(volume_offer(storage_cost=0.1), volume_offer(8, storage_cost=0.2))
    result = task.run(check_mode=True, name="models", size=200)
    assert (result["changed"], result["volume"]["id"], result["volume"]["status"]) == (True, None, "planned")
    assert result["cost"]["monthly_price"] == result["volume"]["monthly_price"] == 20.0
    assert [offer["id"] for offer in result["runners_up"]] == [8]


def test_what_exists_costs_one_request(task: Task) -> None:
    task.lists(volume())
    assert not task.run(name="models", size=200)["changed"]


def test_by_id(task: Task) -> None:
    task.lists(volume(8), volume())
    assert task.run(id="vol-7")["volume"]["id"] == 7


def test_an_id_that_is_gone(task: Task) -> None:
    task.lists(volume(8), times=2)
    assert not task.run(id="V.7", state="absent")["changed"]
    with pytest.raises(BadRequest, match="Volume 7 does not exist"):
        task.run(id="7")


def test_a_name_that_several_have(task: Task) -> None:
    task.lists(volume(8), volume())
    with pytest.raises(BadRequest, match="2 volumes are named models: vol-7, vol-8"):
        task.run(name="models")


@pytest.mark.parametrize("play", [says({}, status=504), hangs_up, says({"success": True}), says({"success": False})])
def test_an_answer_that_leaves_it_open_is_settled_by_the_list(task: Task, play: Any) -> None:
    task.lists()
    task.finds(volume_offer())
    task.rents(play)
    task.lists(volume())
    assert task.run(name="models", size=200)["volume"]["id"] == 7


def test_an_offer_that_vanished_is_followed_by_the_next(task: Task) -> None:
    task.lists()
    task.finds(volume_offer(7), volume_offer(8))
    task.rents(says(GONE, status=404))
    task.rents(says({"success": True, "volume_id": 8}), offer=8)
    task.lists(volume(8))
    assert task.run(name="models", size=200)["volume"]["id"] == 8


def test_the_one_offer_that_was_asked_for_has_no_next(task: Task) -> None:
    task.lists()
    task.finds(volume_offer(7))
    task.rents(says(GONE, status=404))
    with pytest.raises(VastError, match="the offer went away"):
        task.run(name="models", size=200, offer_id=7)


def test_of_two_controllers_that_rent_at_once_the_lower_id_stays(task: Task, server: ScriptedServer) -> None:
    task.lists()
    task.finds(volume_offer())
    task.rents(says({"success": True, "volume_id": 7}))
    task.lists(volume(6), volume(7))
    server.expect("DELETE", "/api/v0/volumes/", says({"success": True}), query={"id": "7"})
    task.lists(volume(6))
    assert task.run(name="models", size=200)["volume"]["id"] == 6
    assert "its volume 6 stays" in task.warnings[0]


def test_a_price_that_rose_meanwhile_is_not_paid(task: Task, server: ScriptedServer) -> None:
    task.lists()
    task.finds(volume_offer())
    task.rents(says({"success": True, "volume_id": 7}))
    task.lists(volume(storage_total_cost=0.055556))
    server.expect("DELETE", "/api/v0/volumes/", says({"success": True}), query={"id": "7"})
    task.lists()
    with pytest.raises(
        Failure, match=r"costs \$40\.00/month now, more than max_monthly_price \$20\.00\. It was"
    ) as error:
        task.run(name="models", size=200, max_monthly_price=20)
    assert error.value.result["volume"] is None


def test_nothing_is_on_offer(task: Task) -> None:
    task.lists()
    task.finds(volume_offer(disk_space=100))
    with pytest.raises(BadRequest, match=r"No host offers a volume of 200 GB .* max_monthly_price \$9\.00"):
        task.run(name="models", size=200, max_monthly_price=9)


def test_destroying_one_that_is_in_use(task: Task, server: ScriptedServer) -> None:
    task.lists(volume(instances=[4242]))
    server.expect("GET", "/api/v0/instances/4242/", says({"instances": {"id": 4242, "label": "trainer"}}))
    with pytest.raises(BadRequest, match=r"is attached to instance 4242 \(trainer\)"):
        task.run(name="models", state="absent")


def test_destroying_one_whose_instance_is_just_gone(task: Task, server: ScriptedServer) -> None:
    task.lists(volume(instances=[4242]))
    server.expect("GET", "/api/v0/instances/4242/", says({"instances": None}))
    task.lists(volume(instances=[4242]))
    task.lists(volume())
    server.expect("DELETE", "/api/v0/volumes/", says({"success": True}), query={"id": "7"})
    task.lists()
    result = task.run(name="models", state="absent")
    assert (result["changed"], result["volume"], result["destroyed_id"]) == (True, None, 7)


def test_replacing_destroys_first(task: Task, server: ScriptedServer) -> None:
    task.lists(volume(disk_space=100.0))
    task.finds(volume_offer())
    server.expect("DELETE", "/api/v0/volumes/", says({"success": True}), query={"id": "7"})
    task.lists()
    task.rents(says({"success": True, "volume_id": 8}))
    task.lists(volume(8))
    result = task.run(name="models", size=200, force_replace=True)
    assert [step["action"] for step in result["actions"]] == ["destroy", "rent"]
    assert (result["destroyed_id"], result["volume"]["id"]) == (7, 8)


@pytest.mark.parametrize(
    ("params", "complaint"),
    [
        ({"name": "a-b"}, "use a_b"),
        ({"id": "abc"}, "no volume id"),
        ({"name": "a", "size": 0}, "1 GB or more"),
        ({"name": "a", "machine_id": 0}, "machine_id"),
        ({"name": "a", "wait_timeout": float("nan")}, "wait_timeout"),
        ({"id": "7", "force_replace": True}, "force_replace needs the volume's name"),
    ],
)
def test_mistakes_send_nothing(task: Task, params: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint):
        task.run(**params)
