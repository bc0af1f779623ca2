# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens in the market besides what the renter asks for: one file per family of events."""

from __future__ import annotations

import importlib
import pkgutil


def load() -> None:
    """Import every file of this folder; that adds its events to the table."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
