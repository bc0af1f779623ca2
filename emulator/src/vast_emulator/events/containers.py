# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that do not start, start late, end, fall silent, or refuse SSH.

What a boot meets hits the boot that an instance is in, and later ones: each of them, or so many ``boots`` in all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vast_emulator import values
from vast_emulator.events import named
from vast_emulator.events.table import Happening, Scene, event
from vast_emulator.failures import invalid_args
from vast_emulator.world.clock import LONGEST
from vast_emulator.world.contracts import Contract
from vast_emulator.world.troubles import FAILURES

LONGEST_MESSAGE = 4096
# Of a version that no driver serves yet.
HIGHEST_CUDA = 100.0


def _each(scene: Scene, contracts: list[Contract], effect: Callable[[Contract], None]) -> Happening:
    def happen() -> dict[str, Any]:
        for contract in contracts:
            effect(contract)
            scene.world.save(contract)
        return named.those_left(contracts)

    return happen


def _meet(
    scene: Scene,
    wanted: dict[str, Any],
    kind: str,
    trouble: dict[str, Any],
    spared: Callable[[Contract], bool] = lambda contract: False,
) -> Happening:
    """Let boots meet a trouble, except those spared; each instance gets a copy, as it counts its own boots."""
    boots = None if wanted.get("boots") is None else values.integer(wanted["boots"], "boots", 1, 10**6)
    contracts = [one for one in named.instances(scene, wanted.get("instance")) if not spared(one)]
    return _each(scene, contracts, lambda one: scene.world.meet(one, kind, {**trouble, "boots": boots}))


@event("stuck", undo="heal")
def stuck(scene: Scene, wanted: Any) -> Happening:
    """Boots that never get beyond ``status``: ``loading`` (a pull that does not move) or ``created``."""
    wanted = named.details(wanted, "stuck", "instance", "status", "boots")
    status = wanted.get("status", "loading")
    if status not in ("loading", "created"):
        raise invalid_args("status must be loading or created.")
    return _meet(scene, wanted, "stuck", {"status": status})


@event("slow", undo="heal")
def slow(scene: Scene, wanted: Any) -> Happening:
    """Boots that take ``factor`` times as long, or ``seconds``."""
    wanted = named.details(wanted, "slow", "instance", "factor", "seconds", "boots")
    if ("factor" in wanted) == ("seconds" in wanted):
        raise invalid_args("slow takes factor or seconds.")
    name = "factor" if "factor" in wanted else "seconds"
    return _meet(scene, wanted, "slow", {name: values.number(wanted[name], name, 0.001, LONGEST)})


@event("fail", undo="heal")
def fail(scene: Scene, wanted: Any) -> Happening:
    """Boots that end with an ``error`` of the image or of the start in ``status_msg``; what is ``intended`` then is
    ``stopped``, or still ``running``. With ``cuda``, only on machines whose driver does not serve that version.
    """
    wanted = named.details(wanted, "fail", "instance", "error", "intended", "boots", "cuda")
    error, intended = wanted.get("error", "manifest_unknown"), wanted.get("intended", "stopped")
    if not isinstance(error, str) or error not in FAILURES:
        raise invalid_args(f"error must be one of {', '.join(FAILURES)}.")
    if intended not in ("stopped", "running"):
        raise invalid_args("intended must be stopped or running.")
    cuda = values.number(wanted.get("cuda", HIGHEST_CUDA), "cuda", 0.0, HIGHEST_CUDA)
    trouble = {"error": error, "intended": intended}
    return _meet(scene, wanted, "fail", trouble, lambda one: _cuda_of(scene, one) >= cuda)


def _cuda_of(scene: Scene, contract: Contract) -> float:
    """The highest CUDA version that the driver of its machine serves."""
    return float(scene.world.machines[contract.machine_id].facts["cuda_max_good"])


@event("refuse_ssh", undo="answer_ssh")
def refuse_ssh(scene: Scene, wanted: Any) -> Happening:
    """SSH ports that are closed while the instance runs, once it has run for so many seconds (0 when not given)."""
    wanted = named.details(wanted, "refuse_ssh", "instance", "running", "boots")
    return _meet(scene, wanted, "ssh", {"running": values.number(wanted.get("running", 0), "running", 0.0, LONGEST)})


@event("answer_ssh")
def answer_ssh(scene: Scene, wanted: Any) -> Happening:
    """SSH ports answer again."""
    contracts = named.instances(scene, named.details(wanted, "answer_ssh", "instance").get("instance"))
    return _each(scene, contracts, scene.world.answer_ssh)


@event("heal")
def heal(scene: Scene, wanted: Any) -> Happening:
    """Boots meet no trouble any more; one that is stuck starts anew."""
    contracts = named.instances(scene, named.details(wanted, "heal", "instance").get("instance"))
    return _each(scene, contracts, scene.world.heal)


@event("exit", undo="resume")
def exit_container(scene: Scene, wanted: Any) -> Happening:
    """The container ends by itself: at once, or in each boot once it has run for so many seconds."""
    wanted = named.details(wanted, "exit", "instance", "running", "boots")
    if "running" in wanted:
        return _meet(scene, wanted, "exit", {"running": values.number(wanted["running"], "running", 0.0, LONGEST)})
    return _each(scene, _started(scene, wanted.get("instance")), scene.world.exit)


@event("resume")
def resume(scene: Scene, wanted: Any) -> Happening:
    """A container that ended by itself starts again."""
    contracts = named.instances(scene, named.details(wanted, "resume", "instance").get("instance"))
    ended = [contract for contract in contracts if contract.has_exited]
    return _each(scene, ended, scene.world.resume)


def _started(scene: Scene, wanted: Any) -> list[Contract]:
    """Of the instances, those that are started; at least one, if a certain one is meant."""
    contracts = named.instances(scene, wanted)
    started = [contract for contract in contracts if contract.cur_state == "running"]
    if contracts and not started:
        raise named.not_now("the instance is not started.")
    return started


@event("silence", undo="hear")
def silence(scene: Scene, wanted: Any) -> Happening:
    """The marketplace hears nothing: the status is ``unknown``, whatever the container does."""
    return _set_silent(scene, wanted, "silence", True)


@event("hear")
def hear(scene: Scene, wanted: Any) -> Happening:
    """The marketplace hears from instances again."""
    return _set_silent(scene, wanted, "hear", False)


def _set_silent(scene: Scene, wanted: Any, name: str, silent: bool) -> Happening:
    contracts = named.instances(scene, named.details(wanted, name, "instance").get("instance"))
    return _each(scene, contracts, lambda contract: setattr(contract, "silent", silent))


@event("stale_message", undo="fresh_message")
def stale_message(scene: Scene, wanted: Any) -> Happening:
    """``status_msg`` stays what it is, or ``text``, whatever happens."""
    wanted = named.details(wanted, "stale_message", "instance", "text")
    text = values.text(wanted.get("text"), "text", LONGEST_MESSAGE)
    contracts = named.instances(scene, wanted.get("instance"))
    return _each(scene, contracts, lambda contract: scene.world.keep_message(contract, text))


@event("fresh_message")
def fresh_message(scene: Scene, wanted: Any) -> Happening:
    """``status_msg`` follows what happens from now on."""
    contracts = named.instances(scene, named.details(wanted, "fresh_message", "instance").get("instance"))
    return _each(scene, contracts, lambda contract: setattr(contract, "stale_msg", None))
