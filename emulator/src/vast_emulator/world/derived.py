# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was made of contracts as they are now, so that lists need not make it again for each page."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

_MOST_FORMS = 4
_MOST_MATCHES = 16


class Derived:
    """Kept until a contract changes: whoever changes one has to save it in the world, and that forgets what was made.

    Only what is lost with a change may be kept here. What depends on the clock or on the market may not.
    """

    def __init__(self) -> None:
        self._forms: dict[int, dict[Hashable, str]] = {}
        self._matches: dict[Hashable, Any] = {}

    def form(self, contract_id: int, name: Hashable, make: Callable[[], str]) -> str:
        """A contract as text, in the form of this name."""
        forms = self._forms.get(contract_id)
        if forms is None:
            forms = self._forms[contract_id] = {}
        text = forms.get(name)
        if text is None:
            if len(forms) >= _MOST_FORMS:
                forms.clear()
            text = forms[name] = make()
        return text

    def match(self, name: Hashable, make: Callable[[], Any]) -> Any:
        """What was found among all contracts under this name."""
        found = self._matches.get(name)
        if found is None:
            if len(self._matches) >= _MOST_MATCHES:
                self._matches.clear()
            found = self._matches[name] = make()
        return found

    def forget(self, contract_id: int) -> None:
        """A contract came, changed or went."""
        self._forms.pop(contract_id, None)
        self._matches.clear()
