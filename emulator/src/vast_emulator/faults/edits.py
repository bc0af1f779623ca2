# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of the API with some fields changed: nulls, wrong types, fields that are missing."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from vast_emulator import values
from vast_emulator.failures import invalid_args
from vast_emulator.faults import fields

_LONGEST_TAIL = 4096


class Edit:
    """What to set, what to write behind texts, and what to take away. An answer that is not JSON stays as it is."""

    def __init__(self, wanted: Any) -> None:
        """Reads ``{"set": {path: value}, "append": {path: text}, "remove": [path]}``."""
        wanted = values.mapping(wanted, "edit")
        if not wanted or not set(wanted) <= {"set", "append", "remove"}:
            raise invalid_args("edit takes set, append and remove.")
        assignments = values.mapping(wanted.get("set"), "edit.set")
        self._set = [(fields.parse(path, "edit.set"), value) for path, value in assignments.items()]
        tails = values.mapping(wanted.get("append"), "edit.append")
        self._append = [
            (fields.parse(path, "edit.append"), values.text(tail, path, _LONGEST_TAIL) or "")
            for path, tail in tails.items()
        ]
        self._remove = [fields.parse(path, "edit.remove") for path in values.texts(wanted.get("remove"), "edit.remove")]

    def apply(self, response: Response) -> None:
        """Change an answer that has not left yet."""
        try:
            content = values.parse_json(bytes(response.body))
        except ValueError:
            return
        for path, value in self._set:
            fields.assign(content, path, value)
        for path, tail in self._append:
            fields.append(content, path, tail)
        for path in self._remove:
            fields.remove(content, path)
        response.body = values.dump_json(content).encode()
        response.headers["content-length"] = str(len(response.body))
