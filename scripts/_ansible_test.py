# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test on a copy of the collection, with everything it writes kept below build/."""

from __future__ import annotations

import configparser
import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pip
from _collection import BUILD, ROOT, copy_into

# ansible-test wants pip in environments that it makes, and fetches a program for that from one web site. It first looks
# for an earlier download in its cache, under these names (ansible-core 2.18 and 2.19, 2.20 and later).
GET_PIP_NAMES = ("get_pip_24_2.py", "get_pip_25_2.py")

# This does the same with the pip that .venv has anyway.
GET_PIP = """\
import runpy
import sys

sys.path.insert(0, {pip!r})
arguments = [argument for argument in sys.argv[1:] if argument not in ("--no-setuptools", "--no-wheel")]
sys.argv = ["pip", "install", "--upgrade", "--force-reinstall", *arguments]
runpy.run_module("pip", run_name="__main__")
"""

# ansible-test clears the environment before it calls pip. These say where packages come from: they become a pip.conf.
PIP_SETTINGS = ("cert", "extra_index_url", "find_links", "index_url", "no_index", "proxy", "timeout", "trusted_host")

NOISE = re.compile(r"Running sanity test |Installing requirements |Using cached pip |WARNING: Using locale")


class AnsibleTest:
    """One ansible-test: that of the environment `venv`, with its own home and its own copy of the collection."""

    def __init__(self, name: str, venv: Path, interpreter: Path) -> None:
        """`name` is the folder below build/ansible-test; `interpreter` the real Python that `venv` was made with."""
        self.folder = BUILD / "ansible-test" / name
        self.venv = venv
        self.home = self.folder / "home"
        self._interpreter = interpreter

    def run(self, *arguments: str, files: dict[str, str] | None = None) -> int:
        """Run ansible-test and return its exit code. `files` are added to the copy: {path in the collection: text}.

        What it prints goes to a log below build/; when it fails, what it complains about is shown. Its JUnit files are
        copied into the folder that the variable TEST_RESULTS names.
        """
        with self._alone():
            self._furnish()
            collection = copy_into(self.folder)
            for name, text in (files or {}).items():
                (collection / name).write_text(text, encoding="utf-8")
            junit = collection / "tests" / "output" / "junit"
            shutil.rmtree(junit, ignore_errors=True)
            log = self.folder / f"{arguments[0]}.log"
            command = [str(self.venv / "bin" / "ansible-test"), *arguments, "--color", "no"]
            with log.open("w", encoding="utf-8") as output:
                status = subprocess.run(
                    command,
                    cwd=collection,
                    env=self._environment(),
                    check=False,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                ).returncode
            results = os.environ.get("TEST_RESULTS")
            if results and junit.is_dir():
                shutil.copytree(junit, Path(results, self.folder.name))
        if status:
            _show(log)
        return status

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Two runs at once in the same copy would remove each other's files: wait for the other."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "lock").open("w", encoding="utf-8") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print(f"{self.folder.name}: waiting for another run to end", file=sys.stderr)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _furnish(self) -> None:
        """Make the home: stand-ins for get-pip, and the caller's pip settings."""
        pip_folder = self.folder / "pip"
        if not (pip_folder / "pip" / "__init__.py").is_file():
            shutil.rmtree(pip_folder, ignore_errors=True)
            shutil.copytree(Path(pip.__file__).parent, pip_folder / "pip", ignore=shutil.ignore_patterns("__pycache__"))
        cache = self.home / ".ansible" / "test" / "cache"
        cache.mkdir(parents=True, exist_ok=True)
        for name in GET_PIP_NAMES:
            (cache / name).write_text(GET_PIP.format(pip=str(pip_folder)), encoding="utf-8")
        self._write_pip_settings()

    def _write_pip_settings(self) -> None:
        settings = configparser.RawConfigParser()
        own = Path.home()
        settings.read([own / ".pip" / "pip.conf", own / ".config" / "pip" / "pip.conf"])
        if not settings.has_section("global"):
            settings.add_section("global")
        settings.set("global", "quiet", "2")
        for name in PIP_SETTINGS:
            value = os.environ.get(f"PIP_{name.upper()}")
            if value:
                settings.set("global", name.replace("_", "-"), value)
        target = self.home / ".config" / "pip" / "pip.conf"
        target.parent.mkdir(parents=True, exist_ok=True)
        # An index URL may carry a password.
        with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            settings.write(file)

    def _environment(self) -> dict[str, str]:
        """The caller's environment without what would lead elsewhere, and with the real interpreter first on PATH.

        A shim of pyenv, for a version that is not active, exists and does not run; ansible-test would take it.
        """
        unwanted = ("ANSIBLE_", "PYTHON", "VAST_", "VIRTUAL_ENV")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        path = [str(self.venv / "bin"), str(self._interpreter.parent), environment.get("PATH", os.defpath)]
        return {**environment, "HOME": str(self.home), "PATH": os.pathsep.join(path)}


def _show(log: Path) -> None:
    """Print a log without the lines that only tell of progress."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    shown = [line for line in lines if not NOISE.match(line)]
    # One print, because others may be printing.
    print("\n".join([*shown, f"(all of it is in {log.relative_to(ROOT)})"]), flush=True)


def of_this_environment(name: str) -> tuple[AnsibleTest, str]:
    """The ansible-test of .venv, and its Python's version for --python."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    interpreter = Path(sys.base_prefix, "bin", f"python{version}")
    return AnsibleTest(name, ROOT / ".venv", interpreter), version
