# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes every task result, complete, as a line of JSON: what a test wants to look at instead of printed text."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: results_file
type: aggregate
short_description: Write task results to a file
description: Appends a line of JSON per result to the file that the environment variable E(RESULTS_FILE) names.
"""


class CallbackModule(CallbackBase):
    """``{"task", "status", "result"}`` per line; ``status`` is ok, failed, skipped or unreachable."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "results_file"

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("failed", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._write("skipped", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write("unreachable", result)

    def _write(self, status: str, result: Any) -> None:
        # Within something else, because at the top the method leaves out what a screen has no place for.
        found = json.loads(self._dump_results({"whole": result._result}, indent=0))["whole"]
        found["failed"] = status == "failed"
        line = {"task": result._task.get_name(), "status": status, "result": found}
        with open(os.environ["RESULTS_FILE"], "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
