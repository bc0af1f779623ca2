# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Python interpreters of this machine, and the environments made with them."""

from __future__ import annotations

import subprocess
from pathlib import Path

from _collection import BUILD, ROOT


def available() -> dict[str, Path]:
    """Real interpreters that can make environments, {"3.13": path}, newest first."""
    lines = subprocess.run(
        [ROOT / "scripts" / "find-python"], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    rows = [line.split("\t") for line in lines]
    return {version: Path(path) for version, path, able in rows if able == "venv"}


def environment(name: str, interpreter: Path, lock: Path) -> Path:
    """Make build/NAME with exactly what `lock` names, unless it is there; return its path."""
    venv = BUILD / name
    stamp = venv / ".complete"
    wanted = f"{venv}\n{interpreter}\n{lock.read_text(encoding='utf-8')}"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return venv
    stamp.unlink(missing_ok=True)
    uv = ROOT / ".venv" / "bin" / "uv"
    subprocess.run([uv, "venv", "--quiet", "--clear", "--no-config", "--python", interpreter, venv], check=True)
    subprocess.run([ROOT / "scripts" / "install", venv, lock], check=True)
    stamp.write_text(wanted, encoding="utf-8")
    return venv
