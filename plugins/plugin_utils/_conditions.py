# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Jinja conditions on host variables, on every ansible-core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.parsing.convert_bool import boolean


def holds(templar: Any, condition: str, variables: Mapping[str, Any]) -> bool:
    """Whether a bare expression, such as ``vast_num_gpus > 2``, is true. Raises what the template engine raises.

    Until 2.18 ansible-core has no method for that, and to write text around the condition is the custom. Since 2.19 the
    condition would lose its trust that way.
    """
    templar.available_variables = variables
    if hasattr(templar, "evaluate_conditional"):
        return templar.evaluate_conditional(condition)
    return boolean(templar.template("{% if " + condition + " %} True {% else %} False {% endif %}"))
