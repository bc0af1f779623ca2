# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that do not start, start late, end, fall silent, or refuse SSH; and what that costs."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator, EmulatorError

DISK = 0.01
ALL_IN = 0.8
SAYS = {
    "manifest_unknown": "manifest unknown",
    "pull_denied": "pull access denied",
    "unauthorized": "unauthorized",
    "rate_limit": "toomanyrequests",
    "docker_build": "docker_build() error",
    "no_space": "no space left on device",
    "driver": "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=",
    "port_forwarding": "port forwarding failed",
}


def hourly(emulator: Emulator) -> float:
    return emulator.ledger()["hourly"]


def put(renter: Any, instance: int, state: str) -> None:
    status, answer = renter.ask("PUT", f"/api/v0/instances/{instance}/", {"state": state})
    assert (status, answer["success"]) == (200, True)


def test_a_pull_that_does_not_move(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.happen(stuck=instance)
    emulator.advance(100)
    row = renter.show(instance)
    assert (row["actual_status"], row["intended_status"], row["cur_state"]) == ("loading", "running", "running")
    assert "Downloading" in row["status_msg"]
    emulator.advance(86400)
    assert renter.show(instance)["status_msg"] == row["status_msg"]
    assert hourly(emulator) == pytest.approx(DISK)
    emulator.happen(heal=instance)
    emulator.advance(100)
    assert renter.show(instance)["actual_status"] == "running"


def test_created_for_ever_also_after_a_recycle(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.happen(stuck={"instance": "newest", "status": "created"})
    emulator.advance(5000)
    assert renter.show(instance)["actual_status"] == "created"
    assert hourly(emulator) == pytest.approx(DISK)
    put(renter, instance, "stopped")
    emulator.advance(10)
    assert renter.show(instance)["actual_status"] == "exited"
    put(renter, instance, "running")
    emulator.advance(5000)
    assert renter.show(instance)["actual_status"] == "created"


def test_a_reboot_helps_when_one_boot_was_meant(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.happen(stuck={"instance": instance, "boots": 1})
    emulator.advance(5000)
    assert renter.show(instance)["actual_status"] == "loading"
    renter.ask("PUT", f"/api/v0/instances/reboot/{instance}/", {})
    emulator.advance(100)
    assert renter.show(instance)["actual_status"] == "running"


def test_a_driver_that_is_too_old(renter: Any, emulator: Emulator) -> None:
    old, new = renter.rent(), renter.rent(renter.offers(cuda_max_good={"gte": 13.0})[0]["machine_id"])
    emulator.happen(fail={"instance": "all", "error": "driver", "cuda": 13.0})
    emulator.advance(100)
    assert renter.show(old)["actual_status"] == "loading"
    assert "unsatisfied condition: cuda>=13.0" in renter.show(old)["status_msg"]
    assert renter.show(new)["actual_status"] == "running"


def test_a_slow_boot(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.happen(slow={"instance": instance, "seconds": 7200})
    emulator.advance(7199)
    assert renter.show(instance)["actual_status"] == "loading"
    assert hourly(emulator) == pytest.approx(DISK)
    emulator.advance(1.001)
    assert renter.show(instance)["actual_status"] == "running"
    assert emulator.ledger()["contracts"][0]["gpu"] < 1e-5
    emulator.happen(slow={"instance": instance, "factor": 100})
    renter.ask("PUT", f"/api/v0/instances/reboot/{instance}/", {})
    emulator.advance(700)
    assert renter.show(instance)["actual_status"] != "running"
    emulator.advance(1900)
    assert renter.show(instance)["actual_status"] == "running"


@pytest.mark.parametrize("error", sorted(SAYS))
@pytest.mark.parametrize("intended", ["stopped", "running"])
def test_a_start_that_fails(renter: Any, emulator: Emulator, error: str, intended: str) -> None:
    instance = renter.rent()
    emulator.happen(fail={"instance": instance, "error": error, "intended": intended})
    emulator.advance(200)
    row = renter.show(instance)
    assert (row["intended_status"], row["cur_state"]) == (intended, "stopped")
    assert row["actual_status"] == ("loading" if error in ("no_space", "driver", "port_forwarding") else "created")
    assert SAYS[error] in row["status_msg"]
    assert hourly(emulator) == pytest.approx(DISK)
    assert renter.offers(machine_id={"eq": 123456}), "the GPU is free again"
    emulator.advance(86400)
    assert renter.show(instance)["cur_state"] == "stopped", "it does not start by itself"
    emulator.happen(heal=instance)
    put(renter, instance, "running")
    emulator.advance(100)
    assert renter.show(instance)["actual_status"] == "running"


def test_a_restart_that_fails(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    emulator.happen(fail={"instance": instance, "error": "driver", "boots": 1})
    assert renter.show(instance)["actual_status"] == "running"
    put(renter, instance, "stopped")
    emulator.advance(10)
    put(renter, instance, "running")
    emulator.advance(100)
    row = renter.show(instance)
    assert (row["actual_status"], row["cur_state"]) == ("loading", "stopped")
    assert "OCI runtime create failed" in row["status_msg"]


def test_the_status_message_stays_after_recovery(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.happen(fail={"instance": instance, "error": "no_space", "boots": 1})
    emulator.advance(200)
    emulator.happen(stale_message=instance)
    put(renter, instance, "running")
    emulator.advance(200)
    row = renter.show(instance)
    assert (row["actual_status"], "no space left" in row["status_msg"]) == ("running", True)
    emulator.happen(fresh_message=instance)
    renter.ask("PUT", f"/api/v0/instances/reboot/{instance}/", {})
    emulator.advance(100)
    assert renter.show(instance)["status_msg"].startswith("success")


def test_a_container_that_ends(renter: Any, emulator: Emulator) -> None:
    instance = renter.running(runtype="args", args=["train"])
    emulator.happen(exit=instance)
    row = renter.show(instance)
    assert (row["actual_status"], row["intended_status"], row["cur_state"]) == ("exited", "running", "running")
    assert not row.get("ports")
    emulator.advance(86400)
    assert hourly(emulator) == pytest.approx(DISK)
    assert renter.offers(machine_id={"eq": 123456}, rentable={"eq": True}) == [], "it keeps its GPU"
    emulator.happen(resume=instance)
    emulator.advance(100)
    assert renter.show(instance)["actual_status"] == "running"


def test_a_container_that_ends_after_some_time_in_each_boot(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.happen(exit={"instance": instance, "running": 3600})
    emulator.advance(100)
    assert renter.show(instance)["actual_status"] == "running"
    emulator.advance(3600)
    assert renter.show(instance)["actual_status"] == "exited"
    assert emulator.ledger()["contracts"][0]["gpu"] == pytest.approx(0.79, abs=1e-9)
    renter.ask("PUT", f"/api/v0/instances/reboot/{instance}/", {})
    emulator.advance(100)
    assert renter.show(instance)["actual_status"] == "running"
    emulator.advance(3600)
    assert renter.show(instance)["actual_status"] == "exited"


def test_exited_for_a_while_after_a_start(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    put(renter, instance, "stopped")
    emulator.advance(10)
    put(renter, instance, "running")
    emulator.happen(exit={"instance": instance, "for": 600})
    emulator.advance(599)
    row = renter.show(instance)
    assert (row["actual_status"], row["intended_status"]) == ("exited", "running")
    emulator.advance(100)
    assert renter.show(instance)["actual_status"] == "running"


def test_no_heartbeat(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    emulator.happen(silence={"instance": instance, "for": 3600})
    row = renter.show(instance)
    assert (row["actual_status"], row["intended_status"]) == ("unknown", "running")
    assert hourly(emulator) == pytest.approx(ALL_IN), "it runs and bills all the same"
    emulator.advance(3600)
    assert renter.show(instance)["actual_status"] == "running"


def answers(row: dict[str, Any]) -> bool:
    try:
        with socket.create_connection((row["ssh_host"], row["ssh_port"]), timeout=5) as connection:
            return connection.recv(64).startswith(b"SSH-")
    except ConnectionRefusedError:
        return False


def test_ssh_refuses_from_the_start(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.happen(refuse_ssh=instance)
    emulator.advance(100)
    row = renter.show(instance)
    assert (row["actual_status"], answers(row)) == ("running", False)
    assert hourly(emulator) == pytest.approx(ALL_IN)
    emulator.happen(answer_ssh=instance)
    assert answers(renter.show(instance))


def test_ssh_stops_to_answer_and_a_reboot_helps(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.happen(refuse_ssh={"instance": instance, "running": 3600, "boots": 1})
    emulator.advance(100)
    assert answers(renter.show(instance))
    emulator.advance(3600)
    row = renter.show(instance)
    assert (row["actual_status"], answers(row)) == ("running", False)
    renter.ask("PUT", f"/api/v0/instances/reboot/{instance}/", {})
    emulator.advance(4000)
    assert answers(renter.show(instance))


def test_ssh_of_what_runs_already(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    assert answers(renter.show(instance))
    emulator.happen(refuse_ssh={"instance": instance, "for": 60})
    assert not answers(renter.show(instance))
    emulator.advance(60)
    assert answers(renter.show(instance))


def test_troubles_survive_a_crash(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state", speed=0) as emulator:
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
        instance = emulator.api("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})["new_contract"]
        emulator.happen(refuse_ssh={"instance": instance, "running": 60}, slow={"instance": instance, "seconds": 100})
        emulator.kill()
        emulator.restart()
        emulator.advance(101)
        path = f"/api/v0/instances/{instance}/"
        assert answers(emulator.api("GET", path)["instances"])
        emulator.advance(60)
        emulator.kill()
        emulator.restart()
        row = emulator.api("GET", path)["instances"]
        assert (row["actual_status"], answers(row)) == ("running", False)


def test_only_what_is_started_can_end(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    put(renter, instance, "stopped")
    with pytest.raises(EmulatorError, match="not started"):
        emulator.happen(exit=instance)


def test_a_stop_after_a_failed_start_takes_no_gpus(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state", speed=0, ssh="off") as emulator:
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
        first = emulator.api("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})["new_contract"]
        emulator.happen(fail={"instance": first, "error": "driver", "intended": "running"})
        emulator.advance(200)
        emulator.api("PUT", f"/api/v0/instances/{first}/", {"state": "stopped"})
        emulator.kill()
        emulator.restart()
        (machine,) = [one for one in emulator.market()["machines"] if one["machine_id"] == 123456]
        assert machine["holders"] == [None]
