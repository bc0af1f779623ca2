# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of the official client that only touch its own files."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.mark.command("set api-key")
def test_the_key_in_the_file_is_the_one_that_is_sent(client: Any, emulator: Any) -> None:
    del client.environment["VAST_API_KEY"]
    client.says("set", "api-key", emulator.api_key)
    assert client.raw("show", "user")["credit"] == 1000.0
    client.says("set", "api-key", "not-the-key")
    assert "Invalid user key" in client.run("show", "user").stderr


@pytest.mark.command("set role")
@pytest.mark.command("help")
def test_the_role_decides_what_help_shows(client: Any) -> None:
    client.says("set", "role", "host")
    assert "list machine" in client.run("help").stderr
    client.says("set", "role", "client")
    shown = client.run("help").stderr
    assert "create instance" in shown
    assert "list machine" not in shown
