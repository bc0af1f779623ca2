# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version that requests carry is that of the collection."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.cloudctl.vastai.plugins.module_utils._version import VERSION

COLLECTION = Path(__file__).parents[4]


def test_version_is_that_of_the_collection():
    galaxy = yaml.safe_load((COLLECTION / "galaxy.yml").read_text(encoding="utf-8"))
    assert galaxy["version"] == VERSION
