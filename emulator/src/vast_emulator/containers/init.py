# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first process of a machine: builds it, starts onstart, hands connections to SSH servers, and ends what it began.

It is started with a socket to the emulator as standard input, the log as standard output, the daemon's log as standard
error, and the number of an open file that holds its configuration as JSON. It lives as long as the socket does.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import json
import os
import pwd
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from vast_emulator.containers import home, kernel, rootfs, unlinked
from vast_emulator.containers.relay import Loop, Relay
from vast_emulator.containers.sessions import (
    Login,
    environment_script,
    onstart_command,
    server_config,
    session_script,
)

SSH_PORT = 22
_MOST_OUTPUT = 1 << 20
_QUIET_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


def _host_key(folder: str, program: str) -> bytes:
    """The machine's private key; made when it starts for the first time."""
    path = folder + "/host_key"
    if not os.path.exists(path):
        subprocess.run([program, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", path], check=True)  # noqa: S603
    with open(path, "rb") as file:
        return file.read()


def _build(config: dict[str, Any]) -> Login:
    """Make the machine around this process. Raises OSError."""
    host_key = _host_key(config["folder"], config["ssh_keygen"])
    os.umask(0o022)
    if config["namespaces"]:
        socket.sethostname(config["hostname"])
        if config["own_network"]:
            kernel.loopback_up()
        rootfs.build(config)
        root = pwd.getpwuid(0)
        login = Login(root.pw_name, root.pw_dir, rootfs.RUN, rootfs.KEYS)
        kernel.drop_capabilities()
    else:
        login = home.build(config)
    # No folder is made anew that leads here: the machine may have been destroyed meanwhile.
    with contextlib.suppress(FileExistsError):
        os.mkdir(login.home + "/.ssh", mode=0o700)
    environment = {**config["env"], **config["marks"]}
    unlinked.write("host_key", host_key, 0o600, start=login.run)
    unlinked.write("environment", environment_script(environment, login.home), 0o600, start=login.run)
    unlinked.write("session", session_script(login), 0o700, start=login.run)
    unlinked.write("sshd_config", server_config(login, config["sftp_server"]), 0o600, start=login.run)
    if config["onstart"]:
        unlinked.write("onstart.sh", config["onstart"].rstrip("\n") + "\n", 0o700, start=login.home)
    return login


class Init:
    """What the first process does once the machine stands."""

    def __init__(self, config: dict[str, Any], login: Login, control: socket.socket) -> None:
        self._config = config
        self._login = login
        self._control = control
        self._loop = Loop()
        self._heard = b""
        self._listeners: list[tuple[socket.socket, int]] = []

    def run(self) -> None:
        """Serve until the emulator hangs up."""
        self._loop.watch(self._control, selectors.EVENT_READ, self._hear)
        self._reap_children()
        if self._config["serve"]:
            for number, port in self._config["listeners"]:
                self._listeners.append((socket.socket(fileno=number), port))
            if self._config["own_network"]:
                self._listeners.append((socket.create_server(("", SSH_PORT)), SSH_PORT))
            self._watch_listeners()
            self._start_when_online()
        while self._control is not None:
            self._loop.turn()

    # Children

    def _reap_children(self) -> None:
        reader, writer = os.pipe()
        for end in (reader, writer):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        self._loop.watch(reader, selectors.EVENT_READ, lambda _events: self._reap(reader))

    @staticmethod
    def _reap(reader: int) -> None:
        os.read(reader, 4096)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return

    def _spawn(self, command: list[str], **more: Any) -> None:
        """Start a program that nobody waits for."""
        environment = {**_QUIET_ENVIRONMENT, **self._config["marks"]}
        more = {"stdin": subprocess.DEVNULL, "cwd": self._login.home, "env": environment, **more}
        child = subprocess.Popen(command, start_new_session=True, **more)  # noqa: S603
        # It is reaped with all others.
        child.returncode = 0

    def _start_when_online(self) -> None:
        """Run onstart, once there is a network if there will be one of its own."""
        online = self._config["online"]
        if online is None:
            self._start()
            return

        def ready(_events: int) -> None:
            self._loop.watch(online, 0, ready)
            os.close(online)
            self._start()

        self._loop.watch(online, selectors.EVENT_READ, ready)

    def _start(self) -> None:
        if self._config["onstart"]:
            self._spawn(onstart_command(self._login), stdout=1, stderr=1)

    # Connections

    def _watch_listeners(self) -> None:
        for listener, port in self._listeners:
            listener.setblocking(False)
            self._loop.watch(listener, selectors.EVENT_READ, self._acceptor(listener, port))

    def _acceptor(self, listener: socket.socket, port: int) -> Callable[[int], None]:
        def accept(_events: int) -> None:
            try:
                connection, _address = listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno == errno.EINVAL:
                    # The emulator has shut the port. It will say when it is open again.
                    self._loop.watch(listener, 0, accept)
                return
            try:
                if port == SSH_PORT:
                    self._serve_ssh(connection)
                else:
                    Relay(self._loop, connection, port)
            except OSError as error:
                # The machine has no processes or files left to give.
                _note(f"a connection was dropped: {error}")
                connection.close()

        return accept

    def _serve_ssh(self, connection: socket.socket) -> None:
        """Each connection gets a server of its own, as from inetd."""
        connection.setblocking(True)
        with connection:
            command = [self._config["sshd"], "-i", "-e", "-f", self._login.run + "/sshd_config"]
            self._spawn(command, stdin=connection, stdout=connection)

    # The emulator's wishes

    def _hear(self, _events: int) -> None:
        content = self._control.recv(65536)
        if not content:
            self._control = None  # type: ignore[assignment]
            return
        *lines, self._heard = (self._heard + content).split(b"\n")
        for line in lines:
            wish = json.loads(line)
            if wish["do"] == "listen":
                self._watch_listeners()
            else:
                self._execute(wish["command"], wish["number"])

    def _execute(self, command: list[str], number: int) -> None:
        """Run a command without a shell; what it prints goes back when it has ended."""
        if self._config["namespaces"]:
            command, folder = [command[0], *_expanded(command[1:])], "/"
        else:
            volumes = [source for source, _path in self._config["volumes"]]
            command, folder = home.confined(command, self._login.home, volumes), self._login.home
        reader, writer = os.pipe()
        parts: list[bytes] = []

        def ready(_events: int) -> None:
            part = os.read(reader, 65536)
            if sum(map(len, parts)) < _MOST_OUTPUT:
                parts.append(part)
            if not part:
                self._loop.watch(reader, 0, ready)
                os.close(reader)
                answer = {"number": number, "text": b"".join(parts).decode(errors="replace")}
                self._control.sendall(json.dumps(answer).encode() + b"\n")

        self._loop.watch(reader, selectors.EVENT_READ, ready)
        try:
            self._spawn(command, stdout=writer, stderr=writer, cwd=folder)
        except (OSError, ValueError) as error:
            os.write(writer, f"{command[0]}: {error}\n".encode(errors="replace"))
        os.close(writer)


def _expanded(words: list[str]) -> list[str]:
    """File names for words with wildcards, as a shell in ``/`` would have it."""
    found: list[str] = []
    for word in words:
        found += sorted(glob.glob(word, root_dir="/")) or [word]
    return found


def _note(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def main() -> None:
    """Ends when the emulator's end of the socket is closed."""
    with open(int(sys.argv[1]), encoding="utf-8") as file:
        config = json.load(file)
    control = socket.socket(fileno=os.dup(0))
    control.sendall(b'{"up": true}\n')
    login = _build(config)
    started = time.monotonic()
    _note(f"the machine of instance {config['id']} is up")
    try:
        Init(config, login, control).run()
    finally:
        _note(f"the machine ends after {time.monotonic() - started:.1f} s")
        if not config["namespaces"]:
            home.kill_descendants()


if __name__ == "__main__":
    main()
