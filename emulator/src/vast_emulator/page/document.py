# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page from top to bottom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from heapq import nlargest, nsmallest
from itertools import islice
from typing import Any, NamedTuple

from vast_emulator import values
from vast_emulator.market.machines import Offer
from vast_emulator.page import buttons, chart, status, words
from vast_emulator.page.html import Markup, element, joined
from vast_emulator.page.spending import growth
from vast_emulator.page.tables import Column, table
from vast_emulator.world.contracts import Contract
from vast_emulator.world.volumes import Volume
from vast_emulator.world.world import World

FILES = "/_emulator/page/"
# Rows of each table, and steps of the line.
_MOST_ROWS = 100
_MOST_OFFERS = 25
_MOST_DESTROYED = 10
_STEPS = 240
_LONGEST = 160


class Shown(NamedTuple):
    """What a page is made from: ``requests`` newest first, ``faults`` as the control API shows them, letters that
    the GPU of an offer must have in its name, and what was refused.
    """

    world: World
    requests: list[dict[str, Any]]
    faults: list[dict[str, Any]]
    gpu: str = ""
    refusal: str = ""


def document(shown: Shown) -> str:
    """The whole page."""
    spent = growth(shown.world.ledger.spans(), shown.world.genesis.at, shown.world.now, _STEPS)
    page = element("html", _head(), element("body", *_body(shown, spent)), lang="en")
    return f"<!doctype html>\n{page}\n"


def _head() -> Markup:
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", "vast-emulator"),
        element("link", rel="icon", href=FILES + "icon.svg", type="image/svg+xml"),
        element("link", rel="stylesheet", href=FILES + "page.css"),
        element("script", src=FILES + "page.js", defer=True),
    )


def _body(shown: Shown, spent: list[float]) -> Iterable[Markup]:
    world = shown.world
    yield element(
        "header",
        element("h1", "vast-emulator"),
        element("p", "A GPU marketplace on this machine. Nothing here costs money."),
    )
    yield element(
        "main",
        # One for the server's word, one for the script's.
        element("p", shown.refusal, id="refusal", role="alert", hidden=not shown.refusal),
        element("p", id="said", role="status", aria_live="polite", hidden=True),
        element("section", _figures(world, spent[-1]), chart.figure(spent, world.genesis.at, world.now), id="money"),
        element(
            "section",
            element("h2", "Make it happen"),
            _form(shown.gpu),
            buttons.general(shown.world.clock.speed),
            id="events",
        ),
        element("section", element("h2", "Instances"), _summary(world), _instances(world), _destroyed(world)),
        element("section", element("h2", "Volumes"), _volumes(world)),
        element("section", element("h2", "Offers"), *_offers(world, shown.gpu)),
        element("section", element("h2", "Planned faults"), _faults(shown.faults)),
        element("section", element("h2", "Last requests"), _requests(shown.requests)),
    )


def _form(gpu: str) -> Markup:
    """What all buttons belong to; the filter goes with it, so that it is there again afterwards."""
    # Without a charset of their own, forms send what is in the page's.
    return element("form", element("input", type="hidden", name="gpu", value=gpu), **_TARGET)


_TARGET: dict[str, object] = {"id": buttons.FORM, "method": "post", "action": FILES + "happen"}


def _figures(world: World, spent: float) -> Markup:
    speed = f"{world.clock.speed:g} × real time" if world.clock.speed else "stopped"
    figures = {
        "Burnt": (words.dollars(spent), "burnt"),
        "Burning": (f"{words.dollars(world.ledger.burn_rate())}/h", "burning"),
        "Credit left": (words.dollars(world.account.credit - spent), "credit"),
        "Emulated time (UTC)": (words.moment(world.now), "now"),
        "Clock": (speed, "speed"),
    }
    pairs = (
        element("div", element("dt", name), element("dd", value, id=key)) for name, (value, key) in figures.items()
    )
    return element("dl", *pairs)


# Instances


def _summary(world: World) -> Markup:
    counts = Counter(map(status.of_instance, world.contracts.values()))
    text = ", ".join(f"{count} {word}" for word, count in sorted(counts.items())) or "Nothing is rented."
    return element("p", text, id="summary", aria_live="polite")


_INSTANCE_COLUMNS = (
    Column("Instance", "wide"),
    Column("GPUs", "short"),
    Column("State"),
    Column("$/h now", "number"),
    Column("Bid $/h", "number"),
    Column("Rented (UTC)"),
    Column("Events", "wide"),
)


def _instances(world: World) -> Markup:
    newest = nlargest(_MOST_ROWS, world.contracts)
    rows = [(str(number), _instance(world, world.contracts[number])) for number in newest]
    return table("instances", _extent(len(rows), len(world.contracts), "newest"), _INSTANCE_COLUMNS, rows)


def _instance(world: World, contract: Contract) -> list[object]:
    facts = world.machines[contract.machine_id].facts
    image = words.cut(contract.image, _LONGEST)
    return [
        _named(contract.id, contract.label, image),
        _two_lines(f"{len(contract.gpu_ids)} × {facts['gpu_name']}", f"machine {contract.machine_id}"),
        joined(status.badge(status.of_instance(contract)), _small(words.cut(contract.status_msg or "", _LONGEST))),
        words.hourly(world.ledger.rate(contract.id)),
        "on demand" if contract.price is None else words.hourly(contract.price),
        words.moment(contract.created_at),
        buttons.for_row(buttons.INSTANCE, contract, f"instance {contract.id}"),
    ]


_DESTROYED_COLUMNS = (Column("Instance", "wide"), Column("GPUs", "short"), Column("Events", "wide"))


def _destroyed(world: World) -> Markup:
    """The last of them, folded away; nothing where nothing was destroyed."""
    if not world.gone:
        return Markup("")
    newest = [world.gone[number] for number in islice(reversed(world.gone), _MOST_DESTROYED)]
    rows = [(str(one.id), _ghost(world, one)) for one in newest]
    extent = _extent(len(rows), len(world.gone), "newest")
    folded = table("destroyed", extent, _DESTROYED_COLUMNS, rows)
    return element("details", element("summary", "Destroyed…"), folded, id="gone")


def _ghost(world: World, contract: Contract) -> list[object]:
    facts = world.machines[contract.machine_id].facts
    return [
        _named(contract.id, contract.label, words.cut(contract.image, _LONGEST)),
        _two_lines(f"{len(contract.gpu_ids)} × {facts['gpu_name']}", f"machine {contract.machine_id}"),
        buttons.for_row(buttons.DESTROYED, contract, f"destroyed instance {contract.id}"),
    ]


# Volumes


_VOLUME_COLUMNS = (
    Column("Volume"),
    Column("Machine"),
    Column("GB", "number"),
    Column("$/h now", "number"),
    Column("Used by"),
    Column("Events", "wide"),
)


def _volumes(world: World) -> Markup:
    volumes = world.volumes.volumes
    newest = nlargest(_MOST_ROWS, volumes)
    rows = [(str(number), _volume(world, volumes[number])) for number in newest]
    return table("volumes", _extent(len(rows), len(volumes), "newest"), _VOLUME_COLUMNS, rows)


def _volume(world: World, volume: Volume) -> list[object]:
    users = volume.instances(world.now)
    return [
        _named(volume.id, volume.label),
        volume.machine_id,
        volume.size,
        words.hourly(world.ledger.rate(volume.id)),
        ", ".join(map(str, users)) or "nobody",
        buttons.for_row(buttons.VOLUME, volume, f"volume {volume.id}"),
    ]


# Offers


_OFFER_COLUMNS = (
    Column("Offer"),
    Column("GPUs", "short"),
    Column("Where"),
    Column("State"),
    Column("On demand $/h", "number"),
    Column("Lowest bid $/h", "number"),
    Column("Events", "wide"),
)


def _offers(world: World, gpu: str) -> Iterable[Markup]:
    """The cheapest of those whose GPU has the wanted letters in its name. Those that vanished may reappear."""
    wanted = gpu.lower()
    there = (offer for offer in world.offers.values() if not offer.machine.offline)
    found = [offer for offer in there if wanted in offer.facts["gpu_name"].lower()]
    cheapest = nsmallest(_MOST_OFFERS, found, key=lambda offer: (offer.price, offer.id))
    yield element(
        "form",
        element("label", "GPU name ", element("input", type="search", name="gpu", value=gpu)),
        element("button", "Filter"),
        id="filter",
        method="get",
        action="/",
    )
    rows = [(str(offer.id), _offer(offer)) for offer in cheapest]
    yield table("offers", _extent(len(rows), len(found), "cheapest"), _OFFER_COLUMNS, rows)


def _offer(offer: Offer) -> list[object]:
    facts = offer.facts
    return [
        offer.id,
        _two_lines(f"{len(offer.gpu_ids)} × {facts['gpu_name']}", f"machine {offer.machine.id}"),
        facts["geolocation"],
        status.badge(status.of_offer(offer)),
        words.hourly(offer.price),
        words.hourly(offer.price_to_win()),
        buttons.for_row(buttons.OFFER, offer, f"offer {offer.id}"),
    ]


# Faults and requests


# What of a fault's record is shown elsewhere in its row, is too long or says nothing about what will happen.
_NOT_HAPPENING = ("method", "path", "times", "content_type", "body", "headers", "id", "seen", "fired", "last_error")
_FAULT_COLUMNS = (Column("Request"), Column("What happens"), Column("Times", "number"))


def _faults(faults: list[dict[str, Any]]) -> Markup:
    shown = faults[:_MOST_ROWS]
    rows = [(str(index), _fault(fault)) for index, fault in enumerate(shown)]
    planned = table("faults", _extent(len(rows), len(faults), "next"), _FAULT_COLUMNS, rows)
    return joined(planned, buttons.call("Forget planned faults", "DELETE faults", {})) if faults else planned


def _fault(fault: dict[str, Any]) -> list[object]:
    happens = ", ".join(f"{name} {_plain(value)}" for name, value in fault.items() if name not in _NOT_HAPPENING)
    times = fault["times"]
    return [
        words.cut(f"{fault['method']} {fault['path']}", _LONGEST),
        words.cut(happens, _LONGEST),
        "always" if times is None else times,
    ]


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else values.dump_json(value)


_REQUEST_COLUMNS = (
    Column("Emulated time (UTC)"),
    Column("Method"),
    Column("Path"),
    Column("Status", "number"),
    Column("ms", "number"),
)


def _requests(requests: list[dict[str, Any]]) -> Markup:
    rows = [
        (
            str(index),
            [
                words.moment(one["at"]),
                one["method"],
                element("code", words.cut(one["path"], _LONGEST)),
                one["status"],
                f"{one['ms']:.1f}",
            ],
        )
        for index, one in enumerate(requests)
    ]
    return table("requests", _extent(len(rows), len(rows), "newest"), _REQUEST_COLUMNS, rows)


# Pieces


def _extent(shown: int, there_are: int, which: str) -> str:
    return f"{there_are:,} in all" if shown == there_are else f"The {which} {shown:,} of {there_are:,}"


def _named(number: int, label: str | None, more: str = "") -> Markup:
    name = joined(" ", element("b", words.cut(label, _LONGEST))) if label else Markup("")
    return _two_lines(joined(str(number), name), more)


def _two_lines(first: str, second: str) -> Markup:
    return joined(element("span", first), _small(second))


def _small(text: str) -> Markup:
    return element("small", text) if text else Markup("")
