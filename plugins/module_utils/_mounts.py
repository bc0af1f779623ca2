# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes of an instance: pure, no requests.

Facts: an instance gets volumes when it is created, or never, and only those of its own machine. ``volume_info`` of a
create request names one volume, which may be created by that request; further ones that exist already are docker
options in ``env``, such as ``-v trained_models:/data``. An instance's ``extra_env`` then shows all of them in that
form, and the list (but not the single read) has their ids and names in ``volume_info``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._volumes import (
    DEFAULT_SIZE_GB,
    MOUNT_PATH,
    checked_size,
    size_gb,
    users,
    volume_id,
    volume_name,
)

Row = Mapping[str, Any]

VOLUMES_ARGUMENT: dict[str, Any] = {
    "volumes": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str"},
            "id": {"type": "str"},
            "mount_path": {"type": "str", "default": MOUNT_PATH},
            "create": {"type": "bool", "default": False},
            "size": {"type": "int"},
        },
        "required_one_of": [("name", "id")],
        "mutually_exclusive": [("name", "id"), ("id", "create")],
    },
}
"""Part of the options of everything that rents GPUs, documented in the fragment instance."""

_PATH = re.compile(r"(/[A-Za-z0-9._-]+)+")
# What a docker option may hold is narrower than what volume_info takes.
_PATH_IN_AN_OPTION = re.compile(r"[A-Za-z0-9./_]+")
_DEFAULT_NAME = re.compile(r"V\.(\d{1,15})", re.ASCII)
_OPTION = re.compile(r"-v\s*([^:\s]+):(\S+)")


@dataclass(frozen=True)
class Mount:
    """What a task asks for: the volume with a ``name`` or ``volume_id`` at an absolute ``path``.

    ``create``: made together with the instance if there is none of that name, with ``size_gb`` GB.
    """

    path: str
    name: str | None = None
    volume_id: int | None = None
    create: bool = False
    size_gb: int | None = None

    @property
    def title(self) -> str:
        """How sentences call the volume."""
        return self.name or f"V.{self.volume_id}"


def mounts_from(options: Sequence[Mapping[str, Any]] | None) -> tuple[Mount, ...]:
    """The task's option ``volumes``, checked. Raises :class:`BadRequest`."""
    mounts = tuple(map(_mount, options or ()))
    for what, used in (("mount_path", [one.path for one in mounts]), ("volume", [one.title for one in mounts])):
        twice = next((one for one in used if used.count(one) > 1), None)
        if twice is not None:
            raise BadRequest(f"volumes has the {what} {twice} twice.")
    return mounts


def _mount(option: Mapping[str, Any]) -> Mount:
    path = option["mount_path"].rstrip("/")
    if not _PATH.fullmatch(path):
        raise BadRequest(
            f"volumes has the mount_path {option['mount_path']!r}: write an absolute path of letters, digits and "
            f". _ -, such as {MOUNT_PATH}."
        )
    name, number = option["name"], option["id"]
    if name is not None and _DEFAULT_NAME.fullmatch(name) and not option["create"]:
        name, number = None, name
    return Mount(
        path=path,
        name=None if name is None else volume_name(name),
        volume_id=None if number is None else volume_id(number),
        create=option["create"],
        size_gb=None if option["size"] is None else checked_size(option["size"]),
    )


# -- an instance that exists


def missing(mounts: Iterable[Mount], row: Row, environment: Mapping[str, str]) -> list[str]:
    """The volumes that an instance does not have, each as ``trained_models at /data``."""
    mounted = mounted_volumes(row, environment)
    return [f"{mount.title} at {mount.path}" for mount in mounts if not any(_is(mount, one) for one in mounted)]


def _is(mount: Mount, mounted: Row) -> bool:
    same = mounted["id"] == mount.volume_id if mount.volume_id is not None else mounted["name"] == mount.name
    return same and mounted["mount_path"] in (None, mount.path)


def mounted_volumes(row: Row, environment: Mapping[str, str]) -> list[dict[str, Any]]:
    """``[{"id": 7, "name": "models", "mount_path": "/data"}]``; what a read does not tell is None.

    ``environment``: the instance's ``extra_env`` as a mapping.
    """
    paths = {found[1]: found[2] for found in map(_OPTION.fullmatch, environment) if found}
    listed = row.get("volume_info")
    volumes = [_listed(one, paths) for one in (listed if isinstance(listed, list) else []) if isinstance(one, Mapping)]
    known = {volume["name"] for volume in volumes} | {f"V.{volume['id']}" for volume in volumes}
    return volumes + [
        {"id": _id_in(name), "name": name, "mount_path": path} for name, path in paths.items() if name not in known
    ]


def _id_in(name: str) -> int | None:
    """The id in the name of a volume that was given none."""
    found = _DEFAULT_NAME.fullmatch(name)
    return int(found[1]) if found else None


def _listed(volume: Row, paths: Mapping[str, str]) -> dict[str, Any]:
    number = volume.get("id")
    name = str(volume.get("label") or f"V.{number}")
    return {
        "id": number if isinstance(number, int) else None,
        "name": name,
        "mount_path": paths.get(name, paths.get(f"V.{number}")),
    }


# -- an instance that will be rented


@dataclass(frozen=True)
class Attachments:
    """Mounts with the rows of the volumes that exist; ``new`` is the one to create with the instance."""

    existing: tuple[tuple[Mount, Row], ...] = ()
    new: Mount | None = None

    @property
    def machine_id(self) -> int | None:
        """The machine on which all volumes are, if any exists yet."""
        return next((row.get("machine_id") for _mount, row in self.existing), None)

    @property
    def are_in_use(self) -> bool:
        """Whether an instance is counted as a user, be it one that is destroyed."""
        return any(users(row) for _mount, row in self.existing)

    @property
    def new_size_gb(self) -> int:
        """Size of the volume to create."""
        return DEFAULT_SIZE_GB if self.new is None or self.new.size_gb is None else self.new.size_gb

    def narrowed(self, query: Mapping[str, Any]) -> dict[str, Any]:
        """A search for offers whose machine also has room for the volume to create."""
        if self.new is None:
            return dict(query)
        sizes = query.get("avail_vol_size") or {}
        return {**query, "avail_vol_size": {**sizes, "gte": max(self.new_size_gb, sizes.get("gte", 0))}}

    def fits(self, offer: Row) -> bool:
        """Whether an offer says which volume offer its machine has, if one is needed."""
        return self.new is None or isinstance(offer.get("avail_vol_ask_id"), int)

    def environment(self) -> dict[str, str]:
        """The volumes that are docker options."""
        return {f"-v {row.get('label') or mount.title}:{mount.path}": "1" for mount, row in self._further()}

    def body_for(self, offer: Row) -> dict[str, Any]:
        """The volume that the create request names, of which one may depend on the offer."""
        if self.new is not None:
            info = {
                "create_new": True,
                "volume_id": offer.get("avail_vol_ask_id"),
                "size": self.new_size_gb,
                "name": self.new.name,
                "mount_path": self.new.path,
            }
        elif self.existing:
            mount, row = self.existing[0]
            info = {"create_new": False, "volume_id": row["id"], "mount_path": mount.path}
        else:
            return {}
        return {"volume_info": info}

    def _further(self) -> tuple[tuple[Mount, Row], ...]:
        return self.existing[1:] if self.new is None else self.existing


def attach(mounts: Iterable[Mount], volumes: Sequence[Row]) -> Attachments:
    """The mounts with the account's volumes. Raises :class:`BadRequest` for what can't be mounted together."""
    found = [(mount, _volume_of(mount, volumes)) for mount in mounts]
    new = [mount for mount, row in found if row is None]
    existing = tuple((mount, row) for mount, row in found if row is not None)
    if len(new) > 1:
        raise BadRequest(
            f"Of the volumes {', '.join(mount.title for mount in new)} only one can be created together with an "
            "instance; rent the others on the same machine before, with cloudctl.vastai.vast_volume."
        )
    if len({row.get("machine_id") for _mount, row in existing}) > 1:
        places = ", ".join(f"{mount.title} (machine {row.get('machine_id')})" for mount, row in existing)
        raise BadRequest(f"The volumes {places} are on different machines; an instance mounts those of its own only.")
    attachments = Attachments(existing, new[0] if new else None)
    for option in attachments.environment():
        path = option.rpartition(":")[2]
        if not _PATH_IN_AN_OPTION.fullmatch(path):
            raise BadRequest(
                f"volumes has the mount_path {path}: Vast.ai takes a - in it for the first volume only; move that "
                "volume to the front, or write _."
            )
    return attachments


def _volume_of(mount: Mount, volumes: Sequence[Row]) -> Row | None:
    """The volume that is meant, or None for one to be created."""
    if mount.volume_id is not None:
        rows = [row for row in volumes if row["id"] == mount.volume_id]
    else:
        rows = [row for row in volumes if row.get("label") == mount.name]
    if len(rows) > 1:
        ids = ", ".join(f"vol-{row['id']}" for row in rows)
        raise BadRequest(f"{len(rows)} volumes are named {mount.name}: {ids}. Say which one with id.")
    if not rows and not mount.create:
        advice = " or say create: true to have it created with the instance" if mount.name else ""
        raise BadRequest(
            f"There is no volume {mount.title} in this account. Rent it first with cloudctl.vastai.vast_volume{advice}."
        )
    if not rows:
        return None
    size = size_gb(rows[0])
    if mount.size_gb is not None and size is not None and size != mount.size_gb:
        raise BadRequest(
            f"The volume {mount.title} exists with {size:g} GB, not {mount.size_gb} GB, and Vast.ai can't change that. "
            "Leave out size, or use another name."
        )
    return rows[0]
