# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sessions without the library that makes them."""

from __future__ import annotations

import importlib
import sys

import pytest

from ansible_collections.cloudctl.vastai.plugins import module_utils
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import MissingLibrary


@pytest.fixture
def client_without_requests(monkeypatch):
    """The client's module, imported where ``requests`` is not installed."""
    package = module_utils.__name__
    for name in [name for name in sys.modules if name.partition(".")[0] in ("requests", "urllib3")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "requests", None)
    monkeypatch.setitem(sys.modules, "urllib3", None)
    for name in ("_session", "_client"):
        monkeypatch.setattr(module_utils, name, importlib.import_module(f"{package}.{name}"))
        monkeypatch.delitem(sys.modules, f"{package}.{name}")
    return importlib.import_module(f"{package}._client")


def test_missing_requests_is_ansibles_usual_sentence(client_without_requests):
    with pytest.raises(MissingLibrary, match=r"Failed to import the required Python library \(requests\)") as caught:
        client_without_requests.open_client({"api_key": "x"}, "module vast_instance")
    assert "ModuleNotFoundError" in caught.value.import_error


def test_missing_requests_is_no_error_before_a_client_is_opened(client_without_requests):
    assert client_without_requests.DEFAULT_TIMEOUT == 30.0
