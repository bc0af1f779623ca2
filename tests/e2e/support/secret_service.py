# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real Secret Service, headless: a GNOME Keyring on a message bus of its own, with everything below one folder."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

PROGRAMS = ("gnome-keyring-daemon", "dbus-run-session")

# The shell becomes the keyring's daemon: its id is printed first. When the daemon ends, the bus does.
_SESSION = 'echo "$$ $DBUS_SESSION_BUS_ADDRESS"; exec gnome-keyring-daemon --foreground --unlock --components=secrets'
_PATIENCE = 20.0
"""Seconds that a busy machine may take to start it."""


def missing_programs() -> list[str]:
    """Those of :data:`PROGRAMS` that are not installed."""
    return [name for name in PROGRAMS if shutil.which(name) is None]


class SecretService:
    """Runs inside a ``with`` block. ``environment``: what a process needs to use it."""

    def __init__(self, home: Path, password: str) -> None:
        """``home``: keeps the keyring, for the next session too; it is locked unless ``password`` is its own."""
        self._password = password
        # Not below home, because the name of a socket may not be long.
        self._sockets = tempfile.TemporaryDirectory(prefix="ring-")
        self.environment = {
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "XDG_RUNTIME_DIR": self._sockets.name,
        }

    def __enter__(self) -> SecretService:
        self._session = subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-c", _SESSION],
            env={"PATH": os.environ.get("PATH", os.defpath), **self.environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._session.stdin
        assert self._session.stdout
        daemon, _space, address = self._session.stdout.readline().strip().partition(" ")
        self._daemon = int(daemon)
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = address
        self._session.stdin.write(self._password)
        self._session.stdin.close()
        try:
            self._wait_until_it_serves()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def _wait_until_it_serves(self) -> None:
        """To ask for it sooner would make the bus start another daemon, which nobody has unlocked."""
        deadline = time.monotonic() + _PATIENCE
        with open_dbus_connection(self.environment["DBUS_SESSION_BUS_ADDRESS"]) as bus:
            while bus.send_and_get_reply(message_bus.NameHasOwner("org.freedesktop.secrets")).body != (True,):
                if self._session.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError("the Secret Service does not start")
                time.sleep(0.02)

    def _stop(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self._daemon, signal.SIGTERM)
        self._session.wait(timeout=_PATIENCE)
        self._session.stdout.close()
        self._sockets.cleanup()
