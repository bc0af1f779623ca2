# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file system of a machine in namespaces: this computer's programs, and nothing else that is this computer's.

The machine's disk is a folder that becomes ``/``. Over it lie throw-away overlays of the folders that hold programs and
their settings. While it is made, the root that was is below the new one: so no link on the disk is followed.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vast_emulator.containers import kernel, unlinked

# Where the root that was is while the new one is made: not on the disk, as somebody may have put anything there.
_OLD = "/run/host"
_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "nix", "gnu", "var/lib/dpkg", "var/lib/apt")
_OWN = {"root": 0o700, "home": 0o755, "workspace": 0o755, "tmp": 0o1777, "var/tmp": 0o1777, "var/log": 0o755}
_CACHE = "/var/cache/apt/archives/partial"
# Where logins are noted; the SSH server complains to the user when there is none.
_LOGINS = ("lastlog", "wtmp", "btmp")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_DEVICE_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}
# Not the machine's to fill.
_KERNEL_FOLDERS = ("proc", "sys", "dev", "run")
# Settings of the kernel, which is everybody's.
_PROC_READ_ONLY = ("sys", "sysrq-trigger", "irq", "bus", "fs")
# Readable by root only, and yet no secrets.
_KEPT_PRIVATE = ("sudoers", "sudoers.d")
RUN = "/run/vast"
KEYS = "/run/vast-keys"


def build(config: Mapping[str, Any]) -> None:
    """Make the machine's root that of this process, which is alone in its mount namespace. Raises OSError."""
    folder = config["folder"]
    disk = folder + "/disk"
    kernel.bind(disk, disk)
    os.chdir(disk)
    with unlinked.folder("run", disk) as run:
        kernel.mount("tmpfs", f"/proc/self/fd/{run}", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755")
    os.mkdir(_OLD[1:])
    kernel.pivot_root(".", _OLD[1:])
    os.chdir("/")
    old_folder = _OLD + folder
    for name in _SYSTEM:
        _lay_over(old_folder, name)
    _make_kernel_folders(old_folder)
    if not os.path.exists(old_folder + "/made"):
        _make_new()
        unlinked.write("made", "", start=old_folder)
    _make_settings(config["hostname"], config["nameserver"])
    _mount_volumes(config["volumes"])
    kernel.unmount(_OLD)
    os.rmdir(_OLD)


@contextlib.contextmanager
def _target(path: str) -> Iterator[str]:
    """A name for a folder of the machine at which something can be mounted: that of the open folder itself."""
    with unlinked.folder(path) as number:
        yield f"{_OLD}/proc/self/fd/{number}"


def _lay_over(old_folder: str, name: str) -> None:
    """Show a folder of this computer; what is changed in it goes to the machine's own folder."""
    source, target = f"{_OLD}/{name}", "/" + name
    if os.path.islink(source):
        place, last = os.path.split(target)
        with unlinked.folder(place) as parent, contextlib.suppress(FileExistsError):
            os.symlink(os.readlink(source), last, dir_fd=parent)
        return
    if not os.path.isdir(source) or f"{old_folder}/".startswith(f"{source}/"):
        return
    for part in ("upper", "work"):
        with unlinked.folder(f"{part}/{name}", old_folder):
            pass
    # Relative, as the folder's own path may hold what separates options.
    os.chdir(old_folder)
    options = f"lowerdir={source},upperdir=upper/{name},workdir=work/{name}"
    try:
        with _target(target) as place:
            kernel.mount("overlay", place, "overlay", 0, options)
    except NotADirectoryError as error:
        _note(f"{target} of this computer cannot be seen: {error}")
    os.chdir("/")


def _make_kernel_folders(old_folder: str) -> None:
    harmless = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    with _target("/proc") as place:
        kernel.mount("proc", place, "proc", harmless)
    for name in _PROC_READ_ONLY:
        if os.path.exists("/proc/" + name):
            kernel.bind("/proc/" + name, "/proc/" + name, read_only=True)
    with _target("/sys") as place:
        kernel.mount("sysfs", place, "sysfs", harmless | kernel.MS_RDONLY)
    with _target("/dev") as place:
        kernel.mount("tmpfs", place, "tmpfs", kernel.MS_NOSUID, "mode=755")
    for name in _DEVICES:
        with open("/dev/" + name, "w", encoding="utf-8"):
            pass
        kernel.bind(f"{_OLD}/dev/{name}", "/dev/" + name)
    for name in ("pts", "shm"):
        os.mkdir("/dev/" + name)
    kernel.mount("devpts", "/dev/pts", "devpts", kernel.MS_NOSUID | kernel.MS_NOEXEC, "newinstance,ptmxmode=0666")
    kernel.mount("tmpfs", "/dev/shm", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=1777")  # noqa: S108
    for name, target in _DEVICE_LINKS.items():
        os.symlink(target, "/dev/" + name)
    for name in (RUN, KEYS, "/run/sshd", "/run/lock"):
        os.mkdir(name)
    kernel.bind(old_folder + "/keys", KEYS, read_only=True)


def _make_new() -> None:
    """What a disk needs once."""
    _forget_secrets()
    for name, mode in _OWN.items():
        with unlinked.folder(name) as place:
            os.fchmod(place, mode)
    with unlinked.folder(_CACHE):
        pass
    for name in _LOGINS:
        unlinked.write(f"/var/log/{name}", "")


def _forget_secrets() -> None:
    """Remove from a new machine what only root may read on this computer: passwords, private keys, tokens."""
    for place, folders, files in os.walk("/etc"):
        for name in [one for one in (*folders, *files) if one not in _KEPT_PRIVATE]:
            path = os.path.join(place, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode) or mode & stat.S_IROTH:
                continue
            if stat.S_ISDIR(mode):
                folders.remove(name)
                shutil.rmtree(path, ignore_errors=True)
            else:
                os.unlink(path)
        folders[:] = [one for one in folders if one not in _KEPT_PRIVATE]
    with open("/etc/passwd", encoding="utf-8", errors="replace") as users:
        names = [line.split(":")[0] for line in users if ":" in line]
    # No password fits; a key does.
    unlinked.write("/etc/shadow", "".join(f"{name}:*:1::::::\n" for name in names), 0o600)


def _make_settings(hostname: str, nameserver: str | None) -> None:
    unlinked.write("/etc/hostname", hostname + "\n")
    unlinked.write("/etc/hosts", f"127.0.0.1 localhost {hostname}\n::1 localhost\n")
    if nameserver is None:
        with open(_OLD + "/etc/resolv.conf", encoding="utf-8", errors="replace") as resolver:
            unlinked.write("/etc/resolv.conf", resolver.read())
    else:
        unlinked.write("/etc/resolv.conf", f"nameserver {nameserver}\n")


def _mount_volumes(volumes: Sequence[Sequence[str]]) -> None:
    for source, path in volumes:
        target = os.path.normpath("/" + path.lstrip("/"))
        try:
            if target == "/" or target.split("/")[1] in _KERNEL_FOLDERS:
                raise OSError(errno.EPERM, "this place is the machine's own")
            with _target(target) as place:
                kernel.bind(_OLD + source, place)
        except OSError as error:
            _note(f"a volume cannot be mounted at {target}: {error}")


def _note(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
