# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Milliseconds per task of both doors, beside the cheapest tasks that Ansible has.

Method: one run of ansible-playbook on one host, with 20 tasks in a row of each kind; a callback notes when each task
begins; a kind's figure is the time from its first task to the first of the next kind, divided by 20. The instance
exists, so that vast_instance has nothing to do but to see that: one request to an emulator on the same machine. The
figures depend on the machine; the ratios to `ping` from the same run much less.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from vast_emulator.process import Emulator

ROOT = Path(__file__).resolve().parent.parent.parent
TASKS_OF_A_KIND = 20
NO_OP = {"cloudctl.vastai.vast_instance": {"name": "bench"}}
KINDS = {
    "debug": {"ansible.builtin.debug": {"msg": "."}},
    "ping": {"ansible.builtin.ping": {}},
    "vast_instance in-process": NO_OP,
    # A task with an environment of its own takes the door of the ordinary module.
    "vast_instance as a module": {**NO_OP, "environment": {"BENCH": "module"}},
}


def main() -> int:
    """Print the table; 1 when the in-process door costs more than a fifth of a ping."""
    with Emulator(speed=3600) as emulator, tempfile.TemporaryDirectory() as scratch:
        rent(emulator)
        milliseconds = measure(emulator, Path(scratch))
    ping = milliseconds["ping"]
    print(f"{TASKS_OF_A_KIND} tasks in a row of each kind, one run, one host:")
    for kind, figure in milliseconds.items():
        print(f"  {kind:<26} {figure:7.1f} ms/task   {figure / ping:5.2f} x ping")
    return 0 if milliseconds["vast_instance in-process"] <= 0.2 * ping else 1


def rent(emulator: Emulator) -> None:
    """One instance named bench, past its boot."""
    offer = emulator.api("POST", "/api/v0/bundles/", {"rentable": {"eq": True}, "limit": 1})["offers"][0]
    body = {"client_id": "me", "image": "bench", "disk": 10, "label": "bench", "runtype": "ssh_direc ssh_proxy"}
    emulator.api("PUT", f"/api/v0/asks/{offer['id']}/", body)
    emulator.advance(3600)


def measure(emulator: Emulator, scratch: Path) -> dict[str, float]:
    """Milliseconds per task by kind."""
    playbook = scratch / "bench.json"
    times = scratch / "times.json"
    config = scratch / "ansible.cfg"
    config.touch()
    tasks = [{"name": kind, **task} for kind, task in KINDS.items() for _repetition in range(TASKS_OF_A_KIND)]
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": tasks}
    playbook.write_text(json.dumps([play]), encoding="utf-8")
    environment = {
        **os.environ,
        "VAST_URL": emulator.url,
        "VAST_API_KEY": emulator.api_key,
        "TASK_CLOCK_FILE": str(times),
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build"),
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_HOME": str(scratch),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "task_clock",
    }
    command = [sys.executable, "-m", "ansible", "playbook", str(playbook)]
    outcome = subprocess.run(command, env=environment, cwd=scratch, capture_output=True, text=True, check=False)
    if outcome.returncode:
        raise SystemExit(outcome.stdout + outcome.stderr)
    return per_kind(json.loads(times.read_text(encoding="utf-8")))


def per_kind(begun: list[tuple[str, float]]) -> dict[str, float]:
    """From the first task of a kind to the first of the next."""
    firsts = [next(group) for _name, group in itertools.groupby(begun, key=lambda task: task[0])]
    return {
        name: (following - start) * 1000 / TASKS_OF_A_KIND
        for (name, start), (_next, following) in itertools.pairwise(firsts)
    }


if __name__ == "__main__":
    sys.exit(main())
