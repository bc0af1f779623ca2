# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of volumes: made empty, copied in the background, removed."""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor

from vast_emulator.containers.folders import Folders, remove
from vast_emulator.world.volumes import Volumes


class VolumeFiles:
    """Follows what happens to volumes. Copying and removing is the ``worker``'s, in the order it was asked for."""

    def __init__(self, folders: Folders, worker: ThreadPoolExecutor) -> None:
        self._folders = folders
        self._worker = worker
        # What is being filled. A volume that is deleted meanwhile, or whose number is given anew, has another entry.
        self._copies: dict[int, Future[None]] = {}
        self._lock = threading.Lock()

    def adopt(self, volumes: Volumes) -> None:
        """What an earlier emulator left: files of volumes that are no more go, a copy that was broken off is made."""
        for number in self._folders.volumes():
            if number not in volumes.volumes:
                self.delete(number)
        for volume in volumes.volumes.values():
            if volume.created_from in volumes.volumes and not self._folders.has_volume(volume.id):
                self.copy(volume.created_from, volume.id)

    def pending(self, numbers: list[int]) -> Future[None] | None:
        """A copy that is still being made for one of these volumes."""
        found = (self._copies[number] for number in numbers if number in self._copies)
        return next((copy for copy in found if not copy.done()), None)

    def copy(self, source: int, number: int) -> None:
        """Give a new volume the files of another one."""
        try:
            # Open, it is still the same folder when the volume has been deleted meanwhile.
            folder = os.open(self._folders.volume(source), os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            _complain(number, str(error))
            return
        future: Future[None] = Future()
        self._copies[number] = future
        self._worker.submit(self._copy, folder, number, future)

    def _copy(self, folder: int, number: int, future: Future[None]) -> None:
        try:
            self._fill(folder, number, future)
        except OSError as error:
            _complain(number, str(error))
        finally:
            os.close(folder)
            # Machines wait for it; they get what there is.
            future.set_result(None)

    def _fill(self, folder: int, number: int, future: Future[None]) -> None:
        """Raises OSError."""
        aside, trouble = self._folders.copied(folder)
        with self._lock:
            is_wanted = self._copies.get(number) is future
            if is_wanted:
                self._folders.keep_volume(aside, number)
        if not is_wanted:
            remove(aside)
        elif trouble is not None:
            _complain(number, trouble)

    def delete(self, number: int) -> None:
        """Out of the way at once, gone in a moment."""
        with self._lock:
            self._copies.pop(number, None)
            aside = self._folders.discard_volume(number)
        if aside is not None:
            self._worker.submit(remove, aside)

    def delete_all(self) -> None:
        """No volume exists any more."""
        for number in {*self._folders.volumes(), *self._copies}:
            self.delete(number)


def _complain(number: int, trouble: str) -> None:
    """Say on standard error that a copy has not all the files."""
    sys.stderr.write(f"vast-emulator: volume {number} has not all the files that it is a copy of: {trouble}\n")
