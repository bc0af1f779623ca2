# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of all tests of the collection."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A busy machine is no fault of the code: properties fail by what they find, not by how long it takes.
settings.register_profile("cloudctl.vastai", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("cloudctl.vastai")
