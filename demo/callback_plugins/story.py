# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints a play as a person would tell it: what is being done, what came of it, and messages as plain text."""

from __future__ import annotations

DOCUMENTATION = r"""
name: story
type: stdout
short_description: Plain text for demonstrations
version_added: 0.1.0
description:
  - Prints the name of each task, whether it changed something, and the messages of C(debug) as they are.
extends_documentation_fragment:
  - default_callback
"""

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    """One line per task, and the text of every ``debug``."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "story"

    def v2_runner_on_ok(self, result):
        if result._task.action.endswith("debug"):
            self._tell(str(result._result.get("msg", "")))
        else:
            outcome = "changed" if result._result.get("changed") else "ok"
            preview = " (dry run)" if result._task.check_mode else ""
            self._display.display(
                f"\n* {result._task.get_name()} … {outcome}{preview}",
                color="yellow" if outcome == "changed" else "green",
            )

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self._display.display(f"\n* {result._task.get_name()} … FAILED", color="red")
        self._tell(str(result._result.get("msg", "")))

    def _tell(self, text):
        for line in text.rstrip().splitlines():
            self._display.display(f"    {line}".rstrip())
