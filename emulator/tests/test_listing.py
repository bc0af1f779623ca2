# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What lists keep for later is always what they would make now, and pages of a fleet that changes are complete."""

from __future__ import annotations

import contextlib
import json
import random
import time
import urllib.parse
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vast_emulator.instances.mounting import Mounts, offer_for
from vast_emulator.instances.rows import COLUMNS, MOVING, row
from vast_emulator.instances.ssh_endpoints import DocumentationAddresses
from vast_emulator.market.query import predicates, sort_key
from vast_emulator.web.guard import Guard
from vast_emulator.web.service import Service
from vast_emulator.wire.limits import Limits
from vast_emulator.wire.request_log import RequestLog
from vast_emulator.world.contracts import Contract
from vast_emulator.world.store import Store
from vast_emulator.world.world import Genesis, World

KEY = "test-key"
SOME_COLUMNS = ["id", "label", "actual_status", "ports", "uptime_mins", "min_bid", "nonsense", "volume_info", "id"]
FILTERS: list[dict[str, Any]] = [
    {},
    {"label": {"eq": "a"}},
    {"label": {"in": ["a", None, "a"]}},
    {"label": {"in": ["a", "b"], "neq": "b"}, "is_bid": {"eq": False}},
    {"actual_status": {"in": ["running", "offline"]}},
    {"gpu_name": {"notin": ["RTX 4090"]}, "start_date": {"gt": 0}},
]
ORDERS: list[list[tuple[str, bool]]] = [
    [("id", False)],
    [("id", True)],
    [("label", True), ("id", False)],
    [("dph_total", False), ("id", False)],
    [("uptime_mins", True), ("gpu_name", False), ("id", True)],
]


class Restless(DocumentationAddresses):
    """Listeners that must take another port at each change."""

    def sync(self, contracts: dict[int, Contract], touched: Iterable[int]) -> None:
        for number in touched:
            if number in contracts:
                contracts[number].ssh_ports["direct"] += 1


def a_service(machines: int) -> Service:
    store = Store(None)
    world = World(store, Genesis(time.time(), 7, machines), speed=0)
    return Service(world, KEY, Restless(), Limits(False, store), RequestLog(), Guard("emulator"))


def ask(service: Service, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    path, _mark, query = path.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"authorization", f"Bearer {KEY}".encode()), (b"host", b"emulator")],
        "client": None,
    }
    content = b"" if body is None else json.dumps(body).encode()
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": content}

    async def send(message: Any) -> None:
        sent.append(message)

    # Without a network there is nothing to wait for.
    with contextlib.suppress(StopIteration):
        service(scope, receive, send).send(None)
    start, end = sent
    return start["status"], json.loads(end["body"])


def list_page(service: Service, **query: Any) -> dict[str, Any]:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in query.items()}
    status, answer = ask(service, "GET", "/api/v1/instances/?" + urllib.parse.urlencode(texts))
    assert status == 200, answer
    return answer


def pages(service: Service, **query: Any) -> list[dict[str, Any]]:
    """All pages of a walk."""
    found = [list_page(service, **query)]
    while found[-1]["next_token"]:
        found.append(list_page(service, **query, after_token=found[-1]["next_token"]))
    return found


class Fleet(RuleBasedStateMachine):
    """Everything that changes instances, and the list read after each step, so that what it kept must follow."""

    def __init__(self) -> None:
        super().__init__()
        self.service = a_service(6)
        self.world = self.service.world

    def pick(self, number: int) -> Contract:
        return self.world.contracts[self.world.ids[number % len(self.world.ids)]]

    def plain_rows(self) -> dict[int, dict[str, Any]]:
        self.world.settle()
        contracts = self.world.contracts.items()
        made = {number: row(contract, self.world, self.service.addresses) for number, contract in contracts}
        return {number: json.loads(json.dumps(one)) for number, one in made.items()}

    @rule(
        number=st.integers(0, 50),
        price=st.none() | st.floats(0.01, 3.0),
        label=st.sampled_from(["a", "b", None]),
        volume=st.booleans(),
    )
    def rent(self, number: int, price: float | None, label: str | None, volume: bool) -> None:
        offer = list(self.world.offers.values())[number % len(self.world.offers)]
        body = {"image": "a/b:1", "disk": 10, "price": price, "label": label, "runtype": "ssh_direct"}
        if volume:
            new = {"create_new": True, "volume_id": offer.facts["avail_vol_ask_id"], "size": 5, "mount_path": "/v"}
            body["volume_info"] = new
        ask(self.service, "PUT", f"/api/v0/asks/{offer.id}/", body)

    @precondition(lambda self: self.world.ids)
    @rule(
        number=st.integers(0, 50),
        body=st.sampled_from([{"state": "stopped"}, {"state": "running"}, {"label": "a"}, {"label": None}]),
    )
    def change(self, number: int, body: dict[str, Any]) -> None:
        ask(self.service, "PUT", f"/api/v0/instances/{self.pick(number).id}/", body)

    @precondition(lambda self: self.world.ids)
    @rule(number=st.integers(0, 50), what=st.sampled_from(["reboot", "recycle", "update_template"]))
    def run_again(self, number: int, what: str) -> None:
        body = {"image": "c/d:2", "env": {"A": "1"}} if what == "update_template" else {}
        ask(self.service, "PUT", f"/api/v0/instances/{what}/{self.pick(number).id}/", body)

    @precondition(lambda self: self.world.ids)
    @rule(number=st.integers(0, 50), price=st.floats(0.01, 3.0))
    def bid(self, number: int, price: float) -> None:
        ask(self.service, "PUT", f"/api/v0/instances/bid_price/{self.pick(number).id}/", {"price": price})

    @precondition(lambda self: self.world.ids)
    @rule(number=st.integers(0, 50))
    def destroy(self, number: int) -> None:
        assert ask(self.service, "DELETE", f"/api/v0/instances/{self.pick(number).id}/", {})[0] == 200

    @precondition(lambda self: self.world.ids)
    @rule(number=st.integers(0, 50), dollars=st.floats(0.01, 3.0), what=st.sampled_from(["set_min_bid", "price"]))
    def prices(self, number: int, dollars: float, what: str) -> None:
        name = "min_bid" if what == "set_min_bid" else "dph_base"
        event = {what: {"offer_id": self.pick(number).ask_id, name: dollars}}
        assert ask(self.service, "POST", "/_emulator/market", event)[0] == 200

    @precondition(lambda self: self.world.ids)
    @rule(number=st.integers(0, 50), what=st.sampled_from(["offline", "online"]))
    def machine(self, number: int, what: str) -> None:
        assert ask(self.service, "POST", "/_emulator/market", {what: self.pick(number).machine_id})[0] == 200

    @rule(seconds=st.one_of(st.floats(0, 120), st.floats(0, 10 * 86400)))
    def wait(self, seconds: float) -> None:
        # The request for the list finds what is due, and the listeners follow after its answer.
        self.world.clock.advance(seconds)

    @rule()
    def reset(self) -> None:
        assert ask(self.service, "POST", "/_emulator/reset", {})[0] == 200

    @invariant()
    def lists_are_as_made_now(self) -> None:
        # Rows first: the first list after a step is the one that meets changes by itself.
        self.check_rows()
        self.check_columns()
        self.check_filters_and_orders()

    def check_rows(self) -> None:
        # The listeners follow what has changed after the first answer, and take other ports.
        for _time in range(2):
            plain = self.plain_rows()
            listed = [one for page in pages(self.service) for one in page["instances"]]
            assert listed == [plain[number] for number in sorted(plain)]
        some = [one for page in pages(self.service, select_cols=SOME_COLUMNS) for one in page["instances"]]
        assert some == [{name: one.get(name) for name in SOME_COLUMNS} for one in listed]

    def check_columns(self) -> None:
        plain = self.plain_rows()
        for number, contract in self.world.contracts.items():
            assert {name: read(contract, self.world) for name, read in COLUMNS.items()} == {
                name: plain[number][name] for name in COLUMNS
            }

    def check_filters_and_orders(self) -> None:
        plain = self.plain_rows()
        for filters in FILTERS:
            tests = [(name, test) for name, condition in filters.items() for test in predicates(name, condition)]
            wanted = [one for one in plain.values() if all(test(one[name]) for name, test in tests)]
            for order in ORDERS:
                for column, down in reversed(order):
                    wanted.sort(key=lambda one: sort_key(one[column]), reverse=down)
                columns = [{"col": column, "dir": "desc" if down else "asc"} for column, down in order]
                found = pages(self.service, select_filters=filters, order_by=columns, limit=5, select_cols=["id"])
                assert [one["id"] for page in found for one in page["instances"]] == [one["id"] for one in wanted]
                assert found[0]["total_instances"] == len(wanted)
                assert found[0]["label_counts"] == Counter(one["label"] or "" for one in wanted)


TestFleet = Fleet.TestCase
TestFleet.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


def test_the_clock_moves_only_what_is_called_moving() -> None:
    service = a_service(6)
    offers = [offer.id for offer in service.world.offers.values()]
    ask(service, "POST", "/api/v0/asks/bulk/", {"ids": offers[:20], "image": "a/b", "disk": 10})
    ask(service, "POST", "/_emulator/clock", {"advance": 200})
    before = list_page(service)["instances"]
    ask(service, "POST", "/_emulator/clock", {"advance": 60})
    after = list_page(service)["instances"]
    changed = {name for one, other in zip(before, after, strict=True) for name in one if one[name] != other[name]}
    assert changed == {"duration", "uptime_mins", "client_run_time", "host_run_time"}
    assert changed < MOVING


def test_pages_are_complete_while_instances_come_and_go() -> None:
    service, dice = a_service(500), random.Random(7)
    world = service.world
    offers = [offer.id for offer in world.offers.values() if len(offer.gpu_ids) == 1 and not offer.holders()]
    assert len(offers) > 1200

    def rent(count: int) -> None:
        for _number in range(count):
            body = {"image": "a/b", "disk": 10, "label": dice.choice(["a", "b"])}
            assert ask(service, "PUT", f"/api/v0/asks/{offers.pop()}/", body)[0] == 200

    rent(1000)
    there_all_the_time = set(world.ids)
    seen: list[int] = []
    token, page_count = "", 0
    while token is not None:
        present = set(world.ids)
        page = list_page(service, limit=25, select_cols=["id"], after_token=token)
        assert page["total_instances"] == len(present)
        found = [one["id"] for one in page["instances"]]
        assert set(found) <= present
        seen += found
        token, page_count = page["next_token"], page_count + 1
        if len(offers) > 100:
            rent(dice.randrange(4))
        for number in dice.sample(world.ids, 4):
            assert ask(service, "DELETE", f"/api/v0/instances/{number}/", {})[0] == 200
            there_all_the_time.discard(number)
    assert page_count > 30
    assert seen == sorted(set(seen))
    assert there_all_the_time <= set(seen)


@pytest.mark.parametrize("column", sorted(MOVING & set(COLUMNS)))
@pytest.mark.parametrize("way", ["asc", "desc"])
def test_a_walk_by_what_moves_with_the_clock_gives_each_row_once(column: str, way: str) -> None:
    service = a_service(6)
    free = [offer.id for offer in service.world.offers.values() if len(offer.gpu_ids) == 1 and not offer.holders()]
    for offer in free[:12]:
        assert ask(service, "PUT", f"/api/v0/asks/{offer}/", {"image": "a/b", "disk": 10})[0] == 200
        service.world.clock.advance(7)
    service.world.clock.advance(200)
    query = {"limit": 5, "order_by": [{"col": column, "dir": way}], "after_token": ""}
    seen: list[int] = []
    while query["after_token"] is not None:
        page = list_page(service, **query)
        shown = [one[column] for one in page["instances"]]
        assert shown == sorted(shown, reverse=way == "desc")
        seen += [one["id"] for one in page["instances"]]
        query["after_token"] = page["next_token"]
        service.world.clock.advance(3600)
    assert sorted(seen) == service.world.ids


def test_every_change_forgets_at_once() -> None:
    service = a_service(6)
    world, offer = service.world, next(iter(service.world.offers))
    ask(service, "PUT", f"/api/v0/asks/{offer}/", {"image": "a/b", "disk": 10})
    contract = world.contracts[world.ids[0]]
    storage = offer_for(world, world.offers[offer].facts["avail_vol_ask_id"], 1)
    for change in (
        lambda: world.save(contract),
        lambda: world.relabel(contract, "other"),
        lambda: Mounts(new=(storage, 1, None, "/data")).carry_out(world, contract),
        lambda: world.stop(contract),
        lambda: world.set_offline(world.machines[contract.machine_id], True),
        lambda: world.destroy(contract),
    ):
        world.derived.form(contract.id, None, lambda: "old")
        world.derived.match("all", lambda: "old")
        change()
        assert world.derived.form(contract.id, None, lambda: "new") == "new"
        assert world.derived.match("all", lambda: "new") == "new"
        world.derived.forget(contract.id)


def test_forms_that_are_kept_are_few() -> None:
    service = a_service(6)
    offer = next(iter(service.world.offers))
    ask(service, "PUT", f"/api/v0/asks/{offer}/", {"image": "a/b", "disk": 10})
    for name in sorted(COLUMNS):
        (one,) = list_page(service, select_cols=[name])["instances"]
        assert set(one) == {name}
        list_page(service, select_filters={"label": {"eq": name}})
    assert max(map(len, service.world.derived._forms.values())) <= 4
    assert len(service.world.derived._matches) <= 16
