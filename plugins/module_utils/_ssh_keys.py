# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API noun *SSH key*: of the account, which every instance gets that is created later, and of single instances.

Facts: the list is a bare array, an object with ``ssh_keys``, or HTTP 404 when it is empty; the text of a key is in
``public_key``, in older answers in ``ssh_key`` or ``key``; an instance lists its keys as JSON inside a string; deleting
a key of the account does not take it from instances; accounts of teams have no keys.
"""

from __future__ import annotations

import base64
import binascii
import datetime
import hashlib
import json
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    AuthFailed,
    BadRequest,
    NotFound,
    OutcomeUnknown,
    VastError,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._fields import identifier
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number, number_or_zero

Row = dict[str, Any]

_ACCOUNT = "/api/v0/ssh/"
_TEXTS = ("public_key", "ssh_key", "key")
_NOT_FOR_TEAMS = "team_ssh_keys_not_supported"


@dataclass(frozen=True)
class PublicKey:
    """The line of a ``.pub`` file, taken apart. Keys are the same when their fingerprints are."""

    kind: str
    blob: str
    comment: str

    @property
    def text(self) -> str:
        """The line again."""
        return " ".join(part for part in (self.kind, self.blob, self.comment) if part)

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` shows it: ``SHA256:…``."""
        digest = hashlib.sha256(base64.b64decode(self.blob)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def parse_key(text: str) -> PublicKey | None:
    """The key in a text, or None if that is not one public key in OpenSSH's format."""
    words = text.split(None, 2)
    if len(words) < 2 or "\n" in text.strip():
        return None
    kind, blob = words[:2]
    try:
        content = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        return None
    # The first field inside repeats the kind, after its length.
    if not content.startswith(struct.pack(">I", len(kind)) + kind.encode()):
        return None
    return PublicKey(kind, blob, words[2].strip() if len(words) > 2 else "")


def wanted_key(text: str | None, file: str | None) -> PublicKey | None:
    """The key that a task gives as text or as a file, or None if it gives none. Raises :class:`BadRequest`."""
    where = "public_key"
    if file is not None:
        where = f"public_key_file {file}"
        text = _content(file)
    if text is None:
        return None
    key = parse_key(text)
    if key is None and "PRIVATE KEY" in text:
        raise BadRequest(
            f"{where} is a private key. Keep it to yourself; Vast.ai gets the one in the file ending .pub."
        )
    if key is None:
        raise BadRequest(f"{where} is not a public key in OpenSSH's format, such as 'ssh-ed25519 AAAA… me@home'.")
    return key


def _content(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise BadRequest(f"public_key_file {file} can't be read: {reason}.") from error


def key_text(row: Mapping[str, Any]) -> str:
    """The key's line in a row, empty when there is none."""
    return next((text.strip() for name in _TEXTS if isinstance(text := row.get(name), str)), "")


def fingerprint(row: Mapping[str, Any]) -> str | None:
    """The fingerprint of a row's key, None when it is no key that we can read."""
    key = parse_key(key_text(row))
    return key.fingerprint if key else None


def describe(row: Mapping[str, Any]) -> Row:
    """The documented facts of a key."""
    text = key_text(row)
    key = parse_key(text)
    return {
        "id": identifier(row),
        "type": key.kind if key else None,
        "fingerprint": key.fingerprint if key else None,
        "comment": key.comment if key else None,
        "public_key": text,
        "created_time": _moment(row.get("created_at")),
    }


def _moment(value: Any) -> float | None:
    """Epoch seconds of a number or an ISO text; Vast.ai has used both."""
    found = number(value)
    if found is None and isinstance(value, str):
        with suppress(ValueError):
            parsed = datetime.datetime.fromisoformat(value)
            found = parsed.replace(tzinfo=parsed.tzinfo or datetime.UTC).timestamp()
    return None if found is None else float(found)


def list_keys(client: VastClient) -> list[Row]:
    """The account's keys in the order of their ids."""
    try:
        answer = client.read("GET", _ACCOUNT)
    except AuthFailed:
        raise
    except NotFound as error:
        if "key" not in error.message.lower():
            raise
        return []
    except ApiError as error:
        raise _for_people(error) from error
    return sorted(_rows(answer, f"GET {_ACCOUNT}"), key=lambda row: number_or_zero(row.get("id")))


def create_key(client: VastClient, text: str) -> Row:
    """Add a key to the account and return its row."""
    return _written(client, "POST", _ACCOUNT, {"ssh_key": text})


def update_key(client: VastClient, key_id: int, text: str) -> Row:
    """Replace the text of a key under its id and return its new row."""
    return _written(client, "PUT", f"{_ACCOUNT}{key_id}/", {"id": key_id, "ssh_key": text})


def delete_key(client: VastClient, key_id: int) -> None:
    """Take a key from the account. A missing one is refused with 400 ``no_ssh_key``."""
    client.write("DELETE", f"{_ACCOUNT}{key_id}/")


def instance_keys(client: VastClient, instance_id: int) -> list[Row]:
    """The keys that an instance has."""
    path = _of_instance(instance_id)
    return _rows(client.read("GET", path), f"GET {path}")


def attach_key(client: VastClient, instance_id: int, text: str) -> None:
    """Give an instance a key."""
    client.write("POST", _of_instance(instance_id), body={"ssh_key": text})


def detach_key(client: VastClient, instance_id: int, key_id: int) -> None:
    """Take a key from an instance; one that is not there is fine."""
    with suppress(NotFound):
        client.write("DELETE", f"{_of_instance(instance_id)}{key_id}/")


def _of_instance(instance_id: int) -> str:
    return f"/api/v0/instances/{instance_id}/ssh/"


def _written(client: VastClient, method: str, path: str, body: Row) -> Row:
    try:
        answer = client.write(method, path, body=body)
    except ApiError as error:
        raise _for_people(error) from error
    row = answer.get("key") if isinstance(answer, dict) else None
    if not isinstance(row, dict):
        raise OutcomeUnknown(f"{method} {path} was answered without the key.")
    return row


def _rows(answer: Any, request: str) -> list[Row]:
    if isinstance(answer, dict):
        answer = answer.get("ssh_keys")
    if isinstance(answer, str):
        with suppress(ValueError):
            answer = json.loads(answer)
    if not isinstance(answer, list):
        raise OutcomeUnknown(f"{request} was answered without a list of keys; check that api_url is Vast.ai's API.")
    return [row for row in answer if isinstance(row, dict) and not row.get("deleted_at")]


def _for_people(error: ApiError) -> VastError:
    if _NOT_FOR_TEAMS not in f"{error.code} {error.message}":
        return error
    return BadRequest(
        "Vast.ai keeps no SSH keys for teams, and the API key is a team's. Use the API key of a member's own account."
    )
