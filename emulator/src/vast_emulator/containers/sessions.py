# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a login meets: the environment, the wrapper that sets it, and the configuration of the SSH server."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import NamedTuple

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Shells refuse to change these, and end.
_FIXED = frozenset(("UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS", "BASH_VERSINFO"))


class Login(NamedTuple):
    """Who logs in and where: ``home`` of the machine, ``run`` for our own files, ``keys`` for the account's keys."""

    user: str
    home: str
    run: str
    keys: str


def can_be_set(name: str, value: str) -> bool:
    """Whether a shell can set the variable; the options of ``docker run`` in an instance's env are none."""
    return _NAME.fullmatch(name) is not None and name not in _FIXED and "\0" not in value


def environment_script(env: Mapping[str, str], home: str) -> str:
    """A script that a POSIX shell reads to set the environment."""
    settings = {"PATH": PATH, **env, "HOME": home}
    return "".join(f"export {name}={shlex.quote(one)}\n" for name, one in settings.items() if can_be_set(name, one))


def session_script(login: Login) -> str:
    """What sshd runs for each session: with the environment, the command that was asked for, or else a shell."""
    return (
        "#!/bin/sh\n"
        f". {shlex.quote(login.run + '/environment')}\n"
        'cd "$HOME" || exit 1\n'
        "asked=$SSH_ORIGINAL_COMMAND\n"
        "unset SSH_ORIGINAL_COMMAND\n"
        'if [ -n "$asked" ]; then exec "${SHELL:-/bin/sh}" -c "$asked"; fi\n'
        'exec "${SHELL:-/bin/sh}" -l\n'
    )


def onstart_command(login: Login) -> list[str]:
    """Runs the machine's onstart script in its environment."""
    run, script = shlex.quote(login.run + "/environment"), shlex.quote(login.home + "/onstart.sh")
    shell = f'shell=$(command -v bash) || shell=/bin/sh; exec "$shell" {script}'
    return ["/bin/sh", "-c", f'. {run}; cd "$HOME" && {shell}']


def server_config(login: Login, sftp: str | None) -> str:
    """The configuration of a server that knows one user and takes nothing from its machine's own configuration."""
    keys = f"{login.keys}/authorized_keys".replace("%", "%%")
    own_keys = f"{login.home}/.ssh/authorized_keys".replace("%", "%%")
    lines = [
        f'HostKey "{login.run}/host_key"',
        f"AllowUsers {login.user}",
        f'AuthorizedKeysFile "{keys}" "{own_keys}"',
        f"ForceCommand {shlex.quote(login.run + '/session')}",
        "AuthenticationMethods publickey",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        "PermitUserRC no",
        "StrictModes no",
        "UsePAM no",
        "UseDNS no",
        "MaxAuthTries 20",
        "MaxSessions 100",
        "PrintMotd no",
        "PrintLastLog no",
        "PidFile none",
    ]
    if sftp is not None:
        lines.append(f"Subsystem sftp {sftp}")
    return "\n".join(lines) + "\n"
