# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment of a template: on the wire a line of ``docker run`` options, here variables, ports and the rest.

Fact: values with spaces are written in quotes, as in ``-e PORTAL_CONFIG="localhost:1111:11111:/:Instance Portal"``.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_VARIABLE = ("-e", "--env")
_PORT = ("-p", "--publish")
_JOINED = re.compile(
    r"(?P<long>--env|--publish)=(?P<value>.*)|(?P<short>-e(?=[A-Za-z_]\w*=)|-p(?=\d))(?P<rest>.*)",
    re.ASCII | re.DOTALL,
)
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+", re.ASCII)


@dataclass(frozen=True)
class DockerOptions:
    """``ports`` are as docker writes them (``8080:8080``, ``5000:5000/udp``); ``rest`` is every other word."""

    variables: Mapping[str, str] = field(default_factory=dict)
    ports: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()

    def __str__(self) -> str:
        words = [f"-p {port}" for port in self.ports]
        words += [f"-e {name}={_quoted(value)}" for name, value in self.variables.items()]
        return " ".join([*words, *(_quoted(word) for word in self.rest)])


def parse_docker_options(text: str) -> DockerOptions:
    """What a template's ``env`` says; quotes that never end count as plain characters."""
    variables: dict[str, str] = {}
    ports: list[str] = []
    rest: list[str] = []
    words = _words(text)
    for word in words:
        option, value = _option(word, words)
        if option in _VARIABLE:
            name, _equal, content = value.partition("=")
            variables[name] = content
        elif option in _PORT:
            ports.append(value)
        else:
            rest.append(word)
    return DockerOptions(variables, tuple(ports), tuple(rest))


def _words(text: str) -> Iterator[str]:
    try:
        return iter(shlex.split(text))
    except ValueError:
        return iter(text.split())


def _option(word: str, words: Iterator[str]) -> tuple[str, str]:
    """The option in a word and its value, which may be the next word: ``-p 80:80``, ``-p80:80``, ``--env=A=1``."""
    if word in (*_VARIABLE, *_PORT):
        return word, next(words, "")
    joined = _JOINED.fullmatch(word)
    return (joined["long"] or joined["short"], joined["value"] or joined["rest"]) if joined else ("", "")


def _quoted(text: str) -> str:
    """The text as one word. Double quotes, as in Vast.ai's own templates; a line break can only stand in quotes."""
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
