# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a market of 20 000 offers with 10 000 rented instances costs: start, memory, and requests per second.

Method: one emulator with a state file and without SSH listeners, filled through the API's bulk create, its instances
past their boot, its clock at real time. The load comes from this process over four kept connections, each with one
request under way; only the first walk over the list has one connection, as it makes what the others then use. The
server is pinned to one core and this process to another, where there are two. A kind of request is measured until 3 s
are over or 4000 are answered. Latency is from the first byte sent to the last one received, waiting behind the other
connections included. The server's CPU time is the system's figure. Every answer must be 200 (404 for the floor), and
every walk over pages must see as many pages as the list has. The figures depend on the machine and on what else it
does; CPU time less, and the ratios of CPU time to the floor, which is a path that does not exist, least.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import socket
import statistics
import sys
import tempfile
import time
import urllib.parse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from vast_emulator.process import Emulator

MACHINES = 3700
INSTANCES = 10_000
LABELS = 100
PAGE = 25
CONNECTIONS = 4
MOST_REQUESTS = 4000
MOST_SECONDS = 3.0
LONGEST_BOOT = 100
LEAST_PER_SECOND = 500
LONGEST_START = 1.0

_HEAD_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_TOKEN = re.compile(rb'"next_token":(?:"([^"]*)"|null)')

# What to send after an answer (None before the first one).
Script = Callable[[bytes | None], bytes]


class Measured(NamedTuple):
    """Requests that were answered, in how many seconds, with their latencies and the server's CPU time in seconds."""

    name: str
    seconds: float
    latencies: list[float]
    cpu: float

    @property
    def per_second(self) -> float:
        return len(self.latencies) / self.seconds

    @property
    def cpu_each(self) -> float:
        return self.cpu / len(self.latencies)


class Connection:
    """A kept connection: HTTP by hand, because a load generator must be cheaper than what it measures."""

    def __init__(self, emulator: Emulator) -> None:
        place = urllib.parse.urlsplit(emulator.url)
        self._socket = socket.create_connection((place.hostname, place.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray(1 << 20)
        self.sent_at = 0.0

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, content: bytes) -> None:
        self.sent_at = time.perf_counter()
        self._socket.sendall(content)

    def receive(self, status: bytes) -> bytes:
        """The body of the answer, which must have the status."""
        view, filled, end = memoryview(self._buffer), 0, 0
        while not end or filled < end:
            got = self._socket.recv_into(view[filled:])
            if not got:
                raise SystemExit("the emulator hung up")
            filled += got
            head = -1 if end else self._buffer.find(_HEAD_END, 0, filled)
            if head >= 0:
                length = _LENGTH.search(self._buffer, 0, head)
                end = head + len(_HEAD_END) + int(length[1] if length else 0)
        answer = bytes(view[:end])
        if not answer.startswith(b"HTTP/1.1 " + status):
            raise SystemExit(f"not {status.decode()}: {answer[:400]!r}")
        return answer[answer.index(_HEAD_END) + len(_HEAD_END) :]

    def close(self) -> None:
        self._socket.close()


class Bench:
    """The emulator under load and what was measured on it."""

    def __init__(self, emulator: Emulator) -> None:
        self.emulator = emulator
        self.rows: list[Measured] = []

    def request(self, method: str, path: str, body: object = None) -> bytes:
        """A whole request as bytes."""
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {self.emulator.api_key}\r\n"
        return f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content

    def measure(
        self,
        name: str,
        script: Callable[[], Script],
        status: bytes = b"200",
        count: int = CONNECTIONS,
        most: int = MOST_REQUESTS,
    ) -> None:
        """Let each of some connections follow a script of its own."""
        connections = [Connection(self.emulator) for _number in range(count)]
        scripts = {connection: script() for connection in connections}
        latencies: list[float] = []
        before, started = cpu_seconds(self.emulator.pid), time.perf_counter()
        until = started + MOST_SECONDS
        for connection in connections:
            connection.send(scripts[connection](None))
        busy = set(connections)
        while busy:
            for connection in select.select(list(busy), [], [])[0]:
                body = connection.receive(status)
                now = time.perf_counter()
                latencies.append(now - connection.sent_at)
                if now < until and len(latencies) + len(busy) <= most:
                    connection.send(scripts[connection](body))
                else:
                    busy.discard(connection)
        seconds = time.perf_counter() - started
        self.rows.append(Measured(name, seconds, latencies, cpu_seconds(self.emulator.pid) - before))
        for connection in connections:
            connection.close()

    def same(self, method: str, path: str, body: object = None) -> Callable[[], Script]:
        """A script that asks the same thing again and again."""
        content = self.request(method, path, body)
        return lambda: lambda _answer: content

    def walk(self, matching: int, **query: object) -> Callable[[], Script]:
        """A script that walks over the pages of a list, again and again."""
        path = "/api/v1/instances/?" + urllib.parse.urlencode(
            {"limit": PAGE, **{name: json.dumps(value) for name, value in query.items()}}
        )

        def script() -> Script:
            seen = 0

            def following(answer: bytes | None) -> bytes:
                nonlocal seen
                found = None if answer is None else _TOKEN.search(answer, 0, 4096) or _TOKEN.search(answer)
                if found is not None:
                    seen += 1
                if found is None or found[1] is None:
                    if found is not None and seen != -(-matching // PAGE):
                        raise SystemExit(f"{path}: {seen} pages for {matching} instances")
                    seen = 0
                    return self.request("GET", path)
                return self.request("GET", f"{path}&after_token={urllib.parse.quote(found[1].decode())}")

            return following

        return script

    def rent_and_destroy(self, offers: Iterator[int]) -> Callable[[], Script]:
        """A script that rents an offer, then destroys the instance, and so on; each connection has an own offer."""

        def script() -> Script:
            create = self.request("PUT", f"/api/v0/asks/{next(offers)}/", instance("bench"))

            def following(answer: bytes | None) -> bytes:
                made = None if answer is None else json.loads(answer).get("new_contract")
                return create if made is None else self.request("DELETE", f"/api/v0/instances/{made}/", {})

            return following

        return script

    def table(self) -> str:
        """All that was measured; the first row is the floor."""
        lines = [f"{'':<44}requests    /s   p50 ms   p99 ms   CPU ms   x floor"]
        for row in self.rows:
            cuts = statistics.quantiles(row.latencies, n=100)
            lines.append(
                f"{row.name:<44}{len(row.latencies):8}{row.per_second:6.0f}{cuts[49] * 1000:9.2f}{cuts[98] * 1000:9.2f}"
                f"{row.cpu_each * 1000:9.3f}{row.cpu_each / self.rows[0].cpu_each:10.1f}"
            )
        return "\n".join(lines)


def instance(label: str) -> dict[str, object]:
    """The body of a create."""
    env = {"-p 8080:8080": "1", "ROLE": "worker"}
    return {"image": "pytorch/pytorch:latest", "disk": 20, "label": label, "runtype": "ssh_direct", "env": env}


def cpu_seconds(pid: int) -> float:
    """User and system time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid: int) -> float:
    """Resident memory."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


def pin(emulator: Emulator) -> None:
    """The server on one core, this process on another."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(emulator.pid, cores[:1])
        os.sched_setaffinity(0, cores[1:])


def started(emulator: Emulator) -> float:
    """Start it; seconds until it says that it listens."""
    before = time.perf_counter()
    emulator.start()
    return time.perf_counter() - before


def fill(emulator: Emulator) -> tuple[float, list[int]]:
    """Rent 10 000 GPUs, one to an instance, and let them boot. Seconds for the creates, and offers still free."""
    machines = emulator.market()["machines"]
    free = [one["id"] for machine in machines for one in machine["offers"] if one["num_gpus"] == 1 and one["rentable"]]
    before, made = time.perf_counter(), 0
    for start in range(0, INSTANCES, LABELS):
        for first in range(start, start + LABELS, 50):
            body = {"ids": free[first : first + 50], **instance(f"fleet-{start // LABELS}")}
            made += len(emulator.api("POST", "/api/v0/asks/bulk/", body).get("new_contracts", []))
    seconds = time.perf_counter() - before
    if made != INSTANCES:
        raise SystemExit(f"{made} instances instead of {INSTANCES}")
    emulator.advance(LONGEST_BOOT)
    return seconds, free[INSTANCES:]


def load(bench: Bench, free: list[int]) -> None:
    """All kinds of requests."""
    columns = ["id", "label", "actual_status", "ssh_host", "ssh_port", "dph_total", "duration"]
    label = {"label": {"eq": "fleet-7"}}
    some = int(bench.emulator.api("GET", "/api/v1/instances/?limit=1")["instances"][0]["id"])
    search = {"gpu_name": {"in": ["RTX 4090", "RTX 3090"]}, "num_gpus": {"gte": 2}, "rentable": {"eq": True}}
    search = {**search, "reliability2": {"gt": 0.9}, "dph_total": {"lt": 3}, "order": [["dph_total", "asc"]]}
    bench.measure("floor: a path that does not exist", bench.same("GET", "/api/v0/nowhere/"), b"404")
    first_walk = bench.walk(INSTANCES)
    bench.measure("list: pages of 25, the first walk", first_walk, count=1, most=INSTANCES // PAGE)
    bench.measure("list: pages of 25", bench.walk(INSTANCES))
    bench.measure("list: pages of 25, by label", bench.walk(INSTANCES // LABELS, select_filters=label))
    bench.measure("list: pages of 25, 7 columns", bench.walk(INSTANCES, select_cols=columns))
    running = {"actual_status": {"eq": "running"}}
    bench.measure("list: pages of 25, by status", bench.walk(INSTANCES, select_filters=running))
    bench.measure("show one instance", bench.same("GET", f"/api/v0/instances/{some}/"))
    bench.measure("search: 5 filters over all offers", bench.same("POST", "/api/v0/bundles/", search))
    bench.measure("search: everything, by score", bench.same("POST", "/api/v0/bundles/", {}))
    bench.measure("create, destroy in turn", bench.rent_and_destroy(iter(free)))


def report_start(name: str, seconds: float, emulator: Emulator) -> None:
    """A line about the process: how long something took, its CPU time since it began, and its memory."""
    cpu, memory = cpu_seconds(emulator.pid), megabytes(emulator.pid)
    print(f"{name:<48}{seconds:7.2f} s{cpu:7.2f} s CPU{memory:6.0f} MB", flush=True)


def main() -> int:
    """Print the table; 1 when lists are slower or starts take longer than they may."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        small = Emulator(ssh="off")
        stack.callback(small.stop)
        report_start("start with the 90 machines of the default", started(small), small)
        small.stop()
        emulator = Emulator(machines=MACHINES, speed=1, ssh="off", state=Path(folder) / "state.db")
        stack.callback(emulator.stop)
        start = started(emulator)
        pin(emulator)
        offers = sum(len(machine["offers"]) for machine in emulator.market()["machines"])
        report_start(f"start with {offers} offers", start, emulator)
        seconds, free = fill(emulator)
        report_start(f"after {INSTANCES} creates in bulk and their boots", seconds, emulator)
        bench = Bench(emulator)
        load(bench, free)
        report_start("after the load below", sum(row.seconds for row in bench.rows), emulator)
        emulator.kill()
        report_start("start again from the state file", started(emulator), emulator)
        print(f"\n{bench.table()}")
        print(f"\nload average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    lists = [row.per_second for row in bench.rows if row.name.startswith("list")]
    return 0 if min(lists) >= LEAST_PER_SECOND and start <= LONGEST_START else 1


if __name__ == "__main__":
    sys.exit(main())
