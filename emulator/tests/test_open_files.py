# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""More instances than this computer has open files for their listeners."""

from __future__ import annotations

import sys
from pathlib import Path

from vast_emulator.process import Emulator

FREE = {"rentable": {"eq": True}, "num_gpus": {"eq": 1}}
BODY = {"image": "a/b", "runtype": "ssh_direct"}


def test_what_has_no_room_is_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    few = tmp_path / "python"
    few.write_text(f'#!/bin/sh\nulimit -n 100\nexec {sys.executable} "$@"\n')
    few.chmod(0o755)
    with Emulator(python=str(few), speed=0) as emulator:
        offers = emulator.api("POST", "/api/v0/bundles/", FREE)["offers"]
        answers = [
            emulator.call("PUT", f"/api/v0/asks/{offer['id']}/", BODY, key=emulator.api_key) for offer in offers[:40]
        ]
        assert {status for status, _answer in answers} == {200, 503}
        refused = next(answer for status, answer in answers if status == 503)
        assert (refused["error"], "--ssh off" in refused["msg"]) == ("resources_unavailable", True)
        emulator.advance(200)
        rented = sum(status == 200 for status, _answer in answers)
        page = emulator.api("GET", "/api/v1/instances/")
        assert page["total_instances"] == len(emulator.ledger()["billing"]) == rented
