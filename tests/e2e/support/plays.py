# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real ``ansible-playbook`` runs for tests: tasks go in as data, complete results come out as data."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALLBACKS = Path(__file__).with_name("callback_plugins")
# A task with an environment of its own runs as an ordinary module instead of in the controller's process.
MODULE_DOOR = {"CLOUDCTL_VASTAI_TEST": "ordinary module"}

Task = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """A play that has ended. ``results`` are in the order of the tasks."""

    rc: int
    output: str
    results: list[dict[str, Any]]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """The bare results, for unpacking."""
        return iter([one["result"] for one in self.results])

    @property
    def only(self) -> dict[str, Any]:
        """The result of a play's single task."""
        (result,) = self
        return result

    def named(self, name: str) -> dict[str, Any]:
        """The result of the one task of this name."""
        (result,) = [one["result"] for one in self.results if one["task"] == name]
        return result


class Plays:
    """Runs plays on localhost against one emulator."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        """``environment``: complete, with ``VAST_URL`` and ``VAST_API_KEY``; ``folder``: for playbooks and results."""
        self.environment = dict(environment)
        self.folder = folder
        self._numbers = itertools.count(1)

    def run(
        self,
        tasks: Sequence[Task],
        *options: str,
        variables: Mapping[str, str | None] | None = None,
        **play: Any,
    ) -> Run:
        """Run the tasks. ``options`` are ansible-playbook's; of ``variables``, its environment, None takes one away."""
        process, results = self.start(tasks, *options, variables=variables, **play)
        return self.finish(process, results)

    def start(
        self,
        tasks: Sequence[Task],
        *options: str,
        variables: Mapping[str, str | None] | None = None,
        **play: Any,
    ) -> tuple[subprocess.Popen[str], Path]:
        """Begin :meth:`run`; for plays that run at the same time."""
        number = next(self._numbers)
        playbook = self.folder / f"play-{number}.yml"
        # JSON is YAML.
        playbook.write_text(
            json.dumps(
                [{"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": list(tasks), **play}],
                default=str,
            )
        )
        return self.start_command(["ansible-playbook", *options, str(playbook)], variables)

    def start_command(
        self, command: Sequence[str], variables: Mapping[str, str | None] | None = None
    ) -> tuple[subprocess.Popen[str], Path]:
        """Any of Ansible's commands, with the same environment."""
        results = self.folder / f"results-{next(self._numbers)}.jsonl"
        complete: dict[str, str | None] = {
            **self.environment,
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "results_file",
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
            "ANSIBLE_PIPELINING": "true",
            "RESULTS_FILE": str(results),
            **(variables or {}),
        }
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name(command[0])), *command[1:]],
            env={name: value for name, value in complete.items() if value is not None},
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return process, results

    def finish(self, process: subprocess.Popen[str], results: Path) -> Run:
        """Wait for the end."""
        output, _nothing = process.communicate(timeout=120)
        lines = results.read_text().splitlines() if results.exists() else []
        return Run(process.returncode, output, [json.loads(line) for line in lines])

    def command(self, *command: str, variables: Mapping[str, str | None] | None = None) -> Run:
        """Run any of Ansible's commands."""
        return self.finish(*self.start_command(command, variables))


def instance(name: str | None = None, **options: Any) -> Task:
    """A vast_instance task. The play goes on when it fails."""
    return task("vast_instance", **({} if name is None else {"name": name}), **options)


def task(module: str, **options: Any) -> Task:
    """A task of one of the collection's modules. The play goes on when it fails."""
    return {"cloudctl.vastai." + module: options, "ignore_errors": True}


def but(one: Task, **keywords: Any) -> Task:
    """The task with keywords such as ``check_mode`` or ``environment``."""
    return {**one, **keywords}


def as_module(one: Task) -> Task:
    """The task through the ordinary module."""
    return but(one, environment=MODULE_DOOR)
