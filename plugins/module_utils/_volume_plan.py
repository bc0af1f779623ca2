# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the volume that exists to the one that is wanted: pure, no requests.

Nothing of a volume can be changed in place. Another size or machine is an error that names the ways out, or with
``force_replace`` a destruction followed by a new rent. A volume that an instance uses is never destroyed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import offer_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._dollars import usd
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step
from ansible_collections.cloudctl.vastai.plugins.module_utils._volumes import DEFAULT_SIZE_GB, describe, size_gb

Row = Mapping[str, Any]

STATES = ("present", "absent")


@dataclass(frozen=True)
class Wanted:
    """What the task asks for: ``name`` or ``volume_id``; a size or machine that is None is as it is."""

    state: str
    name: str | None = None
    volume_id: int | None = None
    size_gb: int | None = None
    machine_id: int | None = None
    force_replace: bool = False

    @property
    def title(self) -> str:
        """How sentences call the volume."""
        return self.name or f"volume {self.volume_id}"

    @property
    def size_to_rent_gb(self) -> int:
        """The size of a new volume."""
        return DEFAULT_SIZE_GB if self.size_gb is None else self.size_gb


def will_rent(wanted: Wanted, row: Row | None) -> bool:
    """Whether the plan will rent, so that offers have to be searched first."""
    return wanted.state == "present" and (row is None or (wanted.force_replace and bool(_differences(wanted, row))))


def will_destroy(wanted: Wanted, row: Row | None) -> bool:
    """Whether the plan will destroy the volume, so that it has to be known who uses it."""
    return row is not None and (wanted.state == "absent" or will_rent(wanted, row))


def plan_volume(wanted: Wanted, row: Row | None, users: Sequence[Row], offers: Sequence[Row]) -> list[Step]:
    """The steps. ``users``: instances that mount the volume, when :func:`will_destroy` says so; ``offers``:
    candidates, best first, when :func:`will_rent` does.

    Raises :class:`BadRequest` for what can't be had.
    """
    if row is None:
        return [_rent(wanted, offers)] if wanted.state == "present" else []
    differences = _differences(wanted, row)
    if wanted.state == "present" and differences and not wanted.force_replace:
        raise BadRequest(
            f"{_capital(title(row))} exists, but its {' and its '.join(differences)}. Vast.ai can't change a volume: "
            "either set force_replace: true, which destroys it with all its data and rents another, or rent one under "
            "another name and copy the data over."
        )
    if not will_destroy(wanted, row):
        return []
    if users:
        raise BadRequest(
            f"{_capital(title(row))} is attached to {_listed(users)}, and Vast.ai destroys a volume only when no "
            f"instance has it, running or stopped. Destroy {'that' if len(users) == 1 else 'those'} first "
            "(cloudctl.vastai.vast_instance with state: absent)."
        )
    return [_destroy(row), *([_rent(wanted, offers)] if wanted.state == "present" else [])]


def _differences(wanted: Wanted, row: Row) -> list[str]:
    differences = []
    size, machine = size_gb(row), row.get("machine_id")
    if wanted.size_gb is not None and size is not None and round(size) != wanted.size_gb:
        differences.append(f"size is {size:g} GB, not {wanted.size_gb} GB")
    if wanted.machine_id is not None and machine != wanted.machine_id:
        differences.append(f"machine is {machine}, not {wanted.machine_id}")
    return differences


def _rent(wanted: Wanted, offers: Sequence[Row]) -> Step:
    return rent_step(wanted, offers[0], arguments={"offers": offers})


def rent_step(wanted: Wanted, offer: Row, arguments: Mapping[str, Any] | None = None) -> Step:
    """The renting of one particular offer."""
    cost = offer_cost(offer, wanted.size_to_rent_gb)
    after = {
        "name": wanted.name,
        "size_gb": wanted.size_to_rent_gb,
        "machine_id": offer.get("machine_id"),
        "geolocation": offer.get("geolocation"),
        "monthly_price": cost["monthly_price"],
    }
    summary = (
        f"rent {wanted.size_to_rent_gb} GB of volume offer {offer.get('id')} as {wanted.name} on machine "
        f"{offer.get('machine_id')} ({offer.get('geolocation') or 'place unknown'}) at "
        f"{usd(round(cost['monthly_price'], 2))}/month ({usd(cost['hourly_price'])}/h)"
    )
    return Step("rent", summary, after=after, arguments=arguments or {})


def _destroy(row: Row) -> Step:
    facts = describe(row)
    summary = f"destroy {title(row)} with all its data; it bills {usd(round(facts['monthly_price'], 2))}/month"
    shown = ("id", "name", "size_gb", "machine_id", "geolocation", "monthly_price")
    return Step("destroy", summary, before={name: facts[name] for name in shown if facts[name] is not None})


def title(row: Row) -> str:
    """A volume for sentences, such as ``volume vol-789012 (trained_models, 200 GB)``."""
    facts = describe(row)
    name = "" if facts["name"] in (None, f"V.{facts['id']}") else f"{facts['name']}, "
    return f"volume {facts['vol_id']} ({name}{facts['size_gb']} GB)"


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _listed(instances: Sequence[Row]) -> str:
    named = [f"{one.get('id')} ({one['label']})" if one.get("label") else str(one.get("id")) for one in instances]
    return f"instance{'s' if len(named) > 1 else ''} {', '.join(named)}"
