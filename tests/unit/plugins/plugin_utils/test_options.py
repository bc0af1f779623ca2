# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates are resolved where users may write them, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.plugins.plugin_utils._options import Options


class Plugin:
    """As much of a plugin as `Options` asks for."""

    def __init__(self, **options: tuple[Any, str]) -> None:
        self.options = options

    def get_option_and_origin(self, name: str) -> tuple[Any, str]:
        return self.options[name]


def template(text: str) -> Any:
    return {"{{ 1 + 1 }}": 2, "{{ none }}": None}.get(text, text)


def option(value: Any, origin: str, templated: str = "Direct") -> Any:
    return Options(Plugin(it=(value, origin)), template, templated)["it"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("{{ 1 + 1 }}", "2"),
        ("{{ none }}", None),
        (["{{ 1 + 1 }}", "a", 3], ["2", "a", 3]),
        ({"label": "{{ 1 + 1 }}"}, {"label": "{{ 1 + 1 }}"}),
        (None, None),
        (30.0, 30.0),
        (True, True),
    ],
)
def test_text_and_elements_of_lists_from_the_file_may_be_templates(value: Any, expected: Any) -> None:
    assert option(value, "Direct") == expected


@pytest.mark.parametrize("origin", ["env: VAST_API_KEY", "default", "/etc/ansible/ansible.cfg"])
def test_values_from_elsewhere_are_not(origin: str) -> None:
    assert option("{{ 1 + 1 }}", origin) == "{{ 1 + 1 }}"


def test_in_a_lookup_variables_may_be_templates_and_arguments_are_resolved_already() -> None:
    assert option("{{ 1 + 1 }}", "var: vast_api_key", "var:") == "2"
    assert option("{{ 1 + 1 }}", "Direct", "var:") == "{{ 1 + 1 }}"


class Tagged(str):
    """A kind of text that ansible-core might use."""

    __slots__ = ()


def test_values_are_plain() -> None:
    value = option({Tagged("a"): [Tagged("b")]}, "Direct")
    assert [type(text) for text in (*value, *value["a"])] == [str, str]
