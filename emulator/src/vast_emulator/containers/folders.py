# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where machines and volumes are on this computer's disk."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from vast_emulator.instances.ssh_endpoints import Unavailable

_PREFIX = "vast-emulator-machines-"


class Folders:
    """``instances/<id>/<n>`` for the n-th container of an instance, ``volumes/<id>``, and ``trash``.

    With a path the folder is kept when the emulator ends, else it is a temporary one. It belongs to one process, by a
    lock that ends with the process: so what dead emulators left is told from what living ones use.
    """

    def __init__(self, path: Path | None) -> None:
        """Raises Unavailable and OSError."""
        self.kept = path is not None
        self._numbers = itertools.count(1)
        if path is None:
            _remove_left_over()
            self.root = Path(tempfile.mkdtemp(prefix=_PREFIX))
        else:
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(0o700)
            self.root = path.resolve()
        lock = _lock(self.root)
        if lock is None:
            raise Unavailable(f"Another emulator has its machines in {self.root}.")
        self._lock = lock
        for name in ("instances", "volumes", "trash"):
            (self.root / name).mkdir(exist_ok=True)
        remove(*self.trash.iterdir())

    @property
    def trash(self) -> Path:
        return self.root / "trash"

    def instance(self, number: int) -> Path:
        """Where the containers of an instance are."""
        return self.root / "instances" / str(number)

    def container(self, number: int, generation: int) -> Path:
        """The folder of an instance's container; made when it is not there."""
        folder = self.instance(number) / str(generation)
        for name in ("disk", "keys"):
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name).chmod(0o755)
        return folder

    def volume(self, number: int) -> Path:
        """A volume's folder; made when it is not there."""
        folder = self.root / "volumes" / str(number)
        folder.mkdir(exist_ok=True)
        return folder

    def has_volume(self, number: int) -> bool:
        return (self.root / "volumes" / str(number)).exists()

    def keep_volume(self, aside: Path, number: int) -> None:
        """Make a volume of a folder in the trash."""
        aside.rename(self.root / "volumes" / str(number))

    def discard_volume(self, number: int) -> Path | None:
        """Move a volume to the trash, as :meth:`discard` does."""
        return self.discard(self.root / "volumes" / str(number))

    def instances(self) -> list[int]:
        """Ids of the instances that have a folder."""
        return [int(one.name) for one in (self.root / "instances").iterdir()]

    def volumes(self) -> list[int]:
        """Ids of the volumes that have a folder."""
        return [int(one.name) for one in (self.root / "volumes").iterdir()]

    def aside(self) -> Path:
        """A new path in the trash."""
        return self.trash / str(next(self._numbers))

    def discard(self, path: Path) -> Path | None:
        """Move something to the trash at once; where it is now, to be removed, or None if it was not there."""
        aside = self.aside()
        try:
            path.rename(aside)
        except FileNotFoundError:
            return None
        return aside

    def copied(self, folder: int) -> tuple[Path, str | None]:
        """A copy of an open folder, in the trash yet, and what kept some of it from being copied.

        Takes as long as the files are large. Raises OSError.
        """
        aside = self.aside()
        aside.mkdir()
        command = ["cp", "-a", f"/proc/self/fd/{folder}/.", str(aside)]
        done = subprocess.run(  # noqa: S603
            command, check=False, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, pass_fds=[folder]
        )
        told = done.stderr.decode(errors="replace").splitlines() or [f"cp ended with exit code {done.returncode}"]
        return aside, told[-1] if done.returncode else None

    def close(self) -> None:
        """The end: what is not kept goes."""
        remove(*([*self.trash.iterdir()] if self.kept else [self.root]))
        os.close(self._lock)


def _lock(folder: Path) -> int | None:
    """The open, locked file that marks a folder as used; None if another process has it."""
    file = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def _remove_left_over() -> None:
    """Remove temporary folders of emulators that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(_PREFIX + "*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.getuid():
                continue
            lock = _lock(folder)
            if lock is not None:
                remove(folder)
                os.close(lock)


def remove(*folders: Path) -> None:
    """Remove folders, those too that somebody made unreadable."""
    for folder in folders:
        if os.geteuid() != 0:
            _open_up(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _open_up(folder: Path) -> None:
    if folder.is_symlink() or not folder.is_dir():
        return
    folder.chmod(stat.S_IRWXU)
    for place, names, _files in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                os.chmod(path, stat.S_IRWXU)
