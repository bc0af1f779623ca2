# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders and files at places where whoever used a disk before may have put links: nobody follows them."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator


@contextlib.contextmanager
def folder(path: str, start: str = "/") -> Iterator[int]:
    """The open folder at ``path`` below ``start``; made, with those that lead to it, when it is not there.

    ``start`` must be there. Raises OSError where a link or a file is in the way.
    """
    number = os.open(start, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for name in filter(None, path.split("/")):
            with contextlib.suppress(FileExistsError):
                os.mkdir(name, dir_fd=number)
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=number)
            os.close(number)
            number = below
        yield number
    finally:
        os.close(number)


def write(path: str, content: str | bytes, mode: int = 0o644, start: str = "/") -> None:
    """A new file at ``path`` below ``start``, whatever was there. Raises OSError."""
    content = content.encode(errors="replace") if isinstance(content, str) else content
    place, _slash, name = path.strip("/").rpartition("/")
    with folder(place, start) as parent:
        _remove(name, parent)
        with open(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode, dir_fd=parent), "wb") as file:
            file.write(content)


def _remove(name: str, parent: int) -> None:
    with contextlib.suppress(FileNotFoundError):
        if stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=parent)
        else:
            os.unlink(name, dir_fd=parent)
