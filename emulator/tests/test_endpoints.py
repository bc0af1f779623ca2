# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of endpoints tells the truth, and leaves nothing out."""

from __future__ import annotations

import ast
import importlib.util
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from vast_emulator.web.routing import api
from vast_emulator.web.service import Service

assert Service, "importing the service fills the route table"
FOLDER = Path(__file__).parents[1]
ROW = re.compile(r"\| `([A-Z]+) (/[^`]*)` \| (\w+) \| ([^|]+) \| (\w+) \| [^|]*\|")


class Endpoint(NamedTuple):
    """One row of the table."""

    method: str
    path: str
    state: str
    sources: frozenset[str]
    confidence: str


def table() -> list[Endpoint]:
    lines = (FOLDER / "ENDPOINTS.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    found = [ROW.fullmatch(line) for line in rows]
    assert all(found), [line for line, match in zip(rows, found, strict=True) if not match]
    return [Endpoint(*match.groups()[:3], sources(match[4]), match[5]) for match in found if match]


def sources(text: str) -> frozenset[str]:
    return frozenset(one.replace(";", ",") for one in text.replace("client, run", "client; run").split(", "))


TABLE = table()


def in_state(*states: str) -> list[Endpoint]:
    return [row for row in TABLE if row.state in states]


def same_shape(path: str) -> str:
    """A path whose variables have no names."""
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_what_is_served_is_what_the_table_says() -> None:
    assert sorted((row.method, row.path) for row in in_state("served", "empty")) == api.paths()


def test_each_row_is_there_once_with_known_words() -> None:
    assert len({(row.method, same_shape(row.path)) for row in TABLE}) == len(TABLE)
    assert {row.state for row in TABLE} == {"served", "empty", "refused"}
    assert {row.confidence for row in TABLE} == {"high", "medium", "low"}
    assert frozenset.union(*(row.sources for row in TABLE)) == {
        "client, run",
        "client",
        "live",
        "Terraform",
        "docs",
        "choice",
    }


def test_an_own_choice_is_not_sold_as_certain() -> None:
    assert [row for row in TABLE if row.sources == {"choice"} and row.confidence != "low"] == []


@pytest.mark.parametrize("row", in_state("refused"), ids=lambda row: f"{row.method} {row.path}")
def test_what_is_refused_says_so(renter: Any, row: Endpoint) -> None:
    status, answer = renter.ask(row.method, row.path.format(id=7, name="x") + "/", {})
    assert status in (404, 405)
    assert answer["msg"].startswith(("No such endpoint", f"Method {row.method} is not allowed"))


@pytest.mark.parametrize("row", in_state("empty"), ids=lambda row: f"{row.method} {row.path}")
def test_what_is_empty_is_empty(renter: Any, row: Endpoint) -> None:
    status, answer = renter.ask(row.method, row.path + "/", {})
    assert status == 200
    lists = [answer] if isinstance(answer, list) else [one for one in answer.values() if isinstance(one, list)]
    assert lists == [[]]


def test_every_call_of_the_official_client_is_in_the_table() -> None:
    known = {(row.method, same_shape(row.path)) for row in TABLE}
    made = calls_of_the_client()
    assert len(made) > 100
    assert made - known == set()


def calls_of_the_client() -> set[tuple[str, str]]:
    """Method and path of each ``client.get("/…")`` and the like in the client's own code."""
    spec = importlib.util.find_spec("vastai")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    made = set()
    for file in (Path(spec.submodule_search_locations[0]) / "api").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                path = literal(node.args[0])
                if node.func.attr in ("get", "post", "put", "delete") and path.startswith("/"):
                    path = path if path.startswith("/api/") else f"/api/v0{path}"
                    made.add((node.func.attr.upper(), same_shape(path.rstrip("/"))))
    return made


def literal(node: ast.expr) -> str:
    """A text, with ``{}`` for what is filled in; empty for anything else."""
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_the_readme_points_to_the_table() -> None:
    assert "(ENDPOINTS.md)" in (FOLDER / "README.md").read_text()
