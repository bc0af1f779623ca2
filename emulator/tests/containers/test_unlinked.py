# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the first process of a machine makes, it makes where it was told to or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from vast_emulator.containers import home, kernel, unlinked


def test_a_link_on_the_way_is_an_error_and_leads_nowhere(tmp_path: Path) -> None:
    disk, outside = tmp_path / "disk", tmp_path / "outside"
    for place in (disk, outside):
        place.mkdir()
    (disk / "var").symlink_to(outside)
    with pytest.raises(NotADirectoryError), unlinked.folder("/var/lib", str(disk)):
        pass
    with pytest.raises(NotADirectoryError):
        unlinked.write("/var/file", "", start=str(disk))
    assert list(outside.iterdir()) == []


def test_a_file_takes_the_place_of_whatever_is_there(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("untouched")
    (tmp_path / "link").symlink_to(outside)
    (tmp_path / "folder" / "below").mkdir(parents=True)
    for name in ("link", "folder", "new"):
        unlinked.write(f"/{name}", "content", 0o600, start=str(tmp_path))
        assert (tmp_path / name).read_text() == "content"
        assert not (tmp_path / name).is_symlink()
    assert outside.read_text() == "untouched"


def test_a_home_that_is_gone_is_not_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel, "adopt_orphans", lambda: None)
    with pytest.raises(FileNotFoundError):
        home.build({"folder": str(tmp_path / "instances" / "1" / "0"), "volumes": [["/volume", "/data/x"]]})
    with pytest.raises(FileNotFoundError), unlinked.folder("upper/usr", str(tmp_path / "instances" / "1" / "0")):
        pass
    assert list(tmp_path.iterdir()) == []
