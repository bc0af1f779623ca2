# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator as a child process, for tests. Needs nothing beyond the standard library."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import urllib.parse
from pathlib import Path
from types import TracebackType
from typing import Any


class EmulatorError(Exception):
    """The emulator did not start, or refused a control call."""


class Emulator:
    """``with Emulator(speed=600) as emulator:`` runs ``vast-emulator serve`` on a free port until the block ends.

    Keyword arguments are the command's options (``api_key``, ``seed``, ``speed``, ``rate_limits``, ``state``,
    ``request_log``, ``ssh``, ``machines``, ``scenario``); a list repeats an option. ``url`` and ``api_key`` say where
    it is; ``python`` is the interpreter that runs it.
    """

    def __init__(self, python: str = sys.executable, **options: object) -> None:
        self.python = python
        self.options = options
        self.url = ""
        self.api_key = ""
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Emulator:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    # The process

    @property
    def pid(self) -> int:
        """Id of the running process."""
        if self._process is None:
            raise EmulatorError("the emulator is not running")
        return self._process.pid

    def start(self, port: int = 0) -> None:
        """Start and wait until it listens."""
        command = [self.python, "-m", "vast_emulator", "serve", "--port", str(port)]
        for name, value in self.options.items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                command += ["--" + name.replace("_", "-"), str(one)]
        # The emulator needs no key of the caller's; it is found whether the package is installed or only on sys.path.
        environment = {name: value for name, value in os.environ.items() if name != "VAST_API_KEY"}
        source = str(Path(__file__).resolve().parents[1])
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [source, environment.get("PYTHONPATH")]))
        self._process = subprocess.Popen(  # noqa: S603 (our own command line)
            command, stdout=subprocess.PIPE, text=True, env=environment
        )
        line = self._process.stdout.readline() if self._process.stdout else ""
        if not line:
            code = self._process.wait()
            self._process = None
            raise EmulatorError(f"the emulator ended with exit code {code} before it listened")
        ready = json.loads(line)
        self.url, self.api_key = ready["url"], ready["api_key"]

    def stop(self) -> int | None:
        """End it with SIGTERM; the exit code, or None when it was not running."""
        if self._process is None:
            return None
        self._process.terminate()
        return self._reap()

    def kill(self) -> None:
        """End it with SIGKILL: no chance to tidy up."""
        if self._process is not None:
            self._process.kill()
            self._reap()

    def restart(self) -> None:
        """Start again on the same port with the same options, whether it was stopped, killed or still runs."""
        port = urllib.parse.urlsplit(self.url).port or 0
        self.stop()
        self.start(port)

    def _reap(self) -> int:
        process, self._process = self._process, None
        if process is None:
            raise EmulatorError("the emulator is not running")
        try:
            code = process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if process.stdout is not None:
            process.stdout.close()
        return code

    # The control API

    def requests(self) -> dict[str, Any]:
        """The request log: ``requests`` (method, path, status, count) and totals."""
        return self.control("GET", "requests")

    def count(self, method: str | None = None, path: str | None = None, status: int | None = None) -> int:
        """How many API requests were seen, of a method, path (ids as ``{id}``) or status."""
        wanted = {"method": method, "path": path, "status": status}
        return sum(
            row["count"]
            for row in self.requests()["requests"]
            if all(value is None or row[name] == value for name, value in wanted.items())
        )

    def forget_requests(self) -> None:
        """Empty the request log."""
        self.control("DELETE", "requests")

    def ledger(self) -> dict[str, Any]:
        """Dollars per contract, what still bills, and the total."""
        return self.control("GET", "ledger")

    def clock(self) -> dict[str, Any]:
        """Emulated time and speed."""
        return self.control("GET", "clock")

    def advance(self, seconds: float) -> dict[str, Any]:
        """Move the emulated clock forward."""
        return self.control("POST", "clock", {"advance": seconds})

    def advance_until(self, moment: float) -> dict[str, Any]:
        """Move the emulated clock forward to epoch seconds."""
        return self.control("POST", "clock", {"until": moment})

    def run_at(self, speed: float) -> dict[str, Any]:
        """Let the emulated clock run so many times as fast as the real one."""
        return self.control("POST", "clock", {"speed": speed})

    def reset(self) -> None:
        """Back to the seed's start."""
        self.control("POST", "reset")

    def fault(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        """Plan a fault for a method and path: how often, and what happens. The answer has its ``id``."""
        return self.control("POST", "faults", {"method": method, "path": path, **more})["fault"]

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are planned."""
        return self.control("GET", "faults")["faults"]

    def refuse(self, seconds: float) -> None:
        """Refuse connections from now on, for so many real seconds."""
        self.control("POST", "faults", {"refuse": seconds})

    def scenario(self, name: str | None = None, **scenario: Any) -> None:
        """Begin a scenario now: one that ships, by its name, or one of ``faults``, ``events`` and ``settings``."""
        self.control("POST", "scenario", {"name": name} if name is not None else scenario)

    def clear_faults(self) -> None:
        """Forget planned failures."""
        self.control("DELETE", "faults")

    def market(self) -> dict[str, Any]:
        """All machines and offers, and the well-known ones."""
        return self.control("GET", "market")

    def happen(self, **events: Any) -> None:
        """Let market events happen, by name: ``happen(expire={"instance": "newest", "in": 60})``."""
        self.control("POST", "market", events)

    def vanish(self, offer_id: int) -> None:
        """Take an offer off the market."""
        self.control("POST", "market", {"vanish": offer_id})

    def vanish_on_create(self, count: int = 1) -> None:
        """The next offers that somebody tries to rent turn out to be gone."""
        self.control("POST", "market", {"vanish_on_create": count})

    def outbid(self, instance_id: int) -> None:
        """Somebody bids more than an interruptible instance: it loses its GPUs."""
        self.control("POST", "market", {"outbid": instance_id})

    def set_min_bid(self, min_bid: float, **where: int) -> None:
        """The lowest bid that wins, in $/h, for an ``offer_id`` or ``instance_id``, or per GPU of a ``machine_id``."""
        self.control("POST", "market", {"set_min_bid": {**where, "min_bid": min_bid}})

    def set_price(self, offer_id: int, dph_base: float) -> None:
        """The host changes the price of an offer on demand, in $/h."""
        self.control("POST", "market", {"price": {"offer_id": offer_id, "dph_base": dph_base}})

    def set_offline(self, machine_id: int, offline: bool = True) -> None:
        """A machine is lost, or comes back."""
        self.control("POST", "market", {"offline" if offline else "online": machine_id})

    def settings(self, **knobs: Any) -> dict[str, Any]:
        """Turn knobs; without any, show them."""
        return self.control("POST" if knobs else "GET", "settings", knobs or None)

    def control(self, method: str, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """A call to ``/_emulator/<name>``. Raises EmulatorError when it is refused."""
        status, answer = self.call(method, f"/_emulator/{name}", body, key=None)
        if status != 200:
            raise EmulatorError(f"{method} {name}: {status} {answer}")
        return answer

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """A call to the API with the account's key; the parsed answer, whatever its status."""
        return self.call(method, path, body, key=self.api_key)[1]

    def call(self, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, Any]:
        """Status and parsed JSON (or text) of any request."""
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {} if content is None else {"Content-Type": "application/json"}
        if key is not None:
            headers["Authorization"] = f"Bearer {key}"
        connection = http.client.HTTPConnection(urllib.parse.urlsplit(self.url).netloc, timeout=30)
        try:
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            return response.status, _parsed(response.read())
        finally:
            connection.close()


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return content.decode(errors="replace")
