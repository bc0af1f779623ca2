# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that the modules of this collection have in common."""

from __future__ import annotations


class ModuleDocFragment:
    """Included as C(cloudctl.vastai.attributes), and by info modules as C(cloudctl.vastai.attributes.info_module)."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and return the changes it would make, without making them.
  diff_mode:
    description: Returns what is changed, or would be in check mode, when the play runs with C(--diff).
  idempotent:
    description: When run twice in a row with the same options, the second run changes nothing.
  action_group:
    description: >-
      Use C(group/cloudctl.vastai.all) in C(module_defaults) to set options for all modules of this collection.
    support: full
    membership:
      - cloudctl.vastai.all
  action:
    description: >-
      Has an action plugin that runs the module inside the controller's process when the task would run there anyway.
      That is about ten times faster and gives the same results.
    support: full
  async:
    description: Supports being used with the C(async) keyword.
    support: full
"""

    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    support: N/A
    details:
      - This module changes nothing.
  idempotent:
    support: full
    details:
      - This module changes nothing.
"""
