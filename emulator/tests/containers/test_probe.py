# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulator says when it cannot make machines as it was told to."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from vast_emulator import cli
from vast_emulator.containers import probe
from vast_emulator.containers.folders import Folders
from vast_emulator.process import Emulator


@pytest.mark.parametrize("option", [["--sshd"], ["--ssh", "sshd"]])
def test_without_sshd_one_sentence_says_what_to_install(
    option: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    which = probe.shutil.which
    monkeypatch.setattr(probe.shutil, "which", lambda name, **more: None if name == "sshd" else which(name, **more))
    assert cli.main(["serve", *option]) == 1
    told = capsys.readouterr().err
    assert told == (
        "vast-emulator: Machines need OpenSSH's server, which is not installed: apt install openssh-server.\n"
    )


def test_without_slirp4netns_machines_share_the_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "_without_namespaces", lambda *_: None)
    which = probe.shutil.which
    monkeypatch.setattr(
        probe.shutil, "which", lambda name, **more: None if name == "slirp4netns" else which(name, **more)
    )
    folders = Folders(tmp_path / "machines")
    finding = probe.probe(folders, "auto")
    folders.close()
    assert finding.isolation == (True, False)
    assert "apt install slirp4netns" in str(finding.note)


def test_a_scenario_that_is_refused_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert cli.main(["serve", "--sshd", "--isolation", "home", "--scenario", "there_is_none"]) == 2
    assert list(tmp_path.iterdir()) == []


def served(python: str, *options: str) -> tuple[int, str]:
    """Exit code and standard error of an emulator that does not come up."""
    words = [python, "-m", "vast_emulator", "serve", "--sshd", *options]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stderr


@pytest.mark.parametrize("kind", ["nobody"], indirect=True, scope="session")
def test_what_was_insisted_on_and_cannot_be_had_is_an_error(kind: Any) -> None:
    code, told = served(kind.python, "--isolation", "namespaces")
    assert (code, told) == (
        1,
        "vast-emulator: Machines cannot have namespaces here: the emulator does not run as root.\n",
    )


def test_two_emulators_do_not_share_machines(tmp_path: Path) -> None:
    state, other = tmp_path / "state.db", tmp_path / "other.db"
    machines = Path(f"{state}.machines")
    with Emulator(sshd=True, isolation="home", state=state, speed=0):
        Path(f"{other}.machines").symlink_to(machines)
        code, told = served(sys.executable, "--isolation", "home", "--state", str(other))
    assert (code, told) == (1, f"vast-emulator: Another emulator has its machines in {machines}.\n")


def test_an_option_without_a_value_is_given_by_true_and_left_out_by_false() -> None:
    with Emulator(sshd=False, speed=0) as emulator:
        command = Path(f"/proc/{emulator.pid}/cmdline").read_bytes().split(b"\0")
    assert b"serve" in command
    assert b"--sshd" not in command
