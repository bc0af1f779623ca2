# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Look at the marketplace and make things happen in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vast_emulator import values
from vast_emulator.contracts import Contract
from vast_emulator.failures import Refusal, invalid_args, no_such_instance
from vast_emulator.market.generator import BID_MACHINE, ON_DEMAND_MACHINE
from vast_emulator.market.machines import BID_STEP, Machine, Offer
from vast_emulator.market.offers import is_free
from vast_emulator.routing import Call, control


@control.add("GET", "/_emulator/market")
def show(call: Call) -> dict[str, Any]:
    """Every machine with its offers, and the two machines that exist for every seed."""
    call.world.settle()
    return {
        "well_known": {"on_demand_machine": ON_DEMAND_MACHINE, "bid_machine": BID_MACHINE},
        "seed": call.world.seed,
        "machines": [_machine(call, machine) for machine in call.world.machines.values()],
    }


def _machine(call: Call, machine: Machine) -> dict[str, Any]:
    names = ("gpu_name", "geolocation", "verification", "reliability", "storage_cost", "hosting_type")
    return {
        "machine_id": machine.id,
        **{name: machine.facts[name] for name in names},
        "holders": machine.holders,
        "offers": [_offer(call, offer) for offer in machine.offers],
    }


def _offer(call: Call, offer: Offer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "num_gpus": len(offer.gpu_ids),
        "gpu_ids": list(offer.gpu_ids),
        "price": offer.price,
        "min_bid": offer.price_to_win(),
        "disk_space": offer.facts["disk_space"],
        "rentable": not offer.gone and is_free(offer, call.world.is_bid),
        "vanished": offer.vanished,
    }


# Strangers outbid by a tenth, at least by the smallest step.
_MORE = 1.1
MOST_DOLLARS = 1000.0


@control.add("POST", "/_emulator/market")
def change(call: Call) -> dict[str, Any]:
    """Let one or several things happen; all of them are understood before the first happens."""
    unknown = set(call.body) - set(_EVENTS)
    if unknown or not call.body:
        raise invalid_args(f"say what happens: {', '.join(_EVENTS)}.")
    call.world.settle()
    events = [_EVENTS[name](call, wanted) for name, wanted in call.body.items()]
    for event in events:
        event()
    return {"success": True}


Event = Callable[[], None]


def _vanish_on_create(call: Call, count: Any) -> Event:
    """The next offers that somebody tries to rent turn out to be gone."""
    number = values.integer(count, "vanish_on_create", 0, 10**6)

    def happen() -> None:
        call.world.vanish_on_create = number

    return happen


def _vanish(call: Call, offer_id: Any) -> Event:
    """An offer goes off the market."""
    offer = _named_offer(call, offer_id)

    def happen() -> None:
        offer.vanished = True
        call.world.save_offer(offer)

    return happen


def _outbid(call: Call, contract_id: Any) -> Event:
    """A stranger bids more than an interruptible contract."""
    contract = _named_contract(call, contract_id)
    if contract.price is None:
        raise invalid_args("only a bid can be outbid.")
    more = max(contract.price * _MORE, contract.price + BID_STEP)
    offer = call.world.offers[contract.ask_id]
    return lambda: call.world.ask_for_bids(offer, more / len(offer.gpu_ids))


def _set_min_bid(call: Call, wanted: Any) -> Event:
    """Another lowest bid that wins against strangers, in $/h: of an offer or instance as a whole, or for each GPU of a
    machine.
    """
    wanted = values.mapping(wanted, "set_min_bid")
    names = set(wanted) - {"min_bid"}
    if len(names) != 1 or not names <= {"machine_id", "offer_id", "instance_id"}:
        raise invalid_args("set_min_bid takes min_bid and one of machine_id, offer_id, instance_id.")
    price = values.number(wanted.get("min_bid"), "min_bid", 0.0, MOST_DOLLARS)
    if "machine_id" in wanted:
        machine = _named_machine(call, wanted["machine_id"])
        whole = max(machine.offers, key=lambda one: len(one.gpu_ids))
        return lambda: call.world.ask_for_bids(whole, price)
    if "offer_id" in wanted:
        offer = _named_offer(call, wanted["offer_id"])
    else:
        offer = call.world.offers[_named_contract(call, wanted["instance_id"]).ask_id]
    return lambda: call.world.ask_for_bids(offer, price / len(offer.gpu_ids))


def _price(call: Call, wanted: Any) -> Event:
    """A host changes the price of an offer on demand, in $/h."""
    wanted = values.mapping(wanted, "price")
    if set(wanted) != {"offer_id", "dph_base"}:
        raise invalid_args("price takes offer_id and dph_base.")
    offer = _named_offer(call, wanted["offer_id"])
    price = values.number(wanted["dph_base"], "dph_base", BID_STEP, MOST_DOLLARS)
    return lambda: call.world.set_price(offer, price)


def _offline(call: Call, machine_id: Any) -> Event:
    """A machine is lost."""
    machine = _named_machine(call, machine_id)
    return lambda: call.world.set_offline(machine, True)


def _online(call: Call, machine_id: Any) -> Event:
    """A machine comes back."""
    machine = _named_machine(call, machine_id)
    return lambda: call.world.set_offline(machine, False)


_EVENTS: dict[str, Callable[[Call, Any], Event]] = {
    "vanish": _vanish,
    "vanish_on_create": _vanish_on_create,
    "outbid": _outbid,
    "set_min_bid": _set_min_bid,
    "price": _price,
    "offline": _offline,
    "online": _online,
}


def _named_machine(call: Call, machine_id: Any) -> Machine:
    machine = call.world.machines.get(values.identifier(machine_id) or 0)
    if machine is None:
        raise Refusal(404, "no_such_machine", f"There is no machine {machine_id}.")
    return machine


def _named_offer(call: Call, offer_id: Any) -> Offer:
    number = values.identifier(offer_id)
    offer = None if number is None else call.world.offers.get(number)
    if offer is None:
        raise Refusal(404, "no_such_ask", f"There is no offer {offer_id}.")
    return offer


def _named_contract(call: Call, contract_id: Any) -> Contract:
    contract = call.world.contract(contract_id)
    if contract is None:
        raise no_such_instance(contract_id)
    return contract
