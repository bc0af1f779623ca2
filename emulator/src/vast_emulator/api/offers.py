# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches for offers, in the three forms clients use."""

from __future__ import annotations

from typing import Any

from vast_emulator import values
from vast_emulator.market.query import bad_query
from vast_emulator.market.search import Search
from vast_emulator.web.routing import Call, api


def search(call: Call, query: Any) -> list[dict[str, Any]]:
    """Rows for a query object."""
    world = call.world
    parsed = Search(query, world.now, world.settings.search_by_id == "works")
    rows = parsed.run(world.offers.values(), world.is_bid)
    world.seen = [row["id"] for row in rows]
    return rows


@api.add("POST", "/api/v0/bundles")
def search_flat(call: Call) -> dict[str, Any]:
    """Filters and controls in one object."""
    return {"offers": search(call, call.body)}


@api.add("GET", "/api/v0/bundles")
def search_in_url(call: Call) -> dict[str, Any]:
    """The same object as JSON text in ``q``."""
    return {"offers": search(call, call.query_json("q", {}))}


@api.add("PUT", "/api/v0/search/asks")
def search_asks(call: Call) -> dict[str, Any]:
    """The same object in an envelope that can choose columns."""
    body = call.body
    rows = search(call, body.get("q", {}))
    columns = values.texts(body.get("select_cols"), "select_cols")
    if columns and "*" not in columns:
        rows = [{column: row.get(column) for column in columns} for row in rows]
    elif body.get("select_cols") == []:
        raise bad_query("select_cols must name columns")
    return {"offers": rows}
