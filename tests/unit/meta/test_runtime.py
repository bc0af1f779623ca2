# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""meta/runtime.yml names every module, so that module_defaults for the group reach all of them."""

from __future__ import annotations

from pathlib import Path

import yaml

COLLECTION = Path(__file__).parents[3]


def test_action_group_is_the_modules_on_disk():
    runtime = yaml.safe_load((COLLECTION / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    modules = sorted(path.stem for path in (COLLECTION / "plugins" / "modules").glob("*.py") if path.stem != "__init__")

    assert sorted(runtime["action_groups"]["all"]) == modules
