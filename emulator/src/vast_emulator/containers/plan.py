# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an instance's contract means for its machine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from vast_emulator.containers.ports import SAME
from vast_emulator.containers.sessions import can_be_set
from vast_emulator.instances.rows import FIRST_IDENTICAL
from vast_emulator.world.contracts import Contract
from vast_emulator.world.volumes import Volume

LONGEST_NAME = 63
_NO_NAME = re.compile(r"[^A-Za-z0-9.-]")


def hostname(contract: Contract) -> str:
    """What ``-h`` says, as far as it can be the name of a host, else the label of the container."""
    return _NO_NAME.sub("-", contract.env.get("-h", "").strip())[:LONGEST_NAME] or f"C.{contract.id}"


def environment(contract: Contract, url: str, address: str, mapped: Mapping[str, int]) -> dict[str, str]:
    """The variables of onstart and of SSH sessions: the account's secrets, the instance's own, and what Vast.ai sets.

    ``mapped``: outside ports by inside ones, such as ``8080/tcp``.
    """
    ports = {}
    for name, port in mapped.items():
        inside, _slash, protocol = name.partition("/")
        ports[f"VAST_{protocol.upper()}_PORT_{inside}"] = str(port)
    given = {name: one for name, one in {**contract.secrets, **contract.env}.items() if can_be_set(name, one)}
    return {
        **given,
        **ports,
        "CONTAINER_ID": str(contract.id),
        "CONTAINER_API_KEY": contract.api_key,
        "VAST_CONTAINERLABEL": f"C.{contract.id}",
        "VAST_URL": url,
        "PUBLIC_IPADDR": address,
    }


def mounts(contract: Contract, volumes: Sequence[Volume]) -> list[tuple[int, str]]:
    """Ids of the volumes that the instance mounts, and where."""
    found = []
    for option in contract.env:
        name, colon, path = option.removeprefix("-v ").partition(":")
        if option.startswith("-v ") and colon:
            found += [(one.id, path) for one in volumes if name in (one.label, f"V.{one.id}")][:1]
    return found


def inside_port(name: str, own_network: bool) -> int | None:
    """Where a mapped port such as ``8080/tcp`` leads; None for one that the program inside has to take itself."""
    number = int(name.partition("/")[0])
    if number < FIRST_IDENTICAL:
        return number if number < 2**16 else None
    return SAME if own_network else None
