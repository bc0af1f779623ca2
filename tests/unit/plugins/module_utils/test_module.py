# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The door of an ordinary module, as far as it needs no process: contexts, results, and what is shown of parameters."""

from __future__ import annotations

import json

import pytest

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    BadRequest,
    Failure,
    MissingLibrary,
    NoCredentials,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_logic,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.scripted_server import KEY, says

SECRET = "s3cr3t-s3cr3t"
SPEC = ModuleSpec(
    argument_spec={
        "name": {"type": "str", "aliases": ["label"]},
        "env": {"type": "dict"},
        "onstart": {"type": "str"},
        "files": {"type": "list"},
    },
    private=("env", "onstart", "files"),
)


def context(params=None, check_mode=False):
    return Context("vast_instance", params or {}, check_mode, pytest.fail)


def fails_with(error):
    def logic(_context):
        raise error

    return run_logic(logic, context())


# -- the client of a task


def test_context_opens_no_client_before_it_is_asked_for():
    context({"api_url": "nonsense"})


def test_context_opens_one_client():
    task = context({"api_key": KEY})
    assert task.client is task.client


def test_client_of_a_module_says_who_is_calling(server, clock):
    server.expect("GET", "/api/v0/x/", says({}))
    context({"api_key": KEY, "api_url": server.url}).client.read("GET", "/api/v0/x/")
    assert server.requests[0].headers["user-agent"].endswith("(module vast_instance)")


def test_wrong_address_shows_when_the_client_is_used():
    task = context({"api_key": KEY, "api_url": "nonsense"})
    with pytest.raises(BadRequest, match="must be an address"):
        task.client.read("GET", "/")


def test_key_is_declared_as_secret():
    assert API_ARGUMENTS["api_key"]["no_log"] is True


# -- results


def test_result_of_the_logic_is_the_result():
    assert run_logic(lambda task: {"changed": task.check_mode}, context(check_mode=True)) == {"changed": True}


def test_error_is_its_sentence():
    assert fails_with(NoCredentials("No key.")) == {"failed": True, "msg": "No key."}


def test_failure_brings_what_it_left_behind():
    error = Failure("Late.", instance={"id": 7}, changed=True)
    assert fails_with(error) == {"failed": True, "msg": "Late.", "instance": {"id": 7}, "changed": True}


def test_missing_library_brings_the_traceback_of_the_import():
    result = fails_with(MissingLibrary("requests", import_error="Traceback ..."))
    assert result["exception"] == "Traceback ..."
    assert "Failed to import the required Python library (requests)" in result["msg"]


@pytest.mark.parametrize("error", [ValueError("bug"), KeyError("bug"), KeyboardInterrupt()])
def test_bug_is_not_dressed_up_as_a_sentence(error):
    with pytest.raises(type(error)):
        fails_with(error)


# -- what is shown of parameters


def shown(**params):
    return SPEC.invocation(params)["module_args"]


def test_public_parameters_are_shown():
    assert shown(name="train") == {"name": "train"}


def test_alias_of_a_public_parameter_is_shown():
    assert shown(label="train") == {"label": "train"}


def test_private_mapping_shows_its_names():
    value = shown(env={"TOKEN": SECRET})["env"]
    assert list(value) == ["TOKEN"]
    assert SECRET not in value["TOKEN"]


@pytest.mark.parametrize("value", [SECRET, [SECRET], {"A": {"B": SECRET}}, {"A": [SECRET]}])
@pytest.mark.parametrize("option", ["env", "onstart", "files"])
def test_private_value_of_any_kind_is_hidden(option, value):
    assert SECRET not in json.dumps(shown(**{option: value}))


def test_private_parameter_that_was_not_given_shows_as_such():
    assert shown(onstart=None, env={"A": None}) == {"onstart": None, "env": {"A": None}}


def test_misspelt_parameter_is_hidden_as_it_may_be_a_private_one():
    assert SECRET not in json.dumps(shown(onstrat=SECRET))


def test_rules_are_the_arguments_of_both_validators():
    spec = ModuleSpec({}, mutually_exclusive=(("a", "b"),), required_by={"a": "b"})
    assert spec.rules() == {
        "mutually_exclusive": (("a", "b"),),
        "required_together": (),
        "required_one_of": (),
        "required_if": (),
        "required_by": {"a": "b"},
    }
