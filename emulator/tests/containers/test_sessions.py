# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts and settings that a login meets."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vast_emulator.containers.home import confined
from vast_emulator.containers.sessions import can_be_set, environment_script

# What a shell, or the programs it starts, would take for settings of their own.
_OWN = ("PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "_", "LD_PRELOAD", "LD_LIBRARY_PATH", "IFS", "ENV", "PS4", "OPTIND")
NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True).filter(lambda name: name not in _OWN)
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(env=st.dictionaries(NAMES, VALUES, max_size=5))
def test_every_value_arrives_as_it_was(tmp_path: Path, env: dict[str, str]) -> None:
    script = tmp_path / "environment"
    script.write_bytes(environment_script(env, "/home").encode())
    done = subprocess.run(["/bin/sh", "-c", f". {script}; env -0"], capture_output=True, check=True, env={})
    got = dict(one.split("=", 1) for one in done.stdout.decode().split("\0") if "=" in one)
    assert {name: got.get(name) for name in env if can_be_set(name, "")} == {
        name: one for name, one in env.items() if can_be_set(name, one)
    }
    assert got["HOME"] == "/home"


def test_paths_of_commands_do_not_lead_out_of_a_private_home(tmp_path: Path) -> None:
    home, volume = tmp_path / "home", tmp_path / "volume"
    for folder in (home, volume):
        folder.mkdir()
    (home / "data").symlink_to(volume)
    (home / "out").symlink_to("/etc")

    def path(word: str) -> str:
        return confined(["ls", word], str(home), [str(volume)])[1]

    assert path("/workspace/x") == f"{home}/workspace/x"
    assert path("x") == f"{home}/x"
    assert path("/") == str(home)
    assert path("/data/file") == f"{home}/data/file"
    assert path("-la") == "-la"
    for word in ("../x", "/..", "out/passwd", "/out/ssh/x", "../home-of-another"):
        assert path(word) == f"{home}/.outside"
    assert path("--files0-from=/etc/passwd") == "--"
