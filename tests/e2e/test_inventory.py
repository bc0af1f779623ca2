# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inventory plugin, through ansible-inventory, against the marketplace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator

LIST = ("GET", "/api/v1/instances/")


@pytest.fixture(scope="module")
def marketplace() -> Iterator[Emulator]:
    """Its clock stands still: an instance runs when the test says so."""
    with Emulator(seed=7, speed=0) as emulator:
        yield emulator


# What is listed


def test_running_instances_with_their_address_and_cost(ansible: Any, emulator: Emulator, rent: Any) -> None:
    instance = rent("trainer")
    rent("not-yet", running=False)
    inventory = ansible.inventory()
    assert inventory["vast"]["hosts"] == ["trainer"]
    host = inventory["_meta"]["hostvars"]["trainer"]
    row = emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]
    assert host["vast_id"] == instance
    assert host["vast_name"] == "trainer"
    assert host["vast_status"] == "running"
    assert host["vast_gpu_name"] == row["gpu_name"]
    assert host["vast_hourly_price"] == pytest.approx(row["dph_total"], abs=1e-6)
    assert host["vast_cost"]["monthly_price"] == pytest.approx(row["dph_total"] * 720, abs=1e-3)
    assert host["ansible_host"] == row["public_ipaddr"].strip()
    assert host["ansible_port"] == int(row["ports"]["22/tcp"][0]["HostPort"])
    assert host["ansible_user"] == "root"


def test_one_request_lists_up_to_25_instances(ansible: Any, emulator: Emulator, rent: Any) -> None:
    for number in range(3):
        rent(f"trainer-{number}")
    assert len(ansible.hosts()) == 3
    assert emulator.count() == 1
    assert emulator.count(*LIST) == 1


def test_more_instances_than_fit_on_a_page(ansible: Any, emulator: Emulator) -> None:
    rented = _rent_many(emulator, 27)
    assert {host["vast_id"] for host in ansible.hosts().values()} == rented
    assert emulator.count() == 2


def _rent_many(emulator: Emulator, count: int) -> set[int]:
    rented: set[int] = set()
    offers = [offer["id"] for machine in emulator.market()["machines"] for offer in machine["offers"]]
    body = {"client_id": "me", "image": "x", "disk": 8, "runtype": "ssh_direc ssh_proxy", "label": "same"}
    while len(rented) < count:
        answer = emulator.api("PUT", f"/api/v0/asks/{offers.pop()}/", body)
        rented |= {answer["new_contract"]} if answer.get("success") else set()
    emulator.advance(900)
    emulator.forget_requests()
    return rented


def test_other_statuses(ansible: Any, emulator: Emulator, rent: Any) -> None:
    stopped = rent("stopped")
    emulator.api("PUT", f"/api/v0/instances/{stopped}/", {"state": "stopped"})
    emulator.advance(600)
    rent("trainer")
    rent("creating", running=False)
    assert set(ansible.hosts(statuses=["all"])) == {"stopped", "trainer", "creating"}
    assert set(ansible.hosts(statuses=["creating"])) == {"creating"}
    hosts = ansible.hosts(statuses=["exited", "stopped", "creating"])
    assert set(hosts) == {"stopped", "creating"}
    assert hosts["creating"]["vast_status"] == "creating"


def test_awx_can_tell_hosts_that_run_by_a_boolean(ansible: Any, rent: Any) -> None:
    """Pitfall: AWX compares ``str(value)``, and marked text is printed as a dictionary."""
    rent("trainer")
    rent("creating", running=False)
    listing = json.loads(ansible.list_inventory(statuses=["all"]).stdout)["_meta"]["hostvars"]
    assert {name: host["vast_running"] for name, host in listing.items()} == {"trainer": True, "creating": False}
    assert isinstance(listing["trainer"]["vast_id"], int)
    assert isinstance(listing["trainer"]["vast_hourly_price"], float)


def test_bids_and_on_demand_alike(any_ansible: Any, emulator: Emulator, rent: Any) -> None:
    rent("on-demand")
    rent("wins", price=20.0)
    lost = rent("lost", price=20.0)
    emulator.outbid(lost)
    emulator.forget_requests()
    hosts = any_ansible.hosts(statuses=["all"])
    assert emulator.count() == emulator.count(*LIST) == 1
    stand = {name: (host["vast_is_bid"], host["vast_bid_status"]) for name, host in hosts.items()}
    assert stand == {"on-demand": (False, None), "wins": (True, "winning"), "lost": (True, "outbid")}
    assert hosts["lost"]["vast_cost"]["gpu_hourly_price"] == 0
    assert set(any_ansible.hosts()) == {"on-demand", "wins"}, "what is outbid does not run"


@pytest.mark.parametrize("shape", ["stopped", "running"])
def test_groups_by_how_bids_stand(ansible: Any, emulator: Emulator, rent: Any, shape: str) -> None:
    emulator.settings(outbid_shape=shape)
    rent("on-demand")
    emulator.outbid(rent("lost", price=20.0))
    rent("starts", price=20.0, running=False)
    inventory = ansible.inventory(
        statuses=["all"],
        include_filters=["vast_is_bid"],
        keyed_groups=[{"key": "vast_bid_status", "prefix": "bid"}],
        strict=True,
    )
    assert inventory["bid_outbid"]["hosts"] == ["lost"]
    assert inventory["bid_starting"]["hosts"] == ["starts"]
    assert set(inventory["vast"]["hosts"]) == {"lost", "starts"}


def test_ports_and_volumes(any_ansible: Any, emulator: Emulator, rent: Any, offers: Any) -> None:
    space = emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": offers[0]["machine_id"]}})
    volume = {"id": space["offers"][0]["id"], "size": 15, "name": "models"}
    number = emulator.api("PUT", "/api/v0/volumes/", volume)["volume_id"]
    instance = rent("web", env={"-p 8080:8080": "1", "-p 5353:53/udp": "1", f"-v V.{number}:/data": "1"})
    ports = emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]["ports"]
    host = any_ansible.hosts(
        strict=True, compose={"web": "vast_ports['8080/tcp'].host ~ ':' ~ vast_ports['8080/tcp'].port"}
    )["web"]
    assert set(host["vast_ports"]) == {"22/tcp", "8080/tcp", "53/udp"}
    outside = int(ports["8080/tcp"][0]["HostPort"])
    assert host["vast_ports"]["8080/tcp"] == {"host": "127.0.0.1", "port": outside}
    assert host["web"] == f"127.0.0.1:{outside}"
    assert host["vast_volumes"] == [{"id": number, "name": "models", "mount_path": "/data"}]
    emulator.api("PUT", f"/api/v0/instances/{instance}/", {"state": "stopped"})
    emulator.advance(60)
    assert any_ansible.hosts(statuses=["all"])["web"]["vast_ports"] == {}


def test_the_api_filters(ansible: Any, emulator: Emulator, rent: Any) -> None:
    rent("a")
    machine = next(iter(ansible.hosts().values()))["vast_machine_id"]
    rent("b")
    assert set(ansible.hosts(filters={"label": ["b", "c"]})) == {"b"}
    assert set(ansible.hosts(filters={"machine_id": {"eq": machine}})) == {"a"}
    assert ansible.hosts(filters={"label": "none"}) == {}


def test_conditions_on_host_variables(any_ansible: Any, rent: Any) -> None:
    """Pitfall: the old way to write a condition loses trust since ansible-core 2.19."""
    rent("train-1")
    rent("train-2")
    rent("web")
    include = ["vast_name.startswith('train')", "vast_name == 'nothing'"]
    assert set(any_ansible.hosts(include_filters=include)) == {"train-1", "train-2"}
    assert set(any_ansible.hosts(exclude_filters=["vast_name is match('train')"])) == {"web"}
    assert set(any_ansible.hosts(include_filters=include, exclude_filters=["vast_name == 'train-2'"])) == {"train-1"}


def test_a_condition_that_can_not_be_decided_fails_the_source(any_ansible: Any, rent: Any) -> None:
    rent("trainer")
    done = any_ansible.list_inventory(exclude_filters=["vast_nmae == 'trainer'"])
    assert done.returncode != 0
    assert "vast_nmae" in done.stderr
    assert "can't be decided" in done.stderr


@pytest.mark.parametrize("connect_with", ["auto", "direct", "proxy"])
def test_ways_to_connect(ansible: Any, emulator: Emulator, rent: Any, connect_with: str) -> None:
    instance = rent("trainer")
    row = emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]
    port = row["ssh_port"] if connect_with == "proxy" else int(row["ports"]["22/tcp"][0]["HostPort"])
    assert ansible.hosts(connect_with=connect_with)["trainer"]["ansible_port"] == port


def test_an_instance_without_an_address_is_never_reached_by_its_label(ansible: Any, rent: Any) -> None:
    rent("db1.example.com", runtype="args")
    host = ansible.hosts()["db1.example.com"]
    assert host["ansible_host"].endswith(".invalid")
    assert host["vast_ssh"] is None


def test_variables_of_a_host_have_the_prefix(any_ansible: Any, rent: Any) -> None:
    """Pitfall: names such as ``name``, ``port`` or ``environment`` mean something to Ansible."""
    rent("trainer")
    done = any_ansible.list_inventory()
    assert "reserved" not in done.stderr.lower()
    host = json.loads(done.stdout)["_meta"]["hostvars"]["trainer"]
    own = {name for name in host if not name.startswith("vast_")}
    assert own == {"ansible_host", "ansible_port", "ansible_user"}


def test_the_inventory_and_the_module_tell_the_same(ansible: Any, rent: Any) -> None:
    rent("trainer")
    host = ansible.hosts()["trainer"]
    told = ansible.folder / "instances.json"
    tasks = [
        {"cloudctl.vastai.vast_instance_info": {}, "register": "rented"},
        {"ansible.builtin.copy": {"dest": str(told), "content": "{{ rented.instances | to_json }}", "mode": "0600"}},
    ]
    done = ansible.play(tasks)
    assert done.returncode == 0, done.stdout
    [instance] = json.loads(told.read_text())
    assert {f"vast_{name}": value for name, value in instance.items()} == {
        name: value for name, value in host.items() if name.startswith("vast_")
    }


# Names


def test_instances_of_one_name_are_never_merged(ansible: Any, rent: Any) -> None:
    first, second, alone = rent("trainer"), rent("trainer"), rent("other")
    names = {name: host["vast_id"] for name, host in ansible.hosts().items()}
    assert names == {f"trainer-{first}": first, f"trainer-{second}": second, "other": alone}


def test_preferred_names(ansible: Any, rent: Any) -> None:
    unnamed, named = rent(), rent("trainer")
    assert set(ansible.hosts()) == {str(unnamed), "trainer"}
    assert set(ansible.hosts(hostnames=["id"])) == {str(unnamed), str(named)}
    hosts = ansible.hosts(hostnames=["vast_machine_id", "name"])
    assert {name: host["vast_machine_id"] for name, host in hosts.items()} == {name: int(name) for name in hosts}
    done = ansible.list_inventory(hostnames=["nmae"])
    assert done.returncode != 0
    assert "'nmae'" in done.stderr


def test_a_label_never_takes_the_place_of_the_controller_or_of_a_group(ansible: Any, rent: Any) -> None:
    wanted = {f"{label}-{rent(label)}" for label in ("localhost", "127.0.0.1", "all", "vast")}
    assert set(ansible.hosts()) == wanted


def test_two_accounts_with_one_name(ansible: Any, emulator: Emulator, rent: Any) -> None:
    instance = rent("trainer")
    ansible.write("one.vast.yml", {"plugin": "cloudctl.vastai.vast"})
    ansible.write("two.vast.yaml", {"plugin": "cloudctl.vastai.vast", "api_url": f"{emulator.url}/"})
    done = ansible.run("inventory", "-i", "one.vast.yml", "-i", "two.vast.yaml", "--list")
    assert set(json.loads(done.stdout)["_meta"]["hostvars"]) == {"trainer"}, "the same instance twice is one host"
    emulator.api("DELETE", f"/api/v0/instances/{instance}/")
    ansible.write("a_first", "trainer vast_id=1\n")
    again = rent("trainer")
    done = ansible.run("inventory", "-i", "a_first", "-i", "two.vast.yaml", "--list")
    assert set(json.loads(done.stdout)["_meta"]["hostvars"]) == {"trainer", f"trainer-{again}"}


@pytest.mark.parametrize(
    ("name", "ours"),
    [("vast.yml", True), ("vast.yaml", True), ("vastai.yml", True), ("a.b.vast.yml", True), ("holvast.yml", False)],
)
def test_names_of_the_file(ansible: Any, emulator: Emulator, rent: Any, name: str, ours: bool) -> None:
    rent("trainer")
    source = ansible.write(f"sources/{name}", {"plugin": "cloudctl.vastai.vast"})
    ansible.environment["ANSIBLE_INVENTORY_ENABLED"] = "cloudctl.vastai.vast"
    done = ansible.run("inventory", "-i", source, "--list")
    assert ("trainer" in done.stdout) is ours
    assert emulator.count() == int(ours)


def test_the_group_can_be_called_differently(ansible: Any, rent: Any) -> None:
    rent("trainer")
    inventory = ansible.inventory(group="team gpus")
    assert inventory["team_gpus"]["hosts"] == ["trainer"]
    assert "vast" not in inventory


# Groups and variables of the user


def test_groups_from_numbers_and_booleans(any_ansible: Any, rent: Any) -> None:
    """Pitfall: an int, float or bool as key kills the whole source."""
    rent("trainer")
    host = any_ansible.hosts()["trainer"]
    inventory = any_ansible.inventory(
        strict=True,
        keyed_groups=[
            {"key": "vast_num_gpus", "prefix": "gpus"},
            {"key": "vast_num_gpus * 2", "prefix": "twice"},
            {"key": "vast_running", "prefix": "running"},
            {"key": "vast_disk_gb", "prefix": "disk"},
            {"key": "vast_is_bid", "prefix": "bid"},
            {"key": "vast_gpu_name", "prefix": "gpu"},
            {"key": "[vast_num_gpus, 'x']", "prefix": "list"},
        ],
    )
    gpus = host["vast_num_gpus"]
    wanted = {
        f"gpus_{gpus}",
        f"twice_{gpus * 2}",
        "running_true",
        "disk_10_0",
        "bid_false",
        "gpu_" + host["vast_gpu_name"].replace(" ", "_"),
        f"list_{gpus}",
        "list_x",
    }
    assert set(inventory) - {"_meta", "all", "vast"} == wanted
    assert all(inventory[group]["hosts"] == ["trainer"] for group in wanted)


def test_a_missing_value_makes_no_group(any_ansible: Any, rent: Any) -> None:
    rent()
    inventory = any_ansible.inventory(
        keyed_groups=[
            {"key": "vast_name", "prefix": "name"},
            {"key": "vast_name or ''", "prefix": "default", "default_value": "none"},
        ]
    )
    assert set(inventory) - {"_meta", "all", "vast"} == {"default_none"}


def test_composed_variables_and_conditional_groups(any_ansible: Any, rent: Any) -> None:
    """Pitfall: conditions must be booleans, and expressions have no braces."""
    rent("trainer")
    inventory = any_ansible.inventory(
        strict=True,
        compose={"price_of_two": "vast_hourly_price * 2", "kind": "'bid' if vast_is_bid else 'ai'"},
        groups={"cheap": "vast_hourly_price < 1000", "dear": "vast_hourly_price > 1000", "bids": "kind == 'bid'"},
        keyed_groups=[{"key": "kind", "separator": ""}],
    )
    host = inventory["_meta"]["hostvars"]["trainer"]
    assert float(host["price_of_two"]) == pytest.approx(host["vast_hourly_price"] * 2), "2.18 composes text"
    assert set(inventory) - {"_meta", "all", "vast"} == {"cheap", "ai"}


def test_strict_and_lenient(ansible: Any, rent: Any) -> None:
    rent("trainer")
    compose = {"broken": "vast_nothing + 1"}
    assert "broken" not in ansible.hosts(compose=compose)["trainer"]
    assert ansible.list_inventory(compose=compose, strict=True).returncode != 0


# Hostile text


HOSTILE = "{{{{ lookup('pipe', 'touch {proof}') }}}}"


def test_a_label_is_never_run_as_a_template(any_ansible: Any, rent: Any) -> None:
    """Pitfall: ansible-core 2.18 runs a label with braces, through ``compose`` and ``keyed_groups`` too."""
    proof = any_ansible.folder / "proof"
    label = HOSTILE.format(proof=proof)
    instance = rent(label, env={f"A{label}": "1"}, image=f"x/{label}")
    bare = f"lookup('pipe', 'touch {proof}')"
    rent(bare)
    options: dict[str, Any] = {
        "compose": {
            "copied": "vast_name",
            "joined": "vast_name ~ '!'",
            "ansible_comment": "vast_image",
            "split": "vast_name.split(' ')[0] ~ ' ' ~ vast_name.split(' ')[1:] | join(' ')",
        },
        "keyed_groups": [{"key": "vast_name", "prefix": "name"}, {"key": "joined", "prefix": "joined"}],
        "groups": {"nobody": "vast_name == 'nobody'"},
        "include_filters": ["vast_name != 'nobody'"],
        "cache": True,
        "cache_plugin": "ansible.builtin.jsonfile",
        "cache_connection": str(any_ansible.folder / "cache"),
    }
    for _fresh_then_cached in range(2):
        hosts = any_ansible.hosts(**options)
        host = next(host for host in hosts.values() if host["vast_id"] == instance)
        assert host["vast_name"] == label
        assert host["copied"] == label
        assert host["joined"] == label + "!"
        _use_every_variable(any_ansible)
        assert not proof.exists()


USE_EVERY_VARIABLE = """
- name: Print, pass on, compare and loop over everything that came from the API
  hosts: vast
  connection: local
  gather_facts: false
  tasks:
    - ansible.builtin.debug: {var: "hostvars[inventory_hostname]"}
    - ansible.builtin.debug: {msg: "{{ inventory_hostname }} {{ vast_name }} {{ copied }} {{ joined }} {{ split }}"}
    - ansible.builtin.set_fact: {kept: "{{ vast_name }}", names: "{{ vast_env_names }}", everybody: "{{ groups }}"}
    - ansible.builtin.set_fact: {again: "{{ kept }} {{ names | join }}", ports: "{{ vast_ports.keys() | list }}"}
    - ansible.builtin.debug: {msg: "{{ again }} {{ item }}"}
      loop: "{{ names + ports + [kept, vast_image] }}"
    - ansible.builtin.debug: {msg: same}
      when: vast_name == kept
    - ansible.builtin.command: {argv: [echo, "{{ vast_name }}", "{{ vast_status_message }}"]}
"""


def _use_every_variable(ansible: Any) -> None:
    done = ansible.run("playbook", "-i", ansible.folder / "vast.yml", ansible.write("use.yml", USE_EVERY_VARIABLE))
    assert done.returncode == 0, done.stdout + done.stderr


# Options


def test_options_in_the_file_may_be_templates(any_ansible: Any, emulator: Emulator, rent: Any) -> None:
    """Pitfall: only options of the type string and elements of lists can be templates."""
    rent("trainer")
    key_file = any_ansible.write("key", f"{emulator.api_key}\n")
    del any_ansible.environment["VAST_API_KEY"]
    hosts = any_ansible.hosts(
        api_key="{{ lookup('ansible.builtin.file', '" + str(key_file) + "') }}",
        group="{{ 'gp' ~ 'us' }}",
        hostnames=["{{ 'i' ~ 'd' }}"],
    )
    assert len(hosts) == 1
    assert all(name.isdecimal() for name in hosts)


def test_values_of_the_environment_are_never_templates(any_ansible: Any) -> None:
    """Pitfall: ansible-core trusts the environment since 2.19, and ``{{ 1+1 }}`` would become the number 2."""
    with Emulator(api_key="{{ 1+1 }}", machines=1) as emulator:
        any_ansible.environment |= {"VAST_URL": emulator.url, "VAST_API_KEY": "{{ 1+1 }}"}
        assert any_ansible.hosts() == {}
        assert emulator.count(status=200) == 1


def test_a_key_from_ansible_vault(any_ansible: Any, emulator: Emulator, rent: Any) -> None:
    rent("trainer")
    del any_ansible.environment["VAST_API_KEY"]
    any_ansible.environment["ANSIBLE_VAULT_PASSWORD_FILE"] = str(any_ansible.write("password", "swordfish\n"))
    encrypted = any_ansible.run("vault", "encrypt_string", "--name", "api_key", emulator.api_key)
    assert encrypted.returncode == 0, encrypted.stderr
    source = any_ansible.write("vast.yml", f"plugin: cloudctl.vastai.vast\n{encrypted.stdout}")
    done = any_ansible.run("inventory", "-i", source, "--graph")
    assert "trainer" in done.stdout, done.stderr


def test_extra_variables_can_be_used_in_expressions(ansible: Any, rent: Any) -> None:
    rent("trainer")
    hosts = ansible.hosts("-e", "factor=3", use_extra_vars=True, compose={"thrice": "vast_num_gpus * factor | int"})
    assert hosts["trainer"]["thrice"] == hosts["trainer"]["vast_num_gpus"] * 3


# Failures


def failed(ansible: Any, **options: Any) -> str:
    """What ansible-inventory says about a source that failed, which must be no traceback."""
    done = ansible.list_inventory(**options)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_a_wrong_key_is_an_error_and_not_an_empty_inventory(ansible: Any, rent: Any) -> None:
    rent("trainer")
    assert "VAST_API_KEY" in failed(ansible, api_key="f" * 64)


def test_an_address_where_nothing_answers(ansible: Any) -> None:
    said = failed(ansible, api_url="http://127.0.0.1:9", api_retry_timeout=0)
    assert "can't be reached at http://127.0.0.1:9" in said


def test_a_server_that_is_out_of_order(ansible: Any, emulator: Emulator) -> None:
    emulator.fault(
        "GET", "/api/v1/instances/", times=1, when="before", status=502, body="<html>", content_type="text/html"
    )
    assert "502" in failed(ansible, api_retry_timeout=0)


def test_an_error_of_the_api_is_told(ansible: Any, rent: Any) -> None:
    rent("trainer")
    assert "dph_total" in failed(ansible, filters={"dph_total": {"lt": 1}})


def test_statuses_and_a_filter_on_the_status_contradict(ansible: Any, emulator: Emulator) -> None:
    assert "actual_status" in failed(ansible, filters={"actual_status": "exited"})
    assert emulator.count() == 0


def test_without_any_key(ansible: Any, emulator: Emulator) -> None:
    del ansible.environment["VAST_API_KEY"]
    ansible.environment["PYTHON_KEYRING_BACKEND"] = "keyring.backends.null.Keyring"
    assert "No Vast.ai API key was found" in failed(ansible)
    assert emulator.count() == 0


def test_without_requests(ansible: Any) -> None:
    ansible.write("without/requests/__init__.py", "raise ImportError('no requests')\n")
    ansible.environment["PYTHONPATH"] = str(ansible.folder / "without")
    assert "Failed to import the required Python library (requests)" in failed(ansible)


def test_the_key_is_shown_nowhere(any_ansible: Any, emulator: Emulator, rent: Any) -> None:
    rent("trainer")
    done = any_ansible.list_inventory("-vvvv", cache=True, **_file_cache(any_ansible))
    assert done.returncode == 0
    assert emulator.api_key not in done.stdout + done.stderr
    assert emulator.api_key not in failed(any_ansible, filters={"dph_total": 1})


# Cache


def _file_cache(ansible: Any) -> dict[str, str]:
    return {"cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(ansible.folder / "cache")}


@pytest.fixture
def cached(any_ansible: Any) -> dict[str, Any]:
    return {"cache": True, **_file_cache(any_ansible)}


def test_a_hit_makes_no_request(any_ansible: Any, emulator: Emulator, rent: Any, cached: dict[str, Any]) -> None:
    rent("trainer", env={"HF_HOME": "/models"})
    fresh = any_ansible.hosts(**cached)
    assert emulator.count() == 1
    assert any_ansible.hosts(**cached) == fresh
    assert emulator.count() == 1


def test_flush_cache_asks_again(any_ansible: Any, emulator: Emulator, rent: Any, cached: dict[str, Any]) -> None:
    rent("one")
    any_ansible.hosts(**cached)
    rent("two")
    assert set(any_ansible.hosts(**cached)) == {"one"}
    assert emulator.count() == 0
    play = any_ansible.write("play.yml", [{"hosts": "vast", "gather_facts": False}])
    any_ansible.run("playbook", "-i", any_ansible.folder / "vast.yml", "--flush-cache", play)
    assert emulator.count() == 1
    assert set(any_ansible.hosts(**cached)) == {"one", "two"}
    assert emulator.count() == 1


def test_ansible_inventory_can_flush_the_cache(ansible: Any, rent: Any) -> None:
    cached = {"cache": True, **_file_cache(ansible)}
    rent("one")
    ansible.hosts(**cached)
    rent("two")
    assert set(ansible.hosts("--flush-cache", **cached)) == {"one", "two"}


def test_what_the_plugin_does_itself_can_change_on_a_hit(ansible: Any, emulator: Emulator, rent: Any) -> None:
    instance = rent("trainer")
    cached = {"cache": True, **_file_cache(ansible)}
    direct = ansible.hosts(**cached)["trainer"]["ansible_port"]
    hosts = ansible.hosts(connect_with="proxy", hostnames=["id"], compose={"x": "vast_id"}, **cached)
    assert hosts[str(instance)]["ansible_port"] != direct
    assert hosts[str(instance)]["x"] == instance
    assert emulator.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        {"statuses": ["all"]},
        {"filters": {"label": "trainer"}},
        {"api_key": "another key, which is wrong"},
        {"api_url": "{{ lookup('ansible.builtin.env', 'VAST_URL') | replace('127.0.0.1', 'localhost') }}"},
    ],
)
def test_the_cache_belongs_to_address_key_and_conditions(
    ansible: Any, emulator: Emulator, rent: Any, other: dict[str, Any]
) -> None:
    """Pitfall: since ansible-core 2.19 the cache's key is made of the plugin's name and the file's path alone."""
    rent("trainer")
    cached = {"cache": True, **_file_cache(ansible)}
    ansible.hosts(**cached)
    ansible.list_inventory(**cached, **other)
    requests = emulator.requests()
    assert requests["total"] == 2, requests


def test_a_failure_is_not_remembered(ansible: Any, emulator: Emulator, rent: Any) -> None:
    rent("trainer")
    cached = {"cache": True, **_file_cache(ansible)}
    emulator.fault("GET", "/api/v1/instances/", times=1, when="before", status=500)
    failed(ansible, api_retry_timeout=0, **cached)
    assert set(ansible.hosts(api_retry_timeout=0, **cached)) == {"trainer"}


def test_an_empty_account_is_remembered_as_well(ansible: Any, emulator: Emulator) -> None:
    for _twice in range(2):
        assert ansible.hosts(cache=True, **_file_cache(ansible)) == {}
    assert emulator.count() == 1


def test_the_cache_holds_no_secrets(any_ansible: Any, emulator: Emulator, rent: Any, cached: dict[str, Any]) -> None:
    """Pitfall: rows carry the Jupyter token, environment variables and start-up scripts."""
    instance = rent("trainer", env={"HF_TOKEN": "env-secret"}, onstart="echo onstart-secret")
    row = emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]
    any_ansible.hosts(**cached)
    files = [path for path in Path(cached["cache_connection"]).rglob("*") if path.is_file()]
    text = "".join(path.name + path.read_text() for path in files)
    assert "trainer" in text
    assert "HF_TOKEN" in text
    for secret in ("env-secret", "onstart-secret", row["jupyter_token"], emulator.api_key):
        assert secret not in text
