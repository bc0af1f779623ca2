# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searching, renting, listing, deleting and copying volumes."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.instances.mounting import DEFAULT_SIZE, no_such_volume, offer_for, volume_name
from vast_emulator.market.volumes import VolumeOffer, VolumeSearch
from vast_emulator.web.routing import Call, api
from vast_emulator.world.volumes import Volume, row

_TYPES = {"local_volume": True, "all_volume": True, "network_volume": False}


@api.add("POST", "/api/v0/volumes/search")
def search(call: Call) -> dict[str, Any]:
    """The same language as the search for GPUs."""
    return {"offers": VolumeSearch(call.body, call.world.now).rows(list(call.world.volumes.offers.values()))}


@api.add("POST", "/api/v0/network_volumes/search")
def search_network(call: Call) -> dict[str, Any]:
    """Nobody offers network volumes any more."""
    VolumeSearch(call.body, call.world.now)
    return {"offers": []}


@api.add("PUT", "/api/v0/network_volumes")
def create_network(call: Call) -> dict[str, Any]:
    """Refused for every id, as nobody offers one."""
    body = call.body
    volume_name(body.get("name"))
    values.integer(body.get("size"), "size", 1)
    raise no_such_volume(f"could not find a listed volume matching id {body.get('id')}")


def _rent(call: Call, offer_id: Any, size: int, name: str | None, source: int | None = None) -> Volume:
    world = call.world
    if world.credit_left() <= 0:
        raise Refusal(400, "insufficient_credit", "Your account lacks credit; see the billing page.")
    if world.vanish_on_create > 0:
        world.vanish_on_create -= 1
        _vanish(call, world.volumes.offer(values.identifier(offer_id)))
    offer = offer_for(world, offer_id, size)
    return world.rent_volume(offer, size, name, source)


def _vanish(call: Call, offer: VolumeOffer | None) -> None:
    if offer is not None:
        call.world.volumes.vanish(offer)


@api.add("PUT", "/api/v0/volumes")
def create(call: Call) -> dict[str, Any]:
    """Rent space of an offer, in whole GB and for good: a volume cannot grow or shrink."""
    body = call.body
    name = volume_name(body.get("name"))
    size = DEFAULT_SIZE if body.get("size") is None else values.integer(body["size"], "size", 1)
    volume = _rent(call, body.get("id"), size, name)
    return {"success": True, "volume_name": volume.label, "volume_id": volume.id}


@api.add("GET", "/api/v0/volumes")
def show(call: Call) -> dict[str, Any]:
    """All of the account's volumes; there is no read of a single one."""
    wanted = call.query.get("type", "all_volume")
    if wanted not in _TYPES:
        raise invalid_args(f"type must be one of {', '.join(_TYPES)}.")
    world = call.world
    shown = world.volumes.volumes.values() if _TYPES[wanted] else ()
    return {"volumes": [row(volume, world.machines[volume.machine_id], world.now) for volume in shown]}


@api.add("DELETE", "/api/v0/volumes")
def delete(call: Call) -> dict[str, Any]:
    """Refused while an instance uses the volume, whether it runs or not, and for a while after its destruction."""
    world = call.world
    number = values.identifier(call.query.get("id", call.body.get("id")))
    if number is None:
        raise invalid_args("id must be the id of a volume.")
    volume = world.volumes.volumes.get(number)
    if volume is None:
        raise no_such_volume()
    users = volume.instances(world.now)
    if users:
        named = ", ".join(map(str, users))
        raise invalid_args(f"Volume {number} is in use by instance {named}; destroy that first.")
    world.delete_volume(volume)
    return {"success": True}


@api.add("POST", "/api/v0/volumes/copy")
def copy(call: Call) -> dict[str, Any]:
    """A new volume from an offer, with the data of an existing one. The answer does not name it."""
    body = call.body
    source = call.world.volumes.volumes.get(values.identifier(body.get("src_id")) or 0)
    if source is None:
        raise no_such_volume()
    values.flag(body.get("disable_compression"), "disable_compression")
    size = source.size if body.get("size") is None else values.integer(body["size"], "size", 1)
    if size < source.size:
        raise invalid_args(f"size must be at least the {source.size} GB of the source.")
    made = _rent(call, body.get("dst_id"), size, None, source.id)
    call.service.addresses.volume_copied(source, made)
    return {"success": True}
