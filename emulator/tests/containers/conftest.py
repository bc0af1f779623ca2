# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances that are real machines, reached with OpenSSH's own client."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from vast_emulator.process import Emulator, EmulatorError

# Longer than any boot, stop or restart takes, emulated seconds.
LONG = 100
# Real seconds that something may take which is not waited for by the emulator.
PATIENCE = 20.0
NOBODY = 65534


def cannot(reason: str) -> None:
    """A machine that may lack something is a person's, not that on which changes are judged."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and must be")
    pytest.skip(reason)


def until(what: Callable[[], Any]) -> Any:
    """Ask again and again until the answer is truthy; that answer, or the last one."""
    end = time.monotonic() + PATIENCE
    while not (answer := what()) and time.monotonic() < end:
        time.sleep(0.02)
    return answer


class Key(NamedTuple):
    """A key pair of a renter."""

    path: Path
    public: str

    @classmethod
    def make(cls, path: Path) -> Key:
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "renter", "-f", path], check=True)
        return cls(path, path.with_suffix(".pub").read_text(encoding="utf-8").strip())


class Done(NamedTuple):
    """What a command at a machine gave."""

    code: int
    output: str
    errors: str


class Lab:
    """A renter with a key, and an emulator whose instances are real."""

    def __init__(self, emulator: Emulator, key: Key, user: str) -> None:
        self.emulator = emulator
        self.key = key
        self.user = user

    @property
    def is_root_of_its_own(self) -> bool:
        """Whether ``/`` is the machine's own."""
        return self.emulator.options["isolation"] == "namespaces"

    def offer(self, machine_id: int) -> int:
        query = {"machine_id": {"eq": machine_id}, "num_gpus": {"eq": 1}, "rentable": {"eq": True}}
        return self.emulator.api("POST", "/api/v0/bundles/", query)["offers"][0]["id"]

    def rent(self, machine_id: int = 123456, **body: Any) -> int:
        """A running instance."""
        body = {"image": "a/b", "disk": 10, "runtype": "ssh_direct", **body}
        answer = self.emulator.api("PUT", f"/api/v0/asks/{self.offer(machine_id)}/", body)
        assert answer["success"], answer
        self.wait_for(answer["new_contract"])
        return answer["new_contract"]

    def wait_for(self, instance: int) -> None:
        self.emulator.advance(LONG)
        assert self.row(instance)["actual_status"] == "running"

    def row(self, instance: int) -> dict[str, Any]:
        return self.emulator.api("GET", f"/api/v0/instances/{instance}/")["instances"]

    def stop(self, instance: int) -> None:
        assert self.emulator.api("PUT", f"/api/v0/instances/{instance}/", {"state": "stopped"})["success"]
        self.emulator.advance(LONG)
        assert self.row(instance)["actual_status"] == "exited"

    def start(self, instance: int) -> None:
        assert self.emulator.api("PUT", f"/api/v0/instances/{instance}/", {"state": "running"})["success"]
        self.wait_for(instance)

    def destroy(self, instance: int) -> None:
        assert self.emulator.api("DELETE", f"/api/v0/instances/{instance}/", {})["success"]

    def port(self, instance: int, inside: str = "22/tcp") -> int:
        return int(self.row(instance)["ports"][inside][0]["HostPort"])

    def ssh(self, instance: int, command: str, key: Key | None = None, port: int | None = None) -> Done:
        """Run a command there; exit code 255 when there is no way in."""
        port = self.port(instance) if port is None else port
        done = subprocess.run(
            [*self.client(key), "-p", str(port), f"{self.user}@127.0.0.1", command],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
        return Done(done.returncode, done.stdout.strip(), done.stderr)

    def client(self, key: Key | None = None) -> list[str]:
        options = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "BatchMode=yes")
        given = ["IdentitiesOnly=yes", *options]
        words = ["ssh", "-F", "/dev/null", "-i", str((key or self.key).path)]
        return [*words, *(word for option in given for word in ("-o", option))]

    def said(self, instance: int, command: str) -> str:
        """What a command prints there that succeeds."""
        done = self.ssh(instance, command)
        assert done.code == 0, done
        return done.output

    def host_key(self, instance: int) -> str:
        command = ["ssh-keyscan", "-t", "ed25519", "-p", str(self.port(instance)), "127.0.0.1"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
        return done.stdout.split()[2]

    def result(self, answer: dict[str, Any]) -> str:
        """The text behind a result's URL, once it is there."""
        path = urllib.parse.urlsplit(answer["result_url"]).path
        status, text = until(lambda: (found := self.emulator.call("GET", path))[0] == 200 and found)
        assert status == 200
        return str(text)

    def log(self, instance: int, **options: str) -> str:
        return self.result(self.emulator.api("PUT", f"/api/v0/instances/request_logs/{instance}/", options))

    def execute(self, instance: int, command: str) -> str:
        return self.result(self.emulator.api("PUT", f"/api/v0/instances/command/{instance}/", {"command": command}))

    def volume(self, machine_id: int = 123456, name: str = "store") -> int:
        offers = self.emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": machine_id}})["offers"]
        return self.emulator.api("PUT", "/api/v0/volumes/", {"id": offers[0]["id"], "size": 10, "name": name})[
            "volume_id"
        ]


def processes(argument: str) -> list[int]:
    """Ids of this computer's processes that have an argument, in whatever namespace."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if argument.encode() in path.read_bytes().split(b"\0"):
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def machines_of(emulator: Emulator) -> list[int]:
    """First processes of machines that belong to an emulator, what else it has started, and what has its mark."""
    place = folder_of(emulator)
    mark = f"\0VAST_EMULATOR_MACHINE={place}/".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == emulator.pid or (place is not None and mark in b"\0" + (path / "environ").read_bytes()):
                found.append(int(path.name))
        except OSError:
            continue
    return found


def folder_of(emulator: Emulator) -> Path | None:
    """Where an emulator that runs keeps its machines: it has the lock open that says that they are its own."""
    for path in Path(f"/proc/{emulator.pid}/fd").glob("*"):
        try:
            target = path.readlink()
        except OSError:
            continue
        if target.name == "lock":
            return target.parent
    return None


@pytest.fixture(scope="session", autouse=True)
def programs() -> None:
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [one for one in ("sshd", "ssh", "ssh-keygen", "curl") if not shutil.which(one, path=path)]
    if missing:
        cannot(f"{' and '.join(missing)}: not installed")


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return Key.make(tmp_path_factory.mktemp("keys") / "renter")


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Key:
    return Key.make(tmp_path_factory.mktemp("keys") / "stranger")


class Kind(NamedTuple):
    """A way in which machines are kept apart: the emulator's options for it, its interpreter, and who logs in."""

    isolation: str
    python: str
    user: str


def unprivileged(folder: Path) -> str:
    """An interpreter that runs as nobody, who gets a shell; it may read everything, as the checkout may be private."""
    if os.geteuid() != 0:
        cannot("only root can become somebody else")
    users = folder / "passwd"
    lines = Path("/etc/passwd").read_text(encoding="utf-8").splitlines()
    name = pwd.getpwuid(NOBODY).pw_name
    others = [line for line in lines if not line.startswith(f"{name}:")]
    users.write_text("\n".join([*others, f"{name}:x:{NOBODY}:{NOBODY}::/:/bin/sh"]) + "\n", encoding="utf-8")
    users.chmod(0o644)
    for name in ("home", "tmp"):
        (folder / name).mkdir(exist_ok=True)
        os.chown(folder / name, NOBODY, NOBODY)
    # Terminals as nearly every computer has them, of which group tty is the group.
    terminals = "mount -t devpts -o newinstance,gid=5,mode=620,ptmxmode=666 devpts /dev/pts"
    terminals += " && mount --bind /dev/pts/ptmx /dev/ptmx"
    command = (
        f"mount --bind {users} /etc/passwd && {terminals} && export HOME={folder}/home TMPDIR={folder}/tmp && "
        f"exec setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups --inh-caps +dac_read_search "
        f'--ambient-caps +dac_read_search -- {sys.executable} "$@"'
    )
    script = folder / "python"
    script.write_text(f"#!/bin/sh\nexec unshare --mount --propagation private sh -c '{command}' sh \"$@\"\n")
    script.chmod(0o755)
    return str(script)


@pytest.fixture(scope="session")
def open_folder() -> Iterator[Path]:
    """A folder that nobody can reach, unlike those of pytest."""
    folder = Path("/var/tmp" if os.geteuid() == 0 else "/tmp") / f"vast-emulator-tests-{os.getpid()}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session", params=["namespaces", "home", "nobody"])
def kind(request: pytest.FixtureRequest, open_folder: Path) -> Kind:
    if request.param == "nobody":
        return Kind("auto", unprivileged(open_folder), pwd.getpwuid(NOBODY).pw_name)
    return Kind(request.param, sys.executable, pwd.getpwuid(os.geteuid()).pw_name)


def running(kind: Kind, **options: Any) -> Emulator:
    """An emulator that has been started."""
    emulator = Emulator(kind.python, speed=0, seed=7, sshd=True, isolation=kind.isolation, **options)
    try:
        emulator.start()
    except EmulatorError as error:
        if kind.isolation == "namespaces":
            cannot(f"no namespaces here ({error})")
        raise
    return emulator


@pytest.fixture(scope="session")
def shared(kind: Kind) -> Iterator[Emulator]:
    emulator = running(kind)
    yield emulator
    emulator.stop()


@pytest.fixture
def lab(shared: Emulator, kind: Kind, key: Key) -> Iterator[Lab]:
    """Nothing is rented; the key is the account's."""
    shared.reset()
    shared.api("POST", "/api/v0/ssh/", {"ssh_key": key.public})
    yield Lab(shared, key, kind.user)
    shared.reset()
    assert until(lambda: not machines_of(shared)), "a reset leaves machines running"


@pytest.fixture
def durable(kind: Kind, key: Key, tmp_path: Path, open_folder: Path) -> Iterator[Lab]:
    """An emulator with a state file that may be killed."""
    place = open_folder / f"state-{time.monotonic_ns()}"
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    emulator = running(kind, state=place / "state.db", api_key="a-key-that-must-not-be-inside")
    emulator.api("POST", "/api/v0/ssh/", {"ssh_key": key.public})
    yield Lab(emulator, key, kind.user)
    emulator.stop()


@pytest.fixture
def own_network() -> None:
    if not shutil.which("slirp4netns") or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        cannot("slirp4netns or /dev/net/tun is not there")


class Tools:
    """What looks at this computer from outside, and starts emulators."""

    processes = staticmethod(processes)
    machines_of = staticmethod(machines_of)
    running = staticmethod(running)
    Lab = Lab
    until = staticmethod(until)


@pytest.fixture
def tools() -> type[Tools]:
    return Tools
