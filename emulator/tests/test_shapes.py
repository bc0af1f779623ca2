# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every answer of every route, in a world where much goes on, has the shape that Vast.ai's has."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

import pytest
from shapes import answers, problems
from wire import Wire

from vast_emulator.process import Emulator
from vast_emulator.web.routing import api
from vast_emulator.web.service import Service

assert Service, "importing the service fills the route table"
ROUTES = [f"{method} {path}" for method, path in api.paths()]
NEVER = {"not": {}}
ALWAYS_REFUSED = {
    *(route for route, schema in answers.ANSWERS.items() if schema == NEVER),
    # There is never a price increase to answer.
    "PUT /api/v0/instances/accept-price-increase",
    "PUT /api/v0/instances/reject-price-increase",
}
WITHOUT_KEY = {"GET /api/v0/gpu_names/unique", "GET /api/v0/gpu_types"}
STATUSES = {None, "created", "loading", "running", "exited", "rebooting", "recycling", "offline"}


@pytest.fixture
def wire(emulator: Emulator) -> Wire:
    return Wire(emulator)


def test_every_served_route_has_a_schema() -> None:
    assert set(ROUTES) == set(answers.ANSWERS) | answers.PLAIN


def test_the_schemas_refuse_what_is_wrong(wire: Wire) -> None:
    """A check that lets everything pass would prove nothing."""
    offer = wire.ask("POST", "/api/v0/bundles/", {"limit": 1}).body["offers"][0]
    route = "POST /api/v0/bundles"
    assert list(problems(route, 200, {"offers": [offer]})) == []
    for name, value in offer.items():
        assert list(problems(route, 200, {"offers": [{**offer, name: {}}]})), name
        assert list(problems(route, 200, {"offers": [{key: one for key, one in offer.items() if key != name}]})), name
        if value is not None and not isinstance(value, list):
            assert list(problems(route, 200, {"offers": [{**offer, name: [value]}]})), name
    assert list(problems(route, 200, {"offers": [{**offer, "news": 1}]}))
    assert list(problems(route, 200, {"offers": [{**offer, "id": float(offer["id"])}]}))
    assert list(problems(route, 500, {"success": False, "error": "not_found", "msg": "x"}))
    assert list(problems(route, 400, {"success": False, "error": "made_up", "msg": "x"}))
    assert list(problems(route, 400, {"success": False, "error": "not_found"}))


class Tour:
    """Calls every route, in the order in which a renter would."""

    def __init__(self, wire: Wire, public_key: str) -> None:
        self.wire = wire
        self.emulator = wire.emulator
        self.public_key = public_key
        self.statuses: set[Any] = set()

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.wire.ask(method, path, body)
        assert answer.status == status, (method, path, answer)
        return answer.body

    def look(self, seconds: float = 0.0) -> list[dict[str, Any]]:
        """Let time pass, and read all that shows instances."""
        self.emulator.advance(seconds)
        rows = self.ask("GET", "/api/v1/instances/")["instances"]
        for row in rows:
            self.statuses.add(row["actual_status"])
            assert self.ask("GET", f"/api/v0/instances/{row['id']}/")["instances"]["id"] == row["id"]
        for path in ("/api/v0/instances/filters/", "/api/v0/volumes/", "/api/v0/users/current", charges()):
            self.ask("GET", path)
        for query in ({"rentable": {"eq": True}}, {"rented": {"eq": True}}, {"type": "bid"}, {"type": "reserved"}):
            self.ask("POST", "/api/v0/bundles/", {**query, "limit": 16})
        return rows

    def offer(self, machine: int) -> int:
        return self.ask("POST", "/api/v0/bundles/", {"machine_id": {"eq": machine}})["offers"][0]["id"]

    def free(self, count: int) -> list[int]:
        """Offers with a GPU each, of different machines."""
        wanted = {"num_gpus": {"eq": 1}, "rentable": {"eq": True}, "machine_id": {"notin": [123456, 789012]}}
        rows = self.ask("POST", "/api/v0/bundles/", wanted)["offers"]
        chosen = list({row["machine_id"]: row["id"] for row in rows}.values())[:count]
        assert len(chosen) == count
        return chosen

    def rent(self, offer: int, **body: Any) -> int:
        return self.ask("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b", "disk": 10, **body})["new_contract"]

    # The parts

    def account(self) -> None:
        key = self.ask("POST", "/api/v0/ssh/", {"ssh_key": self.public_key})["key"]["id"]
        self.ask("PUT", f"/api/v0/ssh/{key}/", {"id": key, "ssh_key": self.public_key})
        self.ask("GET", "/api/v0/ssh/")
        self.ask("POST", "/api/v0/secrets/", {"key": "hf_token", "value": "v"})
        self.ask("PUT", "/api/v0/secrets/", {"key": "HF_TOKEN", "value": "w"})
        self.ask("GET", "/api/v0/secrets/")
        number = self.ask("POST", "/api/v0/auth/apikeys/", {"name": "ci", "permissions": {"api": {"misc": {}}}})["id"]
        self.ask("GET", "/api/v0/auth/apikeys/")
        self.ask("GET", f"/api/v0/auth/apikeys/{number}/")
        self.ask("DELETE", f"/api/v0/auth/apikeys/{number}/", {})
        self.ask("PUT", "/api/v0/users/", {"fullname": "Ada", "balance_threshold_enabled": True})
        person = {"email": "bob@example.com", "username": "bob", "password": "p", "host_only": False}
        self.ask("POST", "/api/v0/users/", person)
        self.ask("POST", "/api/v0/users/", person, status=409)
        self.ask("PUT", "/api/v0/commands/transfer_credit/", {"recipient": "bob@example.com", "amount": 1.5})
        for path in ("subaccounts", "audit_logs", "users/me/ipaddrs", "users/cloud_integrations", "tfa/status"):
            self.ask("GET", f"/api/v0/{path}")
        for path in ("endptjobs", "autojobs", "workergroups", "deployments", "benchmarks", "invoices"):
            self.ask("GET", f"/api/v0/{path}")
        for path in ("gpu_names/unique", "gpu_types", "instance_backups"):
            self.ask("GET", f"/api/v0/{path}/")

    def templates(self) -> str:
        made = self.ask("POST", "/api/v0/template/", {"name": "t", "image": "a/b", "tag": "1", "env": "-e A=b"})
        hashed = made["template"]["hash_id"]
        body = {"hash_id": hashed, "name": "t2", "image": "a/b", "runtype": "ssh", "ssh_direct": True}
        body |= {"recommended_disk_space": "20", "extra_filters": {"verified": {"eq": True}}}
        made = self.ask("PUT", "/api/v0/template/", body)["template"]
        body |= {"id": made["id"], "hash_id": made["hash_id"], "readme": "# r", "onstart": "true"}
        made = self.ask("PUT", "/api/v1/template/", body)["template"]
        self.ask("GET", "/api/v0/template/?select_cols=%5B%22*%22%5D&select_filters=%7B%7D")
        return made["hash_id"]

    def instances(self, template: str) -> dict[str, int]:
        direct, jupyter, args, missing, stopped, templated, machine = self.free(7)
        ports = {"-p 8080:8080": "1", "-p 70001:70001/udp": "1", "TZ": "UTC"}
        made = {
            "direct": self.rent(direct, runtype="ssh_direct", env=ports, label="train", onstart="x"),
            "jupyter": self.rent(jupyter, runtype="jupyter_direct"),
            "args": self.rent(args, runtype="args", args=["serve", "--all"]),
            "missing": self.rent(missing, image="missing/x"),
            "stopped": self.rent(stopped, target_state="stopped"),
            "templated": self.rent(templated, image=None, template_hash_id=template, disk=None),
            "vm": self.rent(machine, vm=True),
            "bid": self.rent(self.offer(789012), price=0.5),
        }
        low = self.ask("PUT", f"/api/v0/asks/{self.offer(789012)}/", {"image": "a/b", "price": 0.001}, status=400)
        assert low["new_contract"] > made["bid"]
        self.ask("PUT", "/api/v0/asks/1/", {"image": "a/b"}, status=400)
        for seconds in (0.0, 3.0, 10.0, 15.0, 80.0):
            self.look(seconds)
        return made

    def volumes(self) -> int:
        query = {"machine_id": {"eq": 123456}}
        offer = self.ask("POST", "/api/v0/volumes/search/", query)["offers"][0]["id"]
        volume = self.ask("PUT", "/api/v0/volumes/", {"id": offer, "size": 20, "name": "data"})["volume_id"]
        self.ask("POST", "/api/v0/volumes/copy/", {"src_id": volume, "dst_id": offer, "size": 20})
        new = {"create_new": True, "volume_id": offer, "size": 5, "mount_path": "/new"}
        user = self.rent(self.offer(123456), volume_info=new, env={"-v data:/data": "1"})
        assert len(self.look(100.0)[-1]["volume_info"]) == 2
        self.ask("DELETE", f"/api/v0/volumes/?id={volume}", {}, status=400)
        self.ask("DELETE", f"/api/v0/instances/{user}/", {})
        self.look(40.0)
        self.ask("DELETE", f"/api/v0/volumes/?id={volume}", {})
        self.ask("POST", "/api/v0/network_volumes/search/", {})
        self.ask("PUT", "/api/v0/network_volumes/", {"id": 1, "size": 5}, status=404)
        return volume

    def operations(self, made: dict[str, int]) -> None:
        one, other = made["direct"], made["jupyter"]
        path = "/api/v0/instances"
        self.ask("PUT", f"{path}/{one}/", {"label": "next"})
        self.ask("PUT", f"{path}/reboot/{one}/", {})
        self.ask("PUT", f"{path}/recycle/{other}/", {})
        self.look(0.0)
        self.look(60.0)
        self.ask("PUT", f"{path}/update_template/{made['args']}/", {"image": "c/d", "env": {"B": "2"}})
        self.ask("PUT", f"{path}/prepay/{one}/", {"amount": 10})
        self.ask("PUT", f"{path}/prepay/{one}/", {"amount": 10000}, status=411)
        self.ask("GET", f"{path}/balance/{one}/?owner=me")
        self.ask("POST", f"{path}/take_snapshot/{one}/", {"container_registry": "docker.io", "personal_repo": "r"})
        self.ask("POST", f"{path}/{one}/ssh/", {"ssh_key": self.public_key})
        keys = json.loads(self.ask("GET", f"{path}/{one}/ssh/")["ssh_keys"])
        self.ask("DELETE", f"{path}/{one}/ssh/{keys[0]['id']}/", {})
        for call, body in (("request_logs", {"tail": "10"}), ("command", {"command": "ls -l"})):
            url = self.ask("PUT", f"{path}/{call}/{one}/", body)["result_url"]
            assert isinstance(self.ask("GET", urllib.parse.urlsplit(url).path), str)
        self.ask("GET", f"{path}/pending-price-increases/")
        for word in ("accept", "reject"):
            self.ask("PUT", f"{path}/{word}-price-increase/", {"pending_price_increase_id": 1}, status=404)
        self.ask("GET", f"/api/v0/instance_backups/{one}/download/", status=404)
        self.ask("PUT", path + "/", {"state": "stopped", "ids": [one, other]})
        self.look(10.0)
        self.ask("PUT", f"{path}/{one}/", {"state": "running"})
        self.look(60.0)
        self.ask("GET", "/api/v0/instances/", status=410)
        self.emulator.settings(v0_list="list")
        self.ask("GET", "/api/v0/instances/")

    def market(self, made: dict[str, int]) -> None:
        for knob in ("stopped", "running"):
            self.emulator.settings(outbid_shape=knob)
            self.emulator.outbid(made["bid"])
            self.look(0.0)
            self.ask("PUT", f"/api/v0/instances/bid_price/{made['bid']}/", {"client_id": "me", "price": None})
            self.look(100.0)
        machine = self.ask("GET", f"/api/v0/instances/{made['direct']}/")["instances"]["machine_id"]
        self.emulator.set_offline(machine)
        self.look(10.0)
        self.emulator.set_offline(machine, offline=False)
        # A bid that was stopped cannot have its GPU back once somebody bids more: 200, and queued.
        self.ask("PUT", f"/api/v0/instances/{made['bid']}/", {"state": "stopped"})
        self.look(10.0)
        self.emulator.set_min_bid(2.0, instance_id=made["bid"])
        assert self.ask("PUT", f"/api/v0/instances/{made['bid']}/", {"state": "running"})["success"] is False
        assert self.ask("PUT", "/api/v0/instances/", {"state": "running", "ids": [made["bid"]]})["success"] is False
        self.look(0.0)

    def more_offers(self) -> None:
        query = {"machine_id": {"eq": 123456}}
        text = urllib.parse.quote(json.dumps(query))
        self.ask("GET", f"/api/v0/bundles/?q={text}")
        self.ask("PUT", "/api/v0/search/asks/", {"select_cols": ["*"], "q": query})
        self.ask("PUT", "/api/v0/search/asks/", {"select_cols": ["id", "gpu_name", "nonsense"], "q": query})
        columns = urllib.parse.quote(json.dumps(["id", "label", "nonsense"]))
        assert set(self.ask("GET", f"/api/v1/instances/?select_cols={columns}")["instances"][0]) == {
            "id",
            "label",
            "nonsense",
        }
        offers = self.free(2)
        self.ask("POST", "/api/v0/asks/bulk/", {"ids": [*offers, 1], "image": "a/b"})
        self.ask("POST", "/api/v0/asks/bulk/", {"ids": offers, "image": "a/b"}, status=400)
        wanted = {"gpu_name": {"eq": "RTX 4090"}, "rentable": {"eq": True}}
        self.ask("PUT", "/api/v0/launch_instance/", {"q": wanted, "image": "a/b"})
        self.ask("PUT", "/api/v0/launch_instance/", {"q": {"gpu_name": {"eq": "none"}}, "image": "a/b"}, status=400)

    def commands(self, made: dict[str, int]) -> None:
        one, other = made["direct"], made["jupyter"]
        paths = {"src_path": "/a", "dst_path": "/b"}
        self.ask("PUT", "/api/v0/commands/copy_direct/", {"src_id": str(one), "dst_id": str(other), **paths})
        self.ask("PUT", "/api/v0/commands/rsync/", {"src_id": None, "dst_id": str(other), **paths})
        self.ask("DELETE", "/api/v0/commands/copy_direct/", {"dst_id": str(other)})
        places = {"src": "/a", "dst": "/b", "instance_id": str(one), "transfer": "Instance To Cloud", "flags": []}
        self.ask("POST", "/api/v0/commands/rclone/", places)
        self.ask("DELETE", "/api/v0/commands/rclone/", {"dst_id": str(one)})
        job = {"start_time": 1, "end_time": 2, "api_endpoint": "/api/v0/x/", "request_method": "PUT"}
        job |= {"frequency": "DAILY", "hour_of_the_day": 4, "request_body": {}, "instance_id": one}
        number = self.ask("POST", "/api/v0/commands/schedule_job/", job)["scheduled_job_id"]
        self.ask("POST", "/api/v0/commands/schedule_job/", job, status=422)
        self.ask("PUT", f"/api/v0/commands/schedule_job/{number}/", {"hour_of_the_day": 5})
        self.ask("GET", "/api/v0/commands/schedule_job/")
        self.ask("DELETE", f"/api/v0/commands/schedule_job/{number}/", {})

    def money(self) -> None:
        self.look(3 * 86400.0)
        self.ask("GET", charges() + "&limit=2")
        when = urllib.parse.quote(json.dumps({"when": {"gte": 0, "lte": 9e9}}))
        self.ask("GET", f"/api/v1/invoices/?select_filters={when}")
        assert self.ask("GET", "/api/v1/invoices/")["success"] is False
        self.ask("GET", "/api/v0/users/me/invoices?owner=me&inc_charges=true")
        ids = [row["id"] for row in self.look()]
        self.ask("POST", "/api/v0/contracts/fetch/", {"label": "next", "contract_ids": ids})

    def leave(self, template: str, made: dict[str, int]) -> None:
        found = self.ask("GET", "/api/v0/template/")["templates"]
        assert [one["hash_id"] for one in found] == [template]
        self.ask("DELETE", "/api/v0/template/", {"template_id": found[0]["id"]})
        self.ask("DELETE", "/api/v0/secrets/", {"key": "HF_TOKEN"})
        key = self.ask("GET", "/api/v0/ssh/")[0]["id"]
        self.ask("DELETE", f"/api/v0/ssh/{key}/", {})
        self.ask("DELETE", f"/api/v0/instances/{made['vm']}/", {})
        self.ask("DELETE", "/api/v0/instances/", {"instance_ids": [made["args"], made["stopped"]]})
        assert self.ask("GET", f"/api/v0/instances/{made['vm']}/") == {"instances": None}
        self.ask("PUT", "/api/v0/commands/reset_apikey/", {"client_id": "me"})


def charges() -> str:
    """The path of all charges there are."""
    days = urllib.parse.quote(json.dumps({"day": {"gte": 0, "lte": 9e9}}))
    return f"/api/v0/charges/?select_filters={days}"


def test_a_tour_of_every_route(wire: Wire, public_key: str) -> None:
    tour = Tour(wire, public_key)
    tour.account()
    template = tour.templates()
    made = tour.instances(template)
    tour.volumes()
    tour.operations(made)
    tour.market(made)
    tour.more_offers()
    tour.commands(made)
    tour.money()
    tour.leave(template, made)
    assert tour.statuses >= STATUSES
    answered = {route for route, status in wire.seen if status == 200}
    assert set(ROUTES) - answered == ALWAYS_REFUSED


@pytest.mark.parametrize("route", sorted(set(ROUTES) - WITHOUT_KEY))
def test_refusals_have_their_shape_too(wire: Wire, route: str) -> None:
    method, pattern = route.split(" ")
    path = pattern.format(id="4711", key="4711", name="none") + "/"
    nobody = {"Authorization": "Bearer wrong"}
    for body in (b"{", b"[]", b'{"id": "x", "ids": 7, "instance_ids": {}}', b"{}"):
        wire.ask(method, path, body)
        wire.ask(method, path, body, **nobody)
    wire.ask("PATCH", path)
    assert ("nothing", 405) in wire.seen
    assert {status for seen, status in wire.seen if seen == route} & {400, 404, 410}, "nothing was refused"


@pytest.mark.parametrize("style", ["json", "retry_after"])
def test_throttled_calls_have_their_shape(style: str) -> None:
    with Emulator(speed=0, rate_limits="documented") as emulator:
        emulator.settings(throttle_body=style)
        wire = Wire(emulator)
        assert [wire.ask("GET", "/api/v1/instances/").status for _call in range(2)] == [200, 429]
