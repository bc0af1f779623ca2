# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``vast-emulator serve`` and ``vast-emulator check``."""

from __future__ import annotations

import argparse
import gc
import secrets
import socket
import sys
import time
from pathlib import Path

from vast_emulator import __version__
from vast_emulator.faults.planned import Faults
from vast_emulator.instances.ssh_endpoints import BannerListeners, DocumentationAddresses, Unavailable
from vast_emulator.market.generator import MACHINES
from vast_emulator.scenarios import files as scenario_files
from vast_emulator.scenarios.stage import Stage
from vast_emulator.web.door import bind
from vast_emulator.web.guard import Guard
from vast_emulator.web.server import local_url, run
from vast_emulator.web.service import Service
from vast_emulator.wire.limits import Limits
from vast_emulator.wire.request_log import RequestLog
from vast_emulator.world.clock import HIGHEST_SPEED
from vast_emulator.world.store import Store
from vast_emulator.world.world import Genesis, World


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="vast-emulator", description="A Vast.ai marketplace on localhost.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve until stopped; prints one JSON line with url and api_key")
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on")
    serve.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one")
    serve.add_argument("--api-key", help="the account's key; made up when not given")
    _add_market(serve)
    serve.add_argument("--speed", type=float, default=60.0, help="emulated seconds per second; 0 stops the clock")
    serve.add_argument("--rate-limits", choices=("off", "documented"), default="off")
    serve.add_argument("--state", metavar="FILE", help="SQLite file that survives restarts; a new one is made")
    serve.add_argument("--request-log", metavar="FILE", help="append one JSON line per API request")
    serve.add_argument("--ssh", choices=("banner", "sshd", "off"), default="banner", help="what answers at SSH ports")
    serve.add_argument("--sshd", dest="ssh", action="store_const", const="sshd", help="real machines: --ssh sshd")
    serve.add_argument(
        "--isolation", choices=("auto", "namespaces", "home"), default="auto", help="how real machines are kept apart"
    )
    serve.add_argument(
        "--scenario",
        metavar="NAME|FILE",
        action="append",
        default=[],
        help="what goes wrong: a scenario that ships, or a YAML file; may be given several times",
    )
    check = commands.add_parser("check", help="say whether scenario files can be played")
    check.add_argument("files", metavar="FILE", nargs="+", help="a YAML file, or the name of a scenario that ships")
    _add_market(check)
    return parser


def _add_market(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", type=int, default=7, help="the marketplace is the same for the same seed")
    command.add_argument(
        "--machines", type=int, default=MACHINES, help="machines to generate; each makes several offers"
    )


def main(argv: list[str] | None = None) -> int:
    """Do as asked. Exit code 0 when stopped by a signal, 2 for bad usage or scenarios, 1 when the port is taken."""
    parser = _parser()
    options = parser.parse_args(argv)
    if options.machines < 0:
        parser.error("--machines must not be negative")
    if not 0 <= getattr(options, "speed", 0) <= HIGHEST_SPEED:
        parser.error(f"--speed must be a number from 0 to {HIGHEST_SPEED:g}")
    return _check(options) if options.command == "check" else _serve(options)


def _serve(options: argparse.Namespace) -> int:
    try:
        listener = bind(options.host, options.port)
    except (OSError, OverflowError) as error:
        _complain(f"cannot listen on {options.host}:{options.port}: {error}")
        return 1
    try:
        service = _service(options, Store(options.state), listener)
    except (Unavailable, OSError) as error:
        _complain(str(error))
        return 1
    try:
        scenarios = {
            name: scenario_files.understand(scenario_files.find(name), service.stage) for name in options.scenario
        }
    except scenario_files.FileError as error:
        service.addresses.close()
        _complain(str(error))
        return 2
    service.stage.open_with(scenarios)
    return run(service, listener)


def _service(options: argparse.Namespace, store: Store, listener: socket.socket) -> Service:
    """Raises Unavailable and OSError."""
    api_key = _api_key(store, options.api_key)
    # What a market is made of stays until the end: to look for garbage in it would only take time.
    gc.disable()
    world = World(store, Genesis(time.time(), options.seed, options.machines), options.speed)
    gc.freeze()
    gc.enable()
    return Service(
        world=world,
        api_key=api_key,
        addresses=_addresses(options, world, listener),
        limits=Limits(options.rate_limits == "documented", store),
        log=RequestLog(options.request_log),
        guard=Guard(options.host),
    )


def _check(options: argparse.Namespace) -> int:
    """One line per file: on standard output if it can be played, on standard error if not."""
    store = Store(None)
    world = World(store, Genesis(time.time(), options.seed, options.machines), 0.0)
    stage = Stage(world, Faults(world), Limits(False, store))
    code = 0
    for name in options.files:
        try:
            scenario = scenario_files.understand(scenario_files.find(name), stage)
        except scenario_files.FileError as error:
            _complain(str(error))
            code = 2
        else:
            sys.stdout.write(f"{name}: fine; faults: {len(scenario.faults)}, events: {len(scenario.events)}\n")
    return code


def _complain(sentence: str) -> None:
    sys.stderr.write(f"vast-emulator: {sentence}\n")


def _addresses(options: argparse.Namespace, world: World, listener: socket.socket) -> DocumentationAddresses:
    """What is behind the addresses of instances. Raises Unavailable and OSError."""
    if options.ssh == "off":
        return DocumentationAddresses()
    if options.ssh == "banner":
        return BannerListeners(world.store)
    # Only here, as they need modules that not every system has.
    from vast_emulator.containers.opening import machines

    kept = Path(f"{options.state}.machines") if options.state else None
    return machines(world, kept, options.isolation, local_url(listener))


def _api_key(store: Store, given: str | None) -> str:
    """The key given, else the one the state file had, else a new one."""
    if given is not None:
        return given
    for _name, record in store.load("master_key"):
        return record["key"]
    key = secrets.token_hex(32)
    store.put("master_key", "key", {"key": key})
    return key
