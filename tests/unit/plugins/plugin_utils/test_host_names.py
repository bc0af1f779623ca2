# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No two instances ever share a host name, whatever their labels are."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.plugin_utils._host_names import host_names

DEFAULT = ("name", "id")


def instance(number: int, name: str | None = None, **facts: Any) -> dict[str, Any]:
    return {"id": number, "name": name, **facts}


def free(name: str, number: int) -> bool:
    return False


def test_the_first_fact_that_is_there_is_the_name() -> None:
    found = host_names(
        [instance(1, "a"), instance(2), instance(3, "", public_ip="203.0.113.7")], ("public_ip", *DEFAULT), free
    )
    assert found == {1: "a", 2: "2", 3: "203.0.113.7"}


def test_without_any_preferred_fact_the_id_is_the_name() -> None:
    assert host_names([instance(7)], ("name",), free) == {7: "7"}


def test_instances_of_one_name_all_get_their_id() -> None:
    assert host_names([instance(1, "a"), instance(2, "a")], DEFAULT, free) == {1: "a-1", 2: "a-2"}


def test_a_label_that_looks_like_a_name_with_id_is_kept_apart_too() -> None:
    found = host_names([instance(1, "a"), instance(2, "a"), instance(3, "a-1")], DEFAULT, free)
    assert found == {1: "a-1-1", 2: "a-2", 3: "a-1-3"}


def test_a_name_that_is_taken_gets_the_id() -> None:
    def is_taken(name: str, number: int) -> bool:
        return name in ("localhost", "all")

    found = host_names([instance(1, "localhost"), instance(2, "all"), instance(3, "b")], DEFAULT, is_taken)
    assert found == {1: "localhost-1", 2: "all-2", 3: "b"}


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("trainer 1", "trainer_1"),
        ("-oProxyCommand=x", "_oProxyCommand_x"),
        ("@hosts", "_hosts"),
        ("a:b,c!d&e*f", "a_b_c_d_e_f"),
        ("~re[0]", "_re_0_"),
        ("{{ lookup('pipe', 'id') }}", "___lookup__pipe____id_____"),
        ("größe-8", "größe-8"),
        ("a\nb", "a_b"),
    ],
)
def test_characters_that_mean_something_elsewhere_are_replaced(label: str, name: str) -> None:
    assert host_names([instance(1, label)], DEFAULT, free) == {1: name}


@given(
    st.dictionaries(st.integers(1, 12), st.none() | st.text("ab-1{ ", max_size=4), max_size=8),
    st.randoms(use_true_random=False),
)
def test_names_are_unique_and_do_not_depend_on_the_order(labels: dict[int, str | None], random: Any) -> None:
    instances = [instance(number, label) for number, label in labels.items()]
    names = host_names(instances, DEFAULT, free)
    assert len(set(names.values())) == len(instances)
    assert all(re.fullmatch(r"\w[\w.@+-]*", name) for name in names.values())
    random.shuffle(instances)
    assert host_names(instances, DEFAULT, free) == names
