# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Vast.ai marketplace on localhost that the official command line client can talk to unmodified."""

from __future__ import annotations

__version__ = "0.1.0"
