# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of plugins that run on the controller, as plain values, with templates resolved where users may write them.

Where a value came from decides. The user's inventory file and the user's variables may hold templates. Values from the
environment may not, although ansible-core trusts them since 2.19: a key is not a program. Arguments of a lookup were
resolved before, and doing that again would run whatever they resolved to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.plugin_utils._plain import plain

API_OPTIONS = ("api_key", "api_url", "api_timeout", "api_retry_timeout")

Template = Callable[[Any], Any]


class Options:
    """The options of one plugin, read once they are set."""

    def __init__(self, plugin: Any, template: Template, templated_origin: str) -> None:
        """``template``: resolves one text; ``templated_origin``: how ansible-core's name begins for the origin whose
        texts may be templates: ``Direct`` is an inventory's file, ``var:`` a variable.
        """
        self._plugin = plugin
        self._template = template
        self._templated_origin = templated_origin

    def __getitem__(self, name: str) -> Any:
        value, origin = self._plugin.get_option_and_origin(name)
        if str(origin).startswith(self._templated_origin):
            value = self._resolved(value)
        return plain(value)

    def api(self) -> dict[str, Any]:
        """The options that ``open_client`` reads."""
        return {name: self[name] for name in API_OPTIONS}

    def _resolved(self, value: Any) -> Any:
        """Texts and the texts of a list: further inside, ansible-core does not tell templates from other text."""
        if isinstance(value, list):
            return [self._resolved_text(item) for item in value]
        return self._resolved_text(value)

    def _resolved_text(self, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        result = self._template(value)
        return None if result is None else str(result)
