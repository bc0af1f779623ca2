# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this computer can do for machines: asked once, by building one."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from vast_emulator.containers import launch
from vast_emulator.containers.folders import Folders, remove
from vast_emulator.containers.launch import Isolation, Programs, Started
from vast_emulator.instances.ssh_endpoints import Unavailable

_SFTP_SERVERS = (
    "/usr/lib/openssh/sftp-server",
    "/usr/libexec/openssh/sftp-server",
    "/usr/libexec/sftp-server",
    "/usr/lib/ssh/sftp-server",
)
_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"
# Real seconds to build a machine, and to give it a network.
_PATIENCE = 10.0


class Finding(NamedTuple):
    """``note`` is a sentence when it is less than the best, else None."""

    isolation: Isolation
    programs: Programs
    note: str | None


def _find(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{_SBIN}")


def programs() -> Programs:
    """The programs at hand. Raises Unavailable."""
    if sys.platform != "linux":
        raise Unavailable("Machines need Linux.")
    sshd, keygen = _find("sshd"), _find("ssh-keygen")
    if sshd is None or keygen is None:
        raise Unavailable("Machines need OpenSSH's server, which is not installed: apt install openssh-server.")
    sftp = next((path for path in _SFTP_SERVERS if os.access(path, os.X_OK)), None)
    return Programs(sshd, keygen, sftp, _find("slirp4netns"))


def probe(folders: Folders, wanted: str) -> Finding:
    """The best isolation of what is ``wanted``: auto, namespaces or home. Raises Unavailable."""
    found = programs()
    reason = "it was asked for" if wanted == "home" else _without_namespaces(folders, found)
    if reason is None:
        network, note = _own_network(folders, found)
        return Finding(Isolation(True, network), found, note)
    if wanted == "namespaces":
        raise Unavailable(f"Machines cannot have namespaces here: {reason}.")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    user = pwd.getpwuid(os.geteuid()).pw_name
    note = f"Machines only have a home of their own, and the login is {user}, because {reason}."
    return Finding(Isolation(False, False), found, note)


def _without_namespaces(folders: Folders, found: Programs) -> str | None:
    """Why a machine in namespaces cannot be made, or None."""
    if os.geteuid() != 0:
        return "the emulator does not run as root"
    missing = [name for name in ("unshare", "setpriv") if _find(name) is None]
    if missing:
        return f"{' and '.join(missing)} of util-linux is not installed"
    with _trial(folders, found, Isolation(True, False)) as (started, folder):
        started.control.sendall(b'{"do": "execute", "command": ["ls", "/usr"], "number": 1}\n')
        if "bin" in _last_word(started):
            return None
        lines = (folder / "daemon.log").read_text(errors="replace").splitlines()
        return f"the kernel refuses them ({lines[-1]})" if lines else "a machine did not start"


def _own_network(folders: Folders, found: Programs) -> tuple[bool, str | None]:
    """Whether machines can have a network each, and what to say if not."""
    shared = "Machines share this computer's network, so two of them cannot listen on the same port, because"
    if found.slirp4netns is None:
        return False, f"{shared} slirp4netns is not installed: apt install slirp4netns."
    if not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return False, f"{shared} there is no /dev/net/tun."
    with _trial(folders, found, Isolation(True, True)) as (started, _folder):
        # Its first word says that it is in its namespaces.
        started.control.recv(1024)
        connected = launch.connect(started, found.slirp4netns)
        try:
            works = _has_device(started.process.pid)
        finally:
            if connected.leash is not None and connected.network is not None:
                os.close(connected.leash)
                connected.network.wait()
    return works, None if works else f"{shared} slirp4netns does not work here."


def _has_device(process: int) -> bool:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            if "tap0" in Path(f"/proc/{process}/net/dev").read_text(encoding="ascii"):
                return True
        except OSError:
            return False
        time.sleep(0.005)
    return False


@contextlib.contextmanager
def _trial(folders: Folders, found: Programs, isolation: Isolation) -> Iterator[tuple[Started, Path]]:
    """A machine that only stands there."""
    folder = folders.aside()
    for name in ("disk", "keys"):
        (folder / name).mkdir(parents=True)
    config = {"id": 0, "hostname": "trial", "env": {}, "onstart": None, "volumes": [], "serve": False}
    started = launch.start(config, isolation, found, folder, [])
    try:
        started.control.settimeout(_PATIENCE)
        yield started, folder
    finally:
        started.control.close()
        try:
            started.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            started.process.kill()
            started.process.wait()
        remove(folder)


def _last_word(started: Started) -> str:
    """What it answers to a command; nothing when it ended before."""
    heard = b""
    with contextlib.suppress(OSError):
        while part := started.control.recv(65536):
            heard += part
            if b'"text"' in heard and heard.endswith(b"\n"):
                return str(json.loads(heard.splitlines()[-1])["text"])
    return ""
