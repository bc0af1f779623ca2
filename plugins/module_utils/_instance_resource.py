# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance in the hands of one task: find, plan, apply, wait, result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ansible_collections.cloudctl.vastai.plugins.module_utils import _instances, _ssh
from ansible_collections.cloudctl.vastai.plugins.module_utils._attach import find_attachments, wait_until_free
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import instance_cost, offer_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._dollars import usd
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    BadRequest,
    Failure,
    NotFound,
    OutcomeUnknown,
    ResourcesUnavailable,
    VastError,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_facts import describe, volumes
from ansible_collections.cloudctl.vastai.plugins.module_utils._instance_plan import (
    STATES,
    Wanted,
    needs_offers,
    plan_instance,
    rent_step,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._launch import LAUNCH_ARGUMENTS, launch_from
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import Context
from ansible_collections.cloudctl.vastai.plugins.module_utils._mounts import Attachments
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number
from ansible_collections.cloudctl.vastai.plugins.module_utils._offers import describe as describe_offer
from ansible_collections.cloudctl.vastai.plugins.module_utils._offers import offer_query, search
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step
from ansible_collections.cloudctl.vastai.plugins.module_utils._readiness import (
    Progress,
    Verdict,
    describe_status,
    running_verdict,
    stopped_verdict,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._rent import DESTROY_PATIENCE, Renter
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import Resource
from ansible_collections.cloudctl.vastai.plugins.module_utils._usage import checked_id, checked_name, checked_seconds
from ansible_collections.cloudctl.vastai.plugins.module_utils._wait import ticks

Row = dict[str, Any]

# A reboot that was accepted may take some seconds to show as anything but "running".
_REBOOT_LAG = 5.0
_RUNNERS_UP = 4
_SAME_PRICE = 1e-6

INSTANCE_ARGUMENTS: dict[str, Any] = {
    **LAUNCH_ARGUMENTS,
    "name": {"type": "str"},
    "id": {"type": "int"},
    "state": {"type": "str", "choices": list(STATES), "default": "present"},
    "rent_timeout": {"type": "float", "default": 120.0},
    "force_replace": {"type": "bool", "default": False},
    "wait": {"type": "bool", "default": True},
    "wait_for": {"type": "str", "choices": ["running", "ssh"], "default": "ssh"},
    "wait_timeout": {"type": "float", "default": 900.0},
    "connect_with": {"type": "str", "choices": list(_ssh.CONNECT_WITH), "default": "auto"},
}
"""The options of every module that rents instances, documented in the fragment instance."""


class InstanceResource(Resource):
    """One instance, by name or id."""

    offer_type = "on-demand"
    grace = 60.0
    """Seconds after a start or reboot for which the row may show the past."""

    def __init__(self, context: Context) -> None:
        """Raises :class:`BadRequest` for options that make no sense; sends nothing."""
        params = context.params
        self._context = context
        self._params = params
        self._wanted = Wanted(
            state=params["state"],
            launch=launch_from(params),
            name=_name(params),
            instance_id=checked_id("id", params.get("id")),
            machine_id=params.get("machine_id"),
            interruptible=self.offer_type == "bid",
            force_replace=bool(params.get("force_replace")),
        )
        for option in ("wait_timeout", "rent_timeout"):
            checked_seconds(option, params[option])
        # Also when nothing will be rented: a typo that shows only when the instance is gone comes at the worst time.
        self._query = self._offer_query(params)
        self._attachments = Attachments()
        self._row: Row | None = None
        self._offers: Sequence[Row] = ()
        self._rented: Mapping[str, Any] | None = None
        self._destroyed: Row | None = None
        self._queued = False

    # -- find

    def find(self) -> None:
        self._row = self._find_by_id() if self._wanted.instance_id is not None else self._find_by_name()
        if needs_offers(self._wanted, self._row):
            self._find_volumes()
            self._offers = self._search()
            if not self._offers:
                raise BadRequest(self._nothing_found())

    def _find_by_id(self) -> Row | None:
        instance_id = self._wanted.instance_id
        row = _instances.show_instance(self._context.client, instance_id or 0)
        if row is None and self._wanted.state != "absent":
            raise BadRequest(
                f"Instance {instance_id} does not exist (any more) in this account. Leave out id to rent a new "
                "one by name."
            )
        return self._with_volumes(row) if row and self._wanted.launch.mounts else row

    def _with_volumes(self, row: Row) -> Row:
        """The row as the list has it: the single read does not tell the ids of volumes."""
        listed = _instances.list_instances(self._context.client, {"label": {"in": [row.get("label")]}})
        return next((one for one in listed if one["id"] == row["id"]), row)

    def _find_volumes(self) -> None:
        """Volumes decide the machine: the search is then for its offers only."""
        mounts, machine_id = self._wanted.launch.mounts, self._wanted.machine_id
        if not mounts:
            return
        self._attachments = find_attachments(self._context.client, mounts, self._row)
        machine = self._attachments.machine_id
        if machine is not None and machine_id not in (None, machine):
            raise BadRequest(
                f"machine_id is {machine_id}, but the volumes for {self._wanted.title} are on machine {machine}, and "
                "an instance mounts those of its own machine only."
            )
        self._query = self._attachments.narrowed(
            self._offer_query({**self._params, "machine_id": machine or machine_id})
        )

    def _offer_query(self, params: Mapping[str, Any]) -> dict[str, Any]:
        return offer_query(params, offer_type=self.offer_type, storage=self._wanted.launch.disk_to_rent_gb)

    def _find_by_name(self) -> Row | None:
        rows = _instances.list_by_label(self._context.client, self._wanted.name or "")
        if len(rows) > 1:
            ids = ", ".join(str(row["id"]) for row in rows)
            raise BadRequest(f"{len(rows)} instances are named {self._wanted.name}: {ids}. Say which one with id.")
        return rows[0] if rows else None

    def _search(self) -> list[Row]:
        return [offer for offer in search(self._context.client, self._query) if self._attachments.fits(offer)]

    def _nothing_found(self) -> str:
        params = self._params
        if params.get("offer_id") is not None:
            asked = f"Offer {params['offer_id']} does not exist, is rented, or does not fit the other conditions"
        elif self._attachments.machine_id is not None:
            machine = self._attachments.machine_id
            asked = f"Machine {machine}, where its volumes are, has no offer that can be rented and fits the conditions"
            if self._row is not None and self._row.get("machine_id") == machine:
                asked += ", maybe because the instance itself is on it (then destroy it first, with state: absent)"
        elif params.get("machine_id") is not None:
            asked = f"Machine {params['machine_id']} has no offer that can be rented and fits the other conditions"
        else:
            asked = "No offer fits the conditions"
        cap = params.get("max_price")
        capped = f", among them max_price {usd(cap)}/h" if cap is not None else ""
        return (
            f"Nothing was rented for {self._wanted.title}: {asked}{capped}. "
            "See what there is with cloudctl.vastai.vast_offer_info."
        )

    # -- plan

    def plan(self) -> list[Step]:
        return plan_instance(self._wanted, self._row, self._offers)

    # -- apply

    def apply(self, step: Step) -> Step:
        if step.action == "rent":
            return self._rent(step)
        try:
            getattr(self, f"_{step.action}")(step)
        except NotFound:
            # What is gone does not bill.
            raise
        except ApiError as error:
            raise Failure(f"{error} {self._title()} exists and bills {self._price_now()}/h.") from error
        except OutcomeUnknown as error:
            raise self._unsettled(step, error) from error
        return step

    def _unsettled(self, step: Step, error: OutcomeUnknown) -> VastError:
        """A destruction that was read back says itself what may be left."""
        if step.action == "destroy" and self._params["wait"]:
            return error
        return Failure(f"{error} {self._title()} may exist and bill: run the task again.", changed=True)

    @property
    def _existing(self) -> Row:
        if self._row is None:
            raise Failure(f"{self._wanted.title} does not exist any more.")
        return self._row

    def _rent(self, step: Step) -> Step:
        replaced = self._destroyed["id"] if self._destroyed else None
        renter = Renter(self._context.client, self._wanted.name or "", self._context.warn, replaced=replaced)
        one_offer_only = self._params.get("offer_id") is not None
        launch, attachments = self._wanted.launch.body(), self._attachments
        if attachments.are_in_use:
            wait_until_free(self._context.client, attachments)
        rented = renter.rent(
            candidates=step.arguments["offers"],
            search=self._search,
            body={**launch, "env": {**launch["env"], **attachments.environment()}, **self._terms()},
            body_for=attachments.body_for,
            timeout=0.0 if one_offer_only else self._params["rent_timeout"],
        )
        self._row, self._rented = rented.row, rented.offer
        if rented.is_ours:
            self._inspect(rented.row)
        elif attachments.new is not None:
            self._context.warn(
                f"A volume {attachments.new.title} was created with the instance that was destroyed. It stays and "
                "bills: look for it with cloudctl.vastai.vast_volume_info and destroy it by id."
            )
        return rent_step(self._wanted, rented.offer)

    def _inspect(self, row: Row) -> None:
        """Give back what this task has just rented if that is not what it meant to pay for."""
        cap, price = self._params.get("max_price"), number(row.get("dph_total"))
        if cap is not None and price is None:
            self._context.warn(
                f"What {self._title()} costs can't be read from Vast.ai's answer. Its offer was within max_price "
                f"{usd(cap)}/h when it was found; look at vast_instance_info later."
            )
        elif cap is not None and price is not None and price > cap + _SAME_PRICE:
            self._give_back(
                f"costs {usd(price)}/h, more than max_price {usd(cap)}/h, as its price rose between the search and the "
                "rent"
            )

    def _give_back(self, reason: str) -> NoReturn:
        """Destroy what this task rented, and say why. ``reason``: half a sentence that follows "the instance …"."""
        row, title = self._existing, self._title()
        try:
            _instances.destroy_until_gone(self._context.client, row["id"], DESTROY_PATIENCE)
        except VastError as error:
            raise Failure(f"{title} {reason}. It bills, and could not be destroyed: {error}") from error
        self._row, self._rented, self._destroyed = None, None, row
        kept = ", ".join(str(volume["name"]) for volume in volumes(row))
        but = f" but its volumes: {kept}" if kept else ""
        raise Failure(f"{title} {reason}. It was destroyed, and nothing of it bills{but}.")

    def _terms(self) -> dict[str, Any]:
        """The part of a create request that says for what price: without one, on demand."""
        return {"price": None, "cancel_unavail": True}

    def _destroy(self, step: Step) -> None:
        row = self._existing
        if self._params["wait"]:
            _instances.destroy_until_gone(self._context.client, row["id"], self._params["wait_timeout"])
        else:
            _instances.destroy_instance(self._context.client, row["id"])
        self._row, self._destroyed = None, row

    def _label(self, step: Step) -> None:
        _instances.set_label(self._context.client, self._existing["id"], step.after["name"])

    def _update(self, step: Step) -> None:
        _instances.update_instance(self._context.client, self._existing["id"], step.arguments)

    def _stop(self, step: Step) -> None:
        _instances.set_state(self._context.client, self._existing["id"], "stopped")

    def _start(self, step: Step) -> None:
        try:
            _instances.set_state(self._context.client, self._existing["id"], "running")
        except ResourcesUnavailable:
            self._queued = True

    def _reboot(self, step: Step) -> None:
        _instances.reboot_instance(self._context.client, self._existing["id"])

    def _recycle(self, step: Step) -> None:
        _instances.recycle_instance(self._context.client, self._existing["id"])

    # -- wait

    def wait(self, done: Sequence[Step]) -> None:
        verbs = {step.action for step in done}
        if self._row is None:
            return
        if verbs - {"rent"}:
            self._refresh()
        if not self._params["wait"]:
            self._warn_of_the_queue()
        elif self._rests(verbs):
            if "stop" in verbs:
                self._until_stopped()
        else:
            self._until_usable(verbs)

    def _rests(self, verbs: set[str]) -> bool:
        """Whether the instance is, and is meant to be, at rest."""
        return self._existing.get("intended_status") == "stopped" and not verbs & {
            "rent",
            "start",
            "reboot",
            "recycle",
        }

    def _until_stopped(self) -> None:
        for passed in ticks(self._params["wait_timeout"]):
            self._refresh_after(passed)
            if stopped_verdict(self._existing).progress is Progress.READY:
                return
        raise Failure(
            f"{self._title()} did not stop within {self._params['wait_timeout']:g} s: it "
            f"{describe_status(self._existing)}."
        )

    def _until_usable(self, verbs: set[str]) -> None:
        verdict = Verdict(Progress.PENDING, "")
        for passed in ticks(self._params["wait_timeout"]):
            self._refresh_after(passed)
            verdict = self._usable(passed, verbs)
            if verdict.progress is Progress.READY:
                return
            if verdict.progress is Progress.LOST:
                raise Failure(f"{self._title()} {verdict.reason}. {self._what_bills()}")
        if self._queued:
            self._leave_the_queue()
        raise Failure(
            f"{self._title()} did not become usable within {self._params['wait_timeout']:g} s: it "
            f"{verdict.reason}. {self._what_bills()}"
        )

    def _usable(self, passed: float, verbs: set[str]) -> Verdict:
        """The ladder: the container runs, then SSH answers."""
        row = self._existing
        restarted = bool(verbs & {"start", "reboot", "recycle", "update"})
        verdict = running_verdict(row, grace=self._queued or (restarted and passed < self.grace))
        if verdict.progress is not Progress.READY:
            return verdict
        if verbs & {"reboot", "recycle", "update"} and passed < _REBOOT_LAG:
            return Verdict(Progress.PENDING, "still shows what it was before")
        if self._params["wait_for"] != "ssh" or not _ssh.offers_ssh(row):
            return verdict
        address = _ssh.endpoint(row, self._params["connect_with"])
        if address is None:
            return Verdict(Progress.PENDING, "runs, but has no SSH address yet")
        if _ssh.answers(address["host"], address["port"]):
            return Verdict(Progress.READY, "answers on SSH")
        return Verdict(Progress.PENDING, f"runs, but SSH does not answer at {address['host']}:{address['port']}")

    def _refresh_after(self, passed: float) -> None:
        if passed:
            self._refresh()

    def _refresh(self) -> None:
        """Read the row again: one request, as long as it is there."""
        current = self._existing
        if self._wanted.instance_id is not None:
            row = _instances.show_instance(self._context.client, current["id"])
        else:
            rows = _instances.list_by_label(self._context.client, self._wanted.name or "")
            listed = (row for row in rows if row["id"] == current["id"])
            # A list may lag, and somebody may have changed the label: only the single read says that it is gone.
            row = next(listed, None) or _instances.show_instance(self._context.client, current["id"])
        if row is None:
            self._row, self._destroyed = None, current
            raise Failure(
                f"{self._title(current)} is gone: somebody destroyed it, or Vast.ai did. Nothing bills for it any more."
            )
        self._row = row

    def _warn_of_the_queue(self) -> None:
        if self._queued:
            self._context.warn(
                f"The GPU of {self._title()} is taken by another renter: the start is queued, and the instance will "
                "run and bill as soon as the GPU is free. state: stopped cancels that."
            )

    def _leave_the_queue(self) -> None:
        """A start that comes through in the middle of the night would bill with nobody there."""
        _instances.set_state(self._context.client, self._existing["id"], "stopped")
        self._refresh()
        raise Failure(
            f"The GPU of {self._title()} is taken by another renter and was not freed within "
            f"{self._params['wait_timeout']:g} s. The queued start was cancelled. {self._what_bills()}"
        )

    def _title(self, row: Row | None = None) -> str:
        row = row or self._existing
        name = row.get("label")
        return f"Instance {row['id']} ({name})" if name else f"Instance {row['id']}"

    def _what_bills(self) -> str:
        now, running = self._price_now(), usd(instance_cost(self._existing)["running_hourly_price"])
        later = "" if now == running else f" now ({running}/h when it runs)"
        return f"It exists and bills {now}/h{later}; state: absent destroys it."

    def _price_now(self) -> str:
        return usd(instance_cost(self._existing)["hourly_price"])

    # -- result

    def result(self) -> dict[str, Any]:
        return {**self._facts(self._row), **self._offer_facts(self._rented, ()), **self._remains(self._destroyed)}

    def preview(self, steps: Sequence[Step]) -> dict[str, Any]:
        verbs = [step.action for step in steps]
        if "rent" in verbs:
            offer, *others = self._offers
            return {**self._planned(offer), **self._offer_facts(offer, others)}
        if "destroy" in verbs:
            return {**self._facts(None), **self._remains(self._row)}
        return self._facts(self._row)

    def _facts(self, row: Row | None) -> dict[str, Any]:
        if row is None:
            return {"instance": None, "ssh": None, "cost": None}
        address = _ssh.endpoint(row, self._params["connect_with"])
        return {"instance": describe(row), "ssh": address, "cost": instance_cost(row)}

    def _planned(self, offer: Row) -> dict[str, Any]:
        """What renting this offer would give; the id is not known before."""
        disk_gb = self._wanted.launch.disk_to_rent_gb
        row = {
            **offer,
            "id": None,
            "label": self._wanted.name,
            "image_uuid": self._wanted.launch.image,
            "disk_space": disk_gb,
        }
        instance = {**describe(row), "id": None, "status": "planned", "start_time": None, "public_ip": None}
        return {"instance": instance, "ssh": None, "cost": offer_cost(offer, disk_gb)}

    def _offer_facts(self, offer: Mapping[str, Any] | None, others: Sequence[Row]) -> dict[str, Any]:
        if offer is None:
            return {}
        disk_gb = self._wanted.launch.disk_to_rent_gb
        facts: dict[str, Any] = {"offer": describe_offer(dict(offer), disk_gb)}
        if others:
            facts["runners_up"] = [describe_offer(row, disk_gb) for row in others[:_RUNNERS_UP]]
        return facts

    def _remains(self, row: Row | None) -> dict[str, Any]:
        """What a destruction leaves behind: volumes outlive their instance and go on billing."""
        return {} if row is None else {"destroyed_id": row["id"], "volumes_kept": volumes(row)}


def _name(params: Mapping[str, Any]) -> str | None:
    """Beside an id, an empty name counts as not given: ansible-core 2.18 makes that of an option that is none."""
    name = params.get("name")
    return None if params.get("id") is not None and not name else checked_name(name)
