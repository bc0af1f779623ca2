# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the collection is, and how tools that want it under ansible_collections/ find it there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
INSIDE = Path("ansible_collections", "cloudctl", "vastai")

# What helps to build the collection is no part of it, and has linters of its own: ansible-test need not see it.
WORKSHOP = ("demo", "emulator", "requirements", "scripts")


def link() -> Path:
    """Make build/ansible_collections/cloudctl/vastai point to the checkout; return the folder to search, build."""
    place = BUILD / INSIDE
    place.parent.mkdir(parents=True, exist_ok=True)
    if not place.is_symlink() or Path(os.readlink(place)) != ROOT:
        # Made aside and renamed, so that two programs may do this at once and none ever finds nothing.
        aside = place.with_name(f".vastai.{os.getpid()}")
        aside.symlink_to(ROOT)
        aside.replace(place)
    return BUILD


def files() -> list[Path]:
    """The collection's files relative to ROOT: all that git knows or would add, uncommitted changes included,
    without the workshop.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    names = sorted({Path(name) for name in listed.split("\0") if name})
    return [name for name in names if name.parts[0] not in WORKSHOP and os.path.lexists(ROOT / name)]


def copy_into(folder: Path) -> Path:
    """Bring folder/ansible_collections/cloudctl/vastai in line with the checkout and return that path.

    ansible-test resolves symlinks, so it needs a real copy. tests/output stays, because ansible-test keeps
    environments there.
    """
    place = folder / INSIDE
    place.mkdir(parents=True, exist_ok=True)
    if not (place / ".git").is_dir():
        # ansible-test asks git for the files of the nearest repository: without this the checkout, which ignores build.
        subprocess.run(["git", "init", "--quiet"], cwd=place, check=True)
    kept = (place / ".git", place / "tests" / "output")
    wanted = files()
    for name in wanted:
        _copy_file(ROOT / name, place / name)
    expected = {place / name for name in wanted}
    for path, folders, names in os.walk(place):
        here = Path(path)
        folders[:] = [folder for folder in folders if here / folder not in kept]
        for found in names:
            if here / found not in expected:
                (here / found).unlink()
    return place


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink() or target.exists():
        target.unlink()
    shutil.copy2(source, target, follow_symlinks=False)
