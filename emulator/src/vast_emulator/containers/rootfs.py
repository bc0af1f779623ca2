# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file system of a machine in namespaces: this computer's programs, and nothing else that is this computer's.

The machine's disk is a folder that becomes ``/``. Over it lie throw-away overlays of the folders that hold programs and
their settings. All paths are resolved after the change of root, so that no link on the disk can lead out of it.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping, Sequence
from typing import Any

from vast_emulator.containers import kernel

# Where the root that was is while the new one is made.
_OLD = "/.host"
_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "etc", "nix", "gnu", "var/lib/dpkg", "var/lib/apt")
_OWN = {"root": 0o700, "home": 0o755, "workspace": 0o755, "tmp": 0o1777, "var/tmp": 0o1777, "var/log": 0o755}
_CACHE = "/var/cache/apt/archives/partial"
# Where logins are noted; the SSH server complains to the user when there is none.
_LOGINS = ("lastlog", "wtmp", "btmp")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_DEVICE_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}
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
    _empty_folder(_OLD[1:])
    kernel.pivot_root(".", _OLD[1:])
    os.chdir("/")
    old_folder = _OLD + folder
    for name in _SYSTEM:
        _lay_over(old_folder, name)
    _make_kernel_folders(old_folder)
    if not os.path.exists(old_folder + "/made"):
        _make_new()
        _write(old_folder + "/made", "")
    _make_settings(config["hostname"], config["nameserver"])
    _mount_volumes(config["volumes"])
    kernel.unmount(_OLD)
    os.rmdir(_OLD)


def _empty_folder(path: str) -> None:
    """A folder at a place where whoever used the disk before may have put anything."""
    if os.path.islink(path) or os.path.isfile(path):
        os.unlink(path)
    os.makedirs(path, exist_ok=True)


def _lay_over(old_folder: str, name: str) -> None:
    """Show a folder of this computer; what is changed in it goes to the machine's own folder."""
    source, target = f"{_OLD}/{name}", "/" + name
    if os.path.islink(source):
        if not os.path.lexists(target):
            os.symlink(os.readlink(source), target)
        return
    if not os.path.isdir(source) or f"{old_folder}/".startswith(f"{source}/"):
        return
    os.makedirs(target, exist_ok=True)
    for part in ("upper", "work"):
        os.makedirs(f"{old_folder}/{part}/{name}", exist_ok=True)
    # Relative, as the folder's own path may hold what separates options.
    os.chdir(old_folder)
    kernel.mount("overlay", target, "overlay", 0, f"lowerdir={source},upperdir=upper/{name},workdir=work/{name}")
    os.chdir("/")


def _make_kernel_folders(old_folder: str) -> None:
    for name in ("proc", "sys", "dev", "run"):
        os.makedirs("/" + name, exist_ok=True)
    harmless = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", "/proc", "proc", harmless)
    for name in _PROC_READ_ONLY:
        if os.path.exists("/proc/" + name):
            kernel.bind("/proc/" + name, "/proc/" + name, read_only=True)
    kernel.mount("sysfs", "/sys", "sysfs", harmless | kernel.MS_RDONLY)
    kernel.mount("tmpfs", "/run", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755")
    kernel.mount("tmpfs", "/dev", "tmpfs", kernel.MS_NOSUID, "mode=755")
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
        os.makedirs("/" + name, exist_ok=True)
        os.chmod("/" + name, mode)
    os.makedirs(_CACHE, exist_ok=True)
    for name in _LOGINS:
        _write(f"/var/log/{name}", "")


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
    _write("/etc/shadow", "".join(f"{name}:*:1::::::\n" for name in names), 0o600)


def _make_settings(hostname: str, nameserver: str | None) -> None:
    _write("/etc/hostname", hostname + "\n")
    _write("/etc/hosts", f"127.0.0.1 localhost {hostname}\n::1 localhost\n")
    if nameserver is None:
        with open(_OLD + "/etc/resolv.conf", encoding="utf-8", errors="replace") as resolver:
            _write("/etc/resolv.conf", resolver.read())
    else:
        _write("/etc/resolv.conf", f"nameserver {nameserver}\n")


def _write(path: str, content: str, mode: int = 0o644) -> None:
    """A new file, whatever was there: a link is not followed."""
    if os.path.lexists(path):
        os.unlink(path)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(content)


def _mount_volumes(volumes: Sequence[Sequence[str]]) -> None:
    for source, path in volumes:
        target = os.path.normpath("/" + path.lstrip("/"))
        if target != "/" and not f"{target}/".startswith(_OLD + "/"):
            os.makedirs(target, exist_ok=True)
            kernel.bind(_OLD + source, target)
