# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States as words; the colour that a word gets is only an addition."""

from __future__ import annotations

from vast_emulator.market.machines import Offer
from vast_emulator.page.html import Markup, element
from vast_emulator.world.contracts import Contract

_TONES = {
    "created": "busy",
    "free": "good",
    "loading": "busy",
    "offline": "bad",
    "outbid": "bad",
    "running": "good",
    "scheduled": "busy",
    "unknown": "bad",
    "vanished": "bad",
}


def of_instance(contract: Contract) -> str:
    """What the marketplace reports, or why it stands still."""
    if contract.offline:
        return "offline"
    if contract.outbid:
        return "outbid"
    reported = contract.reported_status or "scheduled"
    if contract.cur_state == "stopped" and _TONES.get(reported) == "busy":
        return f"{reported} (stopped)"
    return reported


def of_offer(offer: Offer) -> str:
    """Whether it is on the market, and whether somebody is on its GPUs."""
    if offer.vanished:
        return "vanished"
    holders = offer.holders()
    if not holders:
        return "free"
    return "yours" if max(holders) > 0 else "rented"


def badge(word: str) -> Markup:
    """A state to look at."""
    return element("span", word, class_=f"state {_TONES.get(word, 'calm')}")
