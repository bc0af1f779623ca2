# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A machine without namespaces: a private home, and processes that are known by their ancestor and a mark."""

from __future__ import annotations

import contextlib
import os
import pwd
import signal
import sys
import time
from collections.abc import Mapping
from typing import Any

from vast_emulator.containers import kernel, unlinked
from vast_emulator.containers.sessions import Login

# The variable that everything in such a machine has: the ancestor of a process may be gone.
MARK = "VAST_EMULATOR_MACHINE"
# Real seconds until what was killed is looked for again, and how often that is done while the emulator waits.
_ROUND = 0.005
_MOST_ROUNDS = 200


def build(config: Mapping[str, Any]) -> Login:
    """Make the home; volumes are links in it. This process becomes the parent of all that are orphaned below it."""
    kernel.adopt_orphans()
    folder = config["folder"]
    place = folder + "/disk"
    # In a folder that is there: it is not made anew for a machine that has been destroyed meanwhile.
    for path, mode in (("/disk/workspace", 0o777), ("/run", 0o700)):
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder + path, mode)
    for source, path in config["volumes"]:
        _link(place, source, path)
    return Login(pwd.getpwuid(os.getuid()).pw_name, place, folder + "/run", folder + "/keys")


def _link(place: str, source: str, path: str) -> None:
    target = os.path.normpath(place + "/" + path)
    if not target.startswith(place + "/") or not _is_inside(os.path.dirname(target), place):
        return
    parent, name = os.path.split(target)
    try:
        with unlinked.folder(parent.removeprefix(place), place) as number:
            if os.path.islink(target):
                os.unlink(name, dir_fd=number)
            with contextlib.suppress(FileExistsError):
                os.symlink(source, name, dir_fd=number)
    except NotADirectoryError as error:
        sys.stderr.write(f"a volume cannot be linked at {path}: {error}\n")


def _is_inside(path: str, *places: str) -> bool:
    real = os.path.realpath(path) + "/"
    return any(real.startswith(os.path.realpath(place) + "/") for place in places)


def confined(command: list[str], place: str, volumes: list[str]) -> list[str]:
    """The command with every path below the home or a volume: absolute ones are meant as paths of the machine.

    A path that leads out of the home, and an option that names a file, become the name of a file that is not there.
    """
    words = []
    for word in command[1:]:
        if word.startswith("-"):
            words.append(word if "/" not in word and "files0" not in word and "from" not in word else "--")
            continue
        target = os.path.normpath(place + "/" + word)
        parent = target if target == place else os.path.dirname(target)
        inside = (target + "/").startswith(place + "/") and _is_inside(parent, place, *volumes)
        words.append(target if inside else place + "/.outside")
    return [command[0], *words]


def kill_descendants() -> None:
    """End every process below this one. Those that are started meanwhile are found in the next round."""
    foreign: set[int] = set()
    while below := _descendants(os.getpid()) - foreign:
        foreign |= _kill(below)
        time.sleep(_ROUND)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            continue


def kill_marked(mark: str) -> None:
    """End what a machine left whose first process could not do it, as when it was killed from inside."""
    foreign: set[int] = set()
    rounds = 0
    while (found := _marked(mark) - foreign) and rounds < _MOST_ROUNDS:
        foreign |= _kill(found)
        time.sleep(_ROUND)
        rounds += 1


def _kill(numbers: set[int]) -> set[int]:
    """Those of the processes that cannot be killed."""
    foreign = set()
    for number in numbers:
        try:
            os.kill(number, signal.SIGKILL)
        except ProcessLookupError:
            continue
        except PermissionError:
            # It has become somebody else, as with sudo.
            foreign.add(number)
    return foreign


def _marked(mark: str) -> set[int]:
    """Processes in whose environment the mark is. An environment that cannot be read is somebody else's."""
    sought, found = os.fsencode(f"{MARK}={mark}"), set()
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{name}/environ", "rb") as file:
            if sought in file.read().split(b"\0"):
                found.add(int(name))
    return found


def _descendants(ancestor: int) -> set[int]:
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
            except OSError:
                # It ended meanwhile.
                continue
    found: set[int] = {ancestor}
    while more := {number for number, parent in parents.items() if parent in found and number not in found}:
        found |= more
    return found - {ancestor}
