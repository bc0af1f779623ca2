# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the instance that exists to the one that is wanted: pure, no requests.

What Vast.ai changes in place is changed (label, image, env, onstart, template, run state). What it can't change (disk,
runtype, ports, machine) is an error that says so, or with ``force_replace`` a destruction followed by a new rent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import instance_cost, offer_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._dollars import usd
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_facts import describe, volumes
from ansible_collections.cloudctl.vastai.plugins.module_utils._launch import Launch, environment
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step

Row = Mapping[str, Any]

STATES = ("present", "started", "stopped", "rebooted", "recycled", "absent")
RENTING_STATES = ("present", "started")
_CHANGED = "(changed, not shown)"
# What a row calls differently than the request that changes it.
_ROW_FIELDS = {"image": "image_uuid", "args": "image_args"}


@dataclass(frozen=True)
class Wanted:
    """What the task asks for, by ``name`` or ``instance_id``; with both, the name is the new label of that id."""

    state: str
    launch: Launch
    name: str | None = None
    instance_id: int | None = None
    machine_id: int | None = None
    interruptible: bool = False
    force_replace: bool = False

    @property
    def title(self) -> str:
        """How sentences call the instance."""
        return self.name or f"instance {self.instance_id}"


def needs_offers(wanted: Wanted, row: Row | None) -> bool:
    """Whether the plan will rent, so that offers have to be searched first."""
    if wanted.state not in RENTING_STATES:
        return False
    return row is None or bool(wanted.force_replace and _fixed_differences(wanted, row))


def plan_instance(wanted: Wanted, row: Row | None, offers: Sequence[Row]) -> list[Step]:
    """The steps. ``offers``: candidates, best first, when :func:`needs_offers` says so.

    Raises :class:`BadRequest` for what can't be had.
    """
    if wanted.state == "absent":
        return [_destroy(row)] if row else []
    if row is None:
        return [_rent(wanted, offers)] if wanted.state in RENTING_STATES else _nothing_to(wanted)
    differences = _fixed_differences(wanted, row)
    if differences and not (wanted.force_replace and wanted.state in RENTING_STATES):
        raise BadRequest(
            f"{_capital(_title(row))} exists, but its {'; its '.join(differences)}. Vast.ai can't change that in "
            "place. Leave it as it is, or set force_replace: true with state: present or started, which destroys the "
            "instance with all its data and rents another."
        )
    if differences:
        return [_destroy(row), _rent(wanted, offers)]
    return [*_label(wanted, row), *_update(wanted, row), *_run_state(wanted, row)]


def _nothing_to(wanted: Wanted) -> list[Step]:
    raise BadRequest(
        f"There is no {_kind(wanted)} that could be {wanted.state}. Rent one with state: present, "
        "or look for its name with cloudctl.vastai.vast_instance_info."
    )


def _kind(wanted: Wanted) -> str:
    return f"instance named {wanted.name}" if wanted.name else f"instance {wanted.instance_id}"


def _fixed_differences(wanted: Wanted, row: Row) -> list[str]:
    differences = wanted.launch.fixed_differences(row)
    if wanted.machine_id is not None and row.get("machine_id") != wanted.machine_id:
        differences.append(f"machine is {row.get('machine_id')}, not {wanted.machine_id}")
    if row.get("is_bid") and not wanted.interruptible and wanted.state in RENTING_STATES:
        differences.append("GPUs are rented for a bid and may be lost to others (see cloudctl.vastai.vast_bid)")
    return differences


def _rent(wanted: Wanted, offers: Sequence[Row]) -> Step:
    if not wanted.name:
        raise BadRequest(f"To replace {wanted.title}, give the new instance a name: it can't be found without one.")
    if not (wanted.launch.image or wanted.launch.template_hash_id):
        raise BadRequest(
            f"Renting {wanted.title} needs an image (such as pytorch/pytorch:latest) or a template_hash_id."
        )
    return rent_step(wanted, offers[0], arguments={"offers": offers})


def rent_step(wanted: Wanted, offer: Row, arguments: Mapping[str, Any] | None = None) -> Step:
    """The renting of one particular offer."""
    cost = offer_cost(offer, wanted.launch.disk_to_rent_gb)
    after = {
        "name": wanted.name,
        "state": "running",
        "image": wanted.launch.image,
        "template_hash_id": wanted.launch.template_hash_id,
        "disk_gb": wanted.launch.disk_to_rent_gb,
        "machine_id": offer.get("machine_id"),
        "gpu": gpu(offer),
        "hourly_price": cost["hourly_price"],
    }
    summary = (
        f"{'bid for' if offer.get('is_bid') else 'rent'} offer {offer.get('id')} as {wanted.name}: {gpu(offer)} on "
        f"machine {offer.get('machine_id')} ({offer.get('geolocation') or 'place unknown'}) at "
        f"{usd(cost['hourly_price'])}/h"
    )
    mounts = [f"{mount.title} at {mount.path}" for mount in wanted.launch.mounts]
    if mounts:
        after["volumes"] = mounts
        summary += f" with {'the volumes ' if len(mounts) > 1 else 'the volume '}{', '.join(mounts)}"
    return Step(
        "rent", summary, after={name: value for name, value in after.items() if value}, arguments=arguments or {}
    )


def _destroy(row: Row) -> Step:
    cost = instance_cost(row)
    kept = ", ".join(str(volume["name"]) for volume in volumes(row))
    stays = f"; its volumes stay and bill: {kept}" if kept else ""
    summary = f"destroy {_title(row)} with all data on its disk; it bills {usd(cost['hourly_price'])}/h{stays}"
    facts = describe(row)
    shown = ("id", "name", "image", "disk_gb", "machine_id", "hourly_price")
    before = {name: facts[name] for name in shown if facts[name]} | {"state": facts["status"], "gpu": gpu(row)}
    return Step("destroy", summary, before=before)


def _label(wanted: Wanted, row: Row) -> list[Step]:
    if not wanted.name or row.get("label") == wanted.name:
        return []
    before, after = {"name": row.get("label")}, {"name": wanted.name}
    return [Step("label", f"rename {_title(row)} to {wanted.name}", before, after)]


def _update(wanted: Wanted, row: Row) -> list[Step]:
    changes = wanted.launch.drift(row)
    if not changes:
        return []
    before, after = _shown_drift(changes, row)
    summary = f"update {', '.join(changes)} of {_title(row)}, which creates its container anew"
    return [Step("update", summary, before, after, arguments=changes)]


def _shown_drift(changes: Mapping[str, Any], row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """The drift for eyes: values of variables and scripts may be secrets, so only their names are shown."""
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in changes.items():
        if name == "env":
            current = environment(row)
            touched = [variable for variable in value if current.get(variable) != value[variable]]
            before["env"] = {variable: "(set)" for variable in touched if variable in current}
            after["env"] = dict.fromkeys(touched, _CHANGED)
        elif name in ("onstart", "args"):
            before[name], after[name] = "(set)" if row.get(_ROW_FIELDS.get(name, name)) else None, _CHANGED
        else:
            before[name], after[name] = row.get(_ROW_FIELDS.get(name, name)), value
    return before, after


def _run_state(wanted: Wanted, row: Row) -> list[Step]:
    runs = row.get("intended_status") == "running"
    status = row.get("actual_status") or "creating"
    if wanted.state == "stopped":
        return (
            [Step("stop", f"stop {_title(row)}; its disk goes on billing", {"state": status}, {"state": "stopped"})]
            if runs
            else []
        )
    if wanted.state == "started" or (wanted.state == "rebooted" and not runs):
        return [] if runs else [Step("start", f"start {_title(row)}", {"state": status}, {"state": "running"})]
    if wanted.state == "rebooted":
        return [Step("reboot", f"reboot {_title(row)}", {"state": status}, {"state": "rebooted"})]
    if wanted.state == "recycled":
        summary = f"recycle {_title(row)}: its container is created anew from its image, data on its disk is lost"
        return [Step("recycle", summary, {"state": status}, {"state": "recycled"})]
    return []


def _title(row: Row) -> str:
    name = row.get("label")
    return f"instance {row.get('id')} ({name}, {gpu(row)})" if name else f"instance {row.get('id')} ({gpu(row)})"


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]


def gpu(row: Row) -> str:
    """``2x RTX 4090``, of an offer or an instance."""
    return f"{row.get('num_gpus') or '?'}x {row.get('gpu_name') or 'unknown GPU'}"
