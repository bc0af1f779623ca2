# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The account's volumes: they live on one machine, bill from creation until delete, and outlive their instances."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from vast_emulator.market.machines import Machine
from vast_emulator.market.pricing import storage_price
from vast_emulator.market.volumes import FROM_MACHINE, VolumeOffer
from vast_emulator.world.ledger import Ledger
from vast_emulator.world.store import Store

# An instance stays in its volume's list for so many seconds after it was destroyed.
LINK_CLEARS = 30.0


@dataclass(eq=False)
class Volume:
    """What is stored about a volume: ``size`` in GB, ``price`` in $/GB/month.

    ``kept``: its contract ended long ago and it was not deleted. ``links``: by instance id (as text), when the link
    ends in epoch seconds, or None while the instance exists.
    """

    id: int
    label: str
    machine_id: int
    size: int
    price: float
    created_at: float
    end_date: float
    created_from: int | None = None
    kept: bool = False
    links: dict[str, float | None] = field(default_factory=dict)

    def instances(self, now: float) -> list[int]:
        """Who uses it, those that were destroyed a moment ago included."""
        return [int(number) for number, until in self.links.items() if until is None or until > now]

    @property
    def hourly(self) -> float:
        """$/h."""
        return storage_price(self.price, self.size)


class Volumes:
    """All volumes of the account and the offers that they come from."""

    def __init__(self, store: Store, ledger: Ledger, machines: Iterable[Machine]) -> None:
        self._store = store
        self._ledger = ledger
        self.offers = {offer.id: offer for offer in map(VolumeOffer.of, machines)}
        self._offer_of = {offer.machine.id: offer for offer in self.offers.values()}
        for key, record in store.load("volume_offer"):
            if int(key) in self.offers:
                self.offers[int(key)].vanished = record["vanished"]
        stored = sorted((Volume(**record) for _key, record in store.load("volume")), key=lambda one: one.id)
        self.volumes = {volume.id: volume for volume in stored}
        # By instance, in the order of their ids.
        self._mounted: dict[int, list[Volume]] = {}
        for volume in stored:
            self._offer_of[volume.machine_id].free -= volume.size
            for instance in volume.links:
                self._mounted.setdefault(int(instance), []).append(volume)
        for offer in self.offers.values():
            offer.publish()

    def offer(self, number: int | None) -> VolumeOffer | None:
        """An offer that still exists."""
        offer = self.offers.get(number) if number is not None else None
        return None if offer is None or offer.gone else offer

    def vanish(self, offer: VolumeOffer) -> None:
        """The host takes it off the market."""
        offer.vanished = True
        offer.publish()
        self._store.put("volume_offer", offer.id, {"vanished": True})

    def create(
        self, number: int, offer: VolumeOffer, size: int, label: str | None, now: float, source: int | None = None
    ) -> Volume:
        """A new volume, which bills from now on; ``source`` is the volume that it is a copy of."""
        facts = offer.machine.facts
        volume = Volume(
            id=number,
            label=label or f"V.{number}",
            machine_id=offer.machine.id,
            size=size,
            price=offer.price,
            created_at=now,
            end_date=facts["end_date"],
            created_from=source,
        )
        self.volumes[number] = volume
        self._take(offer, size)
        self._ledger.open(number, "volume", volume.hourly, now)
        self._save(volume)
        return volume

    def delete(self, volume: Volume, now: float) -> None:
        """Its data is gone and nothing of it bills any more."""
        del self.volumes[volume.id]
        for instance in volume.links:
            self._mounted[int(instance)].remove(volume)
        self._take(self._offer_of[volume.machine_id], -volume.size)
        self._ledger.close(volume.id, "volume", now)
        self._ledger.remember(volume.id, volume.label)
        self._store.remove("volume", volume.id)

    def set_end(self, volume: Volume, at: float) -> None:
        """Another end of its contract, in epoch seconds."""
        volume.end_date, volume.kept = at, False
        self._save(volume)

    def keep(self, volume: Volume) -> None:
        """Do not delete it although its contract ended."""
        volume.kept = True
        self._save(volume)

    def _take(self, offer: VolumeOffer, size: int) -> None:
        offer.free -= size
        offer.publish()

    def _save(self, volume: Volume) -> None:
        self._store.put("volume", volume.id, volume.__dict__)

    # Instances

    def named(self, name: str, machine_id: int) -> Volume | None:
        """The volume on a machine that a mount means: by label, or as ``V.<id>``."""
        for volume in self.volumes.values():
            if volume.machine_id == machine_id and name in (volume.label, f"V.{volume.id}"):
                return volume
        return None

    def link(self, volume: Volume, instance: int) -> None:
        """An instance mounts it."""
        volume.links[str(instance)] = None
        mounted = self._mounted.setdefault(instance, [])
        if volume not in mounted:
            insort(mounted, volume, key=lambda one: one.id)
        self._save(volume)

    def unlink(self, instance: int, now: float) -> None:
        """The instance was destroyed; its links are seen for a while yet."""
        for volume in self.of(instance):
            volume.links[str(instance)] = now + LINK_CLEARS
            self._save(volume)

    def relink(self, instance: int, now: float) -> None:
        """The instance is there again, and with it its links to volumes that nobody else mounted meanwhile."""
        for volume in self.of(instance):
            if not set(volume.instances(now)) - {instance}:
                self.link(volume, instance)

    def of(self, instance: int) -> list[Volume]:
        """What an instance mounts."""
        return list(self._mounted.get(instance, ()))


def row(volume: Volume, machine: Machine, now: float) -> dict[str, Any]:
    """A volume as the list answers it."""
    made = {name: machine.facts[name] for name in FROM_MACHINE}
    instances = volume.instances(now)
    made.update(
        id=volume.id,
        label=volume.label,
        status="in-use" if instances else "created",
        type="machine",
        disk_space=float(volume.size),
        instances=instances,
        start_date=volume.created_at,
        end_date=volume.end_date,
        storage_total_cost=volume.hourly,
        public_ipaddr=machine.facts["public_ipaddr"],
    )
    return made


def mounted_row(volume: Volume) -> dict[str, Any]:
    """A volume as the list of instances answers it in ``volume_info``."""
    return {
        "id": volume.id,
        "label": volume.label,
        "created_from": volume.created_from,
        "avail_space": float(volume.size),
        "total_space": float(volume.size),
        "type": "machine",
    }
