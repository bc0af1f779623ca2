# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The architecture: imports point down, and what talks to Vast.ai knows nothing of modules and tasks."""

from __future__ import annotations

import ast
import functools
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[3] / "plugins"
PREFIX = "ansible_collections.cloudctl.vastai.plugins."
CELLAR = ("_answers", "_client", "_credentials", "_errors", "_keyring", "_session")


@functools.cache
def imports(path: Path) -> frozenset[str]:
    """Full names of the modules that a file imports, and of what it takes from packages of ours."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def ours(path: Path, folder: str) -> set[str]:
    """Names of the files in a folder of plugins/ that a file imports."""
    start = f"{PREFIX}{folder}."
    return {name.removeprefix(start).partition(".")[0] for name in imports(path) if name.startswith(start)}


def files(folder: str) -> list[Path]:
    return sorted((PLUGINS / folder).glob("*.py"))


def reach(name: str) -> set[str]:
    """The module_utils that a module_util leads to."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        for other in ours(PLUGINS / "module_utils" / f"{waiting.pop()}.py", "module_utils") - found:
            found.add(other)
            waiting.append(other)
    return found


def test_no_two_files_need_each_other():
    graph = {path.stem: ours(path, "module_utils") for path in files("module_utils")}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("folder", ["modules", "action", "inventory", "lookup", "callback", "filter", "plugin_utils"])
def test_module_utils_look_at_no_floor_above(folder):
    assert not [path.name for path in files("module_utils") if ours(path, folder)]


def test_only_the_first_door_knows_ansible_module():
    knows = [path.stem for path in files("module_utils") if "ansible.module_utils.basic.AnsibleModule" in imports(path)]
    assert knows == ["_module"]


def test_only_the_first_door_ends_a_task():
    ends = [path.stem for path in files("module_utils") if "fail_json(" in path.read_text(encoding="utf-8")]
    assert ends == ["_module"]


@pytest.mark.parametrize("name", CELLAR)
def test_client_rests_on_the_cellar_only(name):
    assert reach(name) <= {*CELLAR, "_numbers", "_usage", "_version"}


@pytest.mark.parametrize("folder", ["inventory", "lookup"])
def test_plugins_of_the_controller_do_without_the_doors_of_modules(folder):
    needed = set().union(*(ours(path, "module_utils") for path in files(folder)))
    assert "_module" not in needed.union(*(reach(name) for name in needed))


def test_check_mode_decides_in_one_place():
    """Everybody else hands it on: as an argument, or as a part of the result."""
    deciding = (ast.If, ast.IfExp, ast.While, ast.BoolOp, ast.UnaryOp, ast.Compare)
    found = {
        path.name
        for path in PLUGINS.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, deciding)
        for part in _conditions(node)
        if getattr(part, "id", getattr(part, "attr", "")) == "check_mode"
    }
    assert found <= {"_resource.py", "plain.py"}
    assert "_resource.py" in found


def _conditions(node: ast.AST) -> list[ast.AST]:
    """What decides: the test of a branch, and the operands of an expression that is true or false."""
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        return list(ast.walk(node.test))
    return list(ast.walk(node))
