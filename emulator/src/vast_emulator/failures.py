# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals in the shape of Vast.ai's error bodies."""

from __future__ import annotations


class Refusal(Exception):
    """An answer other than success: ``{"success": false, "error": code, "msg": text}`` with an HTTP status.

    The status may be 200: Vast.ai answers some failures (a start while the GPU is taken) with HTTP 200.
    """

    def __init__(self, status: int, error: str, msg: str, **more: object) -> None:
        super().__init__(msg)
        self.status = status
        self.body = {"success": False, "error": error, "msg": msg, **more}


def invalid_args(text: str) -> Refusal:
    """A body that does not fit; the prefix is what the API sends."""
    return Refusal(400, "invalid_args", f"error 400/3467: Invalid args: {text}")


def no_such_instance(contract_id: object) -> Refusal:
    """An id that is unknown, somebody else's or destroyed."""
    return Refusal(404, "no_such_instance", f"No such instance: {contract_id}.")
