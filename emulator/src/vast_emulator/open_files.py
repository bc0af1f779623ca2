# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many files this process may have open: each listener of an instance is one, and each connection."""

from __future__ import annotations

import errno
import os
import sys

if sys.platform != "win32":
    import resource

# As many as there are ports.
_MOST = 65536
# Left for connections, which nobody could answer otherwise.
_SPARE = 32


def allow_many() -> None:
    """Two SSH listeners for each instance are more open files than most shells allow at first."""
    if sys.platform == "win32":
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST if hard == resource.RLIM_INFINITY else min(hard, _MOST)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def keep_some(number: int) -> None:
    """Raises OSError when the file of this number is one of the last that can be open."""
    if sys.platform == "win32":
        return
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and number >= soft - _SPARE:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
