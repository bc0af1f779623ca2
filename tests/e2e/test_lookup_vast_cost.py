# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup of costs, in plays against the marketplace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from vast_emulator.process import Emulator

LOOKUP = "'cloudctl.vastai.vast_cost'"


@pytest.fixture(scope="module")
def marketplace() -> Iterator[Emulator]:
    """Its clock stands still: what accrues changes when the test says so."""
    with Emulator(seed=7, speed=0) as emulator:
        yield emulator


def cost(ansible: Any, *terms: str, options: str = "", **keywords: Any) -> list[dict[str, Any]]:
    """What ``query`` returns; terms and options are Jinja expressions."""
    arguments = ", ".join([LOOKUP, *terms, *filter(None, [options])])
    return ansible.evaluate(f"query({arguments})", **keywords)


def complaint(ansible: Any, *terms: str, options: str = "", **keywords: Any) -> str:
    """What a task says whose lookup failed, in one line without a traceback."""
    arguments = ", ".join([LOOKUP, *terms, *filter(None, [options])])
    tasks = [{"ansible.builtin.debug": {"msg": "{{ query(" + arguments + ") }}"}}]
    done = ansible.play(tasks, **keywords)
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


# Instances


def test_an_instance_by_name(any_ansible: Any, emulator: Emulator, rent: Any) -> None:
    instance = rent("trainer")
    rent("other")
    row = emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]
    emulator.forget_requests()
    [found] = cost(any_ansible, "'trainer'")
    assert emulator.count() == 1
    assert (found["provider"], found["type"], found["id"], found["name"]) == ("vast", "ai", instance, "trainer")
    assert (found["status"], found["gpu_name"], found["disk_gb"]) == ("running", row["gpu_name"], 10.0)
    assert found["hourly_price"] == pytest.approx(row["dph_total"], abs=1e-6)
    assert found["monthly_price"] == pytest.approx(row["dph_total"] * 720, abs=1e-3)
    assert found["storage_price_per_gb_month"] == row["storage_cost"]
    assert found["upload_price_per_gb"] == row["inet_up_cost"]
    assert found["download_price_per_gb"] == row["inet_down_cost"]


def test_instances_by_id(ansible: Any, emulator: Emulator, rent: Any) -> None:
    first, second, _third = rent("a"), rent("b"), rent("c")
    assert [one["name"] for one in cost(ansible, str(first))] == ["a"]
    assert [one["name"] for one in cost(ansible, f"[{second}, '{first}', 'a']")] == ["a", "b"], "each once"
    assert emulator.count() == 2


def test_all_instances(ansible: Any, emulator: Emulator, rent: Any) -> None:
    assert cost(ansible) == []
    wanted = [rent("a"), rent("b"), rent("c")]
    assert [one["id"] for one in cost(ansible)] == wanted
    assert emulator.count() == 2, "instances, and volumes"


def test_a_name_of_several_instances_gives_all(ansible: Any, rent: Any) -> None:
    wanted = [rent("trainer"), rent("trainer")]
    assert [one["id"] for one in cost(ansible, "'trainer'")] == wanted


def test_a_name_that_is_a_number(ansible: Any, rent: Any) -> None:
    instance = rent("2026")
    assert [one["id"] for one in cost(ansible, "'2026'")] == [instance]
    assert [one["id"] for one in cost(ansible, f"['2026', '{instance}']")] == [instance]


def test_a_stopped_instance_accrues_storage_only(ansible: Any, emulator: Emulator, rent: Any) -> None:
    instance = rent("trainer")
    emulator.api("PUT", f"/api/v0/instances/{instance}/", {"state": "stopped"})
    emulator.advance(600)
    [found] = cost(ansible, "'trainer'")
    assert found["gpu_hourly_price"] == 0
    assert 0 < found["hourly_price"] == found["storage_hourly_price"] < found["running_hourly_price"]


# Volumes


@pytest.fixture
def volume(emulator: Emulator) -> Callable[..., int]:
    """``volume("models", 100)`` rents so many GB and returns the volume's id."""

    def create(name: str, size: int) -> int:
        query = {"allocated_storage": size, "order": [["storage_cost", "asc"]], "limit": 1}
        [offer] = emulator.api("POST", "/api/v0/volumes/search/", query)["offers"]
        answer = emulator.api("PUT", "/api/v0/volumes/", {"id": offer["id"], "size": size, "name": name})
        emulator.forget_requests()
        return answer["volume_id"]

    return create


def test_a_volume(any_ansible: Any, emulator: Emulator, volume: Any) -> None:
    number = volume("models", 100)
    [row] = emulator.api("GET", "/api/v0/volumes?owner=me&type=all_volume")["volumes"]
    emulator.forget_requests()
    [found] = cost(any_ansible, "'models'")
    assert emulator.count() == 2, "instances first"
    assert (found["provider"], found["type"], found["id"], found["name"]) == ("vast", "storage", number, "models")
    assert (found["size_gb"], found["disk_gb"], found["machine_id"]) == (100, 100, row["machine_id"])
    assert (found["gpu_name"], found["num_gpus"], found["gpu_hourly_price"]) == (None, None, 0)
    assert 0 < found["hourly_price"] == found["storage_hourly_price"] == found["running_hourly_price"]
    assert found["monthly_price"] == pytest.approx(found["storage_price_per_gb_month"] * 100, abs=1e-4)


def test_volumes_by_id(ansible: Any, rent: Any, volume: Any) -> None:
    first, second = volume("a", 10), volume("b", 20)
    instance = rent("trainer")
    found = cost(ansible, f"['V.{second}', 'trainer', 'vol-{first}', 'a', {first}]")
    assert [(one["type"], one["id"]) for one in found] == [("ai", instance), ("storage", first), ("storage", second)]


def test_everything(ansible: Any, rent: Any, volume: Any) -> None:
    number, instance = volume("models", 10), rent("trainer")
    found = cost(ansible)
    assert [(one["type"], one["id"]) for one in found] == [("ai", instance), ("storage", number)]


def test_a_name_of_both_means_the_instance(ansible: Any, emulator: Emulator, rent: Any, volume: Any) -> None:
    number, instance = volume("trainer", 10), rent("trainer")
    emulator.forget_requests()
    assert [one["id"] for one in cost(ansible, "'trainer'")] == [instance]
    assert emulator.count() == 1
    assert [one["id"] for one in cost(ansible, f"'vol-{number}'")] == [number]


@pytest.mark.parametrize("term", ["'vol-999'", "'nobody'", "999", "['trainer', 'nobody']", "''", "none"])
def test_an_unknown_name_is_an_error(ansible: Any, rent: Any, term: str) -> None:
    rent("trainer")
    rent()
    assert "There is no instance or volume with the name or ID" in complaint(ansible, term)


def test_lookup_and_query(any_ansible: Any, rent: Any) -> None:
    """Pitfall: ``lookup`` gives a scalar for one result, and a list for several that are no text."""
    rent("a")
    assert any_ansible.evaluate(f"lookup({LOOKUP}, 'a').name") == "a"
    rent("b")
    assert any_ansible.evaluate(f"lookup({LOOKUP}) | map(attribute='name')") == ["a", "b"]
    assert any_ansible.evaluate(f"query({LOOKUP}) | sum(attribute='hourly_price') > 0") is True


def test_the_sum_is_what_the_module_says(ansible: Any, rent: Any) -> None:
    rent("a")
    rent("b")
    tasks = [
        {"cloudctl.vastai.vast_instance_info": {}, "register": "rented"},
        {
            "ansible.builtin.assert": {
                "that": f"(query({LOOKUP}) | sum(attribute='hourly_price') - rented.cost.hourly_price) | abs < 0.00001"
            }
        },
    ]
    done = ansible.play(tasks)
    assert done.returncode == 0, done.stdout


# Offers


def test_an_offer_before_it_is_rented(ansible: Any, emulator: Emulator, offers: Any, rent: Any) -> None:
    offer = offers[0]
    [found] = cost(ansible, options=f"offer={offer['id']}, disk=50")
    assert (found["type"], found["id"], found["machine_id"]) == ("offer", offer["id"], offer["machine_id"])
    assert (found["disk_gb"], found["name"]) == (50.0, None)
    instance = rent("trainer", offer_id=offer["id"], disk=50)
    [rented] = cost(ansible, str(instance))
    for price in ("hourly_price", "monthly_price", "storage_hourly_price", "upload_price_per_gb"):
        assert found[price] == pytest.approx(rented[price], abs=1e-5)


def test_the_best_offer_of_a_query(ansible: Any, emulator: Emulator) -> None:
    text = "offer='num_gpus=2 reliability>0.9', order=['dph_total']"
    mapping = "offer={'num_gpus': 2, 'reliability': '>0.9'}, order='dph_total'"
    emulator.forget_requests()
    by_text, by_mapping = cost(ansible, options=text), cost(ansible, options=mapping)
    assert by_text == by_mapping
    assert by_text[0]["num_gpus"] == 2
    assert emulator.count("POST", "/api/v0/bundles/") == emulator.count() == 2


@pytest.mark.parametrize(
    ("terms", "options", "said"),
    [
        ([], "offer=1", "There is no offer 1 any more"),
        ([], "offer='num_gpus=99'", "No offer meets"),
        ([], "offer='num_gpsu=1'", "num_gpsu"),
        (["'trainer'"], "offer=1", "either offer or trainer"),
    ],
)
def test_offers_that_are_none(ansible: Any, terms: list[str], options: str, said: str) -> None:
    assert said in complaint(ansible, *terms, options=options)


# Options


def test_variables_may_be_templates(any_ansible: Any, emulator: Emulator, rent: Any) -> None:
    """Pitfall: options of a lookup that come from variables arrive as they were written."""
    rent("trainer")
    del any_ansible.environment["VAST_API_KEY"], any_ansible.environment["VAST_URL"]
    variables = {
        "secret": emulator.api_key,
        "vast_api_key": "{{ secret }}",
        "port": emulator.url.rpartition(":")[2],
        "vast_api_url": "http://127.0.0.1:{{ port }}",
    }
    assert [one["name"] for one in cost(any_ansible, vars=variables)] == ["trainer"]


def test_arguments_are_not_resolved_twice(any_ansible: Any) -> None:
    proof = any_ansible.folder / "proof"
    key = "{{ lookup('pipe', 'touch " + str(proof) + "') }}"
    any_ansible.write("key", key)
    file = any_ansible.folder / "key"
    said = complaint(any_ansible, options=f"api_key=lookup('ansible.builtin.file', '{file}')")
    assert "VAST_API_KEY" in said
    assert not proof.exists()


def test_a_label_is_never_run_as_a_template(any_ansible: Any, rent: Any) -> None:
    proof = any_ansible.folder / "proof"
    label = "{{ lookup('pipe', 'touch " + str(proof) + "') }}"
    rent(label)
    tasks = [
        {"ansible.builtin.debug": {"msg": "{{ item.name }}"}, "loop": f"{{{{ query({LOOKUP}) }}}}"},
        {"ansible.builtin.set_fact": {"kept": f"{{{{ query({LOOKUP}) | map(attribute='name') | first }}}}"}},
        {"ansible.builtin.debug": {"msg": "{{ kept }} {{ costs.name }}"}},
        {"ansible.builtin.debug": {"msg": "{{ item.name }}"}, "with_cloudctl.vastai.vast_cost": []},
    ]
    done = any_ansible.play(tasks, vars={"costs": f"{{{{ lookup({LOOKUP}) }}}}"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert not proof.exists()


# Failures


def test_a_wrong_key(ansible: Any) -> None:
    said = complaint(ansible, options=f"api_key='{'f' * 64}'")
    assert "VAST_API_KEY" in said
    assert "f" * 64 not in said.replace(f"api_key='{'f' * 64}'", "")


def test_an_address_where_nothing_answers(ansible: Any) -> None:
    assert "can't be reached" in complaint(ansible, options="api_url='http://127.0.0.1:9', api_retry_timeout=0")


def test_without_any_key(ansible: Any, emulator: Emulator) -> None:
    del ansible.environment["VAST_API_KEY"]
    ansible.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    assert "No Vast.ai API key was found" in complaint(ansible)
    assert emulator.count() == 0
