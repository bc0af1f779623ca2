# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The noun *bid*: an interruptible instance seen as an auction.

Facts: there is no collection of bids, a bid is an instance with ``is_bid``; ``dph_base`` of its row is the price in
force, which is the bid or, if that is less, the on-demand price; ``min_bid`` is the price that wins now; a bid that
lost shows as ``cur_state: stopped``, or as ``intended_status: running`` with ``actual_status`` exited or stopped; its
disk is kept and bills, and it resumes by itself when it wins again. The row tells neither the on-demand price nor
since when a bid has been losing.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number, number_or_zero
from ansible_collections.cloudctl.vastai.plugins.module_utils._offers import search
from ansible_collections.cloudctl.vastai.plugins.module_utils._query import build_query

Row = Mapping[str, Any]

LEAST_PRICE = 0.001
HIGHEST_PRICE = 128.0

# Vast.ai answers with 64 offers at most, and a machine is offered in several splits.
_MACHINES_PER_SEARCH = 10
_ANY_OFFER = dict.fromkeys(("verified", "external", "rentable", "rented"), "any")
_SAME_PRICE = 1e-6


def change_bid(client: VastClient, instance_id: int, price: float) -> None:
    """Set the bid of an interruptible instance, in $/h for the whole instance."""
    body = {"client_id": "me", "price": price}
    client.write("PUT", f"/api/v0/instances/bid_price/{instance_id}/", body=body)


def on_demand_prices(client: VastClient, rows: Iterable[Row]) -> dict[Any, float]:
    """What each row's GPUs cost on demand, $/h without storage, by instance id; instances without such an offer are
    left out. One search for every ten machines.
    """
    rows = list(rows)
    machines = sorted({int(row["machine_id"]) for row in rows if number(row.get("machine_id"))})
    offers: dict[tuple[Any, Any], float] = {}
    for start in range(0, len(machines), _MACHINES_PER_SEARCH):
        wanted = machines[start : start + _MACHINES_PER_SEARCH]
        query = build_query(filters={"machine_id": wanted, **_ANY_OFFER})
        for offer in search(client, query):
            offers[offer.get("machine_id"), offer.get("num_gpus")] = float(number_or_zero(offer.get("dph_base")))
    prices = {row["id"]: offers.get((row.get("machine_id"), row.get("num_gpus"))) for row in rows}
    return {instance_id: price for instance_id, price in prices.items() if price is not None}


def bid_status(row: Row) -> str:
    """``winning``, ``outbid``, ``starting``, ``stopped`` (on request), ``offline`` (machine lost) or ``ended``."""
    if row.get("duration") is not None and number_or_zero(row.get("duration")) <= 0:
        return "ended"
    actual = row.get("actual_status")
    if actual == "offline":
        return "offline"
    if row.get("intended_status") == "stopped":
        # An outbid instance may look as if its stop had been asked for; only the prices tell which.
        return "outbid" if current_price(row) < price_to_win(row) else "stopped"
    if row.get("cur_state") == "stopped" or actual in ("exited", "stopped"):
        return "outbid"
    return "winning" if actual == "running" else "starting"


def current_price(row: Row) -> float:
    """The bid in force, $/h without storage."""
    return float(number_or_zero(row.get("dph_base")))


def price_to_win(row: Row) -> float:
    """The lowest bid that wins now, $/h without storage; of an offer or an instance."""
    return float(number_or_zero(row.get("min_bid")))


def differs(row: Row, price: float, on_demand: float | None) -> bool:
    """Whether the bid is another than ``price``; a bid above the on-demand price shows as that price."""
    current = current_price(row)
    capped = on_demand is not None and price > on_demand and abs(current - on_demand) < _SAME_PRICE
    return abs(current - price) >= _SAME_PRICE and not capped


def describe_bid(row: Row, on_demand: float | None) -> dict[str, Any]:
    """The documented facts of a bid; prices in $/h without storage, ``since`` in seconds since 1970."""
    prices = compare(current_price(row), price_to_win(row), on_demand)
    return {"status": bid_status(row), "since": _since(row), **prices}


def compare(price: float, to_win: float, on_demand: float | None) -> dict[str, Any]:
    """The prices of a bid side by side; ``saving`` is None when the on-demand price is not known."""
    saving = None if on_demand is None else on_demand - price
    return {
        "price": round(price, 6),
        "price_to_win": round(to_win, 6),
        "on_demand_price": None if on_demand is None else round(on_demand, 6),
        "saving": None if saving is None else round(saving, 6),
        "saving_percent": round(100 * saving / on_demand, 1) if on_demand and saving is not None else None,
    }


def _since(row: Row) -> float | None:
    """When the present status began, as far as the row tells: a running one says how long it has been up."""
    status = bid_status(row)
    uptime = number(row.get("uptime_mins"))
    if status == "winning" and uptime is not None:
        return round(time.time() - uptime * 60)
    return number(row.get("start_date")) if status == "starting" else None
