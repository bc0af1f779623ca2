# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes: names, sizes, machines, instances that use them, and what they bill."""

from __future__ import annotations

from typing import Any

import pytest

MACHINE, OTHER_MACHINE = 123456, 789012
DAY = 86400


class Storage:
    """Short forms for volumes."""

    def __init__(self, renter: Any) -> None:
        self.renter = renter
        self.emulator = renter.emulator

    def offers(self, **query: Any) -> list[dict[str, Any]]:
        return self.emulator.api("POST", "/api/v0/volumes/search/", query)["offers"]

    def offer(self, machine_id: int = MACHINE) -> dict[str, Any]:
        return self.offers(machine_id={"eq": machine_id})[0]

    def put(self, machine_id: int = MACHINE, **body: Any) -> tuple[int, Any]:
        return self.renter.ask("PUT", "/api/v0/volumes/", {"id": self.offer(machine_id)["id"], "size": 200, **body})

    def create(self, machine_id: int = MACHINE, **body: Any) -> int:
        status, answer = self.put(machine_id, **body)
        assert status == 200, answer
        return answer["volume_id"]

    def list(self, kind: str = "all_volume") -> list[dict[str, Any]]:
        return self.emulator.api("GET", f"/api/v0/volumes?owner=me&type={kind}")["volumes"]

    def delete(self, volume: int) -> tuple[int, Any]:
        return self.renter.ask("DELETE", f"/api/v0/volumes/?id={volume}", {})

    def rent_with(self, machine_id: int = MACHINE, **body: Any) -> tuple[int, Any]:
        body = {"image": "a/b", "disk": 10, "runtype": "ssh", **body}
        return self.renter.ask("PUT", f"/api/v0/asks/{self.renter.offer(machine_id)}/", body)

    def attached(self, volume: int, **info: Any) -> int:
        info = {"create_new": False, "volume_id": volume, "mount_path": "/data", **info}
        status, answer = self.rent_with(volume_info=info)
        assert status == 200, answer
        return answer["new_contract"]


@pytest.fixture
def storage(renter: Any) -> Storage:
    return Storage(renter)


def instances(storage: Storage) -> list[dict[str, Any]]:
    return storage.emulator.api("GET", "/api/v1/instances/")["instances"]


def test_offers_are_found_by_field_and_virtual_name(storage: Storage) -> None:
    rows = storage.offers(
        geolocation={"in": ["SE", "CA"]}, verified={"eq": True}, order=[["storage_cost", "asc"]], limit=64
    )
    assert {row["geolocation"][-2:] for row in rows} == {"SE", "CA"}
    assert [row["storage_cost"] for row in rows] == sorted(row["storage_cost"] for row in rows)
    assert storage.offers(gpu_name={"eq": "RTX 4090"}) == []


def test_an_offer_is_priced_for_the_storage_asked_for(storage: Storage) -> None:
    (row,) = storage.offers(machine_id={"eq": str(MACHINE)}, allocated_storage=200)
    assert row["storage_total_cost"] * 720 == pytest.approx(20.0)
    assert storage.offers(machine_id={"eq": MACHINE}, allocated_storage=501) == []


def test_gpu_offers_show_the_volume_offer_of_their_machine(storage: Storage) -> None:
    (offer,) = storage.renter.offers(machine_id={"eq": MACHINE})
    assert offer["avail_vol_ask_id"] == storage.offer()["id"]
    assert offer["avail_vol_size"] == 500.0
    storage.create(size=120)
    (offer,) = storage.renter.offers(machine_id={"eq": MACHINE})
    assert offer["avail_vol_size"] == storage.offer()["disk_space"] == 380.0


def test_a_volume_is_listed_as_it_was_rented(storage: Storage) -> None:
    volume = storage.create(name="trained_models")
    (row,) = storage.list()
    assert (row["id"], row["label"], row["disk_space"], row["machine_id"]) == (volume, "trained_models", 200.0, MACHINE)
    assert (row["status"], row["type"], row["instances"], row["cluster_id"]) == ("created", "machine", [], None)
    assert isinstance(row["start_date"], float)
    assert row["storage_total_cost"] * 720 == pytest.approx(20.0)
    assert [storage.list(kind) for kind in ("local_volume", "network_volume")] == [[row], []]


def test_a_volume_without_a_name_is_called_by_its_id(storage: Storage) -> None:
    _status, answer = storage.put(size="15")
    assert answer["volume_name"] == f"V.{answer['volume_id']}"


@pytest.mark.parametrize("name", ["", "a-b", "a b", "a.b", "x" * 65, "ä"])
def test_names_are_letters_digits_and_underscores(storage: Storage, name: str) -> None:
    assert storage.put(name=name)[0] == 422
    assert storage.list() == []


@pytest.mark.parametrize("size", [0, -1, 1.5, "big", True, 501])
def test_sizes_are_whole_and_fit_the_offer(storage: Storage, size: Any) -> None:
    status, answer = storage.put(size=size)
    assert (status, answer["error"]) == (400, "invalid_args")
    assert storage.list() == []


def test_an_offer_that_is_gone(storage: Storage) -> None:
    offer = storage.offer()["id"]
    storage.emulator.vanish_on_create()
    status, answer = storage.renter.ask("PUT", "/api/v0/volumes/", {"id": offer, "size": 15})
    assert (status, answer["error"]) == (404, "no_such_volume")
    assert storage.offers(machine_id={"eq": MACHINE}) == []
    assert storage.renter.offers(machine_id={"eq": MACHINE})[0]["avail_vol_ask_id"] is None


def test_it_bills_from_creation_until_delete(storage: Storage) -> None:
    volume = storage.create()
    storage.emulator.advance(2 * DAY)
    assert storage.delete(volume) == (200, {"success": True})
    storage.emulator.advance(DAY)
    ledger = storage.emulator.ledger()
    assert ledger["total"] == pytest.approx(20.0 * 2 / 30)
    assert ledger["billing"] == []
    now = storage.emulator.clock()["now"]
    days = f'{{"day":{{"gte":0,"lte":{now}}},"type":{{"in":["volume"]}}}}'.replace('"', "%22")
    rows = storage.emulator.api("GET", f"/api/v0/charges/?select_filters={days}")["results"]
    assert {row["source"] for row in rows} == {f"volume-{volume}"}
    assert sum(row["amount"] for row in rows) == pytest.approx(ledger["total"])


def test_an_instance_gets_it_when_it_is_rented(storage: Storage) -> None:
    volume = storage.create(name="models")
    instance = storage.attached(volume)
    (row,) = instances(storage)
    assert [(one["id"], one["label"], one["total_space"]) for one in row["volume_info"]] == [(volume, "models", 200.0)]
    assert ["-v models:/data", "1"] in row["extra_env"]
    assert "volume_info" not in storage.renter.show(instance)
    (row,) = storage.list()
    assert (row["status"], row["instances"]) == ("in-use", [instance])


def test_it_can_be_created_with_the_instance(storage: Storage) -> None:
    info = {"create_new": True, "volume_id": storage.offer()["id"], "mount_path": "/data", "size": 30, "name": "fresh"}
    assert storage.rent_with(volume_info=info)[0] == 200
    (volume,) = storage.list()
    assert (volume["label"], volume["disk_space"]) == ("fresh", 30.0)
    assert instances(storage)[0]["volume_info"][0]["id"] == volume["id"]


def test_further_volumes_come_through_the_environment(storage: Storage) -> None:
    first, second = storage.create(name="first"), storage.create(size=15)
    instance = storage.attached(first)
    storage.emulator.api("DELETE", f"/api/v0/instances/{instance}/")
    storage.emulator.advance(31)
    info = {"create_new": False, "volume_id": first, "mount_path": "/one"}
    assert storage.rent_with(volume_info=info, env={f"-v V.{second}:/two": "1"})[0] == 200
    assert sorted(one["id"] for one in instances(storage)[0]["volume_info"]) == [first, second]


@pytest.mark.parametrize(
    "body",
    [
        {"volume_info": {"create_new": False, "volume_id": 1, "mount_path": "/data"}},
        {"volume_info": {"create_new": False, "volume_id": "own", "mount_path": "data"}},
        {"volume_info": {"create_new": False, "volume_id": "own"}},
        {"volume_info": {"create_new": True, "volume_id": 1, "mount_path": "/data"}},
        {"volume_info": {"create_new": True, "volume_id": "offer", "mount_path": "/data", "name": "a-b"}},
        {"volume_info": {"create_new": True, "volume_id": "offer", "mount_path": "/data", "size": 5000}},
        {"env": {"-v nobody:/data": "1"}},
        {"env": {"-v own": "1"}},
    ],
)
def test_a_mount_that_does_not_work_rents_nothing(storage: Storage, body: dict[str, Any]) -> None:
    volume = storage.create(name="own")
    info = body.get("volume_info", {})
    stands_for = {"own": volume, "offer": storage.offer()["id"]}
    if info.get("volume_id") in stands_for:
        body = {"volume_info": {**info, "volume_id": stands_for[info["volume_id"]]}}
    status, answer = storage.rent_with(**body)
    assert status in (400, 404, 422), answer
    assert instances(storage) == []
    assert len(storage.list()) == 1


def test_only_instances_on_its_machine_can_mount_it(storage: Storage) -> None:
    volume = storage.create(OTHER_MACHINE)
    info = {"create_new": False, "volume_id": volume, "mount_path": "/data"}
    assert storage.rent_with(MACHINE, volume_info=info)[0] == 400
    assert storage.rent_with(OTHER_MACHINE, volume_info=info)[0] == 200
    assert len(instances(storage)) == 1


def test_it_stays_while_an_instance_uses_it_and_a_while_longer(storage: Storage) -> None:
    volume = storage.create()
    instance = storage.attached(volume)
    storage.emulator.api("PUT", f"/api/v0/instances/{instance}/", {"state": "stopped"})
    storage.emulator.advance(60)
    status, answer = storage.delete(volume)
    assert status == 400
    assert str(instance) in answer["msg"]
    storage.emulator.api("DELETE", f"/api/v0/instances/{instance}/")
    storage.emulator.advance(29)
    assert storage.delete(volume)[0] == 400
    assert storage.list()[0]["instances"] == [instance]
    storage.emulator.advance(2)
    assert storage.list()[0]["instances"] == []
    assert storage.delete(volume)[0] == 200
    assert storage.delete(volume) == (
        404,
        {"success": False, "error": "no_such_volume", "msg": "Volume with that ID does not exist."},
    )


def test_a_copy_is_a_volume_of_its_own(storage: Storage) -> None:
    source = storage.create(name="models")
    body = {"src_id": source, "dst_id": storage.offer(OTHER_MACHINE)["id"]}
    assert storage.renter.ask("POST", "/api/v0/volumes/copy/", {**body, "size": 100})[0] == 400
    assert storage.renter.ask("POST", "/api/v0/volumes/copy/", body) == (200, {"success": True})
    copy = next(row for row in storage.list() if row["id"] != source)
    assert (copy["machine_id"], copy["disk_space"]) == (OTHER_MACHINE, 200.0)


def test_volumes_outlive_the_process(tmp_path: Any) -> None:
    from vast_emulator.process import Emulator

    with Emulator(speed=0, state=tmp_path / "state.db") as emulator:
        offer = emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": MACHINE}})["offers"][0]
        volume = emulator.api("PUT", "/api/v0/volumes/", {"id": offer["id"], "size": 50})["volume_id"]
        emulator.kill()
        emulator.start()
        (row,) = emulator.api("GET", "/api/v0/volumes?owner=me")["volumes"]
        assert row["id"] == volume
        assert [one["contract"] for one in emulator.ledger()["billing"]] == [volume]
        left = emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": MACHINE}})["offers"][0]
        assert left["disk_space"] == offer["disk_space"] - 50
