# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The official client's commands about volumes."""

from __future__ import annotations

from typing import Any

import pytest

MACHINE = "123456"


def offer_on(client: Any, machine: str = MACHINE) -> dict[str, Any]:
    (row,) = client.raw("search", "volumes", f"machine_id={machine}", "--storage", "200")
    return row


def create(client: Any, *words: str) -> dict[str, Any]:
    client.says("create", "volume", str(offer_on(client)["id"]), "-s", "200", *words)
    return client.raw("show", "volumes")[-1]


@pytest.mark.command("search volumes")
def test_search_volumes(client: Any, emulator: Any) -> None:
    rows = client.raw("search", "volumes", "disk_space>=100 geolocation in [US,CA] verified=true", "-o", "storage_cost")
    assert {row["geolocation"][-2:] for row in rows} == {"US", "CA"}
    assert [row["storage_cost"] for row in rows] == sorted(row["storage_cost"] for row in rows)
    assert emulator.count("POST", "/api/v0/volumes/search/", 200) == 1


def test_search_volumes_as_a_table(client: Any) -> None:
    assert MACHINE in client.says("search", "volumes", f"machine_id={MACHINE}")


@pytest.mark.command("create volume")
@pytest.mark.command("show volumes")
def test_create_and_show_volumes(client: Any) -> None:
    volume = create(client, "-n", "trained_models")
    assert (volume["label"], volume["disk_space"], volume["machine_id"]) == ("trained_models", 200.0, int(MACHINE))
    table = client.says("show", "volumes", "-t", "local")
    assert str(volume["id"]) in table
    assert "trained_models" in table
    assert client.raw("show", "volumes", "-t", "network") == []


def test_create_volume_with_a_name_that_is_none(client: Any, emulator: Any) -> None:
    offer = str(offer_on(client)["id"])
    done = client.run("create", "volume", offer, "-s", "15", "-n", "trained-models")
    assert "letters, digits and underscores" in done.stdout + done.stderr
    assert emulator.count("PUT", "/api/v0/volumes/", 422) == 1
    assert client.raw("show", "volumes") == []


def test_create_instance_with_an_existing_volume(client: Any, renter: Any, emulator: Any) -> None:
    volume = create(client, "-n", "models")
    words = ("--image", "a/b", "--disk", "10", "--link-volume", str(volume["id"]), "--mount-path", "/data")
    client.says("create", "instance", str(renter.offer()), *words)
    (row,) = emulator.api("GET", "/api/v1/instances/")["instances"]
    assert row["volume_info"][0]["id"] == volume["id"]
    done = client.run("delete", "volume", str(volume["id"]))
    assert "in use" in done.stdout + done.stderr
    assert len(client.raw("show", "volumes")) == 1


def test_create_instance_with_a_new_volume(client: Any, renter: Any) -> None:
    words = ("--create-volume", str(offer_on(client)["id"]), "--volume-size", "30", "--mount-path", "/data")
    words = ("--image", "a/b", "--disk", "10", *words, "--volume-label", "fresh")
    client.says("create", "instance", str(renter.offer()), *words)
    (volume,) = client.raw("show", "volumes")
    assert (volume["label"], volume["disk_space"], len(volume["instances"])) == ("fresh", 30.0, 1)


def test_create_instance_with_a_mount_in_its_environment(client: Any, renter: Any) -> None:
    volume = create(client)
    words = ("--image", "a/b", "--disk", "10", "--env", f"-v V.{volume['id']}:/mnt -e A=1")
    client.says("create", "instance", str(renter.offer()), *words)
    (shown,) = client.raw("show", "volumes")
    assert len(shown["instances"]) == 1


@pytest.mark.command("delete volume")
def test_delete_volume(client: Any, emulator: Any) -> None:
    volume = create(client)
    client.says("delete", "volume", str(volume["id"]))
    assert client.raw("show", "volumes") == []
    assert emulator.ledger()["billing"] == []


@pytest.mark.command("clone volume")
def test_clone_volume(client: Any) -> None:
    volume = create(client, "-n", "models")
    client.says("clone", "volume", str(volume["id"]), str(offer_on(client, "789012")["id"]), "-s", "200")
    assert sorted(row["machine_id"] for row in client.raw("show", "volumes")) == [int(MACHINE), 789012]


@pytest.mark.command("search network-volumes")
def test_search_network_volumes(client: Any) -> None:
    assert client.raw("search", "network-volumes") == []


@pytest.mark.command("create network-volume")
def test_create_network_volume(client: Any, emulator: Any) -> None:
    done = client.run("create", "network-volume", "7", "-s", "15")
    assert "could not find a listed volume" in done.stdout + done.stderr
    assert emulator.ledger()["billing"] == []
