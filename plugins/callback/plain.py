# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints a play as a person would tell it."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plain
type: stdout
short_description: Print messages as plain text
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Prints one line for each task, and the messages of M(ansible.builtin.debug) as the text they are, so that tables
    stay tables.
  - Made for the playbooks of this collection, which talk to people. Use it with
    E(ANSIBLE_STDOUT_CALLBACK=cloudctl.vastai.plain).
  - Failures, warnings and unreachable hosts are shown with their message; everything else about a task is not.
extends_documentation_fragment:
  - default_callback
"""

from typing import Any

from ansible.plugins.callback import CallbackBase

from ansible_collections.cloudctl.vastai.plugins.plugin_utils._terminal import printable


class CallbackModule(CallbackBase):
    """One line per task, and the text of every ``debug``."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "cloudctl.vastai.plain"

    def v2_runner_on_ok(self, result: Any) -> None:
        """A ``debug`` is its text; any other task is its name and what came of it."""
        self._handle_warnings(result._result)
        if self._is_message(result):
            self._display.display(f"\n{result._task.get_name()}:")
            self._tell(result._result["msg"])
            return
        changed = bool(result._result.get("changed"))
        preview = " (dry run)" if result._task.check_mode else ""
        self._headline(result, f"{'changed' if changed else 'ok'}{preview}", "yellow" if changed else "green")

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """The sentence that says what went wrong."""
        self._handle_warnings(result._result)
        self._headline(result, "failed, ignored" if ignore_errors else "FAILED", "cyan" if ignore_errors else "red")
        self._tell(result._result.get("msg") or result._result.get("stderr") or "")

    def v2_runner_on_unreachable(self, result: Any) -> None:
        """The same for a host that could not be reached."""
        self._headline(result, "UNREACHABLE", "red")
        self._tell(result._result.get("msg") or "")

    @staticmethod
    def _is_message(result: Any) -> bool:
        return result._task.action in ("debug", "ansible.builtin.debug") and "msg" in result._result

    def _headline(self, result: Any, outcome: str, color: str) -> None:
        host = result._host.get_name()
        where = "" if host == "localhost" else f" [{host}]"
        self._display.display(f"\n* {result._task.get_name()}{where} … {outcome}", color=color)

    def _tell(self, text: Any) -> None:
        lines = text if isinstance(text, list) else str(text).rstrip().splitlines()
        for line in lines:
            self._display.display(f"    {printable(str(line).expandtabs())}".rstrip())
