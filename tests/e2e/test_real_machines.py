# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines that one can log in to: from the rent to the work on them with ansible-playbook alone."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, Run
from vast_emulator.process import Emulator

USER = pwd.getpwuid(os.geteuid()).pw_name
PATIENCE = 20.0
LOGIN = {
    "ansible_user": USER,
    "ansible_ssh_private_key_file": "{{ key_file }}",
    "ansible_python_interpreter": "auto_silent",
    # The host keys of rented machines are new with every rent.
    "ansible_ssh_common_args": "-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null",
}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state") / "state.db"


@pytest.fixture(scope="module")
def marketplace(state: Path) -> Iterator[Emulator]:
    """One whose instances are real machines."""
    need_servers()
    with Emulator(seed=7, speed=60, sshd=True, state=state) as emulator:
        yield emulator


def need_servers() -> None:
    """A machine that may lack the programs is a person's, not that on which changes are judged."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    missing = [name for name in ("sshd", "ssh", "ssh-keygen") if not shutil.which(name, path=path)]
    if missing and os.environ.get("CI") == "true":
        pytest.fail(f"{' and '.join(missing)}: not installed, and must be")
    if missing:
        pytest.skip(f"{' and '.join(missing)}: not installed")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "renter", "-f", path], check=True)
    return path


@pytest.fixture
def play(plays: Plays, key_file: Path) -> Callable[..., Run]:
    """Runs a playbook file of these plays with the inventory plugin."""
    inventory = plays.folder / "rented.vast.yml"
    inventory.write_text(yaml.safe_dump({"plugin": "cloudctl.vastai.vast"}))
    playbook = plays.folder / "playbook.yml"

    def run(*content: dict[str, Any]) -> Run:
        playbook.write_text(yaml.safe_dump(list(content), sort_keys=False))
        words = ("-i", str(inventory), "-e", f"key_file={key_file}", str(playbook))
        # The interpreter of the controller is none of the rented machine.
        done = plays.command("ansible-playbook", *words, variables={"ANSIBLE_PYTHON_INTERPRETER": None})
        assert done.rc == 0, done.output
        return done

    return run


def here(*tasks: dict[str, Any]) -> dict[str, Any]:
    variables = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    return {"hosts": "localhost", "connection": "local", "gather_facts": False, "vars": variables, "tasks": list(tasks)}


def there(*tasks: dict[str, Any]) -> dict[str, Any]:
    return {"hosts": "trainer", "gather_facts": False, "vars": LOGIN, "tasks": list(tasks)}


def left(state: Path) -> list[str]:
    """Files of machines and volumes that are on disk."""
    folder = Path(f"{state}.machines")
    parts = [folder / name for name in ("instances", "volumes", "trash")]
    return [str(one) for part in parts for one in part.iterdir()]


def children(emulator: Emulator) -> list[int]:
    """Processes that the emulator has started and that still run."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == emulator.pid:
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def until(what: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not what() and time.monotonic() < end:
        time.sleep(0.05)
    return what()


def test_a_volume_keeps_what_a_play_wrote_on_a_rented_machine(
    marketplace: Emulator, state: Path, play: Callable[..., Run]
) -> None:
    marketplace.reset()
    is_ours = os.geteuid() == 0
    model = f"{'' if is_ours else '{{ ansible_facts.env.HOME }}'}/models/weights"
    know = {"ansible.builtin.setup": {"gather_subset": ["env", "min"]}}
    play(
        here(
            {"cloudctl.vastai.vast_ssh_key": {"public_key_file": "{{ key_file }}.pub"}},
            {"cloudctl.vastai.vast_volume": {"name": "models", "size": 10, "machine_id": 123456}},
            {
                "cloudctl.vastai.vast_instance": {
                    "name": "trainer",
                    "machine_id": 123456,
                    "image": "pytorch/pytorch",
                    "volumes": [{"name": "models", "mount_path": "/models"}],
                }
            },
            {"ansible.builtin.meta": "refresh_inventory"},
        ),
        there(
            know,
            {"ansible.builtin.copy": {"dest": model, "content": "learned on {{ vast_id }}"}},
            {"ansible.builtin.command": "printenv CONTAINER_ID", "register": "told"},
            {"ansible.builtin.assert": {"that": "told.stdout == vast_id | string"}},
        ),
        here(
            {"cloudctl.vastai.vast_instance": {"name": "trainer", "state": "stopped"}},
            {"cloudctl.vastai.vast_instance": {"name": "trainer", "state": "started"}},
            {"ansible.builtin.meta": "refresh_inventory"},
        ),
        there(
            know,
            {"ansible.builtin.slurp": {"src": model}, "register": "read"},
            {"ansible.builtin.assert": {"that": "read.content | b64decode == 'learned on ' ~ vast_id"}},
        ),
    )
    assert len(left(state)) == 2
    assert children(marketplace)
    play(
        here(
            {"cloudctl.vastai.vast_instance": {"name": "trainer", "state": "absent"}},
            {"cloudctl.vastai.vast_volume": {"name": "models", "state": "absent"}},
        )
    )
    assert marketplace.ledger()["billing"] == []
    assert until(lambda: not left(state)), left(state)
    assert until(lambda: not children(marketplace))


def test_the_first_rent_logs_in_with_a_key(marketplace: Emulator, plays: Plays, key_file: Path, state: Path) -> None:
    marketplace.reset()
    words = ("cloudctl.vastai.first_rent", "-e", f"ssh_key={key_file}", "-e", f"ssh_user={USER}")
    variables = {"ANSIBLE_STDOUT_CALLBACK": "cloudctl.vastai.plain"}
    run = plays.command("ansible-playbook", *words, variables=variables)
    assert run.rc == 0, run.output
    (number,) = [one["contract"] for one in marketplace.ledger()["contracts"]]
    assert f"CONTAINER_ID is {number}" in run.output
    assert "Rented as llama3-trainer, with 1x" in run.output
    assert "Nothing bills any more." in run.output
    assert marketplace.api("GET", "/api/v0/ssh/") == []
    assert until(lambda: not left(state))


def test_the_first_rent_goes_on_when_nobody_can_log_in(plays: Plays, key_file: Path, tmp_path: Path) -> None:
    with Emulator(seed=7, speed=60) as banner:
        variables = {"ANSIBLE_STDOUT_CALLBACK": "cloudctl.vastai.plain", "VAST_URL": banner.url}
        variables["VAST_API_KEY"] = banner.api_key
        run = plays.command(
            "ansible-playbook", "cloudctl.vastai.first_rent", "-e", f"ssh_key={key_file}", variables=variables
        )
        assert run.rc == 0, run.output
        assert "The login failed, and the first playbook goes on without it." in run.output
        missing = f"ssh_key={tmp_path / 'none'}"
        run = plays.command("ansible-playbook", "cloudctl.vastai.first_rent", "-e", missing, variables=variables)
        assert run.rc == 0, run.output
        assert f"There is no SSH key {tmp_path / 'none'}" in run.output
        assert banner.ledger()["billing"] == []
