# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API key in the system keyring: a real one, that of GNOME."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, Run, Task, as_module, but, task
from ansible_collections.cloudctl.vastai.tests.e2e.support.processes import CommandLines
from ansible_collections.cloudctl.vastai.tests.e2e.support.secret_service import SecretService, missing_programs
from ansible_collections.cloudctl.vastai.tests.e2e.support.terminal import Terminal
from vast_emulator.process import Emulator

KEY = "c4a1f07e9b3d5268c4a1f07e9b3d5268" * 2
WRONG = "00d1e2f3a4b5c6978800d1e2f3a4b5c6" * 2
PASSWORD = "the keyring's own password"
PLAYBOOK = "cloudctl.vastai.secrets"
README = Path(__file__).resolve().parents[2] / "README.md"
DOORS = ("in-process", "module")

# A machine without any, whatever this one has: nobody listens there.
NO_KEYRING = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent"}


@pytest.fixture(scope="module")
def marketplace() -> Iterator[Emulator]:
    """It accepts this one key."""
    with Emulator(seed=7, speed=60, api_key=KEY) as emulator:
        yield emulator


@pytest.fixture
def vast_env(vast_env: dict[str, str]) -> dict[str, str]:
    """No key but the keyring's."""
    return {name: value for name, value in vast_env.items() if name != "VAST_API_KEY"}


@pytest.fixture
def home(vast_env: dict[str, str]) -> Path:
    return Path(vast_env["HOME"])


@pytest.fixture
def ring(plays: Plays, ansible: Any, home: Path) -> Iterator[SecretService]:
    """An empty, unlocked keyring that all commands use."""
    need_secret_service()
    with SecretService(home, PASSWORD) as service:
        plays.environment |= service.environment
        ansible.environment |= service.environment
        yield service


def need_secret_service() -> None:
    """A machine that may lack the programs is a person's, not that on which changes are judged."""
    missing = missing_programs()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{' and '.join(missing)}: not installed, and must be")
    if missing:
        pytest.skip(f"{' and '.join(missing)}: not installed")


def stored(plays: Plays) -> str | None:
    """What is in the keyring, by the keyring library's own command."""
    done = subprocess.run(
        [sys.executable, "-m", "keyring", "get", "cloudctl.vastai", "api_key"],
        env=plays.environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.stdout.removesuffix("\n") or None


def secrets(plays: Plays, *arguments: str, key: str | None = None, **variables: str) -> Run:
    """The playbook, with a key in a file of variables if there is one."""
    if key is not None:
        (plays.folder / "key.yml").write_text(f"api_key: {key}\n")
        arguments = (*arguments, "-e", "@key.yml")
    return plays.command("ansible-playbook", PLAYBOOK, *arguments, variables=variables)


def through(door: str, *tasks: Task) -> list[Task]:
    return [as_module(one) if door == "module" else one for one in tasks]


def put(**options: Any) -> Task:
    return task("vast_keyring", **options)


def sentence(result: dict[str, Any]) -> str:
    """The message of a failure, which is one sentence or two, in one line."""
    assert result["failed"], result
    assert len(result["msg"].splitlines()) == 1
    assert result["msg"].endswith(".")
    return result["msg"]


# The playbook


def test_the_playbook_stores_once_and_removes_once(ring: SecretService, plays: Plays) -> None:
    preview = secrets(plays, "--check", key=KEY)
    assert preview.named("Store the key, or remove it")["changed"]
    assert stored(plays) is None

    first, again = secrets(plays, key=KEY), secrets(plays, key=KEY)
    assert first.rc == again.rc == 0, first.output
    assert [run.named("Store the key, or remove it")["changed"] for run in (first, again)] == [True, False]
    summary = "The API key is stored in the SecretService Keyring, and Vast.ai accepts it."
    assert [run.named("Where it is")["msg"] for run in (first, again)] == [summary] * 2
    assert stored(plays) == KEY

    preview = secrets(plays, "--check", "-e", "state=absent")
    assert preview.named("Store the key, or remove it")["changed"]

    first, again = secrets(plays, "-e", "state=absent"), secrets(plays, "-e", "state=absent")
    assert [run.named("Store the key, or remove it")["changed"] for run in (first, again)] == [True, False]
    assert again.named("Where it is")["msg"] == "No API key is in the SecretService Keyring."
    assert stored(plays) is None


def test_the_key_is_asked_for_and_not_shown(ring: SecretService, plays: Plays) -> None:
    terminal = Terminal(plays.folder, plays.environment, "ansible-playbook", "-vvvv", "--diff", PLAYBOOK)
    with CommandLines() as command_lines:
        terminal.answer("API Keys)", KEY)
        assert terminal.rc() == 0, terminal.shown
    assert "The API key is stored in the SecretService Keyring" in terminal.shown
    assert stored(plays) == KEY
    assert KEY not in terminal.shown
    assert KEY not in str(command_lines)


def test_nothing_is_asked_without_a_terminal(ring: SecretService, plays: Plays) -> None:
    run = secrets(plays)
    assert run.rc == 2
    assert sentence(run.named("Store the key, or remove it")) == (
        "No API key was given, and none is stored in the system keyring. Give it as api_key."
    )


def test_a_wrong_key_is_not_stored(ring: SecretService, plays: Plays) -> None:
    secrets(plays, key=KEY)
    for unsaid in ((), ("-e", "verify=")):
        run = secrets(plays, *unsaid, key=WRONG)
        assert run.rc == 2
        assert "does not accept the API key" in sentence(run.named("Store the key, or remove it"))
        assert "Traceback" not in run.output
        assert stored(plays) == KEY


@pytest.mark.parametrize("verify", ["verify=false", '{"verify": false}'])
def test_a_key_is_stored_unseen_when_that_is_asked_for(ring: SecretService, plays: Plays, verify: str) -> None:
    run = secrets(plays, "-e", verify, key=WRONG)
    assert run.rc == 0, run.output
    assert run.named("Where it is")["msg"] == "The API key is stored in the SecretService Keyring."
    assert stored(plays) == WRONG


# The module


@pytest.mark.parametrize("door", DOORS)
def test_the_life_of_a_key(ring: SecretService, plays: Plays, emulator: Emulator, door: str) -> None:
    tasks = {
        "nothing yet": but(put(), register="key"),
        "preview": but(put(api_key=KEY), check_mode=True),
        "refused": put(api_key=WRONG),
        "malformed": put(api_key="two\nlines", verify=False),
        "store": put(api_key=f" {KEY} "),
        "again": put(api_key=KEY),
        "verify": put(),
        "replace": put(api_key=WRONG, verify=False),
        "useless": put(),
        "preview of removal": but(put(state="absent"), check_mode=True),
        "remove": put(state="absent"),
        "remove again": put(state="absent", api_key=KEY),
    }
    run = plays.run(through(door, *[but(one, name=name) for name, one in tasks.items()]), "--diff")
    assert run.rc == 0, run.output
    assert "Traceback" not in run.output
    found = {line["task"]: (line["status"], line["result"]["changed"]) for line in run.results}
    assert found == {
        "nothing yet": ("failed", False),
        "preview": ("ok", True),
        "refused": ("failed", False),
        "malformed": ("failed", False),
        "store": ("ok", True),
        "again": ("ok", False),
        "verify": ("ok", False),
        "replace": ("ok", True),
        "useless": ("failed", False),
        "preview of removal": ("ok", True),
        "remove": ("ok", True),
        "remove again": ("ok", False),
    }
    for name in ("nothing yet", "refused", "malformed", "useless"):
        sentence(run.named(name))
    step = {"action": "store", "summary": "store the API key in the SecretService Keyring"}
    assert run.named("preview")["actions"] == run.named("store")["actions"] == [step]
    assert run.named("preview")["stored"]
    assert run.named("preview")["diff"] == {"before": {}, "after": {"api_key": "(hidden)"}}
    assert run.named("replace")["diff"]["before"] == {"api_key": "(hidden), another one"}
    assert (run.named("verify")["verified"], run.named("replace")["verified"]) == (True, None)
    assert not run.named("remove")["stored"]
    assert KEY not in run.output + str(run.results)
    assert emulator.requests()["writes"] == 0


# Everything else reads it


def read(plays: Plays, ansible: Any) -> dict[str, Any]:
    """What each kind of plugin says with no key but the keyring's."""
    run = plays.run(
        [
            but(task("vast_instance_info"), name="in-process"),
            but(as_module(task("vast_instance_info")), name="module"),
            {
                "name": "lookup",
                "ansible.builtin.debug": {"msg": "{{ query('cloudctl.vastai.vast_cost') | length }} rented"},
                "ignore_errors": True,
            },
        ]
    )
    assert run.rc == 0, run.output
    assert "Traceback" not in run.output
    listed = ansible.list_inventory()
    assert "Traceback" not in listed.stdout + listed.stderr
    said = {line["task"]: line["result"].get("msg", line["status"]) for line in run.results}
    return {**said, "inventory": "ok" if listed.returncode == 0 else " ".join(listed.stderr.split())}


def test_every_plugin_finds_the_key(ring: SecretService, plays: Plays, ansible: Any) -> None:
    for said in read(plays, ansible).values():
        assert "No Vast.ai API key was found: set the option api_key or the environment variable VAST_API_KEY" in said
        assert "store the key with `ansible-playbook cloudctl.vastai.secrets`." in said
    secrets(plays, key=KEY)
    assert read(plays, ansible) == {
        "in-process": "ok",
        "module": "ok",
        "lookup": "0 rented",
        "inventory": "ok",
    }


def test_a_play_on_hosts_of_the_inventory_reads_it_in_each_process(
    ring: SecretService, plays: Plays, rent: Callable[..., int]
) -> None:
    """The inventory is read by the process whose children run the tasks."""
    rent("trainer")
    secrets(plays, key=KEY)
    (plays.folder / "rented.vast.yml").write_text("plugin: cloudctl.vastai.vast\n")
    look = but(task("vast_instance_info", name="trainer"), delegate_to="localhost")
    run = plays.run([look, as_module(look)], "-i", "rented.vast.yml", hosts="vast", connection="ssh")
    assert run.rc == 0, run.output
    assert [len(result["instances"]) for result in run] == [1, 1]


# Keyrings that can't be used


def refusals(plays: Plays, **variables: str) -> list[str]:
    """What each way to store, remove and read says."""
    tasks = [put(api_key=KEY), put(state="absent"), task("vast_instance_info")]
    run = plays.run(through("in-process", *tasks) + through("module", *tasks), variables=variables)
    assert "Traceback" not in run.output
    playbook = secrets(plays, key=KEY, **variables)
    assert playbook.rc == 2
    assert "Traceback" not in playbook.output
    return [sentence(result) for result in run] + [sentence(playbook.named("Store the key, or remove it"))]


@pytest.mark.parametrize(
    ("variables", "why"),
    [
        (NO_KEYRING, "NoKeyringError"),
        ({"PYTHON_KEYRING_BACKEND": "no.such.Keyring"}, "ModuleNotFoundError; PYTHON_KEYRING_BACKEND is 'no.such."),
    ],
    ids=["none", "misspelt"],
)
def test_without_a_keyring_a_sentence_names_the_alternatives(plays: Plays, variables: dict[str, str], why: str) -> None:
    for said in refusals(plays, **variables):
        assert f"({why}" in said
        assert "VAST_API_KEY" in said
        assert "AWX" in said
        assert "unlock" not in said.lower()


def test_a_locked_keyring_is_said_to_be_locked(ring: SecretService, plays: Plays, home: Path) -> None:
    secrets(plays, key=KEY)
    with SecretService(home, "another password") as locked:
        for said in refusals(plays, **locked.environment):
            assert "(KeyringLocked)" in said
            assert "VAST_API_KEY" in said
            assert "AWX" in said
            assert "unlock" in said.lower()
    assert stored(plays) == KEY


# Nobody sees it


def test_the_key_leaves_no_trace(
    ring: SecretService, plays: Plays, rent: Callable[..., int], tmp_path: Path, home: Path
) -> None:
    rent("trainer")
    outside = tmp_path.parent / f"{tmp_path.name}-input"
    outside.mkdir()
    (outside / "key.yml").write_text(f"api_key: {KEY}\n")
    (plays.folder / "rented.vast.yml").write_text("plugin: cloudctl.vastai.vast\ncache: true\nstrict: true\n")
    plays.environment |= {
        "ANSIBLE_LOG_PATH": str(home / "ansible.log"),
        "ANSIBLE_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(home / "facts"),
        "ANSIBLE_GATHERING": "explicit",
        "ANSIBLE_INVENTORY_CACHE": "true",
        "ANSIBLE_INVENTORY_CACHE_PLUGIN": "ansible.builtin.jsonfile",
        "ANSIBLE_INVENTORY_CACHE_CONNECTION": str(home / "inventory"),
        "ANSIBLE_INJECT_INVOCATION": "true",
    }
    loud = ("-vvvv", "--diff")
    show = {
        "facts": {"ansible.builtin.setup": {"gather_subset": ["env", "user"]}},
        "variables": {"ansible.builtin.debug": {"msg": "{{ hostvars | to_json }}"}},
        "in-process": but(task("vast_instance_info"), delegate_to="localhost"),
        "module": but(as_module(task("vast_instance_info")), delegate_to="localhost"),
        "price": {"ansible.builtin.debug": {"msg": "{{ query('cloudctl.vastai.vast_cost') }}"}},
    }
    [one_line] = re.findall("`(ansible [^`]* cloudctl.vastai.vast_keyring [^`]*)`", README.read_text(encoding="utf-8"))
    one_line = one_line.replace("@key.yml", f"@{outside / 'key.yml'}")
    with CommandLines() as command_lines:
        runs = [
            plays.command("ansible-playbook", *loud, PLAYBOOK, "-e", f"@{outside / 'key.yml'}"),
            plays.run([as_module(put()), put()], *loud),
            plays.run([but(one, name=name) for name, one in show.items()], *loud, "-i", "rented.vast.yml", hosts="all"),
            plays.command("ansible-inventory", "-vvvv", "-i", "rented.vast.yml", "--list"),
            plays.command("ansible-playbook", *loud, PLAYBOOK, "-e", "state=absent"),
            plays.command(*shlex.split(one_line), *loud),
        ]
    assert [run.rc for run in runs] == [0] * len(runs)
    assert stored(plays) == KEY

    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    for place in ("facts", "inventory", "ansible.log", "data"):
        assert [path for path in written if (home / place) in (path, path.parent, path.parent.parent)], place
    shown = [path for path in written if KEY.encode() in path.read_bytes()]
    assert shown == []
    assert KEY not in "".join(run.output + str(run.results) for run in runs)
    assert "ansible-playbook" in str(command_lines)
    assert KEY not in str(command_lines)
