# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The marketplace in a browser. Works without script; with it, the page keeps itself up to date."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, urlencode

from vast_emulator.failures import Refusal
from vast_emulator.page.document import FILES, Shown, document
from vast_emulator.web.routing import Call, Reply, control

_TYPES = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
_FOLDER = resources.files("vast_emulator.page") / "static"
_STATIC = {file.name: file.read_bytes() for file in _FOLDER.iterdir() if file.name.rpartition(".")[2] in _TYPES}
_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
}
_LONGEST_FILTER = 64


@control.add("GET", "/")
def show(call: Call) -> Reply:
    """The page; ``gpu`` in the query filters its offers."""
    call.world.settle()
    return _page(call, call.query.get("gpu", ""))


@control.add("GET", FILES + "{name}")
def file(call: Call) -> Reply:
    """Its style, script and icon."""
    content = _STATIC.get(call.params["name"])
    if content is None:
        raise Refusal(404, "not_found", "The page has no such file.")
    kind = _TYPES[call.params["name"].rpartition(".")[2]]
    return Reply(content, content_type=f"{kind}; charset=utf-8", headers=_HEADERS)


@control.add("POST", FILES + "happen")
def happen(call: Call) -> Reply:
    """A click: a field named like ``POST clock`` holds the JSON that this call of the control API takes.

    Back to the page afterwards. Where the call was refused, the page says why, with the refusal's status.
    """
    fields = dict(parse_qsl(call.content.decode("latin-1"), encoding="utf-8", errors="replace"))
    gpu = fields.pop("gpu", "")
    try:
        if len(fields) != 1:
            raise Refusal(400, "invalid_args", "One button at a time.")
        ((what, body),) = fields.items()
        method, _space, name = what.partition(" ")
        _ask(call, method, name, body)
    except Refusal as refusal:
        return _page(call, gpu, refusal)
    return Reply(b"", 303, headers={"location": f"/?{urlencode({'gpu': gpu})}" if gpu else "/"})


def _ask(call: Call, method: str, name: str, body: str = "") -> Any:
    """What another call of the control API answers."""
    entry, params = control.find(method, f"/_emulator/{name}")
    if entry.handler is happen:
        raise Refusal(400, "invalid_args", "A click cannot be about clicks.")
    return entry.handler(replace(call, method=method, params=params, content=body.encode()))


def _page(call: Call, gpu: str, refusal: Refusal | None = None) -> Reply:
    shown = Shown(
        world=call.world,
        requests=call.service.log.last(),
        faults=_ask(call, "GET", "faults")["faults"],
        gpu=gpu[:_LONGEST_FILTER],
        refusal=str(refusal) if refusal else "",
    )
    content = document(shown).encode(errors="replace")
    return Reply(content, refusal.status if refusal else 200, "text/html; charset=utf-8", _HEADERS)
