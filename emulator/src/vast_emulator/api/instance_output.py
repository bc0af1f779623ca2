# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logs and commands: the answer names a URL where the text is fetched without a key."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.contracts import Contract
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.routing import Call, Reply, api

LONGEST_COMMAND = 512
DEFAULT_TAIL = 1000
COMMANDS = ("ls", "rm", "du")
WRITEABLE = "/var/lib/docker/overlay2/merged"
# Kept results; older ones are dropped, as nobody fetches them any more.
MOST_RESULTS = 256


def _publish(call: Call, text: str) -> str:
    """Put a text where a client without a key can fetch it; its absolute URL."""
    results = call.service.results
    name = call.world.secret("result", call.world.account.new_id())
    results[name] = text
    while len(results) > MOST_RESULTS:
        del results[next(iter(results))]
    return f"{call.base_url}/api/v0/results/{name}"


@api.add("GET", "/api/v0/results/{name}", auth=False)
def result(call: Call) -> Reply:
    """The text, or 404 while there is none."""
    text = call.service.results.get(call.params["name"])
    if text is None:
        raise Refusal(404, "not_found", "No such result.")
    return Reply(text.encode(errors="replace"), content_type="text/plain")


def _log(contract: Contract, daemon: bool) -> list[str]:
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
    lines = [line for line in _log(contract, body.get("daemon_logs") in (True, "true")) if wanted in line]
    text = "\n".join(lines[-tail:] if tail else []) + "\n"
    return {"success": True, "result_url": _publish(call, text), "msg": "Logs requested."}


@api.add("PUT", "/api/v0/instances/command/{id}")
def execute(call: Call) -> dict[str, Any]:
    """Only ls, rm and du. Nothing is run; the text is what a fresh container would say."""
    contract = call.contract()
    command = values.text(call.body.get("command"), "command", LONGEST_COMMAND) or ""
    if command.split(" ")[0] not in COMMANDS:
        raise invalid_args(f"command must be one of {', '.join(COMMANDS)}.")
    if contract.actual_status not in ("running", "exited"):
        raise Refusal(400, "invalid_container_state", "The container does not exist.")
    name = command.split(" ")[0]
    text = {"ls": f"{WRITEABLE}/root\n{WRITEABLE}/workspace\n", "du": f"4.0K\t{WRITEABLE}/workspace\n", "rm": ""}[name]
    return {"success": True, "writeable_path": WRITEABLE, "result_url": _publish(call, text), "msg": "Command sent."}


@api.add("POST", "/api/v0/instances/take_snapshot/{id}")
def take_snapshot(call: Call) -> dict[str, Any]:
    """Only queued. The id in the body as well, as the official client sends it, is refused by the live API."""
    contract = call.contract()
    if "id" in call.body:
        raise Refusal(400, "invalid_args", "params duplicated in URL and body: ['id']")
    return {"success": True, "msg": f"Snapshot of instance {contract.id} queued."}
