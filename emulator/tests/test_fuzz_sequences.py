# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long random lives of a renter: requests use what earlier ones gave, right and wrong, while the market moves."""

from __future__ import annotations

import json
import math
import urllib.parse
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from wire import Wire

from vast_emulator.process import Emulator
from vast_emulator.web.routing import api
from vast_emulator.web.service import Service

assert Service, "importing the service fills the route table"

PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0Z1m0u0x0y0l0T0o0P0a0S0d0F0g0H0j0K0l0 renter@example"
# Stand for ids, prices, sizes, names and lists alike.
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from([0, -1, 2**53, 2**63, 10**400, [], {}]),
    st.sampled_from(["V.1", "1e9", "\uff19", "\u202e", "a/b", "/", "..", "%2F", "running"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.sampled_from(["eq", "in", "A", "-p 1:1"]), st.text(max_size=4), max_size=2),
)
IDS = st.integers(1, 2**40)
SECONDS = st.sampled_from([0.0, 1.0, 5.0, 30.0, 100.0, 3600.0, 90000.0])
FIELDS = st.sampled_from(
    ["price", "disk", "runtype", "env", "label", "args", "onstart", "template_hash_id", "volume_info", "target_state"]
)
WITH_ID = [
    (method, path) for method, path in api.paths() if "{" in path and "results" not in path and "pending" not in path
]


def mostly(*good: Any) -> st.SearchStrategy[Any]:
    """One of some good values, or now and then an odd one."""
    return st.integers(0, 5).flatmap(lambda face: ODD if face == 5 else st.sampled_from(good))


class Life(RuleBasedStateMachine):
    """``emulator`` is set before it runs."""

    emulator: Emulator
    offers: Bundle[int] = Bundle("offers")
    volume_offers: Bundle[int] = Bundle("volume_offers")
    instances: Bundle[int] = Bundle("instances")
    volumes: Bundle[int] = Bundle("volumes")
    templates: Bundle[dict[str, Any]] = Bundle("templates")
    keys: Bundle[int] = Bundle("keys")
    jobs: Bundle[int] = Bundle("jobs")
    addresses: Bundle[str] = Bundle("addresses")
    tokens: Bundle[str] = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.emulator.reset()
        self.wire = Wire(self.emulator)
        self.transferred = 0.0
        self.steps = 0

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and body; the shape of the answer has been checked."""
        status, answer = self.wire.ask(method, path, body)
        if status >= 400:
            assert isinstance(answer["msg"], str)
        return status, answer

    @rule(route=st.sampled_from(WITH_ID), odd=st.one_of(IDS, ODD), other=st.one_of(IDS, ODD))
    def wrong_id(self, route: tuple[str, str], odd: Any, other: Any) -> None:
        method, path = route
        self.ask(
            method,
            path.format(id=urllib.parse.quote(str(odd), safe=""), key=urllib.parse.quote(str(other), safe="")) + "/",
            {},
        )

    # Looking around

    @initialize(target=offers)
    def first_offers(self) -> Any:
        known = self.ask("POST", "/api/v0/bundles/", {"machine_id": {"in": [123456, 789012]}})[1]["offers"]
        rows = known + self.ask("POST", "/api/v0/bundles/", {"num_gpus": {"lte": 2}, "limit": 20})[1]["offers"]
        return multiple(*(row["id"] for row in rows))

    @initialize(target=volume_offers)
    def first_volume_offers(self) -> Any:
        rows = self.ask("POST", "/api/v0/volumes/search/", {"machine_id": {"in": [123456, 789012]}})[1]["offers"]
        return multiple(*(row["id"] for row in rows))

    @rule(target=offers, field=st.sampled_from(["num_gpus", "gpu_name", "dph_total", "id", "driver_version"]), odd=ODD)
    def search(self, field: str, odd: Any) -> Any:
        status, answer = self.ask("POST", "/api/v0/bundles/", {field: {"neq": odd}, "limit": 3})
        return multiple(*(row["id"] for row in answer["offers"])) if status == 200 else multiple()

    @rule(target=tokens, limit=st.integers(-1, 3), column=st.sampled_from(["id", "label", "dph_total", "nonsense"]))
    def first_page(self, limit: int, column: str) -> Any:
        order = urllib.parse.quote(json.dumps([{"col": column, "dir": "desc"}]))
        status, answer = self.ask("GET", f"/api/v1/instances/?limit={limit}&order_by={order}")
        return answer["next_token"] if status == 200 and answer["next_token"] else multiple()

    @rule(token=st.one_of(tokens, st.text(max_size=20)), column=st.sampled_from(["id", "label", "dph_total"]))
    def next_page(self, token: str, column: str) -> None:
        order = urllib.parse.quote(json.dumps([{"col": column, "dir": "desc"}]))
        self.ask("GET", f"/api/v1/instances/?limit=1&order_by={order}&after_token={urllib.parse.quote(token)}")

    @rule(limit=st.integers(0, 9), first=st.floats(0, 2e9))
    def bills(self, limit: int, first: float) -> None:
        for path, name in (("/api/v0/charges/", "day"), ("/api/v1/invoices/", "when")):
            filters = urllib.parse.quote(json.dumps({name: {"gte": first, "lte": 9e9}}))
            self.ask("GET", f"{path}?select_filters={filters}&limit={limit}")
        self.ask("GET", f"/api/v0/users/me/invoices?sdate={first}")

    # Renting

    @rule(target=instances, offer=offers, field=FIELDS, odd=ODD)
    def rent(self, offer: int, field: str, odd: Any) -> Any:
        body = {"image": "a/b", "disk": 10, "runtype": "ssh_direct", "label": "l", field: odd}
        return self.rented(self.ask("PUT", f"/api/v0/asks/{offer}/", body)[1])

    @rule(target=instances, offer=offers, price=st.sampled_from([None, 0.001, 0.3, 0.5, 2, "0.7"]), image=st.booleans())
    def rent_well(self, offer: int, price: Any, image: bool) -> Any:
        body = {"image": "a/b" if image else "missing/x", "price": price, "runtype": "ssh_direct"}
        return self.rented(self.ask("PUT", f"/api/v0/asks/{offer}/", body)[1])

    @rule(target=instances, offer=offers, volume=volumes, path=st.sampled_from(["/data", "data", "", "/a b"]))
    def rent_with_volume(self, offer: int, volume: int, path: str) -> Any:
        info = {"create_new": False, "volume_id": volume, "mount_path": path}
        return self.rented(self.ask("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b", "volume_info": info})[1])

    @rule(target=instances, offer=offers, offered=volume_offers, size=st.sampled_from([1, 15, 10**6, "7", -1]))
    def rent_with_new_volume(self, offer: int, offered: int, size: Any) -> Any:
        info = {"create_new": True, "volume_id": offered, "mount_path": "/data", "size": size}
        return self.rented(self.ask("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b", "volume_info": info})[1])

    @rule(target=instances, offer=offers, template=templates)
    def rent_by_template(self, offer: int, template: dict[str, Any]) -> Any:
        body = {"template_hash_id": template["hash_id"], "image": None}
        return self.rented(self.ask("PUT", f"/api/v0/asks/{offer}/", body)[1])

    @rule(target=instances, some=st.lists(offers, max_size=3))
    def rent_many(self, some: list[int]) -> Any:
        answer = self.ask("POST", "/api/v0/asks/bulk/", {"ids": some, "image": "a/b"})[1]
        return multiple(*answer.get("new_contracts", []))

    @staticmethod
    def rented(answer: dict[str, Any]) -> Any:
        return answer["new_contract"] if "new_contract" in answer else multiple()

    # Instances

    @rule(instance=instances, state=mostly("running", "stopped"))
    def change_state(self, instance: int, state: Any) -> None:
        self.ask("PUT", f"/api/v0/instances/{instance}/", {"state": state})

    @rule(instance=instances, verb=st.sampled_from(["reboot", "recycle"]))
    def restart(self, instance: int, verb: str) -> None:
        self.ask("PUT", f"/api/v0/instances/{verb}/{instance}/", {})

    @rule(
        instance=instances,
        name=st.sampled_from(["image", "env", "onstart", "args"]),
        odd=mostly("c/d", {"A": "1"}, ["x"]),
    )
    def update(self, instance: int, name: str, odd: Any) -> None:
        self.ask("PUT", f"/api/v0/instances/update_template/{instance}/", {"id": instance, name: odd})

    @rule(instance=instances, price=mostly(None, 0.4, 0.6, 40))
    def bid(self, instance: int, price: Any) -> None:
        self.ask("PUT", f"/api/v0/instances/bid_price/{instance}/", {"client_id": "me", "price": price})

    @rule(some=st.lists(instances, min_size=1, max_size=3), label=mostly("a", "b", None))
    def change_many(self, some: list[int], label: Any) -> None:
        self.ask("PUT", "/api/v0/instances/", {"ids": some, "state": "running"})
        self.ask("PUT", f"/api/v0/instances/{some[0]}/", {"label": label})

    @rule(instance=consumes(instances), many=st.booleans())
    def destroy(self, instance: int, many: bool) -> None:
        if many:
            self.ask("DELETE", "/api/v0/instances/", {"instance_ids": [instance]})
        else:
            self.ask("DELETE", f"/api/v0/instances/{instance}/", {})
        assert self.ask("GET", f"/api/v0/instances/{instance}/") == (200, {"instances": None})

    @rule(target=addresses, instance=instances, tail=mostly(None, "3"), command=mostly("ls -l", "du"))
    def output(self, instance: int, tail: Any, command: Any) -> Any:
        logs = self.ask("PUT", f"/api/v0/instances/request_logs/{instance}/", {"tail": tail})[1]
        result = self.ask("PUT", f"/api/v0/instances/command/{instance}/", {"command": command})[1]
        return multiple(*(one["result_url"] for one in (logs, result) if "result_url" in one))

    @rule(address=addresses)
    def fetch(self, address: str) -> None:
        status, answer = self.wire.ask("GET", urllib.parse.urlsplit(address).path)
        assert (status, type(answer)) == (200, str)

    @rule(one=st.one_of(instances, ODD), other=st.one_of(instances, volumes.map("V.{}".format), ODD))
    def copy(self, one: Any, other: Any) -> None:
        self.ask("PUT", "/api/v0/commands/rsync/", {"src_id": one, "dst_id": other, "src_path": "/a", "dst_path": "/b"})

    @rule(target=jobs, instance=instances, hour=mostly(None, 4))
    def schedule(self, instance: int, hour: Any) -> Any:
        job = {
            "start_time": 1,
            "end_time": 2,
            "api_endpoint": "/api/v0/x/",
            "request_method": "PUT",
            "request_body": {},
        }
        job |= {"frequency": "DAILY", "hour_of_the_day": hour, "instance_id": instance}
        answer = self.ask("POST", "/api/v0/commands/schedule_job/", job)[1]
        return answer.get("scheduled_job_id") or multiple()

    @rule(job=jobs, method=st.sampled_from(["PUT", "DELETE"]), day=mostly(None, 0))
    def change_job(self, job: int, method: str, day: Any) -> None:
        self.ask(method, f"/api/v0/commands/schedule_job/{job}/", {"day_of_the_week": day})

    # Volumes

    @rule(target=volumes, offer=volume_offers, size=mostly(1, 15, "20"), name=mostly(None, "data"))
    def create_volume(self, offer: int, size: Any, name: Any) -> Any:
        answer = self.ask("PUT", "/api/v0/volumes/", {"id": offer, "size": size, "name": name})[1]
        return answer.get("volume_id") or multiple()

    @rule(volume=volumes, offer=volume_offers, size=mostly(None, 60))
    def copy_volume(self, volume: int, offer: int, size: Any) -> None:
        self.ask("POST", "/api/v0/volumes/copy/", {"src_id": volume, "dst_id": offer, "size": size})

    @rule(volume=consumes(volumes))
    def delete_volume(self, volume: int) -> None:
        self.ask("DELETE", f"/api/v0/volumes/?id={volume}", {})

    # The account

    @rule(target=templates, name=st.text(max_size=5), env=mostly(None, "-e A=b"), disk=mostly(None, "12"))
    def create_template(self, name: str, env: Any, disk: Any) -> Any:
        body = {"name": name, "image": "a/b", "env": env, "recommended_disk_space": disk, "runtype": "ssh"}
        status, answer = self.ask("POST", "/api/v0/template/", body)
        return answer["template"] if status == 200 else multiple()

    @rule(template=templates, delete=st.booleans(), odd=mostly(None, "x"))
    def change_template(self, template: dict[str, Any], delete: bool, odd: Any) -> None:
        if delete:
            self.ask("DELETE", "/api/v0/template/", {"template_id": template["id"]})
        else:
            self.ask("PUT", "/api/v1/template/", {**template, "onstart": odd})

    @rule(target=keys, instance=instances)
    def create_key(self, instance: int) -> Any:
        self.ask("POST", f"/api/v0/instances/{instance}/ssh/", {"ssh_key": PUBLIC_KEY})
        return self.ask("POST", "/api/v0/ssh/", {"ssh_key": PUBLIC_KEY})[1]["key"]["id"]

    @rule(key=keys, instance=instances)
    def delete_key(self, key: int, instance: int) -> None:
        self.ask("DELETE", f"/api/v0/instances/{instance}/ssh/{key}/", {})
        self.ask("DELETE", f"/api/v0/ssh/{key}/", {})

    @rule(name=mostly("A", "b_1"), value=mostly("v"), method=st.sampled_from(["POST", "PUT", "DELETE"]))
    def secret(self, name: Any, value: Any, method: str) -> None:
        self.ask(method, "/api/v0/secrets/", {"key": name, "value": value})
        self.ask("GET", "/api/v0/secrets/")

    @rule(amount=mostly(0.01, 1.5, 400), to=mostly("bob@example.com"))
    def transfer(self, amount: Any, to: Any) -> None:
        status, _answer = self.ask(
            "PUT", "/api/v0/commands/transfer_credit/", {"sender": "me", "recipient": to, "amount": amount}
        )
        if status == 200:
            self.transferred += float(amount)

    # The market

    @rule(seconds=SECONDS)
    def wait(self, seconds: float) -> None:
        self.emulator.advance(seconds)

    @rule(instance=instances, word=st.sampled_from(["outbid", "vanish", "offline", "online", "set_min_bid"]), odd=ODD)
    def event(self, instance: int, word: str, odd: Any) -> None:
        """Of an instance that may be no bid, or gone: refused then, but never a crash."""
        row = self.ask("GET", f"/api/v0/instances/{instance}/")[1]["instances"]
        about = {
            "outbid": instance,
            "vanish": row["ask_contract_id"] if row else odd,
            "offline": row["machine_id"] if row else odd,
            "online": 123456,
            "set_min_bid": {"instance_id": instance, "min_bid": 0.55},
        }
        status, answer = self.emulator.call("POST", "/_emulator/market", {word: about[word]})
        assert status in (200, 400, 404, 409)
        assert status == 200 or isinstance(answer["msg"], str)

    # What always holds; not asked after each step, as it would take most of the time.

    def is_quiet(self) -> bool:
        self.steps += 1
        return self.steps % 5 != 0

    @invariant()
    def money_adds_up(self) -> None:
        ledger = self.emulator.ledger()
        assert math.isclose(ledger["credit"], 1000.0 - self.transferred - ledger["total"], abs_tol=1e-6)
        parts = math.fsum(one["dollars"] for one in ledger["contracts"])
        assert math.isclose(parts, ledger["total"], abs_tol=1e-6)

    @invariant()
    def instances_are_what_they_seem(self) -> None:
        """A row is the same in the list and alone, and no GPU has two holders."""
        if self.is_quiet():
            return
        rows = self.ask("GET", "/api/v1/instances/")[1]["instances"]
        for row in rows[:2]:
            shown = self.ask("GET", f"/api/v0/instances/{row['id']}/")[1]["instances"]
            assert shown == {name: value for name, value in row.items() if name != "volume_info"}
        held = [(row["machine_id"], gpu) for row in rows if row["cur_state"] == "running" for gpu in row["gpu_ids"]]
        assert len(held) == len(set(held))


def test_no_life_ends_in_a_crash(emulator: Emulator) -> None:
    machine = type("EmulatedLife", (Life,), {"emulator": emulator})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=60,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
