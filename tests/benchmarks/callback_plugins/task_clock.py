# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes when each task began, in seconds, to the file named by TASK_CLOCK_FILE."""

from __future__ import annotations

DOCUMENTATION = r"""
name: task_clock
type: aggregate
short_description: Times of tasks for the benchmark
version_added: 0.1.0
description:
  - Writes a JSON list of the name of each task and when it began.
"""

import json
import os
import time
from pathlib import Path

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """A list of ``[name, seconds]``; the end of the play counts as a task of its own."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_clock"

    def __init__(self):
        super().__init__()
        self._begun = []

    def v2_playbook_on_task_start(self, task, is_conditional):
        self._begun.append((task.get_name(), time.perf_counter()))

    def v2_playbook_on_stats(self, stats):
        self._begun.append(("end", time.perf_counter()))
        Path(os.environ["TASK_CLOCK_FILE"]).write_text(json.dumps(self._begun), encoding="utf-8")
