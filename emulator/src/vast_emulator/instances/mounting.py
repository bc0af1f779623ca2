# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Volumes in the body of a create: an instance gets them when it is rented, or never."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.market.machines import Machine
from vast_emulator.market.volumes import VolumeOffer
from vast_emulator.world.contracts import Contract
from vast_emulator.world.volumes import Volume
from vast_emulator.world.world import World

DEFAULT_SIZE = 15
LONGEST_PATH = 1024
_NAME = re.compile(r"[A-Za-z0-9_]{1,64}")
_OPTION = re.compile(r"-v ([A-Za-z0-9._]+):(/[A-Za-z0-9./_]*)")


def volume_name(value: Any) -> str | None:
    """A name for a volume, or None for the default one."""
    name = values.text(value, "name", 10_000)
    if name is not None and not _NAME.fullmatch(name):
        raise Refusal(422, "invalid_args", "Volume names are 1 to 64 letters, digits and underscores.")
    return name


def no_such_volume(text: str = "Volume with that ID does not exist.") -> Refusal:
    """An id that is unknown, somebody else's or deleted; of a volume or of a volume offer."""
    return Refusal(404, "no_such_volume", text)


def offer_for(world: World, number: Any, size: int) -> VolumeOffer:
    """A volume offer that has so many GB."""
    offer = world.volumes.offer(values.identifier(number))
    if offer is None or offer.machine.facts["end_date"] <= world.now:
        raise no_such_volume(f"could not find a listed volume matching id {number}")
    if size > offer.free:
        raise invalid_args(f"size {size} GB is more than the {int(offer.free)} GB that are left.")
    return offer


@dataclass
class Mounts:
    """What a create asks for, checked: existing volumes, and at most one to create; ``env`` is what rows show."""

    volumes: list[Volume] = field(default_factory=list)
    new: tuple[VolumeOffer, int, str | None, str] | None = None
    env: dict[str, str] = field(default_factory=dict)

    def carry_out(self, world: World, contract: Contract) -> None:
        """Create and link, for a contract that is rented at this moment."""
        volumes = list(self.volumes)
        if self.new is not None:
            offer, size, name, path = self.new
            volume = world.rent_volume(offer, size, name)
            contract.env[f"-v {volume.label}:{path}"] = "1"
            volumes.insert(0, volume)
            world.save(contract)
        for volume in volumes:
            world.volumes.link(volume, contract.id)


def mounts_of(world: World, machine: Machine, body: dict[str, Any], env: dict[str, str]) -> Mounts:
    """``volume_info`` of the body and the ``-v`` options of the environment. Checks all before anything happens."""
    mounts = Mounts()
    if body.get("volume_info") is not None:
        _take_info(world, machine, values.mapping(body["volume_info"], "volume_info"), mounts)
    for option in env:
        if option.startswith("-v"):
            found = _OPTION.fullmatch(option)
            if not found:
                raise invalid_args(f"{option} is no mount; write -v NAME:/path.")
            _mount(world, world.volumes.named(found[1], machine.id), machine, mounts)
    if (mounts.volumes or mounts.new) and body.get("vm"):
        raise invalid_args("volumes cannot be mounted in a VM.")
    return mounts


def _take_info(world: World, machine: Machine, info: dict[str, Any], mounts: Mounts) -> None:
    path = values.text(info.get("mount_path"), "mount_path", LONGEST_PATH) or ""
    if not path.startswith("/"):
        raise invalid_args("volume_info.mount_path must be an absolute path.")
    if values.flag(info.get("create_new"), "create_new"):
        size = DEFAULT_SIZE if info.get("size") is None else values.integer(info["size"], "size", 1)
        name = volume_name(info.get("name"))
        offer = offer_for(world, info.get("volume_id"), size)
        if offer.machine is not machine:
            raise invalid_args("the volume offer is of another machine.")
        mounts.new = (offer, size, name, path)
        return
    volume = world.volumes.volumes.get(values.identifier(info.get("volume_id")) or 0)
    if volume is None:
        raise no_such_volume()
    _mount(world, volume, machine, mounts)
    mounts.env[f"-v {volume.label}:{path}"] = "1"


def _mount(world: World, volume: Volume | None, machine: Machine, mounts: Mounts) -> None:
    if volume is None:
        raise invalid_args(f"there is no such volume on machine {machine.id}.")
    if volume.machine_id != machine.id:
        raise invalid_args(f"volume {volume.id} is on machine {volume.machine_id}, not on {machine.id}.")
    users = volume.instances(world.now)
    if users:
        raise invalid_args(f"volume {volume.id} is in use by instance {users[0]}.")
    if volume in mounts.volumes:
        raise invalid_args(f"volume {volume.id} is named twice.")
    mounts.volumes.append(volume)
