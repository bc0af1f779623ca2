# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML from Python: everything is escaped except what was made here."""

from __future__ import annotations

import html

# Elements that have neither content nor an end.
_EMPTY = ("input", "link", "meta")


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


def element(tag: str, /, *content: object, **attributes: object) -> Markup:
    """An element. Of the attributes, ``class_`` means ``class`` and ``aria_label`` means ``aria-label``; True gives an
    attribute without value, None and False give none.
    """
    shown = "".join(_attribute(key, value) for key, value in attributes.items() if value is not None)
    start = f"<{tag}{shown}>"
    return Markup(start if tag in _EMPTY else f"{start}{joined(*content)}</{tag}>")


def joined(*content: object) -> Markup:
    """Several pieces one after the other; those that are no markup are escaped."""
    return Markup("".join(piece if isinstance(piece, Markup) else html.escape(str(piece)) for piece in content))


def _attribute(key: str, value: object) -> str:
    name = key.rstrip("_").replace("_", "-")
    if isinstance(value, bool):
        return f" {name}" if value else ""
    return f' {name}="{html.escape(str(value))}"'
