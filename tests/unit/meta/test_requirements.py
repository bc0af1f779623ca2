# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation asks for the same libraries as requirements.txt."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
MINIMUM = re.compile(r"^(?:  - )?(requests|keyring) ?>= ?([\d.]*\d)", re.MULTILINE)


@pytest.mark.parametrize("name", ["doc_fragments/api.py", "modules/vast_keyring.py"])
def test_minimum_versions_are_documented(name):
    installed = dict(MINIMUM.findall((ROOT / "requirements.txt").read_text(encoding="utf-8")))
    documented = dict(MINIMUM.findall((ROOT / "plugins" / name).read_text(encoding="utf-8")))
    assert set(installed) == {"requests", "keyring"}
    assert documented == installed
