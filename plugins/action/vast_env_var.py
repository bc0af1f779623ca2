# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The in-process door of vast_env_var."""

from __future__ import annotations

from ansible_collections.cloudctl.vastai.plugins.modules import vast_env_var
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._action import InProcessAction


class ActionModule(InProcessAction):
    module = vast_env_var
