# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes wrong with boots: the steps that a healthy boot would take, bent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from vast_emulator.world.contracts import Contract, Step


class Failure(NamedTuple):
    """An error in ``status_msg``; ``{image}`` stands for the image. ``pulled``: whether it comes after the pull."""

    text: str
    pulled: bool


FAILURES = {
    "manifest_unknown": Failure("manifest for {image} not found: manifest unknown: manifest unknown", False),
    "pull_denied": Failure(
        "pull access denied for {image}, repository does not exist or may require 'docker login': denied: requested"
        " access to the resource is denied",
        False,
    ),
    "unauthorized": Failure("unauthorized: authentication required", False),
    "rate_limit": Failure(
        "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and"
        " upgrading",
        False,
    ),
    "docker_build": Failure("docker_build() error: failed to build {image}", False),
    "no_space": Failure("failed to register layer: write /layer.tar: no space left on device", True),
    "driver": Failure(
        "OCI runtime create failed: runc create failed: unable to start container process: error during container"
        " init: error running hook #0: nvidia-container-cli: requirement error: unsatisfied condition: cuda>=13.0,"
        " please update your driver to a newer version, or use an earlier cuda container: unknown",
        True,
    ),
    "port_forwarding": Failure("Error: port forwarding failed: could not set up remote port forwarding", True),
}
_NO_PREFIX = ("docker_build", "port_forwarding")


def failure_message(error: str, image: str) -> str:
    """What the status says when a boot failed with one of :data:`FAILURES`."""
    text = FAILURES[error].text.format(image=image)
    return f"{text}\n" if error in _NO_PREFIX else f"Error response from daemon: {text}\n"


def bend(contract: Contract, steps: list[Step], now: float) -> list[Step]:
    """The steps of a boot that meets the contract's troubles; those that hit a number of boots lose one of it."""
    for kind in BENT:
        if kind in contract.troubles:
            steps = hit(contract, kind, steps, now)
    return steps


def hit(contract: Contract, kind: str, steps: list[Step], now: float) -> list[Step]:
    """The steps that a boot will still take, after it met one of the contract's troubles."""
    trouble = contract.troubles[kind]
    if trouble.get("boots") is not None:
        trouble["boots"] -= 1
        if trouble["boots"] <= 0:
            del contract.troubles[kind]
    return BENT[kind](contract, trouble, steps, now)


def _index(steps: list[Step], actual: str) -> int:
    """Where a status comes first; behind the last step when it does not."""
    return next((place for place, step in enumerate(steps) if step.actual == actual), len(steps))


def _slow(contract: Contract, trouble: dict[str, Any], steps: list[Step], now: float) -> list[Step]:
    end = steps[min(_index(steps, "running"), len(steps) - 1)].at
    factor = trouble["factor"] if "factor" in trouble else trouble["seconds"] / max(end - now, 1e-3)
    # What follows the boot keeps its distance.
    return [step._replace(at=step.at + (min(step.at, end) - now) * (factor - 1)) for step in steps]


def _stuck(contract: Contract, trouble: dict[str, Any], steps: list[Step], now: float) -> list[Step]:
    """The status stays what it is said to be; of a pull, the first report of its progress is the last."""
    if contract.actual_status == "loading":
        return []
    loading = _index(steps, "loading")
    if trouble["status"] == "created":
        return steps[:loading]
    return steps[: min(loading + 2, _index(steps, "running"))]


def _fail(contract: Contract, trouble: dict[str, Any], steps: list[Step], now: float) -> list[Step]:
    failure = FAILURES[trouble["error"]]
    place = _index(steps, "running" if failure.pulled else "loading")
    if contract.actual_status == "loading" and not failure.pulled:
        place = 0
    if place == len(steps):
        return steps
    before = steps[place - 1].actual if place else contract.actual_status
    actual = "created" if before in (None, "created") else "loading"
    then = "fail" if trouble["intended"] == "stopped" else "crash"
    return [*steps[:place], Step(steps[place].at, actual, failure_message(trouble["error"], contract.image), then)]


def _exit(contract: Contract, trouble: dict[str, Any], steps: list[Step], now: float) -> list[Step]:
    return _later(steps, trouble["running"], lambda up, at: Step(at, "exited", up.msg))


def _ssh(contract: Contract, trouble: dict[str, Any], steps: list[Step], now: float) -> list[Step]:
    return _later(steps, trouble["running"], lambda up, at: Step(at, "running", up.msg, "deaf"))


def _later(steps: list[Step], seconds: float, step: Callable[[Step, float], Step]) -> list[Step]:
    """One more step, so many seconds after the boot ended well; nothing follows the end of the container."""
    place = _index(steps, "running")
    if place == len(steps):
        return steps
    steps = sorted([*steps, step(steps[place], steps[place].at + seconds)], key=lambda one: one.at)
    return steps[: place + 2 + _index(steps[place + 1 :], "exited")]


Bent = Callable[[Contract, dict[str, Any], list[Step], float], list[Step]]
# In the order in which a boot meets them.
BENT: dict[str, Bent] = {"slow": _slow, "fail": _fail, "stuck": _stuck, "exit": _exit, "ssh": _ssh}
