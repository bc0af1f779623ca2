# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs and commands: the answer names a URL where the text is fetched without a key.

They come from the instance's machine if it has a real one; else the texts are made up.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.web.routing import Call, Reply, api
from vast_emulator.world.contracts import Contract

LONGEST_COMMAND = 512
DEFAULT_TAIL = 1000
COMMANDS = ("ls", "rm", "du")
WRITEABLE = "/var/lib/docker/overlay2/merged"
# Kept results; older ones are dropped, as nobody fetches them any more.
MOST_RESULTS = 256


def _place(call: Call) -> tuple[str, Callable[[str], None]]:
    """Where a client without a key can fetch a text: the absolute URL, and what puts the text there."""
    results = call.service.results
    name = call.world.secret("result", call.world.account.new_id())

    def publish(text: str) -> None:
        results[name] = text
        while len(results) > MOST_RESULTS:
            del results[next(iter(results))]

    return f"{call.base_url}/api/v0/results/{name}", publish


@api.add("GET", "/api/v0/results/{name}", auth=False)
def result(call: Call) -> Reply:
    """The text, or 404 while there is none."""
    text = call.service.results.get(call.params["name"])
    if text is None:
        raise Refusal(404, "not_found", "No such result.")
    return Reply(text.encode(errors="replace"), content_type="text/plain")


def _log(call: Call, contract: Contract, daemon: bool) -> list[str]:
    real = call.service.addresses.log(contract, daemon)
    if real is not None:
        return real
    if daemon:
        return [f"vastai_kaalia: contract {contract.id} {contract.actual_status}", f"image {contract.image}"]
    if contract.actual_status in (None, "created"):
        return []
    lines = [f"entrypoint: {contract.image}", f"runtype {contract.runtype}"]
    if contract.onstart:
        lines += ["+ onstart.sh", *contract.onstart.splitlines()]
    if contract.is_running:
        lines.append("ready")
    return lines


@api.add("PUT", "/api/v0/instances/request_logs/{id}")
def logs(call: Call) -> dict[str, Any]:
    """``tail`` lines that hold ``filter``; options are texts."""
    contract, body = call.contract(), call.body
    tail = values.integer(DEFAULT_TAIL if body.get("tail") is None else body["tail"], "tail", 0, 10**6)
    wanted = values.text(body.get("filter"), "filter", 256, "") or ""
    lines = [line for line in _log(call, contract, body.get("daemon_logs") in (True, "true")) if wanted in line]
    text = "\n".join(lines[-tail:] if tail else []) + "\n"
    url, publish = _place(call)
    publish(text)
    return {"success": True, "result_url": url, "msg": "Logs requested."}


@api.add("PUT", "/api/v0/instances/command/{id}")
def execute(call: Call) -> dict[str, Any]:
    """Only ls, rm and du, without a shell. Without a real machine the text is what a fresh container would say."""
    contract = call.contract()
    command = values.text(call.body.get("command"), "command", LONGEST_COMMAND) or ""
    if command.split(" ")[0] not in COMMANDS:
        raise invalid_args(f"command must be one of {', '.join(COMMANDS)}.")
    if contract.actual_status not in ("running", "exited"):
        raise Refusal(400, "invalid_container_state", "The container does not exist.")
    url, publish = _place(call)
    answer = {"success": True, "writeable_path": WRITEABLE, "result_url": url, "msg": "Command sent."}
    if call.service.addresses.execute(contract, _words(command), publish):
        return answer
    name = command.split(" ")[0]
    text = {"ls": f"{WRITEABLE}/root\n{WRITEABLE}/workspace\n", "du": f"4.0K\t{WRITEABLE}/workspace\n", "rm": ""}[name]
    publish(text)
    return answer


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise invalid_args(f"command cannot be read: {error}.") from error
    if words[0] not in COMMANDS or any("\0" in word for word in words):
        raise invalid_args(f"command must be one of {', '.join(COMMANDS)}.")
    return words


@api.add("POST", "/api/v0/instances/take_snapshot/{id}")
def take_snapshot(call: Call) -> dict[str, Any]:
    """Only queued. The id in the body as well, as the official client sends it, is refused by the live API."""
    contract = call.contract()
    if "id" in call.body:
        raise Refusal(400, "invalid_args", "params duplicated in URL and body: ['id']")
    return {"success": True, "msg": f"Snapshot of instance {contract.id} queued."}
