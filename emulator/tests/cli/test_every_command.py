# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No command of the official client is forgotten: the suite runs it, or the README says why it does not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
README = FOLDER.parents[1] / "README.md"
WORKS, BROKEN, LEFT_OUT = (
    "Commands that work",
    "Commands that cannot work, and why",
    "Commands that are not emulated, and why",
)
# Asked in a process of its own: the client reads the environment when it is imported, and keeps one parser for all.
ASK_THE_PARSER = """
import argparse, importlib, json, pkgutil
import vastai.cli.commands
from vastai.cli.main import parser
for module in pkgutil.iter_modules(vastai.cli.commands.__path__):
    if module.name != "clusters":  # the client's own main leaves these commands out
        importlib.import_module(f"vastai.cli.commands.{module.name}")
(commands,) = (one for one in parser.parser._actions if isinstance(one, argparse._SubParsersAction))
print(json.dumps({name: one.command_name for name, one in commands.choices.items()}))
"""


@pytest.fixture(scope="module")
def parser_names(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every name that the client's argument parser takes, with the command that it stands for."""
    home = str(tmp_path_factory.mktemp("asked"))
    done = subprocess.run(
        [sys.executable, "-c", ASK_THE_PARSER], env={"HOME": home}, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def listed(heading: str) -> set[str]:
    """The names in the first column (or, without a table, all) of a part of the README."""
    part = README.read_text().split(f"### {heading}\n")[1].split("\n#")[0]
    rows = [line.split("|")[1] for line in part.splitlines() if line.startswith("|")]
    return set(re.findall(r"`([a-z][^`]*)`", "\n".join(rows) if rows else part))


@pytest.fixture(scope="module")
def run_by_the_suite(request: pytest.FixtureRequest) -> set[str]:
    """Commands that some test is marked with. Such a test fails unless it has run the command."""
    items = request.session.items
    if not {one.resolve() for one in FOLDER.glob("test_*.py")} <= {item.path.resolve() for item in items}:
        pytest.skip("only says something when all tests of this folder are collected")
    return {mark.args[0] for item in items for mark in item.iter_markers("command")}


def test_every_command_is_in_the_readme_once(parser_names: dict[str, str]) -> None:
    commands = set(parser_names.values())
    parts = [{parser_names.get(name, name) for name in listed(heading)} for heading in (WORKS, BROKEN, LEFT_OUT)]
    assert commands - set.union(*parts) == set()
    assert set.union(*parts) - commands == set(), "the README names commands that the client does not have"
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert parts[one] & parts[other] == set()


def test_every_command_that_works_is_run(run_by_the_suite: set[str], parser_names: dict[str, str]) -> None:
    run = {parser_names[name] for name in run_by_the_suite}
    works = {parser_names[name] for name in listed(WORKS)}
    assert works - run == set()
    assert run - works <= listed(BROKEN)


def test_the_installed_client_is_the_one_that_the_readme_speaks_of() -> None:
    assert f"`vastai` {version('vastai')}" in README.read_text().split("## Commands of the official client\n")[1]
