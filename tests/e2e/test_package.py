# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in the collection's tarball, and under which licence everything is."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHES = (".ansible", ".hypothesis", ".mypy_cache", ".pytest_cache", ".ruff_cache", "__pycache__", "x.egg-info")
WORKSHOP = ("emulator/", "tests/e2e/", "tests/benchmarks/", "scripts/", "demo/", "requirements/", ".")


def known() -> list[str]:
    """All files that git has or would add."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(name for name in set(listed.split("\0")) if name and (ROOT / name).is_file())


def beginning(name: str) -> str:
    """The first ten lines of a file."""
    return "\n".join((ROOT / name).read_text(encoding="utf-8").splitlines()[:10])


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The files in a tarball that is built where people have worked: with caches at several depths."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in known():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    for place in ("", "plugins", "tests/unit/plugins", "roles/emulator"):
        for cache in CACHES:
            (folder / place / cache).mkdir(parents=True)
            (folder / place / cache / "kept").touch()
        (folder / place / ".coverage.host").touch()
        (folder / place / "old.pyc").touch()
    (folder / "cloudctl-vastai-0.0.1.tar.gz").touch()
    output = tmp_path_factory.mktemp("tarball")
    build = [sys.executable, "-m", "ansible", "galaxy", "collection", "build", "--output-path", str(output)]
    subprocess.run(build, cwd=folder, check=True, capture_output=True)
    [path] = output.glob("*.tar.gz")
    with tarfile.open(path) as tarball:
        return {member.name for member in tarball if member.isfile()} - {"MANIFEST.json", "FILES.json"}


def test_only_what_git_knows_is_shipped(shipped: set[str]) -> None:
    assert shipped <= set(known())


def test_all_that_users_need_is_shipped(shipped: set[str]) -> None:
    needed = ("plugins/", "roles/", "playbooks/", "meta/", "README.md", "LICENSE", "CHANGELOG.md", "requirements.txt")
    assert {name for name in known() if name.startswith(needed)} <= shipped


def test_the_workshop_stays_at_home(shipped: set[str]) -> None:
    assert not [name for name in shipped if name.startswith(WORKSHOP)]


def test_links_in_the_readme_lead_to_what_is_shipped(shipped: set[str]) -> None:
    """Galaxy shows it, and who has the tarball reads it."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    folders = {str(parent) for name in shipped for parent in Path(name).parents}
    assert links
    assert not [link for link in links if link.rstrip("/") not in shipped | folders]


def test_every_file_names_its_licence() -> None:
    [others] = tomllib.loads((ROOT / "REUSE.toml").read_text(encoding="utf-8"))["annotations"]
    silent = [name for name in known() if "SPDX-License-Identifier: GPL-3.0-or-later" not in beginning(name)]
    assert not [name for name in silent if not any(fnmatch(name, pattern) for pattern in others["path"])]
    assert not [pattern for pattern in others["path"] if not any(fnmatch(name, pattern) for name in silent)]
