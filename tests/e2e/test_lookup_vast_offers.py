# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup of offers, in plays against the marketplace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from vast_emulator.process import Emulator

LOOKUP = "'cloudctl.vastai.vast_offers'"
SEARCH = ("POST", "/api/v0/bundles/")


@pytest.fixture(scope="module")
def marketplace() -> Iterator[Emulator]:
    """Its clock stands still, so that every search finds the same."""
    with Emulator(seed=7, speed=0) as emulator:
        yield emulator


def call(arguments: str) -> str:
    return f"query({', '.join(filter(None, [LOOKUP, arguments]))})"


def offers(ansible: Any, arguments: str = "", **keywords: Any) -> list[dict[str, Any]]:
    """What ``query`` returns; the arguments are Jinja expressions."""
    return ansible.evaluate(call(arguments), **keywords)


def complaint(ansible: Any, arguments: str) -> str:
    """What a task says whose lookup failed, in one line without a traceback."""
    done = ansible.play([{"ansible.builtin.debug": {"msg": "{{ " + call(arguments) + " }}"}}])
    assert done.returncode == 2
    assert "Traceback" not in done.stdout + done.stderr
    return " ".join((done.stdout + done.stderr).split())


def test_the_lookup_and_the_module_tell_the_same(any_ansible: Any, emulator: Emulator) -> None:
    asked = {"filters": "num_gpus<=2 reliability>0.9", "order": ["dph_total"], "limit": 5, "storage": 50}
    tasks = [
        {"cloudctl.vastai.vast_offer_info": asked, "register": "found"},
        {"ansible.builtin.assert": {"that": "found.offers == offers"}},
    ]
    options = "'num_gpus<=2 reliability>0.9', order=['dph_total'], limit=5, storage=50"
    done = any_ansible.play(tasks, vars={"offers": "{{ " + call(options) + " }}"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert emulator.count(*SEARCH) == emulator.count() == 2


def test_all_ways_to_say_the_conditions(ansible: Any, emulator: Emulator) -> None:
    ways = [
        "'num_gpus=2 reliability>0.9', limit=3",
        "'num_gpus=2', 'reliability>0.9', limit=3",
        "['num_gpus=2', 'reliability>0.9'], limit=3",
        "{'num_gpus': 2, 'reliability': '>0.9'}, limit=3",
        "filters='num_gpus=2 reliability>0.9', limit=3",
        "'', filters={'num_gpus': 2, 'reliability': {'gt': 0.9}}, limit=3",
    ]
    found = ansible.evaluate("[" + ", ".join(map(call, ways)) + "]")
    assert len(found[0]) == 3
    assert all(one == found[0] for one in found)
    assert {offer["num_gpus"] for offer in found[0]} == {2}
    assert emulator.count(*SEARCH) == len(ways)


def test_nothing_said_is_everything_best_first(ansible: Any) -> None:
    found = offers(ansible)
    scores = [offer["score"] for offer in found]
    assert len(found) > 30
    assert scores == sorted(scores, reverse=True)


def test_options(ansible: Any) -> None:
    [machine] = offers(ansible, "machine_id=123456, storage=50")
    assert (machine["id"], machine["cost"]["hourly_price"]) == (machine["id"], 0.8)
    [bid] = offers(ansible, "machine_id=789012, type='bid', storage=50")
    assert (bid["is_bid"], bid["cost"]["gpu_hourly_price"], bid["min_bid_price"]) == (True, 0.4, 0.4)
    assert offers(ansible, f"offer_id={machine['id']}, max_price=0.5") == []
    assert {offer["country"] for offer in offers(ansible, "region='SE'")} == {"SE"}
    assert {offer["country"] for offer in offers(ansible, "regions=['SE', 'CA']")} == {"SE", "CA"}
    prices = [offer["cost"]["hourly_price"] for offer in offers(ansible, "max_price=0.4, order='dph_total,score-'")]
    assert prices == sorted(prices)
    assert max(prices) <= 0.4


def test_lookup_and_query(any_ansible: Any) -> None:
    """Pitfall: ``lookup`` gives a scalar for one result, and a list for several that are no text."""
    assert any_ansible.evaluate(f"lookup({LOOKUP}, 'num_gpus=1', limit=1).num_gpus") == 1
    assert any_ansible.evaluate(f"lookup({LOOKUP}, limit=2) | length") == 2
    assert any_ansible.evaluate(f"query({LOOKUP}, 'num_gpus=99')") == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("'gpu_nam=RTX_4090'", "the nearest known one is gpu_name"),
        ("'num_gpus=1', filters='num_gpus=1'", "as its terms or as filters, not both"),
        ("{'num_gpus': 1}, 'num_gpus=1'", "one dictionary, or any number of texts"),
        ("type='spot'", "on-demand"),
        ("max_price=0", "above 0"),
        ("region='Atlantis'", "is no region or country"),
        ("limit='many'", "limit"),
    ],
)
def test_mistakes(ansible: Any, emulator: Emulator, arguments: str, said: str) -> None:
    assert said in complaint(ansible, arguments)
    assert emulator.count() == 0


def test_variables_may_be_templates(any_ansible: Any, emulator: Emulator) -> None:
    """Pitfall: options of a lookup that come from variables arrive as they were written."""
    del any_ansible.environment["VAST_API_KEY"], any_ansible.environment["VAST_URL"]
    variables = {
        "secret": emulator.api_key,
        "vast_api_key": "{{ secret }}",
        "port": emulator.url.rpartition(":")[2],
        "vast_api_url": "http://127.0.0.1:{{ port }}",
        "wanted": "num_gpus={{ 1 + 1 }}",
    }
    assert offers(any_ansible, "wanted, limit=1", vars=variables)[0]["num_gpus"] == 2


def test_text_of_offers_is_never_run_as_a_template(any_ansible: Any) -> None:
    """A search through a server that says what it likes."""
    proof = any_ansible.folder / "proof"
    hostile = "{{ lookup('pipe', 'touch " + str(proof) + "') }}"
    row = {"id": 1, "ask_contract_id": 1, "machine_id": 7, "geolocation": f"{hostile}, SE", "gpu_name": hostile}
    row |= {"verification": "verified", "external": False, "rentable": True, "rented": False, "dph_base": 1.0}
    with Emulator(seed=7, speed=0, machines=1, ssh="off") as emulator:
        emulator.fault(*SEARCH, status=200, times=100, body={"offers": [row]})
        any_ansible.environment |= {"VAST_URL": emulator.url, "VAST_API_KEY": emulator.api_key}
        tasks = [
            {"ansible.builtin.debug": {"msg": "{{ item.gpu_name }}"}, "loop": "{{ " + call("") + " }}"},
            {"ansible.builtin.set_fact": {"kept": "{{ (" + call("") + " | first).geolocation }}"}},
            {"ansible.builtin.debug": {"msg": "{{ kept }} {{ best.gpu_name }}"}},
        ]
        done = any_ansible.play(tasks, vars={"best": f"{{{{ lookup({LOOKUP}) }}}}"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert not proof.exists()


def test_an_offer_can_be_rented_inside_a_variable(ansible: Any, emulator: Emulator) -> None:
    rent = {"name": "picked", "image": "a/b", "offer_id": "{{ best.id }}", "wait": False}
    best = call("'num_gpus=1', order='dph_total', limit=1") + " | first"
    done = ansible.play([{"cloudctl.vastai.vast_instance": rent}], vars={"best": "{{ " + best + " }}"})
    assert done.returncode == 0, done.stdout + done.stderr
    assert emulator.count("PUT", "/api/v0/asks/{id}/", 200) == 1


def test_a_wrong_key_is_not_shown(ansible: Any, tmp_path: Any) -> None:
    (tmp_path / "key").write_text("f" * 64)
    said = complaint(ansible, f"api_key=lookup('ansible.builtin.file', '{tmp_path / 'key'}')")
    assert "VAST_API_KEY" in said
    assert "f" * 64 not in said
