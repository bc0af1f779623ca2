# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is sent, the answer is JSON with a reason, and never a 500."""

from __future__ import annotations

import json
import urllib.parse
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire import Wire

from vast_emulator.process import Emulator
from vast_emulator.web.routing import api, control
from vast_emulator.web.service import Service

assert Service, "importing the service fills the route tables"
# One forgets everything, one the key that this test uses, and those of the page do not answer with JSON.
LEFT_OUT = (
    "/_emulator/reset",
    "/api/v0/commands/reset_apikey",
    "/_emulator/page/happen",
    "/",
    "/_emulator/page/{file}",
)
ROUTES = [route for route in api.paths() + control.paths() if route[1] not in LEFT_OUT]
# fmt: off
FIELDS = [
    "image", "disk", "env", "price", "label", "runtype", "args", "args_str", "onstart", "template_hash_id",
    "template_id", "state", "ids", "instance_ids", "q", "order", "type", "limit", "allocated_storage",
    "select_cols", "ssh_key", "key", "value", "name", "permissions", "amount", "command", "tail", "filter",
    "daemon_logs", "hash_id", "extra_filters", "recommended_disk_space", "advance", "vanish", "vanish_on_create",
    "method", "path", "times", "when", "status", "body", "headers", "content_type", "num_gpus", "gpu_name",
    "driver_version", "geolocation", "verified", "id", "pending_price_increase_id", "vm", "target_state",
    "volume_info", "target_reliability", "cancel_unavail", "recipient", "email", "username", "password", "host_only",
    "start_time", "end_time", "api_endpoint", "request_method", "request_body", "frequency", "hour_of_the_day",
    "match", "skip", "probability", "answer", "edit", "event", "truncate", "rate_limits", "credit", "faults", "events",
    "instance_id", "src_id", "dst_id", "src_path", "dst_path", "transfer", "flags", "contract_ids", "client_id",
]
# fmt: on
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-5, 200),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["running", "stopped", "ssh", "args", "a/b", "1.2.3", "before", "/api/v0/x", "bid", "9" * 400]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["eq", "neq", "gt", "gte", "in", "notin", "col", "dir", "A"]), inner, max_size=3
        ),
    ),
    max_leaves=6,
)
BODIES = st.one_of(
    st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6).map(lambda body: json.dumps(body).encode()),
    VALUES.map(lambda body: json.dumps(body).encode()),
    st.binary(max_size=40),
)
PARAMETERS = st.dictionaries(
    st.sampled_from(
        ["q", "limit", "after_token", "order_by", "select_cols", "select_filters", "latest_first", "sdate", "edate"]
    ),
    st.one_of(VALUES.map(json.dumps), st.text(max_size=20)),
    max_size=3,
)


@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    route=st.sampled_from(ROUTES), part=st.text(max_size=8), exists=st.booleans(), body=BODIES, parameters=PARAMETERS
)
def test_no_request_is_answered_by_a_crash(
    emulator: Emulator, route: tuple[str, str], part: str, exists: bool, body: bytes, parameters: dict[str, str]
) -> None:
    method, pattern = route
    identifier = target(emulator, pattern) if exists else urllib.parse.quote(part, safe="", errors="replace")
    path = pattern
    for name in ("{id}", "{key}", "{name}"):
        path = path.replace(name, identifier or "0")
    query = urllib.parse.urlencode(parameters, errors="replace")
    # Each answer is held against its schema; a status of 500 or more has none.
    status, answer = Wire(emulator).ask(method, f"{path}/?{query}", body)
    if status >= 400:
        assert isinstance(answer["msg"], str)
    # The request itself may have planned some, or made the market lively.
    emulator.clear_faults()
    if pattern.startswith("/_emulator/") and method != "GET":
        emulator.reset()


def target(emulator: Emulator, pattern: str) -> str:
    """An id that exists for the pattern."""
    if "/asks/" in pattern:
        return "8015283"
    known: Any = emulator.api("GET", "/api/v1/instances/?limit=1")["instances"]
    if known:
        return str(known[0]["id"])
    rows = emulator.api("POST", "/api/v0/bundles/", {"rentable": {"eq": True}, "limit": 1})["offers"]
    if not rows:
        return "1"
    answer = emulator.api("PUT", f"/api/v0/asks/{rows[0]['id']}/", {"image": "a/b"})
    return str(answer.get("new_contract", 1))
