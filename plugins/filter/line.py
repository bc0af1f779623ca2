# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that can't be more than one line."""

from __future__ import annotations

DOCUMENTATION = r"""
name: line
short_description: Show any text as one harmless line
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Shows line breaks, escape sequences of terminals and other characters that can't be seen as escapes such as C(\n).
  - Whoever may rent on an account chooses the labels. With this, a label can't add lines to a report or clear the
    screen.
options:
  _input:
    description: The text, or anything else that has one.
    type: raw
    required: true
"""

EXAMPLES = r"""
- name: Name what is rented
  ansible.builtin.debug:
    msg: "{{ rented.instances | map(attribute='name') | map('cloudctl.vastai.line') }}"
"""

RETURN = r"""
_value:
  description: The line.
  type: str
  sample: llama3\ntrainer
"""

from collections.abc import Callable

from ansible_collections.cloudctl.vastai.plugins.plugin_utils._terminal import printable


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[[object], str]]:
        """Filters by name."""
        return {"line": printable}
