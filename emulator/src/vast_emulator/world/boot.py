# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long things take and what the status says meanwhile, drawn from the seed: each run of a scenario is the same."""

from __future__ import annotations

import random

from vast_emulator.world.contracts import Contract, Step

# A repository of this name, or any reference with this word in it, does not exist in the emulated registry.
MISSING_PREFIX = "missing/"
MISSING_WORD = "no-such"


def image_exists(image: str) -> bool:
    """Whether the emulated registry has the image."""
    repository = image.removeprefix("docker.io/")
    return not repository.startswith(MISSING_PREFIX) and MISSING_WORD not in image


def success_message(contract: Contract) -> str:
    """What the status says once the container is up."""
    kind = "jupyter" if "jupyter" in contract.runtype else "ssh" if contract.has_ssh else "args"
    return f"success, running {contract.image.replace(':', '_')}/{kind}\n"


def _dice(seed: int, contract: Contract) -> random.Random:
    return random.Random(f"boot {seed} {contract.id} {contract.boots}")


def first_boot(seed: int, contract: Contract, at: float) -> list[Step]:
    """From nothing to running in 20 to 90 s, with reports of the pull; or an image that is not there."""
    dice = _dice(seed, contract)
    created = at + dice.uniform(1, 4)
    if not image_exists(contract.image):
        return [
            Step(created, "created", None),
            Step(created + dice.uniform(2, 6), "created", _not_found(contract.image), "fail"),
        ]
    up = at + dice.uniform(20, 90)
    return [Step(created, "created", None), *_pull(dice, contract, created + dice.uniform(1, 4), up)]


def fresh_pull(seed: int, contract: Contract, at: float, first: str) -> list[Step]:
    """The container is thrown away and made again from its image; ``first`` is the status at once."""
    dice = _dice(seed, contract)
    start = at + dice.uniform(1, 4)
    if not image_exists(contract.image):
        return [Step(at, first, None), Step(start, "loading", _not_found(contract.image), "fail")]
    return [Step(at, first, None), *_pull(dice, contract, start, start + dice.uniform(10, 45))]


def restart(seed: int, contract: Contract, at: float, first: str) -> list[Step]:
    """A container that exists starts again in 8 to 25 s."""
    dice = _dice(seed, contract)
    loading = at + dice.uniform(2, 5)
    up = loading + dice.uniform(6, 20)
    return [
        Step(at, first, contract.status_msg),
        Step(loading, "loading", None),
        Step(up, "running", success_message(contract)),
    ]


def wind_down(seed: int, contract: Contract, at: float) -> list[Step]:
    """A stop takes 1 to 5 s; a container that never started ends at once."""
    if contract.actual_status in (None, "exited", "stopped"):
        return [Step(at, "exited" if contract.actual_status else None, contract.status_msg, "release")]
    return [Step(at + _dice(seed, contract).uniform(1, 5), "exited", contract.status_msg, "release")]


def created_stopped(seed: int, contract: Contract, at: float) -> list[Step]:
    """A contract that was asked for in stopped state, or whose bid lost."""
    dice = _dice(seed, contract)
    created = at + dice.uniform(1, 4)
    return [Step(created, "created", None), Step(created + dice.uniform(2, 8), "exited", None)]


def _pull(dice: random.Random, contract: Contract, start: float, up: float) -> list[Step]:
    """Progress of a pull, spread between two moments, then running."""
    layer = f"{dice.getrandbits(48):012x}"
    size = dice.uniform(0.8, 7.5)
    reports = [f"{contract.image}: Pulling from {contract.image.split(':')[0]}\n"]
    for part in (0.2, 0.45, 0.7):
        bar = "=" * int(30 * part) + ">"
        reports.append(f"{layer}: Downloading [{bar:<31}] {size * part:.2f}GB/{size:.2f}GB\n")
    reports += [f"{layer}: Extracting\n", "Digest: sha256 verified, starting container\n"]
    pace = (up - start) / len(reports)
    steps = [Step(start + index * pace, "loading", report) for index, report in enumerate(reports)]
    return [*steps, Step(up, "running", success_message(contract))]


def _not_found(image: str) -> str:
    return f"Error response from daemon: manifest for {image} not found: manifest unknown: manifest unknown\n"
