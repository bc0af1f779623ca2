# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a bid stands, in every shape in which rows were seen to say so."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._bid_facts import (
    STATUSES,
    bid_status,
    compare,
    current_price,
    describe_bid,
    differs,
    price_to_win,
    wins,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import ANY_JSON, ANY_ROW, bid


def states(intended, cur, actual, **fields):
    return bid(intended_status=intended, cur_state=cur, actual_status=actual, **fields)


LOSES, WINS = {"min_bid": 0.7}, {"min_bid": 0.4}


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (states("running", "running", None), "starting"),
        (states("running", "running", "created"), "starting"),
        (states("running", "running", "loading"), "starting"),
        (states("running", "running", "rebooting"), "starting"),
        (states("running", "running", "running"), "winning"),
        (states("running", "running", "running", **LOSES), "winning"),
        (states("frozen", "running", "frozen"), "winning"),
        # dstack: intended, current and next state are stopped, the actual one is late
        (states("stopped", "stopped", "exited", **LOSES), "outbid"),
        (states("stopped", "stopped", "stopped", **LOSES), "outbid"),
        (states("stopped", "stopped", "loading", **LOSES), "outbid"),
        (states("stopped", "stopped", "running", **LOSES), "outbid"),
        (states("stopped", "stopped", None, **LOSES), "outbid"),
        # another client: intended running, actual exited
        (states("running", "running", "exited", **LOSES), "outbid"),
        (states("running", "running", "exited", **WINS), "outbid"),
        (states("running", "stopped", "exited", **LOSES), "outbid"),
        (states("running", "stopped", "loading", **WINS), "outbid"),
        # the provider for Terraform: intended running, actual stopped or offline
        (states("running", "stopped", "stopped", **LOSES), "outbid"),
        (states("running", "running", "offline", **LOSES), "offline"),
        (states("running", "running", "unknown"), "offline"),
        # a stop on request, or GPUs rented on demand
        (states("stopped", "stopped", "exited", **WINS), "stopped"),
        (states("stopped", "running", "running", **WINS), "stopped"),
        (states("stopped", "stopped", "exited", min_bid=0.5), "stopped"),
        (states("stopped", "stopped", "exited", min_bid=0.5 + 1e-9), "stopped"),
        (states("stopped", "stopped", "exited", min_bid=None), "stopped"),
        # the contract is over
        (states("stopped", "stopped", "exited", duration=0), "ended"),
        (states("running", "running", "running", duration=-5.0), "ended"),
        (states("running", "running", "running", duration="soon"), "winning"),
    ],
)
def test_status(row, status):
    assert bid_status(row) == status


@pytest.mark.parametrize(
    ("current", "price", "on_demand", "differ"),
    [
        (0.5, 0.5, None, False),
        (0.5, 0.5 + 1e-9, None, False),
        (0.5, 0.6, None, True),
        (0.5, 0.4, 0.9, True),
        (0.9, 1.2, 0.9, False),
        (0.9, 0.9, 0.9, False),
        (0.9, 1.2, None, True),
        (0.5, 1.2, 0.9, True),
        (0.9, 0.8, 0.9, True),
    ],
)
def test_differs(current, price, on_demand, differ):
    assert differs(bid(dph_base=current), price, on_demand) is differ


def test_prices_side_by_side():
    assert compare(0.5, 0.3100001, 0.8) == {
        "price": 0.5,
        "price_to_win": 0.31,
        "on_demand_price": 0.8,
        "saving": 0.3,
        "saving_percent": 37.5,
    }
    assert compare(0.5, 0.31, None)["saving_percent"] is None
    assert compare(0.5, 0.31, 0.0)["saving_percent"] is None
    assert compare(0.5, 0.31, 0.4)["saving"] == -0.1


def test_winning_since_by_the_clock_of_the_api():
    row = bid(uptime_mins=2.5, end_date=1_800_000_000.0, duration=1000.0)
    assert describe_bid(row, 0.9) == {
        "status": "winning",
        "since": 1_799_998_850.0,
        "price": 0.5,
        "price_to_win": 0.4,
        "on_demand_price": 0.9,
        "saving": 0.4,
        "saving_percent": 44.4,
    }


def test_winning_since_by_our_clock_when_the_row_has_none():
    assert describe_bid(bid(uptime_mins=1.0), None)["since"] == pytest.approx(time.time() - 60, abs=5)
    assert describe_bid(bid(), None)["since"] is None


def test_starting_since_the_rent_and_losing_since_nobody_knows_when():
    assert describe_bid(bid(actual_status="loading", start_date=7.5), None)["since"] == 7.5
    lost = bid(intended_status="stopped", cur_state="stopped", actual_status="exited", uptime_mins=3, **LOSES)
    assert describe_bid(lost, None)["since"] is None


@given(ANY_ROW, st.dictionaries(st.sampled_from(["min_bid", "duration", "uptime_mins", "end_date"]), ANY_JSON))
def test_any_row_has_a_status_and_prices(row, more):
    facts = describe_bid({**row, **more}, None)
    assert facts["status"] in STATUSES
    assert all(isinstance(facts[name], float) for name in ("price", "price_to_win"))
    assert wins({**row, **more}) is (current_price(row) >= price_to_win(more) - 1e-6)


def test_ended_since_the_end_of_its_contract():
    ended = bid(duration=-5.0, end_date=1_800_000_000.0)
    assert (describe_bid(ended, None)["status"], describe_bid(ended, None)["since"]) == ("ended", 1_800_000_000.0)
