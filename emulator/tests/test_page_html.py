# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTML that is made from what strangers say, and the table of buttons."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vast_emulator import events
from vast_emulator.events import table as known
from vast_emulator.page import buttons, words
from vast_emulator.page.html import Markup, element, joined


class Reader(HTMLParser):
    """What a browser would find: tags with attributes, and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


# HTML has no way to write NUL, and reads a carriage return as a new line.
strange = st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"]))


@given(strange, strange)
def test_hostile_text_stays_text(content: str, value: str) -> None:
    read = Reader(element("td", content, title=value))
    assert read.tags == [("td", {"title": value})]
    assert read.text == content


def test_only_what_was_made_as_markup_is_markup() -> None:
    assert element("p", element("b", "<"), "<b>", 7, class_="a b", hidden=True, id=None, open=False) == (
        '<p class="a b" hidden><b>&lt;</b>&lt;b&gt;7</p>'
    )
    assert joined(Markup("<i>") + "<u>") == "&lt;i&gt;&lt;u&gt;"
    assert element("input", name="x", aria_label='"') == '<input name="x" aria-label="&quot;">'


@pytest.mark.parametrize(
    ("amount", "text"), [(0.0, "$0.0000"), (-3.25, "-$3.2500"), (991.544, "$991.54"), (1234567.891, "$1,234,567.89")]
)
def test_dollars(amount: float, text: str) -> None:
    assert words.dollars(amount) == text


def test_moments_end_with_the_calendar() -> None:
    assert words.moment(0.0) == "1970-01-01 00:00:00"
    assert words.moment(1e300) == "9999-12-31 00:00:00"


@pytest.mark.parametrize("number", range(7))
def test_many_buttons_are_seen_when_asked_for(number: int) -> None:
    events.load()
    many = [buttons.Button(f"Button {one}", "vanish", lambda row: row) for one in range(number)]
    made = buttons.for_row(many, 8000001, "offer 8000001")
    read = Reader(made)
    assert [tag for tag, _attributes in read.tags].count("button") == number
    at_once = made.partition("<details>")[0].count("<button")
    assert at_once == (number if number <= 3 else 2)
    assert ('aria-label="More… offer 8000001"' in made) == (number > 3)


def test_buttons_are_of_events_that_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    events.load()
    assert "Next offer rented is gone" in buttons.for_row(buttons.MARKET, None)
    monkeypatch.setattr(known, "names", list)
    assert "<button" not in buttons.for_row(buttons.MARKET, None)
