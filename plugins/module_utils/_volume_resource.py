# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A volume in the hands of one task: find, plan, apply, result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _volume_offers, _volumes
from ansible_collections.cloudctl.vastai.plugins.module_utils._attach import users_that_exist
from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._cost import offer_cost, volume_cost
from ansible_collections.cloudctl.vastai.plugins.module_utils._dollars import usd
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, Failure, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import Context
from ansible_collections.cloudctl.vastai.plugins.module_utils._plan import Step
from ansible_collections.cloudctl.vastai.plugins.module_utils._rent import DESTROY_PATIENCE, Goods, Renter
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import Resource
from ansible_collections.cloudctl.vastai.plugins.module_utils._usage import checked_id, checked_seconds
from ansible_collections.cloudctl.vastai.plugins.module_utils._volume_plan import (
    Wanted,
    plan_volume,
    rent_step,
    will_destroy,
    will_rent,
)

Row = dict[str, Any]

_RUNNERS_UP = 4
# Rows have $/h rounded to 6 digits, which is up to 0.0004 $ in a month.
_SAME_PRICE = 0.001


def _create(client: VastClient, offer_id: int, name: str, body: Mapping[str, Any]) -> int:
    return _volumes.create_volume(client, offer_id, name, body["size"])


def _delete(client: VastClient, volume_id: int, timeout: float) -> None:
    _volumes.delete_until_gone(client, {"id": volume_id}, timeout)


VOLUME = Goods(
    noun="volume",
    create=_create,
    named=_volumes.volumes_named,
    destroy=_delete,
    is_dud=lambda row: False,
)


class VolumeResource(Resource):
    """One volume, by name or id."""

    def __init__(self, context: Context) -> None:
        """Raises :class:`BadRequest` for options that make no sense; sends nothing."""
        params = context.params
        self._context = context
        self._params = params
        self._wanted = Wanted(
            state=params["state"],
            name=None if params["name"] is None else _volumes.volume_name(params["name"]),
            volume_id=None if params["id"] is None else _volumes.volume_id(params["id"]),
            size_gb=None if params["size"] is None else _volumes.checked_size(params["size"]),
            machine_id=checked_id("machine_id", params["machine_id"]),
            force_replace=params["force_replace"],
        )
        for option in ("wait_timeout", "rent_timeout"):
            checked_seconds(option, params[option])
        if self._wanted.force_replace and self._wanted.name is None:
            raise BadRequest("force_replace needs the volume's name: the new one gets another id.")
        self._query = _volume_offers.volume_query(params, self._wanted.size_to_rent_gb)
        self._row: Row | None = None
        self._users: Sequence[Row] = ()
        self._offers: Sequence[Row] = ()
        self._rented: Mapping[str, Any] | None = None
        self._destroyed: Row | None = None

    # -- find

    def find(self) -> None:
        self._row = self._find_by_id() if self._wanted.volume_id is not None else self._find_by_name()
        if self._row is not None and will_destroy(self._wanted, self._row):
            self._users = users_that_exist(self._context.client, self._row)
        if will_rent(self._wanted, self._row) and not self._users:
            self._offers = self._search()
            if not self._offers:
                raise BadRequest(self._nothing_found())

    def _find_by_id(self) -> Row | None:
        row = _volumes.find_volume(self._context.client, self._wanted.volume_id or 0)
        if row is None and self._wanted.state == "present":
            raise BadRequest(
                f"Volume {self._wanted.volume_id} does not exist (any more) in this account. Say name instead of id "
                "to rent a new one."
            )
        return row

    def _find_by_name(self) -> Row | None:
        rows = _volumes.volumes_named(self._context.client, self._wanted.name or "")
        if len(rows) > 1:
            ids = ", ".join(f"vol-{row['id']}" for row in rows)
            raise BadRequest(f"{len(rows)} volumes are named {self._wanted.name}: {ids}. Say which one with id.")
        return rows[0] if rows else None

    def _search(self) -> list[Row]:
        return _volume_offers.search(self._context.client, self._query)

    def _nothing_found(self) -> str:
        size = self._wanted.size_to_rent_gb
        cap = self._params["max_monthly_price"]
        capped = f", among them max_monthly_price {usd(cap)}" if cap is not None else ""
        where = f"Machine {self._wanted.machine_id}" if self._wanted.machine_id is not None else "No host"
        offers = "offers no volume" if self._wanted.machine_id is not None else "offers a volume"
        return (
            f"Nothing was rented for {self._wanted.title}: {where} {offers} of {size} GB that fits the conditions"
            f"{capped}. See what there is with cloudctl.vastai.vast_volume_offer_info."
        )

    # -- plan

    def plan(self) -> list[Step]:
        return plan_volume(self._wanted, self._row, self._users, self._offers)

    # -- apply

    def apply(self, step: Step) -> Step:
        return self._rent(step) if step.action == "rent" else self._destroy(step)

    def _rent(self, step: Step) -> Step:
        replaced = self._destroyed["id"] if self._destroyed else None
        renter = Renter(self._context.client, self._wanted.name or "", self._context.warn, VOLUME, replaced)
        rented = renter.rent(
            candidates=step.arguments["offers"],
            search=self._search,
            body={"size": self._wanted.size_to_rent_gb},
            timeout=0.0 if self._params["offer_id"] is not None else self._params["rent_timeout"],
        )
        self._row, self._rented = rented.row, rented.offer
        if rented.is_ours:
            self._inspect(rented.row)
        return rent_step(self._wanted, rented.offer)

    def _inspect(self, row: Row) -> None:
        """Give back what this task has just rented if its price rose between the search and the rent."""
        cap, price = self._params["max_monthly_price"], volume_cost(row)["monthly_price"]
        if cap is None or price <= cap + _SAME_PRICE:
            return
        rose = f"{self._wanted.title} costs {usd(round(price, 2))}/month now, more than max_monthly_price {usd(cap)}"
        try:
            _volumes.delete_until_gone(self._context.client, row, DESTROY_PATIENCE)
        except VastError as error:
            raise Failure(f"{rose}. It bills, and could not be destroyed: {error}") from error
        self._row, self._rented = None, None
        raise Failure(f"{rose}. It was destroyed, and nothing of it bills.")

    def _destroy(self, step: Step) -> Step:
        row = self._row or {}
        if self._params["wait"]:
            _volumes.delete_until_gone(self._context.client, row, self._params["wait_timeout"])
        else:
            _volumes.delete_volume(self._context.client, row["id"])
        self._row, self._destroyed = None, row
        return step

    # -- wait

    def wait(self, done: Sequence[Step]) -> None:
        """A volume can be mounted as soon as it exists, and :meth:`apply` has waited for its end."""

    # -- result

    def result(self) -> dict[str, Any]:
        return {**_facts(self._row), **self._offer_facts(self._rented, ()), **_remains(self._destroyed)}

    def preview(self, steps: Sequence[Step]) -> dict[str, Any]:
        verbs = [step.action for step in steps]
        if "rent" in verbs:
            offer, *others = self._offers
            destroyed = self._row if "destroy" in verbs else None
            return {**self._planned(offer), **self._offer_facts(offer, others), **_remains(destroyed)}
        if "destroy" in verbs:
            return {**_facts(None), **_remains(self._row)}
        return _facts(self._row)

    def _planned(self, offer: Mapping[str, Any]) -> dict[str, Any]:
        """What renting this offer would give; the id is not known before."""
        size = self._wanted.size_to_rent_gb
        cost = offer_cost(offer, size)
        row = {
            **offer,
            "id": None,
            "label": self._wanted.name,
            "disk_space": size,
            "status": "planned",
            "type": "machine",
            "storage_total_cost": cost["hourly_price"],
        }
        prices = {name: cost[name] for name in ("hourly_price", "monthly_price")}
        volume = {**_volumes.describe(row), **prices, "start_time": None}
        return {"volume": volume, "cost": cost, "mount": _volumes.mount_instructions(row)}

    def _offer_facts(self, offer: Mapping[str, Any] | None, others: Sequence[Row]) -> dict[str, Any]:
        if offer is None:
            return {}
        size = self._wanted.size_to_rent_gb
        facts: dict[str, Any] = {"offer": _volume_offers.describe(offer, size)}
        if others:
            facts["runners_up"] = [_volume_offers.describe(row, size) for row in others[:_RUNNERS_UP]]
        return facts


def _facts(row: Row | None) -> dict[str, Any]:
    if row is None:
        return {"volume": None, "cost": None, "mount": None}
    return {
        "volume": _volumes.describe(row),
        "cost": volume_cost(row),
        "mount": _volumes.mount_instructions(row),
    }


def _remains(row: Row | None) -> dict[str, Any]:
    return {} if row is None else {"destroyed_id": row["id"]}
