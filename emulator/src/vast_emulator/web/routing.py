# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a path finds its handler, and what a handler gets and gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from vast_emulator import values
from vast_emulator.failures import Refusal, no_such_instance
from vast_emulator.world.contracts import Contract
from vast_emulator.world.world import World

if TYPE_CHECKING:
    from vast_emulator.web.auth import Caller
    from vast_emulator.web.service import Service


@dataclass
class Call:
    """One request, as handlers see it."""

    service: Service
    world: World
    method: str
    base_url: str
    query: dict[str, str]
    params: dict[str, str]
    content: bytes
    caller: Caller | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent; nothing counts as an empty one. Anything else is refused."""
        if not self.content.strip():
            return {}
        try:
            parsed = values.parse_json(self.content)
        except ValueError as error:
            raise Refusal(400, "invalid_request", "Invalid json body") from error
        if not isinstance(parsed, dict):
            raise values.invalid_args("the body must be a JSON object.")
        return parsed

    def query_json(self, name: str, default: Any) -> Any:
        """A query parameter that holds JSON text."""
        given = self.query.get(name)
        if given is None or given == "":
            return default
        try:
            return values.parse_json(given)
        except ValueError as error:
            raise Refusal(400, "invalid_request", f"Error in query parameters: {name} is not JSON") from error

    def contract(self) -> Contract:
        """The instance of the path's ``{id}``."""
        found = self.world.contract(self.params["id"])
        if found is None:
            raise no_such_instance(self.params["id"])
        return found


@dataclass
class Reply:
    """An answer that is not plain 200 with JSON. ``content`` is encoded as JSON unless it is bytes."""

    content: Any
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[[Call], Any]


@dataclass
class Entry:
    """A handler with what its caller must be: ``auth`` any key, ``instance_key`` the key of an instance will do."""

    handler: Handler
    auth: bool
    instance_key: bool


class Routes:
    """A table of paths. Paths are written without the last slash; requests may have it."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, Entry]] = {}
        # Paths with variables, cut at the slashes, by their number of segments.
        self._patterns: dict[int, list[tuple[list[str], dict[str, Entry]]]] = {}

    def add(
        self, method: str, path: str, auth: bool = True, instance_key: bool = False
    ) -> Callable[[Handler], Handler]:
        """Decorator that puts a handler on a path; ``{id}`` matches one segment."""

        def register(handler: Handler) -> Handler:
            if path not in self._entries:
                self._entries[path] = {}
                if "{" in path:
                    self._add_pattern(path)
            self._entries[path][method] = Entry(handler, auth, instance_key)
            return handler

        return register

    def _add_pattern(self, path: str) -> None:
        segments = path.split("/")
        alike = self._patterns.setdefault(len(segments), [])
        alike.append((segments, self._entries[path]))
        # Fewer variables first, so /instances/reboot/{id} is not taken for /instances/{id}/{key}.
        alike.sort(key=lambda item: sum(map(_is_variable, item[0])))

    def find(self, method: str, path: str) -> tuple[Entry, dict[str, str]]:
        """The entry and the path's variables. Unknown path: 404; known path with another method: 405."""
        entries, params = self._match(path.rstrip("/") or "/")
        if entries is None:
            raise Refusal(404, "not_found", f"No such endpoint: {method} {path}")
        entry = entries.get("GET" if method == "HEAD" else method)
        if entry is None:
            raise Refusal(405, "method_not_allowed", f"Method {method} is not allowed here.")
        return entry, params

    def _match(self, path: str) -> tuple[dict[str, Entry] | None, dict[str, str]]:
        """What is on a path: the one with exactly this text, else the first pattern that fits."""
        literal = None if "{" in path else self._entries.get(path)
        if literal is not None:
            return literal, {}
        given = path.split("/")
        for segments, entries in self._patterns.get(len(given), ()):
            if all(one == other or (_is_variable(one) and other) for one, other in zip(segments, given, strict=True)):
                return entries, {
                    one[1:-1]: other for one, other in zip(segments, given, strict=True) if _is_variable(one)
                }
        return None, {}

    def paths(self) -> list[tuple[str, str]]:
        """Every (method, path) that is served."""
        return sorted((method, path) for path, entries in self._entries.items() for method in entries)


def _is_variable(segment: str) -> bool:
    return segment.startswith("{")


api = Routes()
control = Routes()
