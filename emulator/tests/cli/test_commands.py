# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each command of the official client once: what it prints, and what the API says afterwards."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHq0Z1m0u0x0y0l0T0o0P0a0S0d0F0g0H0j0K0l1 other@example"


class Stage(NamedTuple):
    """What a command's test has at hand."""

    client: Any
    renter: Any
    key: str
    folder: Path

    @property
    def emulator(self) -> Any:
        return self.renter.emulator

    def list(self) -> list[dict[str, Any]]:
        return self.emulator.api("GET", "/api/v1/instances/")["instances"]

    def account_key(self) -> int:
        return self.emulator.api("POST", "/api/v0/ssh/", {"ssh_key": self.key})["key"]["id"]

    def template(self) -> dict[str, Any]:
        body = {"name": "train", "image": "pytorch/pytorch", "tag": "latest", "runtype": "ssh", "env": "-e A=b"}
        return self.emulator.api("POST", "/api/v0/template/", body)["template"]


@pytest.fixture
def stage(client: Any, renter: Any, public_key: str, tmp_path: Path) -> Stage:
    return Stage(client, renter, public_key, tmp_path)


def search_offers(stage: Stage) -> None:
    query = "gpu_name in [RTX_4090,RTX_3090] num_gpus<=2 gpu_ram>=20 reliability>0.8"
    rows = stage.client.raw("search", "offers", query, "-o", "dph", "--limit", "5")
    assert rows
    assert {row["gpu_name"] for row in rows} <= {"RTX 4090", "RTX 3090"}
    assert [row["dph_total"] for row in rows] == sorted(row["dph_total"] for row in rows)
    assert stage.emulator.count("POST", "/api/v0/bundles/", 200) == 1


def search_offers_table(stage: Stage) -> None:
    text = stage.client.says("search", "offers", "machine_id=123456")
    assert str(stage.renter.offer()) in text
    assert "A100_PCIE" in text


def search_offers_new(stage: Stage) -> None:
    rows = stage.client.raw("search", "offers", "--new", "geolocation in [US,CA]", "-o", "num_gpus-", "--limit", "64")
    assert {row["geolocation"][-2:] for row in rows} == {"US", "CA"}
    assert stage.emulator.count("PUT", "/api/v0/search/asks/", 200) == 1


def search_offers_bid(stage: Stage) -> None:
    rows = stage.client.raw("search", "offers", "machine_id=789012", "--type", "bid")
    assert rows[0]["dph_base"] == rows[0]["min_bid"] == 0.4


def create_instance(stage: Stage) -> None:
    offer = stage.renter.offer()
    words = (
        "--image",
        "pytorch/pytorch:latest",
        "--disk",
        "50",
        "--label",
        "x",
        "--ssh",
        "--direct",
        "--env",
        "-e A=1",
    )
    answer = stage.client.raw("create", "instance", str(offer), *words)
    row = stage.renter.show(answer["new_contract"])
    assert (row["label"], row["image_runtype"]) == ("x", "ssh ssh_direc ssh_proxy")
    assert row["dph_total"] == pytest.approx(0.8)
    assert row["extra_env"] == [["A", "1"]]


def create_instance_vanished(stage: Stage) -> None:
    offer = stage.renter.offer()
    stage.emulator.vanish_on_create()
    done = stage.client.run("create", "instance", str(offer), "--image", "a/b")
    assert "no_such_ask" in done.stdout + done.stderr
    assert stage.list() == []


def create_instances(stage: Stage) -> None:
    offers = [str(row["id"]) for row in stage.renter.offers(num_gpus={"eq": 1}, rentable={"eq": True}, limit=2)]
    stage.client.says("create", "instances", "--image", "a/b", "--disk", "10", *offers)
    assert len(stage.list()) == len(offers)


def launch_instance(stage: Stage) -> None:
    stage.client.says("launch", "instance", "-g", "RTX_4090", "-n", "1", "-i", "a/b")
    (row,) = stage.list()
    assert (row["gpu_name"], row["num_gpus"], row["disk_space"]) == ("RTX 4090", 1, 16.0)


def show_instance(stage: Stage) -> None:
    instance = stage.renter.running()
    assert stage.client.raw("show", "instance", str(instance))["id"] == instance
    assert "running" in stage.client.says("show", "instance", str(instance))


def show_instance_gone(stage: Stage) -> None:
    done = stage.client.run("show", "instance", "42")
    assert done.returncode == 1
    assert "not found or no longer exists" in done.stdout + done.stderr


def show_instances(stage: Stage) -> None:
    instance = stage.renter.running(label="found-me")
    text = stage.client.says("show", "instances")
    assert str(instance) in text
    assert "found-me" in text


def show_instances_raw(stage: Stage) -> None:
    offers = stage.renter.offers(num_gpus={"eq": 1}, rentable={"eq": True})[:27]
    for offer in offers:
        stage.emulator.api("PUT", f"/api/v0/asks/{offer['id']}/", {"image": "a/b", "env": {"A": "1"}})
    rows = stage.client.raw("show", "instances")
    assert [row["ask_contract_id"] for row in rows] == [offer["id"] for offer in offers]
    assert rows[0]["extra_env"] == {"A": "1"}
    assert stage.emulator.count("GET", "/api/v1/instances/") == 2


def show_instances_filtered(stage: Stage) -> None:
    first = stage.renter.rent(label="a")
    stage.renter.rent(789012, label="b")
    assert stage.client.says("show", "instances", "-q", "--label", "a").split() == [str(first)]


def show_instances_v1(stage: Stage) -> None:
    instance = stage.renter.running(label="found-me")
    assert [row["id"] for row in stage.client.raw("show", "instances-v1")] == [instance]
    assert "found-me" in stage.client.says("show", "instances-v1")


def show_instances_verbose(stage: Stage) -> None:
    instance = stage.renter.running()
    text = stage.client.says("show", "instances", "-v")
    assert str(instance) in text
    assert len(text) > len(stage.client.says("show", "instances"))


def show_instances_pages(stage: Stage) -> None:
    both = [stage.renter.rent(), stage.renter.rent(789012)]
    first = stage.client.raw("show", "instances", "--limit", "1")
    assert first["total_instances"] == len(both)
    rest = stage.client.raw("show", "instances", "--limit", "1", "--next-token", first["next_token"])
    assert [row["id"] for page in (first, rest) for row in page["instances"]] == both
    assert rest["next_token"] is None


def stop_instance(stage: Stage) -> None:
    instance = stage.renter.running()
    assert "stopping" in stage.client.says("stop", "instance", str(instance))
    stage.emulator.advance(10)
    assert stage.renter.show(instance)["actual_status"] == "exited"


def start_instance(stage: Stage) -> None:
    instance = stage.renter.running()
    stage.renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "stopped"})
    stage.emulator.advance(10)
    assert "starting" in stage.client.says("start", "instance", str(instance))
    stage.emulator.advance(100)
    assert stage.renter.show(instance)["actual_status"] == "running"


def stop_instances(stage: Stage) -> None:
    both = [str(stage.renter.running()), str(stage.renter.running(789012))]
    stage.client.says("stop", "instances", *both)
    assert [row["intended_status"] for row in stage.list()] == ["stopped", "stopped"]


def start_instances(stage: Stage) -> None:
    both = [stage.renter.running(), stage.renter.running(789012)]
    stage.emulator.api("PUT", "/api/v0/instances/", {"state": "stopped", "ids": both})
    stage.emulator.advance(10)
    stage.client.says("start", "instances", *map(str, both))
    assert [row["intended_status"] for row in stage.list()] == ["running", "running"]


def reboot_instance(stage: Stage) -> None:
    instance = stage.renter.running()
    assert "Rebooting" in stage.client.says("reboot", "instance", str(instance))
    assert stage.renter.show(instance)["actual_status"] == "rebooting"


def recycle_instance(stage: Stage) -> None:
    instance = stage.renter.running()
    assert "Recycling" in stage.client.says("recycle", "instance", str(instance))
    assert stage.renter.show(instance)["actual_status"] == "recycling"


def label_instance(stage: Stage) -> None:
    instance = stage.renter.rent()
    assert "set to llama3" in stage.client.says("label", "instance", str(instance), "llama3")
    assert stage.renter.show(instance)["label"] == "llama3"


def update_instance(stage: Stage) -> None:
    instance = stage.renter.running()
    stage.client.says("update", "instance", str(instance), "--image", "other/image:2", "--onstart", "echo hi")
    row = stage.renter.show(instance)
    assert (row["image_uuid"], row["onstart"], row["actual_status"]) == ("other/image:2", "echo hi", "recycling")


def change_bid(stage: Stage) -> None:
    instance = stage.renter.running(789012, price=0.5)
    stage.client.says("change", "bid", str(instance), "--price", "0.61")
    assert stage.renter.show(instance)["dph_base"] == 0.61


def prepay_instance(stage: Stage) -> None:
    instance = stage.renter.running()
    assert "prepaid for" in stage.client.says("prepay", "instance", str(instance), "10")


def logs(stage: Stage) -> None:
    instance = stage.renter.running(onstart="python train.py")
    assert "python train.py" in stage.client.says("logs", str(instance), "--tail", "10")


def execute(stage: Stage) -> None:
    # The client crashes after it has fetched the result; that is its own fault, so only the calls are looked at.
    instance = stage.renter.running()
    stage.client.run("execute", str(instance), "ls -l")
    assert stage.emulator.count("PUT", "/api/v0/instances/command/{id}/", 200) == 1


def ssh_url(stage: Stage) -> None:
    instance = stage.renter.running()
    port = stage.renter.show(instance)["ports"]["22/tcp"][0]["HostPort"]
    assert stage.client.says("ssh-url", str(instance)).strip() == f"ssh://root@127.0.0.1:{port}"


def scp_url(stage: Stage) -> None:
    instance = stage.renter.running(789012, runtype="jupyter_proxy ssh_proxy")
    row = stage.renter.show(instance)
    assert stage.client.says("scp-url", str(instance)).strip() == f"scp://root@127.0.0.1:{row['ssh_port'] + 1}"


def destroy_instance(stage: Stage) -> None:
    instance = stage.renter.running()
    assert "destroying" in stage.client.says("destroy", "instance", str(instance), "-y")
    assert stage.renter.show(instance) is None
    assert stage.emulator.ledger()["billing"] == []


def destroy_instances(stage: Stage) -> None:
    both = [str(stage.renter.running()), str(stage.renter.rent(789012))]
    stage.client.says("destroy", "instances", *both, "-y")
    assert stage.list() == []


def take_snapshot(stage: Stage) -> None:
    instance = stage.renter.running()
    done = stage.client.run("take", "snapshot", str(instance), "--repo", "r", "--docker_login_user", "u")
    # The client repeats the id in the body, which the live API refuses as well.
    assert "params duplicated" in done.stdout + done.stderr


def show_user(stage: Stage) -> None:
    stage.renter.running()
    stage.emulator.advance(3600)
    user = stage.client.raw("show", "user")
    assert user["credit"] == pytest.approx(stage.emulator.ledger()["credit"])
    assert user["credit"] < 999.3


def create_ssh_key(stage: Stage) -> None:
    stage.client.says("create", "ssh-key", stage.key)
    (row,) = stage.emulator.api("GET", "/api/v0/ssh/")
    assert row["public_key"] == stage.key


def show_ssh_keys(stage: Stage) -> None:
    number = stage.account_key()
    (row,) = stage.client.raw("show", "ssh-keys")
    assert (row["id"], row["public_key"]) == (number, stage.key)


def update_ssh_key(stage: Stage) -> None:
    number = stage.account_key()
    stage.client.says("update", "ssh-key", str(number), OTHER_KEY)
    assert stage.emulator.api("GET", "/api/v0/ssh/")[0]["public_key"] == OTHER_KEY


def delete_ssh_key(stage: Stage) -> None:
    stage.client.says("delete", "ssh-key", str(stage.account_key()))
    assert stage.emulator.api("GET", "/api/v0/ssh/") == []


def attach_ssh(stage: Stage) -> None:
    instance = stage.renter.rent()
    stage.client.says("attach", "ssh", str(instance), stage.key)
    keys = json.loads(stage.emulator.api("GET", f"/api/v0/instances/{instance}/ssh/")["ssh_keys"])
    assert [key["public_key"] for key in keys] == [stage.key]


def detach_ssh(stage: Stage) -> None:
    number = stage.account_key()
    instance = stage.renter.rent()
    stage.client.says("detach", "ssh", str(instance), str(number))
    assert stage.emulator.api("GET", f"/api/v0/instances/{instance}/ssh/")["ssh_keys"] == "[]"


def create_template(stage: Stage) -> None:
    words = ("--name", "t", "--image", "a/b", "--image_tag", "3", "--ssh", "--direct", "--env", "-p 8080:8080 -e A=b")
    assert "New Template" in stage.client.says("create", "template", *words)
    (template,) = stage.emulator.api("GET", "/api/v0/template/")["templates"]
    instance = stage.renter.rent(image=None, runtype=None, template_hash_id=template["hash_id"])
    row = stage.renter.show(instance)
    assert (row["image_uuid"], row["template_name"]) == ("a/b:3", "t")
    assert ["-p 8080:8080", "1"] in row["extra_env"]


def search_templates(stage: Stage) -> None:
    template = stage.template()
    assert template["hash_id"] in stage.client.says("search", "templates", "name=train")


def update_template(stage: Stage) -> None:
    template = stage.template()
    stage.client.says("update", "template", template["hash_id"], "--name", "new", "--image", "a/b")
    (changed,) = stage.emulator.api("GET", "/api/v0/template/")["templates"]
    assert (changed["id"], changed["name"]) == (template["id"], "new")
    assert changed["hash_id"] != template["hash_id"]


def delete_template(stage: Stage) -> None:
    stage.client.says("delete", "template", "--template-id", str(stage.template()["id"]))
    assert stage.emulator.api("GET", "/api/v0/template/")["templates"] == []


def delete_template_by_hash(stage: Stage) -> None:
    # The API wants the number.
    template = stage.template()
    stage.client.run("delete", "template", "--hash-id", template["hash_id"])
    assert stage.emulator.count("DELETE", "/api/v0/template/", 400) == 1
    assert len(stage.emulator.api("GET", "/api/v0/template/")["templates"]) == 1


def create_env_var(stage: Stage) -> None:
    stage.client.says("create", "env-var", "hf_token", "hf_123")
    assert list(stage.emulator.api("GET", "/api/v0/secrets/")["secrets"]) == ["HF_TOKEN"]


def show_env_vars(stage: Stage) -> None:
    stage.emulator.api("POST", "/api/v0/secrets/", {"key": "HF_TOKEN", "value": "hf_123"})
    text = stage.client.says("show", "env-vars", "-s")
    assert "HF_TOKEN" in text
    assert "hf_123" not in text


def update_env_var(stage: Stage) -> None:
    stage.emulator.api("POST", "/api/v0/secrets/", {"key": "HF_TOKEN", "value": "hf_123"})
    stage.client.says("update", "env-var", "HF_TOKEN", "hf_456")
    assert stage.emulator.count("PUT", "/api/v0/secrets/", 200) == 1


def delete_env_var(stage: Stage) -> None:
    stage.emulator.api("POST", "/api/v0/secrets/", {"key": "HF_TOKEN", "value": "hf_123"})
    stage.client.says("delete", "env-var", "HF_TOKEN")
    assert stage.emulator.api("GET", "/api/v0/secrets/")["secrets"] == {}


def create_api_key(stage: Stage) -> None:
    permissions = stage.folder / "permissions.json"
    permissions.write_text('{"api": {"misc": {}}}')
    text = stage.client.says("create", "api-key", "--name", "ci", "--permission_file", str(permissions))
    key = re.search(r"'key': '([0-9a-f]+)'", text)
    assert key is not None
    assert stage.emulator.call("GET", "/api/v0/users/current", key=key[1])[0] == 200


def show_api_keys(stage: Stage) -> None:
    stage.emulator.api("POST", "/api/v0/auth/apikeys/", {"name": "ci", "permissions": {}})
    assert "'name': 'ci'" in stage.client.says("show", "api-keys")


def show_api_key(stage: Stage) -> None:
    number = stage.emulator.api("POST", "/api/v0/auth/apikeys/", {"name": "ci", "permissions": {}})["id"]
    assert "'name': 'ci'" in stage.client.says("show", "api-key", str(number))


def delete_api_key(stage: Stage) -> None:
    number = stage.emulator.api("POST", "/api/v0/auth/apikeys/", {"name": "ci", "permissions": {}})["id"]
    stage.client.says("delete", "api-key", str(number))
    assert stage.emulator.api("GET", "/api/v0/auth/apikeys/")["apikeys"] == []


def show_charges(stage: Stage) -> None:
    instance = stage.renter.running()
    stage.emulator.advance(3600)
    now = int(time.time())
    days = ("--start-date", str(now - 86400), "--end-date", str(now + 2 * 86400))
    rows = stage.client.raw("show", "invoices-v1", "-c", *days)["results"]
    assert {row["source"] for row in rows} == {f"instance-{instance}"}
    assert sum(row["amount"] for row in rows) == pytest.approx(stage.emulator.ledger()["total"])


def show_invoices(stage: Stage) -> None:
    assert "Stripe_payments" in stage.client.says("show", "invoices-v1", "-i")


def show_deposit(stage: Stage) -> None:
    assert "refundable_deposit" in stage.client.says("show", "deposit", str(stage.renter.rent()))


def show_subaccounts(stage: Stage) -> None:
    assert stage.client.raw("show", "subaccounts") == []


def show_audit_logs(stage: Stage) -> None:
    assert stage.client.raw("show", "audit-logs") == []


def show_ipaddrs(stage: Stage) -> None:
    assert "127.0.0.1" in stage.client.says("show", "ipaddrs")


def show_connections(stage: Stage) -> None:
    stage.client.says("show", "connections")
    assert stage.emulator.count("GET", "/api/v0/users/cloud_integrations/", 200) == 1


def show_scheduled_jobs(stage: Stage) -> None:
    stage.client.says("show", "scheduled-jobs")
    assert stage.emulator.count("GET", "/api/v0/commands/schedule_job/", 200) == 1


def accept_price_increase(stage: Stage) -> None:
    done = stage.client.run("accept", "price-increase", str(stage.renter.rent()), "-y")
    assert "no longer available" in done.stdout + done.stderr
    assert done.returncode == 2


def reject_price_increase(stage: Stage) -> None:
    done = stage.client.run("reject", "price-increase", str(stage.renter.rent()), "-y")
    assert "no longer available" in done.stdout + done.stderr
    assert done.returncode == 2


def show_pending_price_increases(stage: Stage) -> None:
    assert "No pending price increases" in stage.client.says("show", "pending-price-increases")


# What to check of each command.
COMMANDS: dict[str, tuple[Callable[[Stage], None], ...]] = {
    "search offers": (
        search_offers,
        search_offers_table,
        search_offers_new,
        search_offers_bid,
    ),
    "create instance": (
        create_instance,
        create_instance_vanished,
    ),
    "create instances": (create_instances,),
    "launch instance": (launch_instance,),
    "show instance": (
        show_instance,
        show_instance_gone,
    ),
    "show instances": (
        show_instances,
        show_instances_raw,
        show_instances_filtered,
        show_instances_verbose,
        show_instances_pages,
    ),
    "show instances-v1": (show_instances_v1,),
    "start instance": (start_instance,),
    "stop instance": (stop_instance,),
    "start instances": (start_instances,),
    "stop instances": (stop_instances,),
    "reboot instance": (reboot_instance,),
    "recycle instance": (recycle_instance,),
    "label instance": (label_instance,),
    "update instance": (update_instance,),
    "change bid": (change_bid,),
    "prepay instance": (prepay_instance,),
    "logs": (logs,),
    "execute": (execute,),
    "ssh-url": (ssh_url,),
    "scp-url": (scp_url,),
    "destroy instance": (destroy_instance,),
    "destroy instances": (destroy_instances,),
    "take snapshot": (take_snapshot,),
    "show user": (show_user,),
    "create ssh-key": (create_ssh_key,),
    "show ssh-keys": (show_ssh_keys,),
    "update ssh-key": (update_ssh_key,),
    "delete ssh-key": (delete_ssh_key,),
    "attach ssh": (attach_ssh,),
    "detach ssh": (detach_ssh,),
    "create template": (create_template,),
    "search templates": (search_templates,),
    "update template": (update_template,),
    "delete template": (
        delete_template,
        delete_template_by_hash,
    ),
    "create env-var": (create_env_var,),
    "show env-vars": (show_env_vars,),
    "update env-var": (update_env_var,),
    "delete env-var": (delete_env_var,),
    "create api-key": (create_api_key,),
    "show api-keys": (show_api_keys,),
    "show api-key": (show_api_key,),
    "delete api-key": (delete_api_key,),
    "show invoices-v1": (
        show_charges,
        show_invoices,
    ),
    "show deposit": (show_deposit,),
    "show subaccounts": (show_subaccounts,),
    "show audit-logs": (show_audit_logs,),
    "show ipaddrs": (show_ipaddrs,),
    "show connections": (show_connections,),
    "show scheduled-jobs": (show_scheduled_jobs,),
    "accept price-increase": (accept_price_increase,),
    "reject price-increase": (reject_price_increase,),
    "show pending-price-increases": (show_pending_price_increases,),
}
CASES = [
    pytest.param(check, marks=pytest.mark.command(name), id=check.__name__.replace("_", " "))
    for name, checks in COMMANDS.items()
    for check in checks
]


@pytest.mark.parametrize("check", CASES)
def test_command(check: Callable[[Stage], None], stage: Stage) -> None:
    check(stage)


def test_hidden_calls_of_a_fresh_home(emulator: Any, stranger: Any) -> None:
    stranger.environment["VAST_API_KEY"] = emulator.api_key
    stranger.says("show", "ssh-keys")
    assert emulator.count("GET", "/api/v0/gpu_names/unique/", 200) == 1
    assert emulator.count("GET", "/api/v0/users/current", 200) == 1
    names = json.loads((stranger.home / "cache" / "vastai" / "gpu_names_cache.json").read_text())
    assert "RTX 4090" in json.dumps(names)


def test_wrong_key_is_said_and_not_taken_for_a_missing_object(emulator: Any, stranger: Any) -> None:
    done = stranger.run("show", "instances", "--raw")
    assert "Invalid user key" in done.stdout + done.stderr
    assert emulator.count(status=404) >= 1
