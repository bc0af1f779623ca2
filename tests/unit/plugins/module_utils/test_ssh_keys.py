# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Public keys are the same when their fingerprints are; lists of them come in many forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    AuthFailed,
    BadRequest,
    NotFound,
    OutcomeUnknown,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._ssh_keys import (
    create_key,
    describe,
    detach_key,
    fingerprint,
    instance_keys,
    list_keys,
    parse_key,
    wanted_key,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import ScriptedServer, says

LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdEewogi3oVd/sw0BMSbkb1xDIK5NJRB/SVGpeOtL+w"
# As ssh-keygen -l says.
FINGERPRINT = "SHA256:Jqs9575Mzg8kgsxsX7mcY3fP5IPqnj8PPHvTKzzvCvc"
ACCOUNT = "/api/v0/ssh/"


def test_a_fingerprint_is_that_of_ssh_keygen() -> None:
    key = parse_key(f"{LINE} me@home\n")
    assert key is not None
    assert (key.fingerprint, key.comment, key.text) == (FINGERPRINT, "me@home", f"{LINE} me@home")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), max_size=20))
def test_comments_do_not_matter(comment: str) -> None:
    key = parse_key(f"  {LINE}\t{comment} \r\n")
    assert key is not None
    assert (key.fingerprint, key.comment) == (FINGERPRINT, comment)


@given(st.text())
def test_no_text_is_too_odd_to_look_at(text: str) -> None:
    parse_key(text)
    assert describe({"public_key": text, "created_at": text})["public_key"] == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "~/.ssh/id_ed25519.pub",
        "ssh-ed25519",
        "ssh-ed25519 not-base64!",
        "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIEdEewogi3oVd/sw0BMSbkb1xDIK5NJRB/SVGpeOtL+w",
        f"{LINE} a\n{LINE} b",
        f"no-pty {LINE}",
    ],
)
def test_what_is_no_key(text: str) -> None:
    assert parse_key(text) is None
    with pytest.raises(BadRequest, match="is not a public key in OpenSSH's format"):
        wanted_key(text, None)


def test_a_private_key_is_refused_without_repeating_it(tmp_path: Path) -> None:
    private = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXkSECRET\n"
    (tmp_path / "id").write_text(private)
    for text, file in ((private, None), (None, str(tmp_path / "id"))):
        with pytest.raises(BadRequest, match="is a private key") as error:
            wanted_key(text, file)
        assert "SECRET" not in str(error.value)


def test_a_key_comes_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "id.pub").write_text(LINE + "\n")
    key = wanted_key(None, str(tmp_path / "id.pub"))
    assert key is not None
    assert key.text == LINE
    with pytest.raises(BadRequest, match=r"none\.pub can't be read: No such file"):
        wanted_key(None, str(tmp_path / "none.pub"))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(BadRequest, match="it is not UTF-8 text"):
        wanted_key(None, str(tmp_path / "binary"))


@pytest.mark.parametrize("field", ["public_key", "ssh_key", "key"])
@pytest.mark.parametrize("created", [1795435200.0, "2026-11-23T12:00:00Z", "2026-11-23 12:00:00", "1795435200"])
def test_rows_of_all_ages(field: str, created: Any) -> None:
    row = {"id": "7", field: LINE + "\n", "created_at": created}
    assert fingerprint(row) == FINGERPRINT
    assert describe(row) == {
        "id": 7,
        "type": "ssh-ed25519",
        "fingerprint": FINGERPRINT,
        "comment": "",
        "public_key": LINE,
        "created_time": 1795435200.0,
    }


@given(st.dictionaries(st.sampled_from(["id", "public_key", "created_at"]), st.none() | st.integers() | st.text()))
def test_no_row_is_too_odd_to_describe(row: dict[str, Any]) -> None:
    assert describe(row).keys() == {"id", "type", "fingerprint", "comment", "public_key", "created_time"}


ROW, OTHER = {"id": 7, "public_key": LINE}, {"id": 9, "public_key": LINE}


@pytest.mark.parametrize(
    ("answer", "status", "rows"),
    [
        ([], 200, []),
        ([OTHER, ROW], 200, [ROW, OTHER]),
        ({"ssh_keys": [ROW]}, 200, [ROW]),
        ({"success": True, "ssh_keys": json.dumps([ROW])}, 200, [ROW]),
        ([ROW, {**OTHER, "deleted_at": 1795435200}, "junk"], 200, [ROW]),
        ({"success": False, "error": "not_found", "msg": "No SSH keys found for the user."}, 404, []),
    ],
)
def test_lists_in_all_forms(server: ScriptedServer, client: VastClient, answer: Any, status: int, rows: Any) -> None:
    server.expect("GET", ACCOUNT, says(answer, status))
    assert list_keys(client) == rows


@pytest.mark.parametrize(
    ("answer", "status", "error", "words"),
    [
        ({"success": False, "error": "auth_error", "msg": "Invalid user key"}, 404, AuthFailed, "API key"),
        ({"success": False, "msg": "no such page"}, 404, NotFound, "no such page"),
        ({"success": False, "error": "team_ssh_keys_not_supported", "msg": "no"}, 400, BadRequest, "for teams"),
        ({"success": False, "error": "invalid_args", "msg": "what?"}, 400, ApiError, "what"),
        ({"success": True}, 200, OutcomeUnknown, "without a list of keys"),
    ],
)
def test_what_is_no_list(
    server: ScriptedServer, client: VastClient, answer: Any, status: int, error: Any, words: str
) -> None:
    server.expect("GET", ACCOUNT, says(answer, status))
    with pytest.raises(error, match=words):
        list_keys(client)


def test_a_create_without_a_key_in_its_answer_may_have_happened(server: ScriptedServer, client: VastClient) -> None:
    server.expect("POST", ACCOUNT, says({"success": True}), body={"ssh_key": LINE})
    with pytest.raises(OutcomeUnknown, match="without the key"):
        create_key(client, LINE)


def test_a_team_is_told_when_it_writes(server: ScriptedServer, client: VastClient) -> None:
    server.expect("POST", ACCOUNT, says({"success": False, "error": "team_ssh_keys_not_supported"}, 403))
    with pytest.raises(BadRequest, match="for teams"):
        create_key(client, LINE)


def test_keys_of_an_instance_are_json_in_a_string(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", "/api/v0/instances/4/ssh/", says({"success": True, "ssh_keys": json.dumps([ROW])}))
    server.expect("DELETE", "/api/v0/instances/4/ssh/7/", says({"error": "no_such_ssh_key", "msg": "none"}, 404))
    assert instance_keys(client, 4) == [ROW]
    detach_key(client, 4, 7)
