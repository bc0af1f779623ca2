# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the row of an interruptible instance says about its bid: pure, no requests.

Facts: ``dph_base`` is the price in force, which is the bid or, if that is less, the on-demand price; ``min_bid`` is
the price that wins now. A bid that lost shows as ``cur_state: stopped``, often with ``intended_status: stopped`` as if
its stop had been asked for, or as ``intended_status: running`` with ``actual_status`` exited or stopped. Its disk is
kept and bills, and it resumes by itself when it wins again. The row tells neither the on-demand price nor since when a
bid has been losing, nor whether somebody who rents on demand has its GPUs.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number, number_or_zero

Row = Mapping[str, Any]

STATUSES = ("winning", "outbid", "starting", "stopped", "offline", "ended")

_SAME_PRICE = 1e-6
_HOLDS_GPUS = ("running", "frozen")
_LOST_MACHINE = ("offline", "unknown")
_DOWN = ("exited", "stopped")


def bid_status(row: Row) -> str:
    """One of :data:`STATUSES`. ``stopped`` is a bid that does not run although it would win."""
    left = number(row.get("duration"))
    if left is not None and left <= 0:
        return "ended"
    actual = row.get("actual_status")
    if actual in _LOST_MACHINE:
        return "offline"
    if row.get("intended_status") == "stopped":
        # An outbid instance may look as if its stop had been asked for; only the prices tell which.
        return "stopped" if wins(row) else "outbid"
    if row.get("cur_state") == "stopped" or actual in _DOWN:
        return "outbid"
    return "winning" if actual in _HOLDS_GPUS else "starting"


def current_price(row: Row) -> float:
    """The bid in force, $/h without storage."""
    return float(number_or_zero(row.get("dph_base")))


def price_to_win(row: Row) -> float:
    """The lowest bid that wins now, $/h without storage; of an offer or an instance."""
    return float(number_or_zero(row.get("min_bid")))


def wins(row: Row) -> bool:
    """Whether the bid in force is high enough."""
    return current_price(row) >= price_to_win(row) - _SAME_PRICE


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
    if status == "ended":
        return number(row.get("end_date"))
    uptime = number(row.get("uptime_mins"))
    if status == "winning" and uptime is not None:
        return float(round(_read_at(row) - uptime * 60))
    return number(row.get("start_date")) if status == "starting" else None


def _read_at(row: Row) -> float:
    """When the row was made, by Vast.ai's clock if the row tells: the contract's end less the time until then."""
    end, left = number(row.get("end_date")), number(row.get("duration"))
    return time.time() if end is None or left is None else end - left
