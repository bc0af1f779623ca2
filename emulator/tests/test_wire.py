# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on the wire: keys, slashes, content types, statuses, and the process around it."""

from __future__ import annotations

import http.client
import json
import resource
import time
import urllib.parse
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator, EmulatorError


def test_wrong_key_no_key_and_key_in_the_url(emulator: Emulator) -> None:
    path = "/api/v0/users/current/"
    login = {"success": False, "error": "auth_error", "msg": "This action requires login."}
    wrong = {"success": False, "error": "auth_error", "msg": "Invalid user key"}
    assert emulator.call("GET", path) == (403, login)
    assert emulator.call("GET", path, key="wrong") == (404, wrong)
    assert emulator.call("GET", path + "?api_key=test-key")[0] == 200
    assert emulator.call("GET", "/api/v0/auth/apikeys/?api_key=test-key")[0] == 200
    emulator.settings(wrong_key_status=401)
    assert emulator.call("GET", path, key="wrong") == (401, wrong)


def test_calls_that_need_no_key(emulator: Emulator) -> None:
    assert "RTX 4090" in emulator.call("GET", "/api/v0/gpu_names/unique/")[1]["gpu_names"]
    assert emulator.call("GET", "/api/v0/gpu_types/")[1]["gpu_types"]


def test_the_old_list_is_gone(renter: Any, emulator: Emulator) -> None:
    text = "/api/v0/instances/ is deprecated. Use /api/v1/instances/ instead."
    gone = {"success": False, "error": "deprecated_endpoint", "msg": text}
    assert renter.ask("GET", "/api/v0/instances/?owner=me") == (410, gone)
    emulator.settings(v0_list="list")
    assert renter.ask("GET", "/api/v0/instances?owner=me") == (200, {"instances": []})


@pytest.mark.parametrize("slash", ["", "/"])
def test_paths_with_and_without_the_last_slash(renter: Any, slash: str) -> None:
    assert renter.ask("GET", f"/api/v0/users/current{slash}")[0] == 200
    assert renter.ask("POST", f"/api/v0/bundles{slash}", {"limit": 1})[0] == 200
    instance = renter.ask("PUT", f"/api/v0/asks/{renter.offer()}{slash}", {"image": "a/b"})[1]["new_contract"]
    assert renter.ask("PUT", f"/api/v0/instances/{instance}{slash}", {"label": "x"})[0] == 200
    assert renter.ask("DELETE", f"/api/v0/instances/{instance}{slash}", {})[0] == 200


@pytest.mark.parametrize(
    "path", ["/api/v0/nonsense/", "/api/v7/instances/", "/api/", "/index.html", "/favicon.ico", "/_emulator/x"]
)
def test_unknown_paths(renter: Any, path: str) -> None:
    status, answer = renter.ask("GET", path)
    assert status == 404
    assert isinstance(answer["msg"], str)


def test_known_path_with_another_method(renter: Any) -> None:
    status, answer = renter.ask("POST", "/api/v0/users/current/", {})
    assert (status, answer["success"]) == (405, False)


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b"7", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}', b'{"a": 1e999}']
)
@pytest.mark.parametrize("path", ["/api/v0/bundles/", "/api/v0/ssh/", "/api/v0/template/", "/_emulator/faults"])
def test_bodies_that_are_no_objects(renter: Any, path: str, content: bytes) -> None:
    status, answer = renter.ask("POST", path, content)
    assert status == 400
    assert isinstance(answer["msg"], str)


def test_a_body_that_is_too_large(renter: Any) -> None:
    assert renter.ask("POST", "/api/v0/bundles/", b" " * (5 * 1024 * 1024))[0] == 413


def test_content_type_is_exactly_json(renter: Any, emulator: Emulator) -> None:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(emulator.url).netloc)
    headers = {"Authorization": f"Bearer {emulator.api_key}"}
    for method, path in (("POST", "/api/v0/bundles/"), ("PUT", "/api/v0/search/asks/"), ("GET", "/api/v0/nonsense")):
        connection.request(method, path, b"{}", headers)
        response = connection.getresponse()
        response.read()
        assert response.getheader("content-type") == "application/json"
    # One connection for three requests, and the log knows.
    assert emulator.requests()["connections"] == 1
    connection.close()


def test_ssh_keys(renter: Any, emulator: Emulator, public_key: str) -> None:
    assert renter.ask("GET", "/api/v0/ssh/") == (200, [])
    emulator.settings(empty_ssh_list="404")
    assert renter.ask("GET", "/api/v0/ssh/")[0] == 404
    assert renter.ask("POST", "/api/v0/ssh/", {"ssh_key": "/home/me/.ssh/id.pub"})[0] == 400
    status, answer = renter.ask("POST", "/api/v0/ssh/", {"ssh_key": public_key + "\n"})
    assert (status, answer["key"]["public_key"], answer["key"]["deleted_at"]) == (200, public_key, None)
    instance = renter.rent()
    assert renter.ask("DELETE", f"/api/v0/ssh/{answer['key']['id']}/", {}) == (200, {"success": True})
    assert renter.ask("DELETE", f"/api/v0/ssh/{answer['key']['id']}/", {})[1]["error"] == "no_ssh_key"
    # The instance keeps the key it was created with; the list is JSON inside a string.
    keys = json.loads(renter.ask("GET", f"/api/v0/instances/{instance}/ssh/")[1]["ssh_keys"])
    assert [key["public_key"] for key in keys] == [public_key]
    assert renter.ask("DELETE", f"/api/v0/instances/{instance}/ssh/999/", {})[1]["error"] == "no_such_ssh_key"


def test_secrets(renter: Any) -> None:
    path = "/api/v0/secrets/"
    assert renter.ask("POST", path, {"key": "hf_token", "value": "x"})[0] == 200
    assert renter.ask("GET", path)[1] == {"success": True, "secrets": {"HF_TOKEN": "********"}}
    for method, body, error in (
        ("POST", {"key": "HF_TOKEN", "value": "x"}, "existing_key"),
        ("POST", {"value": "x"}, "missing_input"),
        ("POST", {"key": "A", "value": ""}, "empty_input"),
        ("POST", {"key": "1A", "value": "x"}, "invalid_characters"),
        ("POST", {"key": "A" * 300, "value": "x"}, "input_too_long"),
        ("PUT", {"key": "B", "value": "x"}, "nonexistent_key"),
        ("DELETE", {"key": "B"}, "nonexistent_key"),
    ):
        status, answer = renter.ask(method, path, body)
        assert (status, answer["error"]) == (400, error)


def test_templates_are_found_by_content(renter: Any) -> None:
    body = {"name": "t", "image": "a/b", "runtype": "ssh"}
    first = renter.ask("POST", "/api/v0/template/", body)[1]["template"]
    assert renter.ask("POST", "/api/v0/template/", body)[1]["template"]["id"] == first["id"]
    changed = renter.ask("PUT", "/api/v0/template/", {**body, "hash_id": first["hash_id"], "name": "u"})[1]["template"]
    assert changed["id"] == first["id"]
    assert changed["hash_id"] != first["hash_id"]
    assert renter.ask("DELETE", "/api/v0/template/", {"hash_id": changed["hash_id"]})[0] == 400
    assert renter.ask("DELETE", "/api/v0/template/", {"template_id": first["id"]})[0] == 200


def test_logs_are_fetched_without_a_key(renter: Any, emulator: Emulator) -> None:
    instance = renter.running(onstart="one\ntwo")
    answer = renter.ask("PUT", f"/api/v0/instances/request_logs/{instance}/", {"tail": "2", "filter": "o"})[1]
    assert answer["result_url"].startswith(emulator.url)
    status, text = emulator.call("GET", answer["result_url"].removeprefix(emulator.url))
    assert (status, text) == (200, "one\ntwo\n")
    assert emulator.call("GET", "/api/v0/results/nope")[0] == 404
    assert renter.ask("PUT", f"/api/v0/instances/command/{instance}/", {"command": "nvidia-smi"})[0] == 400


def test_charges_add_up_to_the_ledger(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    emulator.advance(3.5 * 86400)
    now = emulator.clock()["now"]
    filters = urllib.parse.quote(json.dumps({"day": {"gte": 0, "lte": now}}))
    rows = renter.ask("GET", f"/api/v0/charges/?select_filters={filters}")[1]["results"]
    assert len(rows) in (4, 5)
    assert {row["source"] for row in rows} == {f"instance-{instance}"}
    assert sum(row["amount"] for row in rows) == pytest.approx(emulator.ledger()["total"], abs=1e-9)
    assert renter.ask("GET", "/api/v0/charges/")[0] == 400
    status, answer = renter.ask("GET", "/api/v1/invoices/")
    assert (status, answer["success"], answer["results"]) == (200, False, [])


def test_starts_quickly_says_where_and_stops_cleanly(tmp_path: Path) -> None:
    begin = time.monotonic()
    log = tmp_path / "requests.jsonl"
    with Emulator(request_log=log) as emulator:
        assert emulator.call("GET", "/api/v0/users/current", key=emulator.api_key)[0] == 200
        # A second would do; the machine may be busy.
        assert time.monotonic() - begin < 5
        assert len(emulator.api_key) >= 32
        begin = time.monotonic()
        assert emulator.stop() == 0
        assert time.monotonic() - begin < 2
    (line,) = log.read_text().splitlines()
    assert json.loads(line)["pattern"] == "/api/v0/users/current"
    assert emulator.api_key not in line


def test_a_taken_port_is_said() -> None:
    with Emulator() as emulator:
        port = urllib.parse.urlsplit(emulator.url).port
        with pytest.raises(EmulatorError, match="exit code 1"):
            Emulator().start(port or 0)


def test_more_ssh_listeners_than_a_shell_allows_open_files() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (100, hard))
    try:
        emulator = Emulator(speed=0)
        emulator.start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        found = emulator.api("POST", "/api/v0/bundles/", {"rentable": {"eq": True}, "num_gpus": {"eq": 1}})["offers"]
        body = {"ids": [offer["id"] for offer in found], "image": "a/b", "disk": 8, "runtype": "ssh_direct"}
        made = emulator.api("POST", "/api/v0/asks/bulk/", body)["new_contracts"]
        emulator.advance(100)
        assert len(made) == len(found) == 64
        assert emulator.api("GET", "/api/v1/instances/")["instances"][0]["actual_status"] == "running"
    finally:
        emulator.stop()
