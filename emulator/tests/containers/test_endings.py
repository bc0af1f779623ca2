# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing of a machine is left when it is gone, however the emulator ends."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import pytest

SLEEP = "setsid sleep {mark} >/dev/null 2>&1 & sleep 0.2; echo on"


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def folder_of(lab: Any) -> Path:
    """Where the emulator keeps its machines."""
    state = lab.emulator.options["state"]
    return Path(f"{state}.machines")


def new_mark() -> str:
    return str(10**9 + secrets.randbelow(10**9))


def test_a_destroyed_machine_leaves_no_process_file_or_mount(durable: Any, tools: Any) -> None:
    mark, before = new_mark(), mounts()
    volume = durable.volume()
    instance = durable.rent(env={"-v store:/data": "1"})
    assert durable.said(instance, SLEEP.format(mark=mark) + "; echo x > file; mkdir -p d/e; chmod 0 d") == "on"
    folder = folder_of(durable)
    assert list((folder / "instances").iterdir())
    assert tools.processes(mark)
    durable.destroy(instance)
    assert tools.until(lambda: not tools.processes(mark) and not tools.machines_of(durable.emulator))
    assert tools.until(lambda: not list((folder / "instances").iterdir()) and not list((folder / "trash").iterdir()))
    assert [one.name for one in (folder / "volumes").iterdir()] == [str(volume)]
    durable.emulator.advance(60)
    durable.emulator.api("DELETE", f"/api/v0/volumes/?id={volume}", {})
    assert tools.until(lambda: not list((folder / "volumes").iterdir()) and not list((folder / "trash").iterdir()))
    assert mounts() == before


def test_a_killed_emulator_leaves_nothing_running_and_its_machines_come_back(durable: Any, tools: Any) -> None:
    mark = new_mark()
    instance = durable.rent(onstart="echo start >> starts", env={"A": "b"})
    assert durable.said(instance, SLEEP.format(mark=mark) + "; echo x > file") == "on"
    host_key, port = durable.host_key(instance), durable.port(instance)
    durable.emulator.kill()
    assert tools.until(lambda: not tools.processes(mark))
    durable.emulator.restart()
    assert durable.port(instance) == port
    assert durable.said(instance, "cat file; echo $A") == "x\nb"
    assert durable.host_key(instance) == host_key
    assert tools.until(lambda: durable.said(instance, "wc -l < starts") == "2")
    assert not tools.processes(mark)


def test_a_normal_end_stops_machines_and_keeps_what_the_state_file_knows(durable: Any, tools: Any) -> None:
    mark = new_mark()
    instance = durable.rent()
    assert durable.said(instance, SLEEP.format(mark=mark) + "; echo x > file") == "on"
    assert durable.emulator.stop() == 0
    assert not tools.processes(mark)
    durable.emulator.restart()
    assert durable.said(instance, "cat file") == "x"


@pytest.mark.parametrize("kind", ["home", "nobody"], indirect=True, scope="session")
@pytest.mark.usefixtures("kind")
def test_a_machine_that_kills_its_first_process_leaves_none(lab: Any, tools: Any) -> None:
    mark = new_mark()
    instance = lab.rent(onstart=f"setsid sleep {mark} & kill -9 $PPID")
    assert tools.until(lambda: "ended with exit code -9" in lab.log(instance, daemon_logs="true"))
    assert tools.until(lambda: not tools.machines_of(lab.emulator))
    assert not tools.processes(mark)
    # What a login starts is known too, though the SSH server gives it a new environment.
    other = lab.rent(789012)
    assert lab.said(other, SLEEP.format(mark=mark)) == "on"
    assert set(tools.processes(mark)) < set(tools.machines_of(lab.emulator))


def test_a_reset_removes_machines_and_volumes(durable: Any, tools: Any) -> None:
    durable.volume()
    durable.rent()
    durable.emulator.reset()
    assert tools.until(lambda: not tools.machines_of(durable.emulator))
    folder = folder_of(durable)

    def left() -> list[Path]:
        return [one for part in ("instances", "volumes", "trash") for one in (folder / part).iterdir()]

    assert tools.until(lambda: not left())


def test_without_a_state_file_the_end_leaves_no_folder_and_a_new_start_removes_those_of_the_killed(
    kind: Any, key: Any, tools: Any, tmp_path: Path, monkeypatch: Any, open_folder: Path
) -> None:
    place = open_folder / "tmp" if kind.user == "nobody" else tmp_path
    monkeypatch.setenv("TMPDIR", str(place))

    def left() -> list[str]:
        return [one.name for one in place.iterdir() if one.name.startswith("vast-emulator-machines-")]

    known = set(left())
    first = tools.running(kind)
    (made,) = set(left()) - known
    assert (place / made).stat().st_mode & 0o777 == 0o700
    first.kill()
    second = tools.running(kind)
    assert made not in left()
    second.stop()
    assert set(left()) == known


def test_the_accounts_key_is_not_in_the_machine_or_its_folder(durable: Any, monkeypatch: Any) -> None:
    instance = durable.rent()
    key = durable.emulator.api_key
    told = durable.said(instance, "env; tr '\\0' '\\n' < /proc/1/environ; cat ~/* ~/.ssh/* 2>/dev/null; echo")
    assert "VAST_URL" in told
    assert key not in told
    for path in folder_of(durable).rglob("*"):
        if path.is_file() and not path.is_symlink() and "/upper/" not in str(path):
            assert key.encode() not in path.read_bytes()
