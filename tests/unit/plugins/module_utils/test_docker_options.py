# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A template's line of docker options: what is written can be read, and what others wrote is kept."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._docker_options import DockerOptions, parse_docker_options

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(" \t\n\"'\\$`|&;"), max_size=20)
PORTS = st.from_regex(r"[1-9][0-9]{0,4}:[1-9][0-9]{0,4}(/udp)?", fullmatch=True)
REST = st.sampled_from(["-v", "V.881:/mnt", "--shm-size=8g", "-h", "box", "--ipc=host", "a b", "-privileged", "-entry"])
OPTIONS = st.builds(
    DockerOptions,
    st.dictionaries(NAMES, VALUES, max_size=5),
    st.lists(PORTS, max_size=4).map(tuple),
    st.lists(REST, max_size=4).map(tuple),
)


@given(OPTIONS)
def test_what_is_written_is_read_as_it_was(options: DockerOptions) -> None:
    assert parse_docker_options(str(options)) == options


@given(OPTIONS)
def test_a_shell_reads_the_same_words(options: DockerOptions) -> None:
    words = shlex.split(str(options))
    assert [words[place + 1] for place, word in enumerate(words) if word == "-e"] == [
        f"{name}={value}" for name, value in options.variables.items()
    ]


@given(st.text())
def test_no_text_is_too_odd_to_read(text: str) -> None:
    read = parse_docker_options(text)
    assert parse_docker_options(str(read)).variables.keys() <= {*read.variables, ""} | set(read.variables)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("", DockerOptions()),
        ("-e A=1 -p 80:80", DockerOptions({"A": "1"}, ("80:80",))),
        ("-p80:80 --publish=81:81/udp --publish 82:82", DockerOptions({}, ("80:80", "81:81/udp", "82:82"))),
        ("-eA=1 --env=B=2 --env C=3=4", DockerOptions({"A": "1", "B": "2", "C": "3=4"})),
        ("-e EMPTY= -e NONE", DockerOptions({"EMPTY": "", "NONE": ""})),
        (
            "-e PORTAL_CONFIG=\"localhost:1111:11111:/:Instance Portal|x\" -e A='b c'",
            DockerOptions({"PORTAL_CONFIG": "localhost:1111:11111:/:Instance Portal|x", "A": "b c"}),
        ),
        ("-e A=it's -v V.1:/data", DockerOptions({"A": "it's"}, (), ("-v", "V.1:/data"))),
        ("-p", DockerOptions({}, ("",))),
    ],
)
def test_what_people_write(text: str, options: DockerOptions) -> None:
    assert parse_docker_options(text) == options


def test_plain_values_need_no_quotes() -> None:
    assert str(DockerOptions({"A": "x:/y", "B": "1 2"}, ("80:80",), ("--ipc=host",))) == (
        '-p 80:80 -e A=x:/y -e B="1 2" --ipc=host'
    )
