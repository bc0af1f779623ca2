# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting the first process of a machine."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from vast_emulator.containers.home import MARK

_SOURCE = str(Path(__file__).resolve().parents[2])
_MODULE = "vast_emulator.containers.init"
# The kernel ends the machine with the emulator, however that ends, and with the first process all the others.
_ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")
_NAMESPACES = ("unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child", "--propagation", "private")
# What slirp4netns makes of a network namespace: this computer's loopback, and a name server, as seen from inside.
HOST_ADDRESS = "10.0.2.2"
NAMESERVER = "10.0.2.3"


class Isolation(NamedTuple):
    """How machines are kept apart: in namespaces or only by a home of their own; with their own network or not."""

    namespaces: bool
    own_network: bool


class Programs(NamedTuple):
    """Paths of the programs that machines are made with; those that were not found are None."""

    sshd: str
    ssh_keygen: str
    sftp_server: str | None
    slirp4netns: str | None


class Started(NamedTuple):
    """A first process. ``control`` is our end of its socket; ``network`` ends when ``leash`` is closed.

    ``mark``: what all its processes have in their environment, if nothing else tells them from those of others.
    """

    process: subprocess.Popen[bytes]
    control: socket.socket
    ready: int | None
    mark: str | None = None
    leash: int | None = None
    network: subprocess.Popen[bytes] | None = None


def start(
    config: dict[str, Any], isolation: Isolation, programs: Programs, folder: Path, listeners: Sequence[tuple[int, int]]
) -> Started:
    """Start the process that builds and serves a machine in ``folder``. ``listeners``: file numbers and inside ports.

    Raises OSError. The configuration goes through a file without a name, as it holds secrets.
    """
    mark = None if isolation.namespaces else f"{folder}:{secrets.token_hex(8)}"
    marks = {} if mark is None else {MARK: mark}
    with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
        control, standard_input = socket.socketpair()
        ours.enter_context(control)
        theirs.enter_context(standard_input)
        online = ready = None
        if isolation.own_network:
            online, ready = os.pipe()
            theirs.callback(os.close, online)
            ours.callback(os.close, ready)
        file = theirs.enter_context(tempfile.TemporaryFile("w+"))
        complete = {
            **config,
            "folder": str(folder),
            "namespaces": isolation.namespaces,
            "own_network": isolation.own_network,
            "nameserver": NAMESERVER if isolation.own_network else None,
            "marks": marks,
            "online": online,
            "listeners": list(listeners),
            **programs._asdict(),
        }
        json.dump(complete, file)
        file.flush()
        file.seek(0)
        inherited = [file.fileno(), *(number for number, _port in listeners), *([] if online is None else [online])]
        command = [sys.executable, "-S", "-m", _MODULE, str(file.fileno())]
        process = subprocess.Popen(  # noqa: S603 (our own command line)
            [*_wrapper(isolation), *command],
            stdin=standard_input.fileno(),
            stdout=theirs.enter_context((folder / "log").open("ab")),
            stderr=theirs.enter_context((folder / "daemon.log").open("ab")),
            pass_fds=inherited,
            start_new_session=True,
            # Nothing of our own environment: it may hold the account's key.
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                "PYTHONPATH": _SOURCE,
                "PYTHONDONTWRITEBYTECODE": "1",
                **marks,
            },
        )
        ours.pop_all()
    return Started(process, control, ready, mark)


def _wrapper(isolation: Isolation) -> tuple[str, ...]:
    if not isolation.namespaces:
        return ()
    return (*_ENDS_WITH_US, *_NAMESPACES, *(("--net",) if isolation.own_network else ()), "--")


def connect(started: Started, program: str) -> Started:
    """Give a machine that has come up its way out. ``started.ready`` is closed in any case. Raises OSError."""
    if started.ready is None:
        return started
    with contextlib.ExitStack() as theirs, contextlib.ExitStack() as ours:
        theirs.callback(os.close, started.ready)
        end, leash = os.pipe()
        theirs.callback(os.close, end)
        ours.callback(os.close, leash)
        command = [program, "--configure", "--mtu=65520", f"--exit-fd={end}", f"--ready-fd={started.ready}"]
        command += ["--netns-type=path", f"/proc/{started.process.pid}/ns/net", "tap0"]
        network = subprocess.Popen(  # noqa: S603 (our own command line)
            [*_ENDS_WITH_US, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(end, started.ready),
            start_new_session=True,
        )
        ours.pop_all()
    return started._replace(ready=None, leash=leash, network=network)
