# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The machines, offers, instances and volumes that an event is about."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args, no_such_instance
from vast_emulator.market.machines import Machine, Offer
from vast_emulator.world.contracts import Contract
from vast_emulator.world.volumes import Volume
from vast_emulator.world.world import World


class Scene(NamedTuple):
    """Where events happen. ``this`` is the instance of the request that set them off, or None."""

    world: World
    this: int | None = None


def not_now(text: str) -> Refusal:
    """What an event is about exists, but it cannot happen to it as it is; later it may."""
    return Refusal(409, "not_now", text)


def details(wanted: Any, event: str, about: str, *more: str) -> dict[str, Any]:
    """The details of an event as an object. ``about`` names what it is about; given alone, it needs no object."""
    if not isinstance(wanted, dict) or (wanted and set(wanted) <= {"label", "machine_id"} and about == "instance"):
        wanted = {about: wanted}
    if not set(wanted) <= {about, *more}:
        raise invalid_args(f"{event} takes {', '.join([about, *more])}.")
    return wanted


# Instances


def instances(scene: Scene, wanted: Any) -> list[Contract]:
    """Instances: one by its id, ``"this"`` or ``"newest"``; those of a list of ids; or ``"all"``, those with
    ``{"label": pattern}``, those on ``{"machine_id": id}`` and :func:`those_left`, of which there may be none.
    """
    contracts = scene.world.contracts
    if wanted == "all":
        return list(contracts.values())
    if isinstance(wanted, dict):
        return _with(scene, wanted)
    if isinstance(wanted, list):
        return [instance(scene, one) for one in wanted]
    return [instance(scene, wanted)]


def those_left(contracts: list[Contract]) -> dict[str, Any]:
    """Details for an event that will be about those of the instances that exist then."""
    return {"instance": {"left_of": [contract.id for contract in contracts]}}


def _left(among: dict[int, Contract], wanted: dict[str, Any]) -> list[Contract]:
    numbers = wanted["left_of"]
    if not isinstance(numbers, list):
        raise invalid_args("left_of must be a list of ids.")
    found = (values.identifier(number) for number in numbers)
    return [among[number] for number in found if number in among]


def _with(scene: Scene, wanted: dict[str, Any]) -> list[Contract]:
    contracts = scene.world.contracts
    if set(wanted) == {"left_of"}:
        return _left(contracts, wanted)
    if not wanted or not set(wanted) <= {"label", "machine_id"}:
        raise invalid_args("instances are named by label, machine_id or both.")
    pattern = values.text(wanted.get("label"), "label", 1024, "*") or ""
    on = machine(scene, wanted["machine_id"]).id if "machine_id" in wanted else None
    return [
        contract
        for contract in contracts.values()
        if fnmatchcase(contract.label or "", pattern) and on in (None, contract.machine_id)
    ]


def instance(scene: Scene, wanted: Any) -> Contract:
    """One instance, by its id; ``"this"``: the one of the request that set the event off; or ``"newest"``."""
    number = _number(scene, wanted)
    found = None if number is None else scene.world.contracts.get(number)
    if found is None:
        raise no_such_instance(wanted)
    return found


def _number(scene: Scene, wanted: Any) -> int | None:
    """The id of an instance, whether or not it exists; None when the name means none at this moment."""
    if wanted == "newest":
        return scene.world.ids[-1] if scene.world.ids else None
    if wanted == "this":
        return scene.this
    number = values.identifier(wanted)
    if number is None:
        raise invalid_args('instance must be an id, a list of ids, "this", "newest", "all", or an object.')
    return number


def destroyed(scene: Scene, wanted: Any) -> Contract:
    """An instance that was destroyed, as it was then, by its id or ``"this"``."""
    number = _number(scene, wanted)
    found = None if number is None else scene.world.gone.get(number)
    if found is None:
        raise Refusal(404, "no_such_instance", f"Instance {wanted} was not destroyed.")
    return found


def destroyed_since(scene: Scene, wanted: Any) -> list[Contract]:
    """Of :func:`those_left`, the others: they were destroyed meanwhile."""
    return _left(scene.world.gone, wanted) if isinstance(wanted, dict) and "left_of" in wanted else []


# Machines


def machine(scene: Scene, wanted: Any) -> Machine:
    """A machine by its id."""
    found = scene.world.machines.get(values.identifier(wanted) or 0)
    if found is None:
        raise Refusal(404, "no_such_machine", f"There is no machine {wanted}.")
    return found


def machines(scene: Scene, wanted: dict[str, Any], event: str) -> list[Machine]:
    """The machine of ``machine_id`` (or those of a list), or those of ``instance``."""
    if ("instance" in wanted) == ("machine_id" in wanted):
        raise invalid_args(f"{event} takes machine_id or instance.")
    if "machine_id" in wanted:
        given = wanted["machine_id"]
        return [machine(scene, one) for one in (given if isinstance(given, list) else [given])]
    owners = {contract.machine_id: None for contract in instances(scene, wanted["instance"])}
    return [scene.world.machines[number] for number in owners]


# Offers


def offer(scene: Scene, wanted: Any) -> Offer:
    """An offer by its id."""
    number = values.identifier(wanted)
    found = None if number is None else scene.world.offers.get(number)
    if found is None:
        raise Refusal(404, "no_such_ask", f"There is no offer {wanted}.")
    return found


OFFERS = ("offer_id", "machine_id", "instance", "offers")


def offers(scene: Scene, wanted: dict[str, Any], event: str) -> list[Offer]:
    """The offer of ``offer_id``, those of ``machine_id``, those that ``instance`` was rented from, or ``offers``:
    ``"all"``, ``"seen"`` (those of the last answer to a search) or a list of ids.
    """
    names = [name for name in OFFERS if name in wanted]
    if len(names) != 1:
        raise invalid_args(f"{event} takes one of {', '.join(OFFERS)}.")
    given = wanted[names[0]]
    if names == ["offer_id"]:
        return [offer(scene, given)]
    if names == ["machine_id"]:
        return list(machine(scene, given).offers)
    if names == ["instance"]:
        return [scene.world.offers[contract.ask_id] for contract in instances(scene, given)]
    return _many_offers(scene, given)


def _many_offers(scene: Scene, given: Any) -> list[Offer]:
    if given == "all":
        return list(scene.world.offers.values())
    if given == "seen":
        given = scene.world.seen
    if not isinstance(given, list):
        raise invalid_args('offers must be "all", "seen" or a list of ids.')
    return [offer(scene, number) for number in given]


# Volumes


def volume(scene: Scene, wanted: Any) -> Volume:
    """A volume by its id."""
    found = scene.world.volumes.volumes.get(values.identifier(wanted) or 0)
    if found is None:
        raise Refusal(404, "no_such_volume", f"There is no volume {wanted}.")
    return found
