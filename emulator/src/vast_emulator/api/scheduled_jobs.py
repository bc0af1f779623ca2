# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests that are to be sent again and again. They are kept and shown; none is ever sent."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args, no_such_instance
from vast_emulator.web.routing import Call, api

FREQUENCIES = ("HOURLY", "DAILY", "WEEKLY")
METHODS = ("GET", "POST", "PUT", "DELETE")
LATEST = 1e12


def _optional(body: dict[str, Any], name: str, most: int) -> int | None:
    return None if body.get(name) is None else values.integer(body[name], name, 0, most)


def _checked(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """A job's own fields, all of them, in one type each."""
    instance = call.world.contract(body.get("instance_id"))
    if instance is None:
        raise no_such_instance(body.get("instance_id"))
    start = values.number(body.get("start_time"), "start_time", 0, LATEST)
    end = values.number(body.get("end_time"), "end_time", 0, LATEST)
    endpoint = values.text(body.get("api_endpoint"), "api_endpoint", 256) or ""
    if end <= start or not endpoint.startswith("/api/"):
        raise invalid_args("end_time must be after start_time, and api_endpoint a path below /api/.")
    frequency, method = body.get("frequency"), body.get("request_method")
    if frequency not in FREQUENCIES or method not in METHODS:
        raise invalid_args(f"frequency must be one of {FREQUENCIES}, request_method one of {METHODS}.")
    return {
        "instance_id": instance.id,
        "api_endpoint": endpoint,
        "request_method": method,
        "request_body": values.mapping(body.get("request_body"), "request_body"),
        "start_time": start,
        "end_time": end,
        "day_of_the_week": _optional(body, "day_of_the_week", 6),
        "hour_of_the_day": _optional(body, "hour_of_the_day", 23),
        "min_of_the_hour": 0,
        "frequency": frequency,
    }


def _job(call: Call) -> dict[str, Any]:
    record = call.world.account.jobs.get(values.identifier(call.params["id"]))
    if record is None:
        raise Refusal(404, "not_found", "No such scheduled job.")
    return record


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "number"}


@api.add("GET", "/api/v0/commands/schedule_job")
def list_jobs(call: Call) -> list[dict[str, Any]]:
    """A bare array."""
    return [_shown(record) for record in call.world.account.jobs]


@api.add("POST", "/api/v0/commands/schedule_job")
def create_job(call: Call) -> dict[str, Any]:
    """One for each instance and endpoint: a second one is 422 with the first one's id."""
    account = call.world.account
    job = _checked(call, call.body)
    for one in account.jobs:
        if (one["instance_id"], one["api_endpoint"]) == (job["instance_id"], job["api_endpoint"]):
            raise Refusal(422, "job_exists", "A job for this exists.", scheduled_job_id=one["id"])
    number = account.new_id()
    account.jobs.put(number, {"id": number, **job})
    return {"success": True, "scheduled_job_id": number}


@api.add("PUT", "/api/v0/commands/schedule_job/{id}")
def change_job(call: Call) -> dict[str, Any]:
    """What is not given stays."""
    old = _job(call)
    job = _checked(call, {**old, **call.body})
    call.world.account.jobs.put(old["id"], {"id": old["id"], **job})
    return {"success": True, "scheduled_job_id": old["id"]}


@api.add("DELETE", "/api/v0/commands/schedule_job/{id}")
def delete_job(call: Call) -> dict[str, Any]:
    """Gone at once."""
    call.world.account.jobs.remove(_job(call)["id"])
    return {"success": True}
