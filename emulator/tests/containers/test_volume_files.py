# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A copy of a volume that fails is said to have failed, and nobody waits for it for ever."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vast_emulator.containers.folders import Folders
from vast_emulator.containers.volume_files import VolumeFiles


@pytest.mark.parametrize(
    ("program", "told", "left"),
    [
        ("#!/bin/sh\necho half > $3/file; echo 'cp: no space left' >&2; exit 1\n", "cp: no space left", ["file"]),
        ("#!/bin/sh\nexit 3\n", "cp ended with exit code 3", []),
        (None, "No such file or directory: 'cp'", []),
    ],
)
def test_a_copy_that_fails_is_told_and_over(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    program: str | None,
    told: str,
    left: list[str],
) -> None:
    if program is not None:
        (tmp_path / "cp").write_text(program)
        (tmp_path / "cp").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    folders, worker = Folders(tmp_path / "machines"), ThreadPoolExecutor(1)
    files = VolumeFiles(folders, worker)
    folders.volume(1)
    files.copy(1, 2)
    worker.shutdown()
    assert files.pending([2]) is None
    assert told in capsys.readouterr().err
    assert [one.name for one in folders.volume(2).iterdir()] == left
    folders.close()
