# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API noun *volume*: plain rows in and out, one function per call, and a row in the words of this collection.

Facts: a volume lives on one machine and bills from its creation until it is deleted; its name is 1 to 64 letters,
digits and underscores, ``V.<id>`` if none was given; its size is whole GB and never changes; only instances on its
machine can mount it, and only from their creation on; it can't be deleted before the last instance that mounts it is
destroyed and about 30 s have passed. There is a list, but no read of a single one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import volume_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    BadRequest,
    NotFound,
    OfferGone,
    OutcomeUnknown,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._fields import text
from ansible_collections.cloudctl.vastai.plugins.module_utils._match import MISSING, row_value
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number
from ansible_collections.cloudctl.vastai.plugins.module_utils._wait import ticks

Row = dict[str, Any]

DEFAULT_SIZE_GB = 15
MOUNT_PATH = "/data"
"""Where Vast.ai's console mounts a volume when nobody says otherwise."""

_PATH = "/api/v0/volumes/"
# The official client lists without the slash that everything else has.
_LIST = "/api/v0/volumes"
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_BETWEEN_WORDS = re.compile(r"[-. ]")
_OUTSIDE_A_NAME = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_NAME = 64
_ID = re.compile(r"(?:vol-|v\.)?(\d{1,15})", re.IGNORECASE | re.ASCII)
_KINDS = {"machine": "local", "network": "network"}


# -- names and ids


def volume_id(written: str) -> int:
    """The id in ``789012``, ``vol-789012`` or ``V.789012``. Raises :class:`BadRequest`."""
    found = _ID.fullmatch(str(written).strip())
    if found and int(found[1]) > 0:
        return int(found[1])
    raise BadRequest(f"{written!r} is no volume id; one is written 789012, vol-789012 or V.789012.")


def volume_name(written: str) -> str:
    """A name that Vast.ai takes. Raises :class:`BadRequest` with a sentence that proposes one."""
    if _NAME.fullmatch(written):
        return written
    proposal = possible_name(written)
    advice = f"; use {proposal}" if proposal else ""
    if _ID.fullmatch(written.strip()):
        advice += f", or id: {written.strip()} if that is an existing volume"
    raise BadRequest(
        f"{written!r} can't be the name of a volume: Vast.ai takes 1 to {_LONGEST_NAME} letters, digits and _{advice}."
    )


def possible_name(written: str) -> str:
    """The nearest name that Vast.ai takes, such as ``trained_models`` for ``trained-models``; empty if there is
    none.

    Where only ``-``, ``.`` and spaces are in the way, it is the name that the playbook deploy_storage gives a volume.
    """
    translated = _BETWEEN_WORDS.sub("_", written)
    if _NAME.fullmatch(translated) and translated.strip("_"):
        return translated
    return _OUTSIDE_A_NAME.sub("_", written).strip("_")[:_LONGEST_NAME]


def checked_size(gigabytes: int) -> int:
    """A size that can be asked for, in GB. Raises :class:`BadRequest`."""
    if gigabytes < 1:
        raise BadRequest(f"size must be 1 GB or more, in whole GB, not {gigabytes}.")
    return gigabytes


# -- calls


def list_volumes(client: VastClient) -> list[Row]:
    """All of the account's volumes, by id; one request."""
    answer = client.read("GET", _LIST, params={"owner": "me", "type": "all_volume"})
    rows = answer.get("volumes") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise OutcomeUnknown(
            f"GET {_LIST} was answered without a list of volumes; check that api_url is Vast.ai's API."
        )
    numbered = {number(row.get("id")): row for row in rows if isinstance(row, dict)}
    return [{**numbered[found], "id": int(found)} for found in sorted(found for found in numbered if found is not None)]


def volumes_named(client: VastClient, name: str) -> list[Row]:
    """The volumes whose name is exactly ``name``; Vast.ai does not keep names unique."""
    return [row for row in list_volumes(client) if row.get("label") == name]


def find_volume(client: VastClient, wanted: int) -> Row | None:
    """The volume with an id, or None when it does not exist or belongs to others."""
    return next((row for row in list_volumes(client) if row["id"] == wanted), None)


def volumes_meant(rows: Sequence[Row], reference: str) -> list[Row]:
    """The rows that an id or a name means, an id before a name that looks like one; an empty one means none."""
    found = _ID.fullmatch(reference)
    by_id = [row for row in rows if found and row["id"] == int(found[1])]
    return by_id or [row for row in rows if reference and row.get("label") == reference]


def create_volume(client: VastClient, offer_id: int, name: str, size_gb: int) -> int:
    """Rent space of an offer and return the new volume's id. Sent once; see ``_rent`` for what may follow an error."""
    try:
        answer = client.write("PUT", _PATH, body={"id": offer_id, "size": size_gb, "name": name})
    except NotFound as error:
        # Of a create, "no such volume" is about the offer.
        raise OfferGone(str(error), error.status, error.code, error.message, error.body) from error
    created = created_id(answer)
    if created is None:
        raise OutcomeUnknown(f"PUT {_PATH} was answered without the id of a new volume.")
    return created


def created_id(answer: Any) -> int | None:
    """The id in the answer of a create, which has had it under several names."""
    fields = answer if isinstance(answer, dict) else {}
    written = [fields.get("volume_id"), fields.get("id"), str(fields.get("volume_name") or "").removeprefix("V.")]
    found = next((value for value in map(number, written) if value is not None), None)
    return None if found is None else int(found)


def delete_volume(client: VastClient, wanted: int) -> None:
    """Ask for the deletion; a volume that is not there is fine."""
    with suppress(NotFound):
        client.write("DELETE", _PATH, params={"id": wanted})


def delete_until_gone(client: VastClient, row: Mapping[str, Any], timeout: float) -> None:
    """Delete, list, and delete again until the volume is gone, waiting for links of instances that are destroyed.

    ``row``: as it was just read. Raises the API's last refusal after ``timeout`` seconds, or :class:`OutcomeUnknown`:
    by then it still bills.
    """
    wanted = row["id"]
    refusal: ApiError | OutcomeUnknown | None = None
    for passed in ticks(timeout):
        current = find_volume(client, wanted) if passed else row
        if current is None:
            return
        if not users(current):
            refusal = _refusal_to_delete(client, wanted)
            if refusal is None and find_volume(client, wanted) is None:
                return
    raise refusal or OutcomeUnknown(
        f"Volume {wanted} still exists {timeout:g} s after its deletion was asked for, and bills. Run the task again, "
        "or delete it in Vast.ai's console."
    )


def _refusal_to_delete(client: VastClient, wanted: int) -> ApiError | OutcomeUnknown | None:
    """Links of destroyed instances may keep a volume for longer than the list shows them."""
    try:
        delete_volume(client, wanted)
    except (ApiError, OutcomeUnknown) as error:
        return error
    return None


# -- rows


def users(row: Mapping[str, Any]) -> list[int]:
    """Ids of the instances that mount the volume; for about 30 s also of those that were destroyed."""
    listed = row.get("instances")
    plain = [one.get("id") if isinstance(one, Mapping) else one for one in (listed if isinstance(listed, list) else [])]
    return [int(found) for found in map(number, plain) if found is not None]


def size_gb(row: Mapping[str, Any]) -> int | float | None:
    """Whole GB, as it was asked for."""
    size = number(row.get("disk_space"))
    return int(size) if size is not None and size == int(size) else size


def describe(row: Mapping[str, Any]) -> dict[str, Any]:
    """The documented facts of a volume row; fields that the API left out or broke are None."""
    found, cost = number(row.get("id")), volume_cost(row)
    kind, place = row.get("type"), row_value(row, "geolocation")
    return {
        "id": None if found is None else int(found),
        "vol_id": None if found is None else f"vol-{int(found)}",
        "name": text(row, "label"),
        "size_gb": size_gb(row),
        "status": text(row, "status"),
        "type": _KINDS.get(kind, kind) if isinstance(kind, str) else None,
        "machine_id": number(row.get("machine_id")),
        "host_id": number(row.get("host_id")),
        "geolocation": text(row, "geolocation"),
        "country": None if place is MISSING else place,
        "instances": users(row),
        "hourly_price": cost["hourly_price"],
        "monthly_price": cost["monthly_price"],
        "disk_name": text(row, "disk_name"),
        "inet_up_mbps": number(row.get("inet_up")),
        "inet_down_mbps": number(row.get("inet_down")),
        "reliability": number(row.get("reliability2")),
        "verification": text(row, "verification"),
        "start_time": number(row.get("start_date")),
        "end_time": number(row.get("end_date")),
    }


def mount_instructions(row: Mapping[str, Any], path: str = MOUNT_PATH) -> dict[str, Any]:
    """How to mount a volume: an instance gets it when it is rented, on the volume's machine, or never."""
    name, machine = row.get("label"), number(row.get("machine_id"))
    return {
        "machine_id": machine,
        "path": path,
        "volumes": [{"name": name, "mount_path": path}],
        "docker_option": f"-v {name}:{path}",
        "text": (
            f"Rent an instance on machine {machine} with cloudctl.vastai.vast_instance and volumes: "
            f"[{{name: {name}, mount_path: {path}}}]. An instance that exists already can't get it."
        ),
    }
