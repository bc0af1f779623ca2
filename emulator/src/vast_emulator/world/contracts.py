# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An instance (contract) and the steps its status goes through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class Step(NamedTuple):
    """A change of status that will happen at an emulated moment.

    ``then`` says what else happens: ``release`` gives the GPUs back, ``fail`` also gives up on the container,
    ``crash`` does that without a change of what the renter asked for, ``deaf`` closes the SSH ports; else empty.
    """

    at: float
    actual: str | None
    msg: str | None
    then: str = ""


@dataclass(eq=False)
class Contract:
    """What is stored about an instance. Statuses are Vast.ai's: ``intended_status`` is what the renter asked for,
    ``cur_state`` and ``next_state`` belong to the scheduler, ``actual_status`` is what the container last reported.
    ``steps`` are still to come.

    ``dph_base`` is the GPU price in $/h that is in force, ``price`` the bid or None, ``disk`` GB, ``storage_cost``
    $/GB/month. ``outbid``: it lost its GPUs to somebody else, and takes them again as soon as it can.
    ``offline``: its machine is. ``secrets``: the account's, at its creation. ``recycles``: how many containers it had
    before the one it has.

    Market events set the rest. ``failed``: it could not start and waits for the renter. ``deaf``: its SSH ports are
    closed. ``silent``: the marketplace hears nothing from it. ``stale_msg``: what its status goes on to say.
    ``outbid_shape``: what it looks like when it loses its GPUs, in place of the setting. ``troubles``: what boots will
    meet, by kind. ``kept``: it ended long ago and was not deleted. ``shown_from``: when lists show it, in epoch
    seconds; ``lingers``: for how many seconds they go on to after a destroy, None for the setting's.
    """

    id: int
    ask_id: int
    machine_id: int
    gpu_ids: list[int]
    created_at: float
    end_date: float
    dph_base: float
    price: float | None
    disk: float
    storage_cost: float
    image: str
    env: dict[str, str]
    label: str | None = None
    runtype: str = "ssh"
    args: list[str] = field(default_factory=list)
    onstart: str | None = None
    template_id: int | None = None
    template_hash_id: str | None = None
    template_name: str | None = None
    api_key: str = ""
    jupyter_token: str = ""
    ssh_keys: list[dict[str, Any]] = field(default_factory=list)
    ssh_ports: dict[str, int] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    recycles: int = 0
    vm: bool = False
    intended_status: str = "running"
    cur_state: str = "running"
    next_state: str = "running"
    actual_status: str | None = None
    status_msg: str | None = None
    running_since: float | None = None
    ran_before: float = 0.0
    outbid: bool = False
    offline: bool = False
    failed: bool = False
    deaf: bool = False
    silent: bool = False
    stale_msg: str | None = None
    outbid_shape: str | None = None
    troubles: dict[str, dict[str, Any]] = field(default_factory=dict)
    kept: bool = False
    shown_from: float = 0.0
    lingers: float | None = None
    boots: int = 0
    steps: list[Step] = field(default_factory=list)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Contract:
        """A contract as the store kept it."""
        return cls(**{**record, "steps": [Step(*step) for step in record["steps"]]})

    @property
    def is_bid(self) -> bool:
        return self.price is not None

    @property
    def waits(self) -> bool:
        """Whether it starts by itself when it can have its GPUs."""
        return self.cur_state == "stopped" and not self.failed and (self.outbid or self.intended_status == "running")

    @property
    def keeps_gpus(self) -> bool:
        """Whether its GPUs are its own: from the start until it wound down."""
        return self.cur_state == "running" or any(step.then == "release" for step in self.steps)

    @property
    def bid_per_gpu(self) -> float:
        """$/h; infinite on demand, which goes before every bid."""
        return float("inf") if self.price is None else self.price / len(self.gpu_ids)

    @property
    def is_direct(self) -> bool:
        return "direc" in self.runtype

    @property
    def has_ssh(self) -> bool:
        return "ssh" in self.runtype

    @property
    def is_running(self) -> bool:
        return self.actual_status == "running"

    @property
    def is_booting(self) -> bool:
        """Whether it is on its way to running."""
        return self.cur_state == "running" and not self.is_running and bool(self.steps)

    @property
    def is_stuck(self) -> bool:
        """Whether its boot will never end."""
        return self.cur_state == "running" and self.actual_status in (None, "created", "loading") and not self.steps

    @property
    def has_exited(self) -> bool:
        """Whether its container ended by itself."""
        return self.cur_state == "running" and self.actual_status == "exited" and not self.steps

    @property
    def answers(self) -> bool:
        """Whether it runs and can be reached."""
        return self.is_running and not self.offline

    @property
    def answers_ssh(self) -> bool:
        """Whether its SSH ports answer."""
        return self.answers and self.has_ssh and not self.deaf

    @property
    def reported_status(self) -> str | None:
        """What the marketplace knows: of a machine that is offline, nothing else."""
        if self.offline:
            return "offline"
        return "unknown" if self.silent else self.actual_status
