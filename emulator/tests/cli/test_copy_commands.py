# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``vastai copy``: between instances, and to and from the machine that it runs on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def rsync(client: Any, tmp_path: Path) -> Path:
    """The file in which a stand-in for rsync keeps what it was asked to do."""
    said = tmp_path / "rsync.txt"
    program = tmp_path / "bin" / "rsync"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {said}\n')
    program.chmod(0o755)
    client.environment["PATH"] = os.pathsep.join([str(program.parent), client.environment["PATH"]])
    return said


@pytest.mark.command("copy")
@pytest.mark.command("cancel copy")
def test_between_instances(client: Any, emulator: Any, renter: Any) -> None:
    one, other = renter.running(), renter.running(789012)
    assert "copy initiated" in client.says("copy", f"{one}:/workspace/", f"C.{other}:/workspace/")
    assert emulator.count("PUT", "/api/v0/commands/copy_direct/", 200) == 1
    client.says("cancel", "copy", str(other))
    assert emulator.count("DELETE", "/api/v0/commands/copy_direct/", 200) == 1


@pytest.mark.parametrize("prefix", ["", "local:"])
def test_to_an_instance(client: Any, renter: Any, rsync: Path, tmp_path: Path, prefix: str) -> None:
    instance = renter.running()
    client.says("copy", f"{prefix}{tmp_path}", f"{instance}:/workspace/")
    words = rsync.read_text().split("\n")
    row = renter.show(instance)
    assert f"vastai_kaalia@{row['ssh_host']}::{instance}//workspace/" in words
    assert f"ssh -p {row['ssh_port']} -o StrictHostKeyChecking=no" in words


@pytest.mark.parametrize("prefix", ["", "local:"])
def test_from_an_instance(client: Any, renter: Any, rsync: Path, tmp_path: Path, prefix: str) -> None:
    instance = renter.running()
    client.says("copy", f"C.{instance}:/workspace/", f"{prefix}{tmp_path / 'here'}")
    assert f"vastai_kaalia@{renter.show(instance)['ssh_host']}::C.{instance}//workspace/" in rsync.read_text()


@pytest.mark.command("cloud copy")
@pytest.mark.command("cancel sync")
def test_with_a_cloud(client: Any, emulator: Any, renter: Any) -> None:
    instance = str(renter.running())
    places = ("--src", "/workspace", "--dst", "/bucket", "--instance", instance, "--connection", "1")
    client.says("cloud", "copy", *places, "--transfer", "Instance To Cloud")
    assert emulator.count("POST", "/api/v0/commands/rclone/", 200) == 1
    client.says("cancel", "sync", instance)
    assert emulator.count("DELETE", "/api/v0/commands/rclone/", 200) == 1


def test_an_instance_that_is_not_there(client: Any) -> None:
    done = client.run("copy", "41:/a", "42:/b")
    assert "No such instance" in done.stdout + done.stderr
