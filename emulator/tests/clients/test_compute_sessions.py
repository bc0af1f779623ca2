# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""compute-sessions 0.4.1 (``cs``), by its constant ``API_BASE``: sessions whose every activation rents an instance.

No container runs, so a program named ``ssh`` says what the image's own entry point would write on the instance.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from compute_sessions import session, vast_api
from compute_sessions.backends import VastBackend, make_backend
from compute_sessions.config import Config, load_config
from compute_sessions.errors import RemoteError, SessionError
from compute_sessions.models import SessionInfo, SessionStatus

from vast_emulator.process import Emulator

CREATE = "/api/v0/asks/{id}/"
CONFIG = """
[sources.gpu]
type = "vast"
image = "me/runner:1"
remote_base = "{folder}/sessions"
api_key_file = "{folder}/key"
gpu_types = ["RTX_4090", "H100_SXM"]
max_instance_price = 1.0
max_hourly_spend = 0.4
max_total_spend = 100.0
"""
SSH = """#!/bin/sh
echo '{"status": "active", "last_activated_at": "2026-11-01T00:00:00Z", "last_activity_at": "2026-11-01T00:00:00Z"}'
"""


class Sessions:
    """The program ``cs`` below its command line, in a home of its own."""

    def __init__(self, folder: Path) -> None:
        config = folder / "config.toml"
        config.write_text(CONFIG.format(folder=folder))
        self.config: Config = load_config(config)
        self.project = folder

    @property
    def backend(self) -> VastBackend:
        """A new one each time, as each command makes one."""
        return make_backend(self.config.sources["gpu"], self.config.control_path)

    def create(self, **request: Any) -> SessionInfo:
        wanted = {"partition": None, "gpus": 1, "gpu_type": "RTX_4090", "mem": 16, "idle_timeout_minutes": 20}
        return session.create(self.backend, self.config, session.CreateRequest(**{**wanted, **request}), self.project)


@pytest.fixture
def sessions(emulator: Emulator, emulated_time: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    # The client lists instances the way that the live API refuses since mid-2026.
    emulator.settings(v0_list="list")
    for name, text in (("key", emulator.api_key), (".ssh/id_ed25519.pub", "ssh-ed25519 AAAA me"), ("bin/ssh", SSH)):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "bin/ssh").chmod(0o700)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(vast_api, "API_BASE", f"{emulator.url}/api/v0")
    monkeypatch.setattr(vast_api, "time", emulated_time)
    return Sessions(tmp_path)


def test_a_session_lives_and_ends(sessions: Sessions, emulator: Emulator) -> None:
    made = sessions.create()
    shown = session.show(sessions.backend, made.session_id)
    assert shown["job"]["state"] == "pending"
    assert shown["job"]["gpu_name"] == "RTX 4090"
    emulator.advance(100)
    active = sessions.backend.read_info(made.session_id)
    assert active.status is SessionStatus.ACTIVE
    [row] = sessions.backend.client.list_instances()
    assert row["label"] == f"cs-{made.session_id}"
    assert (active.node, str(active.sshd_port)) == (row["public_ipaddr"], row["ports"]["22/tcp"][0]["HostPort"])
    with pytest.raises(SessionError, match="already active"):
        session.activate(
            sessions.backend, made.session_id, partition=None, gpus=1, gpu_type=None, mem=16, idle_timeout_minutes=20
        )
    ended = session.deactivate(sessions.backend, made.session_id)
    assert ended.status is SessionStatus.INACTIVE
    assert sessions.backend.client.list_instances() == []
    assert emulator.ledger()["billing"] == []
    log = sessions.project / "sessions" / "sessions" / made.session_id / "logs" / "runner-vast.log"
    assert "me/runner:1" in log.read_text()


def test_its_own_ledger_notes_what_the_instance_costs_until_its_end(sessions: Sessions) -> None:
    made = sessions.create()
    rate = session.show(sessions.backend, made.session_id)["job"]["dph_total"]
    [start] = sessions.backend.ledger.open_instances().values()
    # It notes the price of the offer, with the disk that a search assumes; the instance has its own.
    assert start["dph"] == pytest.approx(rate, rel=0.1)
    session.deactivate(sessions.backend, made.session_id)
    assert sessions.backend.ledger.open_instances() == {}


def test_an_image_that_does_not_exist_ends_in_a_destroyed_instance(sessions: Sessions, emulator: Emulator) -> None:
    config = sessions.project / "config.toml"
    config.write_text(config.read_text().replace("me/runner:1", "missing/runner:1"))
    sessions.config = load_config(config)
    made = sessions.create()
    emulator.advance(200)
    shown = session.show(sessions.backend, made.session_id)
    assert shown["job"]["state"] == "gone"
    assert "not found" in shown["job"]["reason"]
    assert shown["info"]["status"] == "failed"
    assert emulator.ledger()["billing"] == []


def test_an_instance_that_was_destroyed_elsewhere_is_noticed_by_one_list(
    sessions: Sessions, emulator: Emulator
) -> None:
    made = sessions.create()
    emulator.api("DELETE", f"/api/v0/instances/{made.job_id}/")
    emulator.forget_requests()
    [listed] = sessions.backend.list_infos()
    assert listed.status is SessionStatus.FAILED
    assert emulator.requests()["total"] == 1


def test_what_runs_counts_against_the_cap_of_the_source(sessions: Sessions, emulator: Emulator) -> None:
    made = sessions.create()
    with pytest.raises(SessionError, match="no vast offer matches"):
        sessions.create()
    session.deactivate(sessions.backend, made.session_id)
    assert sessions.create().job_id
    assert emulator.count("PUT", CREATE) == 2


def test_a_lost_answer_is_not_asked_for_again_but_what_was_rented_counts(
    sessions: Sessions, emulator: Emulator
) -> None:
    emulator.fault("PUT", CREATE, when="after", status=504)
    with pytest.raises(RemoteError, match="failed"):
        sessions.create()
    assert emulator.count("PUT", CREATE) == 1
    [row] = sessions.backend.client.list_instances()
    assert row["label"].startswith("cs-gpu_")
    # Nobody wrote the instance down, and no command of the client can destroy it.
    assert sessions.backend.ledger.open_instances() == {}
    assert [info.job_id for info in sessions.backend.list_infos()] == [None]
    with pytest.raises(SessionError, match="no vast offer matches"):
        sessions.create()


def test_the_list_that_the_live_api_gave_up_ends_every_activation(sessions: Sessions, emulator: Emulator) -> None:
    emulator.settings(v0_list="gone")
    with pytest.raises(RemoteError) as refused:
        sessions.create()
    assert refused.value.exit_code == 410
    assert emulator.count("PUT", CREATE) == 0
