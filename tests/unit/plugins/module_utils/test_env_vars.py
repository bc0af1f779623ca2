# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of environment variables; their values can't be read."""

from __future__ import annotations

import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._env_vars import checked_env_name, list_env_names
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, OutcomeUnknown
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import ScriptedServer, says


def test_names_are_kept_in_upper_case() -> None:
    assert checked_env_name("hf_Token_2") == "HF_TOKEN_2"


@pytest.mark.parametrize("name", ["", "2ND", "A-B", "A B", "É", "A\n"])
def test_what_is_no_name(name: str) -> None:
    with pytest.raises(BadRequest, match="letters, digits and _"):
        checked_env_name(name)


def test_names_are_listed_in_their_order(server: ScriptedServer, client: VastClient) -> None:
    server.expect("GET", "/api/v0/secrets/", says({"success": True, "secrets": {"B": "*****", "A": "********"}}))
    assert list_env_names(client) == ["A", "B"]


@pytest.mark.parametrize("answer", [{"success": True}, {"secrets": ["A"]}, []])
def test_an_answer_without_variables_is_an_error(server: ScriptedServer, client: VastClient, answer: object) -> None:
    server.expect("GET", "/api/v0/secrets/", says(answer))
    with pytest.raises(OutcomeUnknown, match="without variables"):
        list_env_names(client)
