# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text that strangers wrote, kept away from the template engine.

Anybody on an account can set a label to ``{{ lookup('pipe', ...) }}``. ansible-core 2.18 runs every text that looks
like a template unless it is marked as unsafe. Since 2.19 it runs none unless it is marked as trusted, so there is
nothing to do.
"""

from __future__ import annotations

from typing import Any

try:
    from ansible.template import trust_as_template as _trust_as_template  # noqa: F401  # since ansible-core 2.19
except ImportError:
    from ansible.utils.unsafe_proxy import wrap_var as _mark
else:

    def _mark(value: Any) -> Any:
        return value


def unsafe(value: Any) -> Any:
    """The same plain value with every text in it, names in dictionaries too, marked so that it is never run."""
    return _mark(value)
