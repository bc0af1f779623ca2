# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be made to happen with a click. Each button is a call of the control API, which its tooltip shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

from vast_emulator import values
from vast_emulator.events import table
from vast_emulator.market.machines import Offer
from vast_emulator.page.html import Markup, element
from vast_emulator.world.contracts import Contract
from vast_emulator.world.volumes import Volume

# The one form of the page; buttons anywhere in it belong to it.
FORM = "happen"
_MORE = 1.25
# Rows with more buttons than this hide all but the first ones until they are asked for.
_MOST = 3
_FIRST = 2

Row = TypeVar("Row")


class Button(NamedTuple, Generic[Row]):
    """The words on it, the event and its details for a row, and the rows that it makes sense for.

    A button whose event does not exist is not shown.
    """

    words: str
    event: str
    details: Callable[[Row], Any]
    applies: Callable[[Row], bool] = lambda row: True


def _is_booting(one: Contract) -> bool:
    """Whether it is started and did not get as far as running, be it that it never will."""
    return one.cur_state == "running" and one.actual_status in (None, "created", "loading")


def _is_deaf(one: Contract) -> bool:
    return one.answers and one.has_ssh and not one.answers_ssh


def _raised(price: float) -> float:
    return round(price * _MORE, 4)


def _for_a_minute(one: Contract) -> dict[str, Any]:
    return {"instance": one.id, "seconds": 60}


def _twin(one: Contract) -> dict[str, Any]:
    return {"label": one.label, "image": one.image}


# What comes first is seen first.
INSTANCE: tuple[Button[Contract], ...] = (
    Button("Outbid", "outbid", lambda one: one.id, lambda one: one.is_bid and not one.outbid),
    Button("Machine offline", "offline", lambda one: one.machine_id, lambda one: not one.offline),
    Button("Machine back", "online", lambda one: one.machine_id, lambda one: one.offline),
    Button("Boot hangs", "stuck", lambda one: one.id, _is_booting),
    Button("Boot is slow", "slow", lambda one: {"instance": one.id, "factor": 10}, _is_booting),
    Button("No such image", "fail", lambda one: {"instance": one.id, "error": "manifest_unknown"}, _is_booting),
    Button("Heal", "heal", lambda one: one.id, _is_booting),
    Button("SSH closes", "refuse_ssh", lambda one: one.id, lambda one: one.answers_ssh),
    Button("SSH opens", "answer_ssh", lambda one: one.id, _is_deaf),
    Button("Container ends", "exit", lambda one: one.id, lambda one: one.answers),
    Button("Container starts", "resume", lambda one: one.id, lambda one: one.has_exited),
    Button("Unheard", "silence", lambda one: one.id, lambda one: one.reported_status not in ("offline", "unknown")),
    Button("Heard again", "hear", lambda one: one.id, lambda one: one.reported_status == "unknown"),
    Button("Stranger takes GPUs", "take_gpus", lambda one: one.id, lambda one: one.is_bid or not one.keeps_gpus),
    Button("Strangers leave", "leave_gpus", lambda one: one.id, lambda one: not one.keeps_gpus),
    Button(
        "Message stays", "stale_message", lambda one: one.id, lambda one: one.stale_msg is None and bool(one.status_msg)
    ),
    Button("Message follows", "fresh_message", lambda one: one.id, lambda one: one.stale_msg is not None),
    Button("Contract ends", "expire", lambda one: one.id),
    Button("Hidden for 1 minute", "hide", _for_a_minute),
    Button("Seen 1 minute after its end", "linger", _for_a_minute, lambda one: one.lingers is None),
    Button("Twin", "rent_elsewhere", _twin),
    Button("Sends 10 GB", "traffic", lambda one: {"instance": one.id, "up_gb": 10}, lambda one: one.answers),
    Button("Price up", "raise_price", lambda one: {"instance": one.id, "factor": _MORE}, lambda one: not one.is_bid),
)
DESTROYED: tuple[Button[Contract], ...] = (
    Button("Exists again", "revive", lambda one: one.id),
    Button("Seen for 1 minute", "linger", _for_a_minute),
)
VOLUME: tuple[Button[Volume], ...] = (Button("Contract ends", "expire", lambda one: {"volume_id": one.id}),)
OFFER: tuple[Button[Offer], ...] = (
    Button("Vanish", "vanish", lambda one: one.id, lambda one: not one.vanished),
    Button("Reappear", "reappear", lambda one: one.id, lambda one: one.vanished),
    Button("Price up", "price", lambda one: {"offer_id": one.id, "dph_base": _raised(one.price)}),
    Button("Bids up", "set_min_bid", lambda one: {"offer_id": one.id, "min_bid": _raised(one.price_to_win())}),
)
MARKET: tuple[Button[None], ...] = (
    Button("Next offer rented is gone", "vanish_on_create", lambda _row: 1),
    Button("Credit runs out", "credit", lambda _row: 0),
)

_SPEEDS = (("Stop the clock", 0), ("1 minute a second", 60), ("1 hour a second", 3600))
_LOST_CREATE = {"method": "PUT", "path": "/api/v0/asks/{id}/", "when": "after", "status": 504}


def for_row(buttons: Iterable[Button[Row]], row: Row, about: str = "") -> Markup:
    """Those of the buttons that fit a row; ``about`` names it to those who do not see where a button stands."""
    known = table.names()
    fitting = [button for button in buttons if button.event in known and button.applies(row)]
    made = [call(one.words, "POST market", {one.event: one.details(row)}, about) for one in fitting]
    if len(made) > _MOST:
        hidden = element("div", *made[_FIRST:], class_="buttons")
        more = element("details", element("summary", "More…", aria_label=f"More… {about}"), hidden)
        made = [*made[:_FIRST], more]
    return element("div", *made, class_="buttons")


def general(speed: float) -> Markup:
    """Those that are about no row; the clock runs at ``speed``."""
    return element(
        "div",
        call("+1 minute", "POST clock", {"advance": 60}),
        call("+1 hour", "POST clock", {"advance": 3600}),
        call("+1 day", "POST clock", {"advance": 86400}),
        *(call(words, "POST clock", {"speed": wanted}, off=speed == wanted) for words, wanted in _SPEEDS),
        *(
            call(one.words, "POST market", {one.event: one.details(None)})
            for one in MARKET
            if one.event in table.names()
        ),
        call("Next create is lost (504)", "POST faults", _LOST_CREATE),
        element(
            "details",
            element("summary", "Reset…"),
            element("p", "Everything rented, spent, planned and logged is forgotten."),
            call("Yes, reset", "POST reset", {}),
            id="reset",
        ),
        class_="buttons",
    )


def call(words: str, what: str, body: dict[str, Any], about: str = "", off: bool = False) -> Markup:
    """A button that sends ``body`` to the control API; ``what`` is its method and the path below ``/_emulator/``.
    One that is ``off`` would change nothing.
    """
    sent = values.dump_json(body)
    return element(
        "button",
        words,
        form=FORM,
        name=what,
        value=sent,
        title=f"{what} {sent}",
        aria_label=f"{words}: {about}" if about else None,
        disabled=off,
    )
