# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is written is there again after the process was killed."""

from __future__ import annotations

import random
import socket
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator


def world(emulator: Emulator) -> Any:
    """Everything a client can see that must not change through a restart with a stopped clock."""
    key = emulator.api_key
    names = ("ssh", "secrets", "template", "users/current", "auth/apikeys", "subaccounts", "volumes")
    paths = ("/api/v1/instances/", *(f"/api/v0/{name}/" for name in (*names, "commands/schedule_job")))
    answers = [emulator.call("GET", path, key=key) for path in paths]
    return answers, emulator.ledger(), emulator.market()


@pytest.mark.parametrize("seed", range(3))
def test_kill_at_any_point_loses_nothing(tmp_path: Path, public_key: str, seed: int) -> None:
    dice = random.Random(seed)
    with Emulator(state=tmp_path / "state.db", speed=0) as emulator:
        generated = emulator.api_key
        offers = emulator.api("POST", "/api/v0/bundles/", {"rentable": {"eq": True}, "num_gpus": {"eq": 1}})["offers"]
        emulator.api("POST", "/api/v0/ssh/", {"ssh_key": public_key})
        emulator.api("POST", "/api/v0/secrets/", {"key": "A", "value": "b"})
        emulator.api("POST", "/api/v0/template/", {"name": "t", "image": "a/b"})
        emulator.api("POST", "/api/v0/auth/apikeys/", {"name": "ci"})
        emulator.api("POST", "/api/v0/users/", {"email": "b@example.com", "username": "b", "password": "p"})
        emulator.api("PUT", "/api/v0/users/", {"fullname": "Ada", "balance_threshold": 5})
        volume = emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
        emulator.api("PUT", "/api/v0/volumes/", {"id": volume, "size": 20})
        contracts: list[int] = []
        for _round in range(6):
            for _step in range(dice.randrange(1, 5)):
                what = dice.choice(("rent", "rent", "stop", "start", "destroy", "label", "wait", "vanish"))
                chosen = dice.choice(contracts) if contracts else None
                if what == "rent":
                    body = {
                        "image": dice.choice(("a/b", "missing/x")),
                        "disk": 10,
                        "label": "l",
                        "runtype": "ssh_direct",
                    }
                    contracts.append(emulator.api("PUT", f"/api/v0/asks/{offers.pop()['id']}/", body)["new_contract"])
                elif what == "wait":
                    emulator.advance(dice.uniform(0, 60))
                elif what == "vanish":
                    emulator.vanish(offers.pop()["id"])
                elif chosen is None:
                    continue
                elif what == "destroy":
                    emulator.api("DELETE", f"/api/v0/instances/{chosen}/", {})
                elif what == "label":
                    emulator.api("PUT", f"/api/v0/instances/{chosen}/", {"label": str(dice.random())})
                else:
                    state = "stopped" if what == "stop" else "running"
                    emulator.api("PUT", f"/api/v0/instances/{chosen}/", {"state": state})
            before = world(emulator)
            emulator.kill()
            emulator.restart()
            assert emulator.api_key == generated
            assert world(emulator) == before


def test_a_killed_emulator_goes_on_as_if_nothing_had_been(tmp_path: Path) -> None:
    """Two runs of one scenario, one of them killed in the middle of a boot, end in the same rows."""

    def scenario(emulator: Emulator, kill: bool) -> tuple[Any, Any]:
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
        instance = emulator.api("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})["new_contract"]
        emulator.advance(7)
        if kill:
            emulator.kill()
            emulator.restart()
        emulator.advance(200)
        row = emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]
        return (row["actual_status"], row["status_msg"], round(row["uptime_mins"], 6)), round(
            emulator.ledger()["total"], 9
        )

    with Emulator(speed=0) as plain, Emulator(state=tmp_path / "state.db", speed=0) as durable:
        assert scenario(plain, kill=False) == scenario(durable, kill=True)


def test_time_goes_on_while_the_emulator_is_down(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state.db", speed=3600) as emulator:
        emulator.advance(1000)
        before = emulator.clock()["now"]
        emulator.kill()
        emulator.restart()
        assert before < emulator.clock()["now"] < before + 3600 * 60


def test_a_reset_is_durable_too(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state.db", speed=0) as emulator:
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
        emulator.api("PUT", f"/api/v0/asks/{offer}/", {"image": "a/b"})
        emulator.reset()
        before = world(emulator)
        emulator.kill()
        emulator.restart()
        assert world(emulator) == before


def test_another_port_is_kept_too(tmp_path: Path) -> None:
    def row() -> dict[str, Any]:
        return emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]

    with Emulator(state=tmp_path / "state.db", speed=0) as emulator, socket.socket() as thief:
        offer = emulator.api("POST", "/api/v0/bundles/", {"machine_id": {"eq": 123456}})["offers"][0]["id"]
        body = {"image": "a/b", "runtype": "ssh_proxy"}
        instance = emulator.api("PUT", f"/api/v0/asks/{offer}/", body)["new_contract"]
        taken = row()["ssh_port"]
        emulator.kill()
        thief.bind(("127.0.0.1", taken))
        thief.listen()
        emulator.restart()
        another = row()["ssh_port"]
        assert another != taken
        emulator.kill()
        emulator.restart()
        assert row()["ssh_port"] == another


def test_the_file_has_keys_so_it_is_for_its_owner_only(tmp_path: Path) -> None:
    with Emulator(state=tmp_path / "state.db", speed=0) as emulator:
        emulator.api("POST", "/api/v0/secrets/", {"key": "A", "value": "b"})
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(("state.db", "state.db-wal", "state.db-shm"), 0o600)
