# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals in the shape of Vast.ai's error bodies."""

from __future__ import annotations

from typing import Any


class Refusal(Exception):
    """An answer other than success: ``{"success": false, "error": code, "msg": text}`` with an HTTP status.

    The status may be 200: Vast.ai answers some failures (a start while the GPU is taken) with HTTP 200.
    """

    def __init__(self, status: int, error: str, msg: str, **more: object) -> None:
        super().__init__(msg)
        self.status = status
        self.body: dict[str, Any] = {"success": False, "error": error, "msg": msg, **more}

    @property
    def reason(self) -> str:
        """The text for people, without the API's numbers."""
        return self.body["msg"].removeprefix(_INVALID_ARGS)


_INVALID_ARGS = "error 400/3467: Invalid args: "


def invalid_args(text: str) -> Refusal:
    """A body that does not fit; the prefix is what the API sends."""
    return Refusal(400, "invalid_args", _INVALID_ARGS + text)


def offer_gone(offer_id: object) -> Refusal:
    """An offer that was there a moment ago, as the newest reports have it."""
    text = f"error 410/3907: no_such_ask Instance type {offer_id} is no longer available."
    return Refusal(410, "no_such_ask", text)


def no_such_instance(contract_id: object) -> Refusal:
    """An id that is unknown, somebody else's or destroyed."""
    return Refusal(404, "no_such_instance", f"No such instance: {contract_id}.")
