# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of an extra variable as it was typed, spaces included."""

from __future__ import annotations

DOCUMENTATION = r"""
name: typed
short_description: Take a text with spaces from the command line as a whole
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Of C(-e onstart="pip install transformers") the shell removes the quotes, Ansible takes C(pip) for the value, and
    the other words are lost, unless the text is quoted once more as in C(-e 'onstart="pip install transformers"').
  - This finds the lost words again. Where nothing was lost, or the variable was not given by C(-e NAME=TEXT), the value
    stays what it is.
options:
  _input:
    description: The value of the variable, as Ansible sees it.
    type: raw
    required: true
  variable:
    description: Name of the variable.
    type: str
    required: true
  pairs:
    description:
      - Whether words such as C(a=b) belong to the text, too, if there are no others. Otherwise they are further
        variables, as in C(-e "name=trainer disk=50").
    type: bool
    default: false
positional: variable, pairs
"""

EXAMPLES = r"""
- name: Show what shall run
  ansible.builtin.debug:
    msg: "{{ onstart | default('') | cloudctl.vastai.typed('onstart') }}"
"""

RETURN = r"""
_value:
  description: The text, or the value if there is nothing to add.
  type: raw
  sample: pip install transformers && python train.py
"""

from collections.abc import Callable
from typing import Any

from ansible import context


def typed(value: Any, variable: str, pairs: bool = False) -> Any:
    """The text behind the last ``-e variable=``, if Ansible has dropped words of it, else the value."""
    texts = [option.partition("=")[2] for option in _options() if option.partition("=")[0] == variable]
    return texts[-1].strip() if texts and _lost_words(texts[-1], pairs) else value


def _options() -> list[str]:
    """What was given with ``-e``."""
    return [str(option).lstrip() for option in context.CLIARGS.get("extra_vars") or ()]


def _lost_words(text: str, pairs: bool) -> bool:
    if text.startswith(('"', "'")):
        return False  # quoted once more, so that Ansible has understood
    return any(pairs or "=" not in word for word in text.split()[1:])


class FilterModule:
    """What Ansible looks for."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters by name."""
        return {"typed": typed}
