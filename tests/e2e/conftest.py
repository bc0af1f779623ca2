# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A marketplace on localhost, instances rented on it, and Ansible's own commands with a private home.

A test that must hold on every supported ansible-core asks for ``any_ansible`` instead of ``ansible``: it then runs with
that of .venv and once more with each that ``make sanity`` has installed below build/.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import certifi
import idna
import pytest
import requests
import urllib3
import yaml

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays
from vast_emulator.process import Emulator

ROOT = Path(__file__).resolve().parent.parent.parent
COLLECTION = ROOT / "build" / "ansible_collections" / "cloudctl" / "vastai"

BOOT = 900
"""Emulated seconds after which a rented instance certainly runs."""


# The marketplace


@pytest.fixture(scope="session")
def marketplace() -> Iterator[Emulator]:
    """The process that serves all tests."""
    with Emulator(seed=7, speed=60) as emulator:
        yield emulator


@pytest.fixture
def emulator(marketplace: Emulator) -> Emulator:
    """The marketplace with nothing rented, no faults planned, and an empty request log."""
    marketplace.reset()
    return marketplace


@pytest.fixture
def offers(emulator: Emulator) -> list[dict[str, Any]]:
    """Rows of offers that can be rented, cheapest first, each on a machine of its own."""
    query = {
        "rentable": {"eq": True},
        "verified": {"eq": True},
        "order": [["dph_total", "asc"]],
        "type": "on-demand",
        "limit": 64,
    }
    rows = emulator.api("POST", "/api/v0/bundles/", query)["offers"]
    return list({row["machine_id"]: row for row in reversed(rows)}.values())[::-1]


Rent = Callable[..., int]


@pytest.fixture
def rent(emulator: Emulator, offers: list[dict[str, Any]]) -> Rent:
    """``rent("trainer", env={...}, running=False)`` rents the next offer and returns the instance's id.

    The marketplace's clock moves on until the instance runs, unless ``running`` is false; the request log is emptied.
    """
    supply = iter(offers)

    def rent_next(label: str | None = None, *, running: bool = True, **body: Any) -> int:
        body = {"client_id": "me", "image": "pytorch/pytorch", "disk": 10, "runtype": "ssh_direc ssh_proxy", **body}
        if label is not None:
            body["label"] = label
        offer = body.pop("offer_id", None) or next(supply)["id"]
        answer = emulator.api("PUT", f"/api/v0/asks/{offer}/", body)
        assert answer.get("success"), answer
        if running:
            emulator.advance(BOOT)
        emulator.forget_requests()
        return answer["new_contract"]

    return rent_next


# Ansible


@pytest.fixture
def sockets() -> Iterator[str]:
    """A folder with a short path: those of sockets, as of shared SSH connections, may have 108 characters."""
    with tempfile.TemporaryDirectory(prefix="cp-", ignore_cleanup_errors=True) as folder:
        yield folder


@pytest.fixture
def vast_env(marketplace: Emulator, tmp_path: Path, sockets: str) -> dict[str, str]:
    """An environment for Ansible's commands: this checkout, the marketplace and its key, nothing of the caller's."""
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "LANG": "C.UTF-8",
        "HOME": str(_made(tmp_path / "home")),
        "ANSIBLE_HOME": str(tmp_path / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "ansible" / "tmp"),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        "ANSIBLE_SSH_CONTROL_PATH_DIR": sockets,
        "VAST_URL": marketplace.url,
        "VAST_API_KEY": marketplace.api_key,
    }


class Ansible:
    """Ansible's commands in a folder of their own. ``environment`` may be changed by the test."""

    def __init__(self, folder: Path, environment: dict[str, str], python: str = sys.executable) -> None:
        self.folder = _made(folder)
        self.environment = environment
        self.python = python

    def write(self, name: str, content: Any) -> Path:
        """A file in the folder: text as it is, everything else as YAML."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(
            content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False), encoding="utf-8"
        )
        return path

    def run(self, command: str, *arguments: object, **more: str) -> subprocess.CompletedProcess[str]:
        """``ansible-<command>`` with these arguments and ``more`` environment; its exit code and what it printed."""
        return subprocess.run(
            [self.python, "-m", "ansible", command, *map(str, arguments)],
            cwd=self.folder,
            env={**self.environment, **more},
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=120,
        )

    def inventory(self, *arguments: object, **options: Any) -> dict[str, Any]:
        """What ``ansible-inventory --list`` says for an inventory file with these options, as plain data."""
        done = self.list_inventory(*arguments, **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout, object_hook=_unmarked)

    def list_inventory(self, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
        """The same, as it was printed; a source that can't be read makes the command fail."""
        source = self.write("vast.yml", {"plugin": "cloudctl.vastai.vast", **options})
        return self.run("inventory", "-i", source, "--list", *arguments, ANSIBLE_INVENTORY_UNPARSED_FAILED="true")

    def hosts(self, *arguments: object, **options: Any) -> dict[str, dict[str, Any]]:
        """Host variables by host, for an inventory file with these options."""
        return self.inventory(*arguments, **options)["_meta"]["hostvars"]

    def play(self, tasks: Any, *arguments: object, **keywords: Any) -> subprocess.CompletedProcess[str]:
        """``ansible-playbook`` with one play of these tasks on localhost; ``keywords`` of the play: ``vars``, ..."""
        play = {"hosts": "localhost", "connection": "local", "gather_facts": False, **keywords, "tasks": tasks}
        return self.run("playbook", self.write("play.yml", [play]), *arguments)

    def evaluate(self, expression: str, **keywords: Any) -> Any:
        """The value of a Jinja expression in a play on localhost."""
        target = self.folder / "value.json"
        content = "{{ (" + expression + ") | to_json }}"
        tasks = [{"ansible.builtin.copy": {"dest": str(target), "content": content, "mode": "0600"}}]
        done = self.play(tasks, **keywords)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(target.read_text(encoding="utf-8"), object_hook=_unmarked)


@pytest.fixture
def ansible(vast_env: dict[str, str], tmp_path: Path) -> Ansible:
    """Ansible of .venv."""
    return Ansible(tmp_path / "work", dict(vast_env))


@pytest.fixture
def plays(emulator: Emulator, vast_env: dict[str, str], tmp_path: Path) -> Plays:
    """Plays whose results are data, against the emptied marketplace."""
    return Plays(vast_env, _made(tmp_path / "plays"))


def _cores() -> dict[str, Path | None]:
    """Pythons of every ansible-core at hand, by its release; None is our own."""
    own = ".".join(version("ansible-core").split(".")[:2])
    venvs = {path.parent.parent.name: path for path in (ROOT / "build" / "ansible-test").glob("2.*/venv/.complete")}
    return {own: None, **{name: path.parent / "bin" / "python" for name, path in sorted(venvs.items()) if name != own}}


CORES = _cores()


@pytest.fixture(params=list(CORES), ids=lambda core: f"core-{core}")
def any_ansible(request: pytest.FixtureRequest, vast_env: dict[str, str], tmp_path: Path) -> Ansible:
    """Ansible of each ansible-core at hand, one after another."""
    python = CORES[request.param]
    if python is None:
        return Ansible(tmp_path / "work", dict(vast_env))
    environment = {
        **vast_env,
        "PATH": f"{python.parent}{os.pathsep}{vast_env['PATH']}",
        "PYTHONPATH": str(_libraries(tmp_path / "libraries")),
        "PYTHONWARNINGS": "ignore",  # requests misses a library that it can do without
    }
    return Ansible(tmp_path / "work", environment, str(python))


def _libraries(folder: Path) -> Path:
    """A folder for PYTHONPATH with what the collection imports: ansible-test's environments have only ansible-core."""
    _made(folder)
    for package in (requests, urllib3, certifi, idna):
        place = Path(package.__file__ or "").parent
        (folder / place.name).symlink_to(place)
    return folder


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _unmarked(value: dict[str, Any]) -> Any:
    """Text from the API is printed as ``{"__ansible_unsafe": text}``."""
    return value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else value
