# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Storage that hosts offer as volumes: one offer for each machine, and searches over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vast_emulator.market.machines import Machine
from vast_emulator.market.pricing import storage_price
from vast_emulator.market.query import sort_key
from vast_emulator.market.search import Search

# fmt: off
FROM_MACHINE = (
    "machine_id", "host_id", "cluster_id", "disk_bw", "disk_name", "inet_up", "inet_down", "inet_up_cost",
    "inet_down_cost", "cuda_max_good", "cpu_arch", "cpu_ghz", "gpu_arch", "driver_version", "driver_vers", "os_version",
    "has_avx", "pci_gen", "pcie_bw", "static_ip", "vms_enabled", "verification", "vericode", "hosting_type",
    "reliability", "reliability2", "geolocation", "geolocode", "external", "start_date", "end_date", "nw_disk_min_bw",
    "nw_disk_avg_bw", "nw_disk_max_bw",
)
# fmt: on


@dataclass(eq=False)
class VolumeOffer:
    """Space of a machine's disk, whole GB at a price in $/GB/month. ``free`` is what nobody has rented yet."""

    id: int
    machine: Machine
    price: float
    free: float
    vanished: bool = False

    @property
    def gone(self) -> bool:
        """Whether nothing of it can be had."""
        return self.vanished or self.machine.offline

    @classmethod
    def of(cls, machine: Machine) -> VolumeOffer:
        """The offer of a machine's host."""
        facts = machine.facts
        return cls(facts["avail_vol_ask_id"], machine, facts["volume_price"], facts["avail_vol_size"])

    def publish(self) -> None:
        """Let the machine's GPU offers say what is left: they show the volume offer beside their own disk."""
        for offer in self.machine.offers:
            offer.facts["avail_vol_ask_id"] = None if self.vanished else self.id
            offer.facts["avail_vol_size"] = 0.0 if self.vanished else self.free


def row(offer: VolumeOffer, gigabytes: float, now: float) -> dict[str, Any]:
    """One offer as an answer to a search, priced for so many GB."""
    made = {name: offer.machine.facts[name] for name in FROM_MACHINE}
    made.update(
        id=offer.id,
        ask_contract_id=offer.id,
        disk_space=offer.free,
        storage_cost=offer.price,
        storage_total_cost=storage_price(offer.price, gigabytes),
        duration=offer.machine.facts["end_date"] - now,
        total_flops=round(offer.machine.facts["tflops"] * offer.machine.facts["machine_gpus"], 1),
    )
    return made


def _virtual(row: dict[str, Any]) -> dict[str, Any]:
    """What filters may ask about under other names than the row has."""
    return {
        **row,
        "verified": row["verification"] == "verified",
        "datacenter": row["hosting_type"] == 1,
        "geolocation": row["geolocation"][-2:],
        "driver_version": row["driver_vers"],
        "ubuntu_version": row["os_version"],
        "cuda_vers": row["cuda_max_good"],
        "allocated_storage": row["disk_space"],
    }


class VolumeSearch(Search):
    """A parsed query over volume offers. There are no kinds of rent, and filters on ``id`` work."""

    def __init__(self, query: Any, now: float) -> None:
        super().__init__(query, now, search_by_id=True)

    def rows(self, market: list[VolumeOffer]) -> list[dict[str, Any]]:
        """The rows that match, in order, cut to the limit."""
        found = []
        for offer in market:
            if not offer.gone and offer.free >= 1:
                shown = row(offer, self.view.storage, self.view.now)
                asked = _virtual(shown)
                if all(test(asked.get(field)) for field, test in self.tests):
                    found.append((asked, shown))
        for field, descending in reversed(self.order):
            found.sort(key=lambda pair: sort_key(pair[0].get(field)), reverse=descending)
        return [shown for _asked, shown in found[: self.limit]]
