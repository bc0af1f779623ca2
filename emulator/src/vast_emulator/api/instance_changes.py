# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing what an instance runs and what it pays."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.instances.renting import (
    LEAST_BID,
    arguments,
    check_start,
    docker_options,
    environment,
    image_of,
    template_of,
)
from vast_emulator.instances.rows import row
from vast_emulator.market.pricing import HOURS_PER_MONTH
from vast_emulator.web.routing import Call, Reply, api
from vast_emulator.world.price_increases import answer, pending

HIGHEST_BID_PER_GPU = 32.0


@api.add("PUT", "/api/v0/instances/update_template/{id}")
def update_template(call: Call) -> dict[str, Any]:
    """Another template, image, env, onstart or args; a running instance is made again from its image."""
    contract, body, world = call.contract(), call.body, call.world
    template = template_of(world, body)
    args = arguments(body) or contract.args
    onstart = values.text(body.get("onstart"), "onstart", 10**6) or template.get("onstart") or contract.onstart
    check_start(onstart, args)
    # Everything is checked before the first change.
    image = image_of(body, template) if template or body.get("image") else contract.image
    env = contract.env
    if template or body.get("env"):
        env = {**docker_options(template.get("env") or ""), **environment(body.get("env"))}
    contract.image, contract.env, contract.onstart, contract.args = image, env, onstart, args
    if template:
        contract.template_id, contract.template_hash_id = template["id"], template["hash_id"]
        contract.template_name = template["name"]
    world.save(contract)
    if contract.cur_state == "running":
        world.recycle(contract)
    shown = row(contract, world, call.service.addresses)
    return {"success": True, "updated_instance": shown, "msg": "Instance updated."}


@api.add("PUT", "/api/v0/instances/bid_price/{id}")
def change_bid(call: Call) -> dict[str, Any]:
    """Price in $/h for the whole offer; null lets the server take one that wins."""
    contract, body = call.contract(), call.body
    if not contract.is_bid:
        raise invalid_args("the instance is not interruptible.")
    offer = call.world.offers[contract.ask_id]
    given = body.get("price")
    price = offer.price_to_win(besides=contract.id) if given is None else values.as_number(given)
    highest = HIGHEST_BID_PER_GPU * len(contract.gpu_ids)
    if price is None or isinstance(price, bool) or not LEAST_BID <= price <= highest:
        raise invalid_args(f"Please set a bid price >= {LEAST_BID} and <= {highest:g}.")
    call.world.reprice(contract, float(price))
    return {"success": True}


@api.add("PUT", "/api/v0/instances/prepay/{id}")
def prepay(call: Call) -> Any:
    """Answers what a deposit would be worth; the emulated rate stays as it is."""
    contract = call.contract()
    amount = values.number(call.body.get("amount"), "amount", 0.01)
    if amount > call.world.credit_left():
        return Reply({"success": False, "error": "insufficient_credit", "msg": "Insufficient credit"}, 411)
    months = amount / (contract.dph_base * HOURS_PER_MONTH)
    return {"success": True, "timescale": round(months, 3), "discount_rate": 0.0}


@api.add("GET", "/api/v0/instances/balance/{id}")
def deposit(call: Call) -> dict[str, Any]:
    """No deposit was taken."""
    call.contract()
    return {"success": True, "refundable_deposit": 0.0, "total_discount": 0.0, "discount_months": 0.0}


@api.add("GET", "/api/v0/instances/pending-price-increases")
def price_increases(call: Call) -> dict[str, Any]:
    """What hosts ask for and nobody answered yet."""
    found = pending(call.world)
    return {"success": True, "count": len(found), "truncated": False, "pending_price_increases": found}


@api.add("PUT", "/api/v0/instances/accept-price-increase")
def accept_price_increase(call: Call) -> dict[str, Any]:
    """Pay the new price from now on."""
    return _answer_price_increase(call, accepted=True)


@api.add("PUT", "/api/v0/instances/reject-price-increase")
def reject_price_increase(call: Call) -> dict[str, Any]:
    """Go on at the old price."""
    return _answer_price_increase(call, accepted=False)


def _answer_price_increase(call: Call, accepted: bool) -> dict[str, Any]:
    body = call.body
    if set(body) != {"pending_price_increase_id"}:
        raise invalid_args("exactly pending_price_increase_id is expected.")
    number = values.identifier(body["pending_price_increase_id"])
    contract = None if number is None else answer(call.world, number, accepted)
    if contract is None:
        raise Refusal(404, "no_pending_price_increase", "There is no such pending price increase.")
    return {"success": True, "pending_price_increase_id": number, "contract_id": contract.id}
