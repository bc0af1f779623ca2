# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every scenario that ships bites: the same naive script is hurt in it, and is not hurt without it."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from vast_emulator.process import Emulator
from vast_emulator.scenarios import files as scenario_files

MINUTE = 60.0
HOUR = 3600.0
DAY = 86400.0
# Longer than any healthy boot takes.
BOOT = 100.0
ON_DEMAND_MACHINE = 123456
BID_MACHINE = 789012
LIST = "/api/v1/instances/"


class Naive:
    """What scripts do that were written on a good day: they trust status codes, first answers and first rows."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.sleep = emulator.advance

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        return self.emulator.call(method, path, body, key=self.emulator.api_key)

    def search(self, **query: Any) -> list[dict[str, Any]]:
        """Offers, cheapest first; asks again when it gets something else."""
        query = {"rentable": {"eq": True}, "order": [["dph_total", "asc"]], **query}
        for _try in range(10):
            answer = self.ask("POST", "/api/v0/bundles/", query)[1]
            if "offers" in answer:
                return answer["offers"]
        raise AssertionError(answer)

    def create(self, offer: int, **body: Any) -> tuple[int, Any]:
        body = {"image": "pytorch/pytorch:latest", "disk": 50, "label": "job", "runtype": "ssh_direct", **body}
        return self.ask("PUT", f"/api/v0/asks/{offer}/", body)

    def rent(self, machine: int | None = None, **body: Any) -> int:
        """The first offer of a search."""
        query = {} if machine is None else {"machine_id": {"eq": machine}}
        status, answer = self.create(self.search(**query)[0]["id"], **body)
        assert status == 200, answer
        return answer["new_contract"]

    def rent_stubbornly(self) -> int:
        """Search and rent again until an answer has an id."""
        for _try in range(5):
            answer = self.create(self.search()[0]["id"])[1]
            if "new_contract" in answer:
                return answer["new_contract"]
        raise AssertionError(answer)

    def show(self, instance: int) -> Any:
        return self.ask("GET", f"/api/v0/instances/{instance}/")[1]["instances"]

    def status(self, instance: int) -> str | None:
        return self.show(instance)["actual_status"]

    def runs(self, instance: int) -> bool:
        return self.status(instance) == "running"

    def all(self) -> list[dict[str, Any]]:
        return self.ask("GET", LIST)[1]["instances"]

    def change(self, instance: int, **body: Any) -> bool:
        """Whether the API says that it did so."""
        return self.ask("PUT", f"/api/v0/instances/{instance}/", body)[1]["success"]

    def stop(self, instance: int) -> None:
        self.change(instance, state="stopped")
        self.sleep(MINUTE)

    def destroy(self, instance: int) -> Any:
        """One request, and whatever it is answered."""
        try:
            return self.ask("DELETE", f"/api/v0/instances/{instance}/", {})[1]
        except OSError:
            return None

    def reaches_ssh(self, instance: int) -> bool:
        row = self.show(instance)
        try:
            with socket.create_connection((row["ssh_host"], row["ssh_port"]), timeout=5) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    # What the account's owner finds out later

    def billing(self) -> int:
        """How many instances bill anything."""
        return len(self.emulator.ledger()["billing"])

    def billing_gpus(self) -> int:
        """How many instances bill their GPUs."""
        contracts = self.emulator.ledger()["contracts"]
        return sum(any(span["kind"] == "gpu" and span["end"] is None for span in one["spans"]) for one in contracts)

    def in_debt(self) -> bool:
        return self.emulator.ledger()["credit"] < 0


class Story(NamedTuple):
    """What a naive script does and gets: without the scenario, and with it."""

    tell: Callable[[Naive], Any]
    unhurt: Any
    hurt: Any


STORIES: dict[str, Story] = {}


def story(unhurt: Any, hurt: Any) -> Callable[[Callable[[Naive], Any]], Callable[[Naive], Any]]:
    """The story of the scenario that the function is named after."""

    def register(tell: Callable[[Naive], Any]) -> Callable[[Naive], Any]:
        STORIES[tell.__name__] = Story(tell, unhurt, hurt)
        return tell

    return register


@pytest.mark.parametrize("name", scenario_files.shipped())
def test_it_bites(name: str, emulator: Emulator) -> None:
    told = STORIES[name]
    assert told.tell(Naive(emulator)) == told.unhurt
    emulator.reset()
    emulator.scenario(name)
    assert told.tell(Naive(emulator)) == told.hurt
    assert emulator.control("GET", "scenario")["refused"] == []
    assert [fault["last_error"] for fault in emulator.faults() if fault["last_error"]] == []


def test_every_story_hurts_and_has_a_file() -> None:
    assert set(STORIES) == set(scenario_files.shipped())
    assert [name for name, told in STORIES.items() if told.unhurt == told.hurt] == []


def test_the_readme_has_them_all() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    section = readme.partition("## Scenarios that ship\n")[2].partition("\n## ")[0]
    assert re.findall(r"^\| `([a-z0-9_]+)` \|", section, re.MULTILINE) == sorted(scenario_files.shipped())


# Renting


@story(unhurt=1, hurt=2)
def lost_answer(naive: Naive) -> int:
    naive.rent_stubbornly()
    return naive.billing()


@story(unhurt=1, hurt=2)
def invisible_but_billing(naive: Naive) -> int:
    naive.rent()
    if not naive.all():
        naive.rent()
    return naive.billing()


@story(unhurt=(0, 0), hurt=(2, 2))
def errors_with_200(naive: Naive) -> tuple[int, int]:
    instance = naive.rent_stubbornly()
    naive.sleep(BOOT)
    assert naive.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "stopped"})[0] == 200
    naive.sleep(MINUTE)
    gpus = naive.billing_gpus()
    assert naive.ask("DELETE", f"/api/v0/instances/{instance}/", {})[0] == 200
    return gpus, naive.billing()


@story(unhurt=(200, 1), hurt=(410, 0))
def offers_vanish(naive: Naive) -> tuple[int, int]:
    offers = naive.search()
    status = naive.create(offers[0]["id"])[0]
    booked = naive.billing()
    # Whoever goes on gets something after three that are gone.
    assert 200 in [naive.create(offer["id"])[0] for offer in offers[1:4]]
    return status, booked


@story(unhurt=1.0, hurt=1.5)
def price_rises(naive: Naive) -> float:
    offer = naive.search()[0]
    _status, answer = naive.create(offer["id"])
    return round(naive.show(answer["new_contract"])["dph_base"] / offer["dph_base"], 3)


@story(unhurt=0, hurt=1)
def twins(naive: Naive) -> int:
    naive.rent(label="job")
    first = next(row for row in naive.all() if row["label"] == "job")
    naive.destroy(first["id"])
    return naive.billing()


@story(unhurt=(True, 0), hurt=(False, 1))
def throttled(naive: Naive) -> tuple[bool, int]:
    """Whether a create that is repeated every five seconds gets through, and what two quick destructions leave."""
    first, second, third = naive.search()[:3]
    instances, rented = [naive.create(first["id"])[1]["new_contract"]], False
    for _try in range(12):
        status, answer = naive.create(second["id"])
        rented = status == 200
        if rented:
            break
        naive.sleep(5)
    naive.sleep(MINUTE)
    instances.append(answer["new_contract"] if rented else naive.create(third["id"])[1]["new_contract"])
    for instance in instances:
        naive.destroy(instance)
    return rented, naive.billing()


@story(unhurt=(5, True), hurt=(3, False))
def search_quota(naive: Naive) -> tuple[int, bool]:
    def finds_something() -> bool:
        return "offers" in naive.ask("POST", "/api/v0/bundles/", {"limit": 1})[1]

    found = sum(finds_something() for _search in range(5))
    naive.sleep(MINUTE)
    return found, finds_something()


@story(unhurt=0, hurt=1)
def flaky_edge(naive: Naive) -> int:
    """A script that is over at the first answer that is no JSON, before it cleans up."""
    instance = naive.rent()
    for _poll in range(40):
        if not isinstance(naive.ask("GET", LIST)[1], dict):
            return naive.billing()
    naive.destroy(instance)
    return naive.billing()


# Booting, and being reached


@story(unhurt=("running", True, True), hurt=("running", False, False))
def ssh_never_answers(naive: Naive) -> tuple[str | None, bool, bool]:
    instance = naive.rent()
    naive.sleep(BOOT)
    status, reached = naive.status(instance), naive.reaches_ssh(instance)
    assert naive.billing_gpus() == 1
    naive.ask("PUT", f"/api/v0/instances/reboot/{instance}/", {})
    naive.sleep(BOOT)
    return status, reached, naive.reaches_ssh(instance)


@story(unhurt=(True, "running", True), hurt=(True, "running", False))
def ssh_dies_later(naive: Naive) -> tuple[bool, str | None, bool]:
    instance = naive.rent()
    naive.sleep(BOOT)
    at_first = naive.reaches_ssh(instance)
    naive.sleep(2 * HOUR)
    later = naive.reaches_ssh(instance)
    status = naive.status(instance)
    assert naive.billing_gpus() == 1
    naive.ask("PUT", f"/api/v0/instances/reboot/{instance}/", {})
    naive.sleep(BOOT)
    assert naive.reaches_ssh(instance)
    return at_first, status, later


@story(unhurt=["running"] * 6, hurt=["created", "loading", "running", "unknown", "running", "loading"])
def duds(naive: Naive) -> list[str | None]:
    instances = [naive.rent() for _rent in range(6)]
    naive.sleep(3 * HOUR)
    assert naive.billing() == 6
    return [naive.status(instance) for instance in instances]


@story(unhurt=["running"] * 3, hurt=["loading", "loading", "running"])
def stuck_in_loading(naive: Naive) -> list[str | None]:
    instances = [naive.rent() for _rent in range(3)]
    naive.sleep(3 * HOUR)
    assert naive.billing() == 3
    return [naive.status(instance) for instance in instances]


@story(unhurt=(True, True, False), hurt=(False, True, True))
def driver_mismatch(naive: Naive) -> tuple[bool, bool, bool]:
    image = "vastai/pytorch:cuda-13.0.1-auto"
    careless = naive.rent(ON_DEMAND_MACHINE, image=image)
    careful = naive.create(naive.search(cuda_max_good={"gte": 13.0})[0]["id"], image=image)[1]["new_contract"]
    naive.sleep(BOOT)
    assert naive.billing() == 2
    blamed = "nvidia-container-cli: requirement error" in naive.show(careless)["status_msg"]
    return naive.runs(careless), naive.runs(careful), blamed


@story(
    unhurt=[[(True, "running"), (True, "running"), (True, "running")]] * 2,
    hurt=[
        [(True, "running"), (False, "stopped"), (True, "running")],
        [(True, "running"), (False, "running"), (True, "running")],
    ],
)
def outbid(naive: Naive) -> list[list[tuple[bool, str]]]:
    """Looks after 5, 15 and 45 minutes, at two bids one after the other."""
    seen = []
    for _bid in range(2):
        instance, looks = naive.rent(BID_MACHINE, price=0.5), []
        for minutes in (5, 10, 30):
            naive.sleep(minutes * MINUTE)
            looks.append((naive.runs(instance), naive.show(instance)["intended_status"]))
        assert naive.billing_gpus() == 1
        naive.destroy(instance)
        seen.append(looks)
    return seen


@story(unhurt=(False, False), hurt=(True, True))
def ports_come_late(naive: Naive) -> tuple[bool, bool]:
    """Whether the script crashed, and whether the address is unusable once it is there."""
    instance = naive.rent()
    naive.sleep(BOOT)
    crashes = 0
    for _try in range(10):
        try:
            row = naive.show(instance)
            port = row["ports"]["22/tcp"][0]["HostPort"]
            break
        except TypeError:
            crashes += 1
            assert row["actual_status"] == "running"
    assert int(port)
    return crashes > 0, "\n" in f"ssh -p {port} root@{row['public_ipaddr']}"


@story(unhurt=0, hurt=1)
def wrong_types(naive: Naive) -> int:
    """A script that sums up what it rented before it cleans up."""
    naive.rent()
    naive.sleep(BOOT)
    rows = naive.all()
    try:
        hourly = sum(row["dph_total"] for row in rows)
    except TypeError:
        return naive.billing()
    assert hourly > 0
    for row in rows:
        naive.destroy(row["id"])
    return naive.billing()


# Running


@story(unhurt=1, hurt=2)
def machine_dies(naive: Naive) -> int:
    instance = naive.rent()
    naive.sleep(HOUR)
    if naive.status(instance) == "offline":
        assert naive.billing() == 0
        naive.rent()
    naive.sleep(3 * HOUR)
    return naive.billing_gpus()


@story(unhurt=(True, False), hurt=(False, True))
def gpu_taken(naive: Naive) -> tuple[bool, bool]:
    """Whether the job ran, and whether a GPU bills after everybody has gone home."""
    instance = naive.rent()
    naive.sleep(BOOT)
    naive.stop(instance)
    assert naive.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "running"})[0] == 200
    naive.sleep(HOUR)
    ran = naive.runs(instance)
    if ran:
        naive.stop(instance)
    naive.sleep(8 * HOUR)
    return ran, naive.billing_gpus() == 1


@story(unhurt=(True, False), hurt=(False, True))
def credit_runs_out(naive: Naive) -> tuple[bool, bool]:
    """Whether a job of three hours came to its end, and whether the account is in debt a week later."""
    instance = naive.rent(ON_DEMAND_MACHINE)
    naive.sleep(3 * HOUR)
    ran = naive.runs(instance)
    naive.stop(instance)
    naive.sleep(7 * DAY)
    return ran, naive.in_debt()


@story(unhurt=(True, True), hurt=(False, False))
def contract_ends(naive: Naive) -> tuple[bool, bool]:
    """Whether an instance that rested for two hours starts again, and whether its data is there three days later."""
    instance = naive.rent()
    naive.sleep(BOOT)
    naive.stop(instance)
    naive.sleep(2 * HOUR)
    started = naive.change(instance, state="running")
    naive.sleep(3 * DAY)
    return started, naive.show(instance) is not None


# Money


@story(unhurt=(True, False), hurt=(False, True))
def stopped_still_bills(naive: Naive) -> tuple[bool, bool]:
    """Whether an instance starts again after three weeks off, and whether the account is in debt."""
    instance = naive.rent(ON_DEMAND_MACHINE)
    naive.sleep(HOUR)
    naive.stop(instance)
    naive.sleep(21 * DAY)
    return naive.change(instance, state="running"), naive.in_debt()


@story(unhurt=1, hurt=7)
def traffic_bill(naive: Naive) -> int:
    """How many times the estimate was paid."""
    instance = naive.rent(ON_DEMAND_MACHINE)
    estimate = naive.show(instance)["dph_total"]
    naive.sleep(HOUR)
    return round(naive.emulator.ledger()["total"] / estimate)


# Destroying


@story(unhurt=0, hurt=3)
def orphans(naive: Naive) -> int:
    for instance in [naive.rent() for _rent in range(3)]:
        naive.destroy(instance)
    return naive.billing()


@story(unhurt=(True, 0), hurt=(True, 1))
def comes_back(naive: Naive) -> tuple[bool, int]:
    instance = naive.rent()
    naive.sleep(BOOT)
    naive.destroy(instance)
    looks_gone = naive.show(instance) is None
    naive.sleep(10 * MINUTE)
    later = naive.billing_gpus()
    naive.destroy(instance)
    naive.sleep(10 * MINUTE)
    assert naive.billing() == 0
    return looks_gone, later


@story(unhurt=0, hurt=1)
def destroy_answers_null(naive: Naive) -> int:
    instances = [naive.rent() for _rent in range(2)]
    try:
        for instance in instances:
            assert naive.destroy(instance)["success"]
    except TypeError:
        return naive.billing()
    return naive.billing()
