# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The life of an instance, and how it is listed."""

from __future__ import annotations

import json
import socket
import time
import urllib.parse
from typing import Any

import pytest

from vast_emulator.process import Emulator


def query(**parameters: Any) -> str:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in parameters.items()}
    return "/api/v1/instances/?" + urllib.parse.urlencode(texts)


def test_states_from_create_to_destroy(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    row = renter.show(instance)
    assert (row["actual_status"], row["intended_status"], row["cur_state"]) == (None, "running", "running")
    assert "ports" not in row
    assert "volume_info" not in row
    seen: list[Any] = [None]
    for _second in range(95):
        emulator.advance(1)
        status = renter.show(instance)["actual_status"]
        if status != seen[-1]:
            seen.append(status)
    assert seen == [None, "created", "loading", "running"]
    row = renter.show(instance)
    assert row["status_msg"].startswith("success, running pytorch/pytorch_latest/ssh")
    assert renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})[1]["success"] is True
    assert renter.ask("GET", f"/api/v0/instances/{instance}/?owner=me") == (200, {"instances": None})
    status, answer = renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})
    assert (status, answer["error"]) == (404, "no_such_instance")


def test_boot_reports_the_pull(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    texts = set()
    for _second in range(95):
        emulator.advance(1)
        texts.add(renter.show(instance)["status_msg"])
    assert any(text and "Downloading [" in text for text in texts)


@pytest.mark.parametrize("image", ["missing/image:1", "someone/no-such-image"])
def test_an_image_that_does_not_exist(renter: Any, emulator: Emulator, image: str) -> None:
    instance = renter.rent(image=image)
    emulator.advance(100)
    row = renter.show(instance)
    assert row["actual_status"] == "created"
    assert (row["intended_status"], row["cur_state"]) == ("stopped", "stopped")
    assert f"manifest for {image} not found" in row["status_msg"]
    # The disk still bills, the GPU is free for others.
    assert len(emulator.ledger()["billing"]) == 1
    assert renter.offers(machine_id={"eq": 123456})[0]["rentable"] is True


def test_stop_start_reboot_recycle(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    path = f"/api/v0/instances/{instance}/"
    assert renter.ask("PUT", path, {"state": "stopped"}) == (200, {"success": True})
    row = renter.show(instance)
    assert (row["intended_status"], row["cur_state"], row["next_state"]) == ("stopped", "stopped", "stopped")
    emulator.advance(6)
    row = renter.show(instance)
    assert row["actual_status"] == "exited"
    assert "ports" not in row
    assert row["dph_total"] == pytest.approx(0.8)
    assert row["instance"]["totalHour"] == row["instance"]["diskHour"] == pytest.approx(0.01)
    assert row["search"]["totalHour"] == pytest.approx(0.8)
    assert renter.ask("PUT", f"/api/v0/instances/reboot/{instance}/", {})[0] == 400
    assert renter.ask("PUT", path, {"state": "running"}) == (200, {"success": True})
    assert renter.show(instance)["actual_status"] == "exited"
    for name, first in (("", "running"), ("reboot/", "rebooting"), ("recycle/", "recycling")):
        if name:
            assert renter.ask("PUT", f"/api/v0/instances/{name}{instance}/", {}) == (200, {"success": True})
            assert renter.show(instance)["actual_status"] == first
        emulator.advance(100)
        assert renter.show(instance)["actual_status"] == "running"


def test_start_waits_for_a_taken_gpu(renter: Any, emulator: Emulator) -> None:
    waiting = renter.running()
    renter.ask("PUT", f"/api/v0/instances/{waiting}/", {"state": "stopped"})
    emulator.advance(10)
    holder = renter.rent(label="holder")
    status, answer = renter.ask("PUT", f"/api/v0/instances/{waiting}/", {"state": "running"})
    assert (status, answer["success"], answer["error"]) == (200, False, "resources_unavailable")
    row = renter.show(waiting)
    assert (row["intended_status"], row["cur_state"], row["actual_status"]) == ("running", "stopped", "exited")
    emulator.advance(1000)
    assert renter.show(waiting)["actual_status"] == "exited"
    renter.ask("DELETE", f"/api/v0/instances/{holder}/", {})
    emulator.advance(100)
    assert renter.show(waiting)["actual_status"] == "running"


def test_a_stop_takes_a_queued_start_back(renter: Any, emulator: Emulator) -> None:
    waiting = renter.running()
    renter.ask("PUT", f"/api/v0/instances/{waiting}/", {"state": "stopped"})
    emulator.advance(10)
    holder = renter.rent(label="holder")
    renter.ask("PUT", f"/api/v0/instances/{waiting}/", {"state": "running"})
    renter.ask("PUT", f"/api/v0/instances/{waiting}/", {"state": "stopped"})
    renter.ask("DELETE", f"/api/v0/instances/{holder}/", {})
    emulator.advance(1000)
    assert renter.show(waiting)["actual_status"] == "exited"


def test_created_stopped(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent(target_state="stopped")
    emulator.advance(100)
    row = renter.show(instance)
    assert (row["actual_status"], row["intended_status"]) == ("exited", "stopped")
    renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "running"})
    emulator.advance(100)
    assert renter.show(instance)["actual_status"] == "running"


def test_the_end_of_the_contract(renter: Any, emulator: Emulator) -> None:
    instance = renter.running(789012, price=0.41)
    emulator.advance(301 * 86400)
    row = renter.show(instance)
    assert (row["actual_status"], row["intended_status"]) == ("exited", "stopped")
    assert row["duration"] < 0
    assert renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "running"})[0] == 400


def test_bulk_state_and_destroy(renter: Any, emulator: Emulator) -> None:
    both = [renter.running(), renter.running(789012)]
    assert renter.ask("PUT", "/api/v0/instances/", {"state": "stopped", "ids": both}) == (200, {"success": True})
    assert renter.ask("PUT", "/api/v0/instances/", {"state": "stopped", "ids": [*both, 1]})[0] == 404
    assert renter.ask("DELETE", "/api/v0/instances/", {"instance_ids": both})[1]["success"] is True
    assert emulator.api("GET", "/api/v1/instances/")["instances"] == []
    assert renter.ask("DELETE", "/api/v0/instances/", {"instance_ids": both})[0] == 404


def test_pages_of_the_list(renter: Any, emulator: Emulator) -> None:
    offers = renter.offers(rentable={"eq": True}, num_gpus={"eq": 1}, limit=30)
    for index, offer in enumerate(offers):
        label = f"train-{index % 3}" if index % 3 else None
        emulator.api("PUT", f"/api/v0/asks/{offer['id']}/", {"image": "a/b", "label": label})
    first = emulator.api("GET", query())
    assert (first["instances_found"], first["total_instances"]) == (25, 30)
    assert first["label_counts"] == {"": 10, "train-1": 10, "train-2": 10}
    rest = emulator.api("GET", query(after_token=first["next_token"]))
    assert (rest["instances_found"], rest["next_token"]) == (5, None)
    ids = [row["id"] for row in first["instances"] + rest["instances"]]
    assert ids == sorted(set(ids))
    assert emulator.api("GET", query(limit=0))["instances_found"] == 5
    assert emulator.api("GET", query(limit=1000))["instances_found"] == 25
    labelled = emulator.api("GET", query(select_filters={"label": {"in": ["train-1", None]}}))
    assert (labelled["total_instances"], labelled["label_counts"]) == (20, {"": 10, "train-1": 10})
    columns = emulator.api("GET", query(select_cols=["id", "nonsense"], limit=1))["instances"]
    assert columns == [{"id": ids[0], "nonsense": None}]
    assert emulator.api("GET", "/api/v0/instances/filters/")["filters"]


@pytest.mark.parametrize("column", ["gpu_name", "dph_total", "label"])
@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_pages_in_another_order_hold_every_row_once(
    renter: Any, emulator: Emulator, column: str, direction: str
) -> None:
    offers = renter.offers(rentable={"eq": True}, num_gpus={"eq": 1}, limit=12)
    for index, offer in enumerate(offers):
        emulator.api("PUT", f"/api/v0/asks/{offer['id']}/", {"image": "a/b", "label": "x" if index % 2 else None})
    order = [{"col": column, "dir": direction}]
    rows, token = [], None
    while True:
        page = emulator.api("GET", query(order_by=order, limit=5, **({"after_token": token} if token else {})))
        rows += page["instances"]
        token = page["next_token"]
        if token is None:
            break
    assert len({row["id"] for row in rows}) == len(rows) == 12
    found = [row[column] for row in rows if row[column] is not None]
    assert found == sorted(found, reverse=direction == "desc")


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        ({"select_filters": {"dph_total": {"lt": 1}}}, "dph_total is not a valid search key"),
        ({"select_filters": {"num_gpus": {"eq": 1}}}, "num_gpus is not a valid search key"),
        ({"select_filters": "text"}, "select_filters"),
        ({"select_filters": [1]}, "select_filters"),
        ({"order_by": [{"col": "nonsense", "dir": "asc"}]}, "nonsense"),
        ({"order_by": "id"}, "order_by"),
        ({"after_token": "rubbish"}, "after_token"),
        ({"after_token": "e30="}, "after_token"),
        ({"select_cols": "id"}, "select_cols"),
        ({"limit": "many"}, "limit"),
    ],
)
def test_bad_list_parameters(renter: Any, parameters: dict[str, Any], error: str) -> None:
    status, answer = renter.ask("GET", query(**parameters))
    assert status == 400
    assert error in answer["msg"]


def test_labels(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent(label="one")
    path = f"/api/v0/instances/{instance}/"
    assert renter.ask("PUT", path, {"label": "two"}) == (200, {"success": True})
    assert emulator.api("GET", "/api/v1/instances/")["label_counts"] == {"two": 1}
    assert renter.ask("PUT", path, {"label": "x" * 1025})[1]["error"] == "label_too_long"
    assert renter.ask("PUT", path, {"label": 7})[0] == 400
    assert renter.ask("PUT", path, {})[0] == 400
    assert renter.ask("PUT", path, {"label": None}) == (200, {"success": True})
    assert emulator.api("GET", query(select_filters={"label": {"in": [None]}}))["total_instances"] == 1


def banner(port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"SSH-2.0-test\r\n")
        return connection.recv(100)


@pytest.mark.parametrize("runtype", ["ssh_proxy", "ssh_direct", "jupyter_direct", "jupyter"])
def test_ssh_answers_while_the_instance_runs(renter: Any, emulator: Emulator, runtype: str) -> None:
    instance = renter.rent(runtype=runtype)
    row = renter.show(instance)
    proxy = row["ssh_port"] + (1 if "jupyter" in row["image_runtype"] else 0)
    with pytest.raises(OSError, match="refused"):
        banner(proxy)
    emulator.advance(100)
    row = renter.show(instance)
    assert row["ssh_host"] == "127.0.0.1"
    assert banner(proxy).startswith(b"SSH-2.0-")
    if "direc" in row["image_runtype"]:
        assert row["public_ipaddr"] == "127.0.0.1"
        assert banner(int(row["ports"]["22/tcp"][0]["HostPort"])).startswith(b"SSH-2.0-")
        assert ("8080/tcp" in row["ports"]) == ("jupyter" in runtype)
    else:
        assert "22/tcp" not in row["ports"]
    renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "stopped"})
    emulator.advance(10)
    with pytest.raises(OSError, match="refused"):
        banner(proxy)
    renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": "running"})
    emulator.advance(100)
    assert banner(proxy).startswith(b"SSH-2.0-")
    renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})
    with pytest.raises(OSError, match="refused"):
        banner(proxy)


def test_mapped_ports(renter: Any) -> None:
    env = {"-p 8081:8081/udp": "1", "-p 9000:9000": "1", "-p 70001:70001": "1", "-p junk": "1"}
    row = renter.show(renter.running(env=env))
    assert {"22/tcp", "8081/udp", "9000/tcp"} <= set(row["ports"])
    assert len(row["ports"]) == 4
    identity = next(name for name in row["ports"] if name not in ("22/tcp", "8081/udp", "9000/tcp"))
    assert row["ports"][identity][0]["HostPort"] == identity.partition("/")[0]


def test_time_passes_by_itself_and_listeners_follow() -> None:
    with Emulator(speed=1000) as emulator:
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
        instance = emulator.api("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})["new_contract"]
        port = emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]["ssh_port"]
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            # Nothing is asked of the API meanwhile.
            time.sleep(0.05)
            with socket.socket() as connection:
                if connection.connect_ex(("127.0.0.1", port)) == 0:
                    break
        assert banner(port).startswith(b"SSH-2.0-")


def test_ssh_off_gives_documentation_addresses() -> None:
    with Emulator(speed=0, ssh="off") as emulator:
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
        body = {"image": "a/b", "runtype": "ssh_direct"}
        instance = emulator.api("PUT", f"/api/v0/asks/{offer}/", body)["new_contract"]
        emulator.advance(100)
        row = emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]
        assert row["public_ipaddr"].startswith("203.0.113.")
        assert row["ssh_host"] == f"ssh{row['ssh_idx']}.vast.ai"
        assert row["ports"]["22/tcp"][0]["HostPort"] == str(row["direct_port_start"])
