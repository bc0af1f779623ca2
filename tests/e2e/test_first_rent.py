# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that a reader runs first."""

from __future__ import annotations

from typing import Any

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays
from vast_emulator.process import Emulator

PLAYBOOK = "cloudctl.vastai.first_rent"
STORY = {"ANSIBLE_STDOUT_CALLBACK": "cloudctl.vastai.plain"}


def test_it_tells_a_story_and_leaves_nothing_behind_however_often(emulator: Emulator, plays: Plays) -> None:
    for _time in range(2):
        run = plays.command("ansible-playbook", PLAYBOOK, variables=STORY)
        assert run.rc == 0, run.output
        assert "Nothing bills any more." in run.output
        assert "Nothing changed: it is still instance" in run.output
        assert not [line for line in run.output.splitlines() if line.lstrip().startswith(("{", "["))]
        ledger = emulator.ledger()
        assert ledger["billing"] == []
        assert [contract["label"] for contract in ledger["contracts"] if contract["exists"]] == []
    assert emulator.count("PUT", "/api/v0/asks/{id}/") == 2


def test_it_can_be_previewed(emulator: Emulator, plays: Plays) -> None:
    run = plays.command("ansible-playbook", PLAYBOOK, "--check", "--diff", variables=STORY)
    assert run.rc == 0, run.output
    assert "rent offer" in run.output
    assert emulator.requests()["writes"] == 0


def test_it_destroys_nothing_that_it_did_not_rent(emulator: Emulator, plays: Plays, rent: Any) -> None:
    number = rent("mine", image="pytorch/pytorch:latest", disk=20)
    run = plays.command("ansible-playbook", PLAYBOOK, "-e", "resource_name=mine", variables=STORY)
    assert run.rc == 2, run.output
    assert f"Instance {number} is called mine already. Choose another name" in run.output
    assert emulator.requests()["writes"] == 0


def test_it_gives_back_what_it_rented_when_something_goes_wrong_and_names_what_else_bills(
    emulator: Emulator, plays: Plays, rent: Any
) -> None:
    bystander = rent("bystander")
    run = plays.command("ansible-playbook", PLAYBOOK, "-e", "image=missing/image", variables=STORY)
    assert run.rc == 2, run.output
    assert "can't boot" in run.output
    assert f"Still there, and billing: bystander (ai {bystander})" in run.output
    assert [contract["contract"] for contract in emulator.ledger()["billing"]] == [bystander]
