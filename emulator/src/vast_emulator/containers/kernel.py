# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The few system calls that a machine is built with and that Python has no names for. Linux only."""

from __future__ import annotations

import ctypes
import fcntl
import os
import platform
import socket
import struct

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REMOUNT, MS_BIND, MS_REC = 32, 4096, 16384
_MNT_DETACH = 2
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_PIVOT_ROOT = {"x86_64": 155, "i686": 217, "ppc64le": 203, "s390x": 217, "armv7l": 218}
# The number in the table that all newer architectures share.
_PIVOT_ROOT_GENERIC = 41
_HIGHEST_CAPABILITY = 63
# What Docker leaves to a container, without the right to make device files: those reach the disks below.
KEPT_CAPABILITIES = frozenset((
    0,  # chown
    1,  # dac_override
    3,  # fowner
    4,  # fsetid
    5,  # kill
    6,  # setgid
    7,  # setuid
    8,  # setpcap
    10,  # net_bind_service
    13,  # net_raw
    18,  # sys_chroot
    29,  # audit_write
    31,  # setfcap
))  # fmt: skip

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, options: str | None = None) -> None:
    """The system call of this name. Raises OSError."""
    texts = [None if one is None else os.fsencode(one) for one in (source, target, kind, options)]
    _check(_libc.mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]), f"mount {target}")


def bind(source: str, target: str, read_only: bool = False) -> None:
    """Show a folder or file at another place too. Raises OSError."""
    mount(source, target, flags=MS_BIND)
    if read_only:
        mount(source, target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID)


def unmount(target: str) -> None:
    """Take a mount with everything below it out of sight. Raises OSError."""
    _check(_libc.umount2(os.fsencode(target), _MNT_DETACH), f"umount {target}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new``, a mount, the root; the root that was is then at ``old``. Raises OSError."""
    number = _PIVOT_ROOT.get(platform.machine(), _PIVOT_ROOT_GENERIC)
    _check(_libc.syscall(ctypes.c_long(number), os.fsencode(new), os.fsencode(old)), "pivot_root")


def drop_capabilities() -> None:
    """Programs that are started from now on have the rights of root in a container, and no more."""
    for number in range(_HIGHEST_CAPABILITY + 1):
        if number not in KEPT_CAPABILITIES:
            # A number that the kernel does not know is an error that does not matter.
            _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0)


def adopt_orphans() -> None:
    """Processes below this one whose parent ends become its children. Raises OSError."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def loopback_up() -> None:
    """Switch the network interface lo on. Raises OSError."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sH14x", b"lo", 0)
        flags = struct.unpack("16sH14x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | _IFF_UP))
