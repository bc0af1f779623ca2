# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Killed while several clients write: what was acknowledged is there, what was not is there whole or not at all."""

from __future__ import annotations

import http.client
import itertools
import json
import math
import random
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator

CLIENTS = 4
KILLS = 3
KEY_TEXT = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0Z1m0u0x0y0l0T0o0P0a0S0d0F0g0H0j0K0l0"
# What a client may know: (kind, name) to a value, None for what does not exist.
Facts = dict[tuple[str, Any], Any]


class View:
    """What can be seen after a restart."""

    def __init__(self, emulator: Emulator) -> None:
        api = emulator.api
        days = urllib.parse.quote(json.dumps({"when": {"gte": 0, "lte": 9e9}}))
        self.instances = list(all_instances(emulator))
        self.volumes = api("GET", "/api/v0/volumes/")["volumes"]
        self.ledger = emulator.ledger()
        self.market = emulator.market()
        self.transfers = [
            (row["description"].removeprefix("Transfer to "), row["amount"])
            for row in api("GET", f"/api/v1/invoices/?select_filters={days}&limit=100")["results"]
            if row["type"] == "transfer"
        ]
        templates = api("GET", "/api/v0/template/")["templates"]
        offers = [offer for machine in self.market["machines"] for offer in machine["offers"]]
        self.facts: Facts = {
            **{("instance", row["label"]): row["intended_status"] for row in self.instances},
            **{("bid", row["label"]): row["dph_base"] for row in self.instances if row["is_bid"]},
            **{("mount", row["label"]): row["volume_info"][0]["label"] for row in self.instances if row["volume_info"]},
            **{("volume", row["label"]): row["disk_space"] for row in self.volumes},
            **{("template", row["name"]): row["image"] for row in templates},
            **{("secret", name): True for name in api("GET", "/api/v0/secrets/")["secrets"]},
            **{("ssh key", row["public_key"].split()[2]): True for row in api("GET", "/api/v0/ssh/")},
            **{("api key", row["name"]): True for row in api("GET", "/api/v0/auth/apikeys/")["apikeys"]},
            **{("transfer", to): amount for to, amount in self.transfers},
            **{("price", offer["id"]): offer["price"] for offer in offers},
            **{("min bid", offer["id"]): offer["min_bid"] for offer in offers},
            **{("vanished", offer["id"]): offer["vanished"] for offer in offers},
        }


def all_instances(emulator: Emulator) -> Iterator[dict[str, Any]]:
    token = ""
    while token is not None:
        page = emulator.api("GET", f"/api/v1/instances/?after_token={urllib.parse.quote(token)}")
        yield from page["instances"]
        token = page["next_token"]


class Client:
    """Writes one thing after the other, until the connection breaks. ``offers`` are its own, so nobody interferes."""

    def __init__(self, emulator: Emulator, name: str, offers: list[dict[str, Any]], volume_offer: int) -> None:
        self.name, self.emulator, self.offers, self.volume_offer = name, emulator, offers, volume_offer
        self.dice = random.Random(name)
        self.numbers = itertools.count(1)
        self.known: Facts = {}
        self.ids: dict[str, int] = {}
        self.keys: list[str] = []
        # What the request that is under way would change.
        self.pending: Facts = {}
        self.acknowledged = 0
        self.broke: list[BaseException] = []

    def run(self) -> None:
        try:
            while True:
                self.dice.choice(self.choices())()
        except (OSError, http.client.HTTPException):
            pass
        except BaseException as error:  # noqa: BLE001 (told to the test, which fails)
            self.broke.append(error)

    def choices(self) -> list[Callable[[], None]]:
        always = [self.volume, self.template, self.secret, self.ssh_key, self.api_key, self.transfer]
        if self.offers:
            always += [self.rent, self.rent, self.rent_with_volume, self.bid, self.event]
        if self.ids:
            always += [self.change_state, self.change_state, self.destroy]
        return always

    def write(self, method: str, path: str, body: Any, changes: Facts, control: bool = False) -> Any:
        """Send; once it is acknowledged, its changes are known."""
        self.pending = changes
        status, answer = self.emulator.call(method, path, body, key=None if control else self.emulator.api_key)
        if not isinstance(answer, (dict, list)):
            raise http.client.HTTPException("only a part of an answer")
        assert status == 200, (method, path, body, answer)
        self.known.update(changes)
        self.pending = {}
        self.acknowledged += 1
        return answer

    def name_it(self, kind: str) -> str:
        return f"{kind}_{self.name}_{next(self.numbers)}"

    def rent(self, changes: Facts | None = None, **more: Any) -> str:
        label = more.pop("label", None) or self.name_it("i")
        offer = self.offers.pop()["id"]
        body = {"image": "a/b", "disk": 8, "label": label, "runtype": "ssh_direct", **more}
        facts = {("instance", label): "running", **(changes or {})}
        self.ids[label] = self.write("PUT", f"/api/v0/asks/{offer}/", body, facts)["new_contract"]
        return label

    def rent_with_volume(self) -> None:
        label, volume = self.name_it("i"), self.name_it("v")
        machine = self.offers[-1]["machine_id"]
        query = {"machine_id": {"eq": machine}}
        offers = self.emulator.api("POST", "/api/v0/volumes/search/", query)["offers"]
        info = {"create_new": True, "volume_id": offers[0]["id"], "mount_path": "/data", "size": 3, "name": volume}
        self.rent({("volume", volume): 3.0, ("mount", label): volume}, label=label, volume_info=info)

    def bid(self) -> None:
        label, price = self.name_it("i"), self.offers[-1]["min_bid"]
        self.rent({("bid", label): price}, label=label, price=price)
        higher = round(price * 1.1, 4)
        body = {"client_id": "me", "price": higher}
        self.write("PUT", f"/api/v0/instances/bid_price/{self.ids[label]}/", body, {("bid", label): higher})

    def change_state(self) -> None:
        label = self.dice.choice(list(self.ids))
        state = self.dice.choice(("running", "stopped"))
        self.write("PUT", f"/api/v0/instances/{self.ids[label]}/", {"state": state}, {("instance", label): state})

    def destroy(self) -> None:
        label = self.dice.choice(list(self.ids))
        facts = {("instance", label): None, ("mount", label): None, ("bid", label): None}
        self.write("DELETE", f"/api/v0/instances/{self.ids[label]}/", {}, facts)
        del self.ids[label]

    def volume(self) -> None:
        name = self.name_it("v")
        body = {"id": self.volume_offer, "size": 2, "name": name}
        number = self.write("PUT", "/api/v0/volumes/", body, {("volume", name): 2.0})["volume_id"]
        if self.dice.random() < 0.5:
            self.write("DELETE", f"/api/v0/volumes/?id={number}", {}, {("volume", name): None})

    def template(self) -> None:
        name = self.name_it("t")
        made = self.write("POST", "/api/v0/template/", {"name": name, "image": "a/b"}, {("template", name): "a/b"})
        if self.dice.random() < 0.5:
            body = {"hash_id": made["template"]["hash_id"], "name": name, "image": "c/d"}
            self.write("PUT", "/api/v0/template/", body, {("template", name): "c/d"})

    def secret(self) -> None:
        name = self.name_it("S").upper()
        self.write("POST", "/api/v0/secrets/", {"key": name, "value": "v"}, {("secret", name): True})
        if self.dice.random() < 0.5:
            self.write("DELETE", "/api/v0/secrets/", {"key": name}, {("secret", name): None})

    def ssh_key(self) -> None:
        name = self.name_it("k")
        self.write("POST", "/api/v0/ssh/", {"ssh_key": f"{KEY_TEXT} {name}"}, {("ssh key", name): True})

    def api_key(self) -> None:
        name = self.name_it("a")
        made = self.write("POST", "/api/v0/auth/apikeys/", {"name": name}, {("api key", name): True})
        self.keys.append(made["key"])

    def transfer(self) -> None:
        to = f"{self.name_it('t')}@example.com"
        self.write(
            "PUT", "/api/v0/commands/transfer_credit/", {"recipient": to, "amount": 0.01}, {("transfer", to): 0.01}
        )

    def event(self) -> None:
        """Two things of one offer in one call of the control API."""
        row = self.offers.pop(0)
        offer = row["id"]
        self.known |= {("price", offer): row["price"], ("min bid", offer): row["min_bid"], ("vanished", offer): False}
        happen = {"price": {"offer_id": offer, "dph_base": 3.25}, "set_min_bid": {"offer_id": offer, "min_bid": 1.75}}
        facts: Facts = {("price", offer): 3.25, ("min bid", offer): 1.75}
        if self.dice.random() < 0.3:
            happen, facts = {"vanish": offer}, {("vanished", offer): True}
        self.write("POST", "/_emulator/market", happen, facts, control=True)

    def meet(self, view: View) -> None:
        """Acknowledged changes are there; those of the request that was under way are all there, or none of them."""
        if self.broke:
            raise self.broke[0]
        certain = {fact: value for fact, value in self.known.items() if fact not in self.pending}
        assert {fact: view.facts.get(fact) for fact in certain} == certain
        found = {fact: view.facts.get(fact) for fact in self.pending}
        before = {fact: self.known.get(fact) for fact in self.pending}
        assert found in (self.pending, before)
        for key in self.keys:
            assert self.emulator.call("GET", "/api/v0/users/current", key=key)[0] == 200
        # Go on from what is there.
        self.known |= found
        self.pending = {}
        mine = {name for kind, name in self.known if kind == "instance"}
        self.ids = {row["label"]: row["id"] for row in view.instances if row["label"] in mine}


def assert_it_fits_together(view: View) -> None:
    """Bills, holders of GPUs and volumes speak of the same instances."""
    ids = {row["id"] for row in view.instances}
    volumes = {row["id"] for row in view.volumes}
    assert {one["contract"] for one in view.ledger["billing"]} == ids | volumes
    assert {one["contract"] for one in view.ledger["contracts"] if one["exists"]} == ids | volumes
    left = 1000.0 - math.fsum(amount for _to, amount in view.transfers) - view.ledger["total"]
    assert view.ledger["credit"] == pytest.approx(left, abs=1e-6)
    assert {volume["id"] for row in view.instances for volume in row["volume_info"]} <= volumes
    holders = {
        (machine["machine_id"], gpu): holder
        for machine in view.market["machines"]
        for gpu, holder in enumerate(machine["holders"])
    }
    assert {holder for holder in holders.values() if holder is not None and holder > 0} <= ids
    for row in view.instances:
        if row["cur_state"] == "running":
            assert {holders[row["machine_id"], gpu] for gpu in row["gpu_ids"]} == {row["id"]}


def offers_of_their_own(emulator: Emulator) -> list[dict[str, Any]]:
    """One offer with one GPU of each machine that has a free one."""
    found = {
        machine["machine_id"]: {**offer, "machine_id": machine["machine_id"]}
        for machine in emulator.market()["machines"]
        for offer in machine["offers"]
        if offer["num_gpus"] == 1 and offer["rentable"] and machine["machine_id"] not in (123456, 789012)
    }
    return list(found.values())


def run_until(clients: list[Client], writes: int) -> list[threading.Thread]:
    """Let all write at the same time until so many more writes were acknowledged; they go on meanwhile."""
    wanted = writes + sum(client.acknowledged for client in clients)
    threads = [threading.Thread(target=client.run) for client in clients]
    for thread in threads:
        thread.start()
    while sum(client.acknowledged for client in clients) < wanted and any(thread.is_alive() for thread in threads):
        time.sleep(0.001)
    return threads


@pytest.mark.parametrize("speed", [0, 600])
@pytest.mark.parametrize("seed", range(3))
def test_a_kill_in_the_middle_of_many_writes(tmp_path: Path, seed: int, speed: int) -> None:
    dice = random.Random(f"{seed} {speed}")
    with Emulator(state=tmp_path / "state.db", speed=speed, seed=seed) as emulator:
        offers = offers_of_their_own(emulator)
        disks = emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"in": [123456, 789012]}})["offers"]
        clients = [
            Client(emulator, f"{seed}x{number}", offers[number::CLIENTS], disks[number % len(disks)]["id"])
            for number in range(CLIENTS)
        ]
        for _kill in range(KILLS):
            threads = run_until(clients, dice.randrange(1, 120))
            # Most times killed, sometimes told to stop: it must not lose anything either way.
            dice.choice((emulator.kill, emulator.kill, emulator.stop))()
            for thread in threads:
                thread.join()
            emulator.restart()
            view = View(emulator)
            for client in clients:
                client.meet(view)
            assert_it_fits_together(view)
        assert sum(client.acknowledged for client in clients) >= KILLS
