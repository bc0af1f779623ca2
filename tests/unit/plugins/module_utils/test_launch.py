# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on an instance: what is sent, what counts as different, and what is refused before anything is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._launch import (
    RUNTYPES,
    environment,
    launch_from,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._onstart import pack
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import ANY_ROW, instance

NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,10}", fullmatch=True)
ENV = st.dictionaries(NAMES, st.text(max_size=20) | st.integers() | st.booleans(), max_size=4)


def drift(current, **params):
    return launch_from(params).drift(instance(**current))


def fixed(current, **params):
    return launch_from(params).fixed_differences(instance(**current))


# -- what is sent


def test_nothing_asked_for_is_a_small_direct_ssh_instance():
    body = launch_from({}).body()
    assert (body["disk"], body["runtype"], body["env"]) == (10.0, "ssh_direc ssh_proxy", {})
    assert "args" not in body


def test_template_brings_its_own_runtype():
    assert "runtype" not in launch_from({"template_hash_id": "abc"}).body()


def test_runtype_that_was_asked_for_overrides_the_templates():
    assert launch_from({"template_hash_id": "abc", "runtype": "args"}).body()["runtype"] == "args"


def test_variables_and_ports_travel_in_one_object():
    body = launch_from({"env": {"A": 1}, "ports": ["8080"]}).body()
    assert body["env"] == {"A": "1", "-p 8080:8080": "1"}


@pytest.mark.parametrize(
    ("value", "sent"), [(True, "true"), (False, "false"), (1, "1"), (1.5, "1.5"), ("", ""), ("x", "x")]
)
def test_variables_are_sent_as_text(value, sent):
    assert launch_from({"env": {"A": value}}).body()["env"] == {"A": sent}


@pytest.mark.parametrize(
    ("port", "key"),
    [
        ("8080", "-p 8080:8080"),
        (" 8080 ", "-p 8080:8080"),
        ("8081:80", "-p 8081:80"),
        ("8080/tcp", "-p 8080:8080"),
        ("5000/udp", "-p 5000:5000/udp"),
        ("5001:5000/udp", "-p 5001:5000/udp"),
        ("70001", "-p 70001:70001"),
    ],
)
def test_ports_are_sent_in_dockers_words(port, key):
    assert launch_from({"ports": [port]}).body()["env"] == {key: "1"}


def test_arguments_are_sent_as_a_list_even_when_empty():
    assert launch_from({"args": []}).body()["args"] == []


def test_long_script_is_sent_packed():
    script = "echo step\n" * 1000
    assert launch_from({"onstart": script}).body()["onstart"] == pack(script)


def test_script_may_come_from_a_file(tmp_path):
    (tmp_path / "onstart.sh").write_text("echo ü", encoding="utf-8")
    assert launch_from({"onstart_file": str(tmp_path / "onstart.sh")}).onstart == "echo ü"


# -- what is refused


@pytest.mark.parametrize(
    "port", ["", "0", "x", "80:", ":80", "80:0", "80/icmp", "123456", "-1", "80 81", "1:2:3", "８０"]
)
def test_bad_port_is_named_with_examples(port):
    with pytest.raises(BadRequest, match="write 8080, 8081:80"):
        launch_from({"ports": [port]})


@pytest.mark.parametrize("name", ["", "1A", "A B", "A-B", "-p 80:80", "A=B", "Ä", "A" * 257, "A\n"])
def test_bad_variable_name_is_refused(name):
    with pytest.raises(BadRequest, match="env has a variable"):
        launch_from({"env": {name: "x"}})


@pytest.mark.parametrize("value", [["a"], {"a": 1}, None])
def test_variable_that_is_no_text_is_refused_without_its_value(value):
    with pytest.raises(BadRequest, match="env variable TOKEN"):
        launch_from({"env": {"TOKEN": value}})


def test_variables_longer_than_the_api_takes_are_refused():
    with pytest.raises(BadRequest, match="env is too long: 32769 characters"):
        launch_from({"env": {"A": "x" * 32768}})


@pytest.mark.parametrize("disk", [0, -1, float("nan"), float("inf")])
def test_impossible_disk_is_refused(disk):
    with pytest.raises(BadRequest, match="disk must be"):
        launch_from({"disk": disk})


def test_missing_script_file_is_one_sentence(tmp_path):
    with pytest.raises(BadRequest, match=r"missing\.sh can't be read: No such file or directory\."):
        launch_from({"onstart_file": str(tmp_path / "missing.sh")})


def test_binary_script_file_is_one_sentence(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(BadRequest, match="it is not UTF-8 text"):
        launch_from({"onstart_file": str(tmp_path / "binary")})


# -- what can't be changed


@pytest.mark.parametrize(
    ("asked", "has", "differs"),
    [
        (None, 50.0, False),
        (50, 50.0, False),
        (50, 50.4, False),
        (50, 49.3, False),
        (50, 51.0, True),
        (100, 50.0, True),
        (50, None, False),
    ],
)
def test_disk_may_be_reported_a_little_different(asked, has, differs):
    assert bool(fixed({"disk_space": has}, disk=asked)) is differs


def test_disk_that_differs_is_said_with_both_sizes():
    assert fixed({"disk_space": 50.1}, disk=100) == ["disk is 50.1 GB, not 100 GB"]


@pytest.mark.parametrize(
    ("asked", "reported"),
    [
        ("ssh_direct", "ssh_direc ssh_proxy"),
        ("ssh_direct", "ssh ssh_direc ssh_proxy"),
        ("ssh_direct", "ssh_direct ssh_proxy"),
        ("ssh_direct", "ssh_direct"),
        ("ssh_proxy", "ssh_proxy"),
        ("ssh_proxy", "ssh"),
        ("jupyter_direct", "jupyter_direc ssh_direc ssh_proxy"),
        ("jupyter_direct", "jupyter_direct"),
        ("jupyter_proxy", "jupyter"),
        ("jupyter_proxy", "jupyter_proxy ssh_proxy"),
        ("args", "args"),
    ],
)
def test_runtype_is_the_same_in_both_spellings(asked, reported):
    assert fixed({"image_runtype": reported}, runtype=asked) == []


@pytest.mark.parametrize("asked", RUNTYPES)
@pytest.mark.parametrize("has", RUNTYPES)
def test_every_other_runtype_differs(asked, has):
    assert bool(fixed({"image_runtype": RUNTYPES[has]}, runtype=asked)) is (asked != has)


def test_ports_that_are_open_already_are_no_difference():
    pairs = [["-p 8080:8080", "1"], ["-p 5000:5000/udp", "1"], ["A", "1"]]
    assert fixed({"extra_env": pairs}, ports=["8080", "5000/udp"]) == []


def test_ports_that_are_missing_are_named():
    assert fixed({"extra_env": [["-p 8080:8080", "1"]]}, ports=["8080", "81:80"]) == ["ports do not include 81:80"]


# -- what can be changed


def test_nothing_asked_for_leaves_everything_alone():
    assert drift({"image_uuid": "x", "extra_env": [["A", "1"]], "onstart": "x", "image_args": ["x"]}) == {}


@pytest.mark.parametrize(
    ("asked", "has"),
    [
        ("pytorch/pytorch", "pytorch/pytorch:latest"),
        ("pytorch/pytorch:latest", "pytorch/pytorch"),
        ("pytorch/pytorch:2.1", "pytorch/pytorch:2.1"),
        ("registry:5000/a/b", "registry:5000/a/b:latest"),
        ("a/b@sha256:0123", "a/b@sha256:0123"),
        ("vastai/pytorch:@vastai-automatic-tag", "vastai/pytorch:cuda-12.8"),
        ("vastai/pytorch:@vastai-automatic-tag", "vastai/pytorch"),
        ("vastai/pytorch:@vastai-automatic-tag", "vastai/pytorch:@vastai-automatic-tag"),
        ("registry:5000/a/b:@vastai-automatic-tag", "registry:5000/a/b:1"),
    ],
)
def test_image_is_the_same(asked, has):
    assert drift({"image_uuid": has}, image=asked) == {}


@pytest.mark.parametrize(
    ("asked", "has"),
    [
        ("pytorch/pytorch", "pytorch/pytorch:2.1"),
        ("pytorch/pytorch:2.1", "pytorch/pytorch:2.2"),
        ("a/b", "a/c"),
        ("a/b@sha256:0123", "a/b@sha256:4567"),
        ("registry:5000/a/b", "a/b"),
        ("vastai/pytorch:@vastai-automatic-tag", "vastai/base-image:cuda-12.8"),
        ("a/b", None),
    ],
)
def test_image_is_another(asked, has):
    assert drift({"image_uuid": has}, image=asked) == {"image": asked}


def test_variables_that_are_set_already_are_no_difference():
    assert drift({"extra_env": [["A", "1"], ["B", "2"]]}, env={"A": 1}) == {}


def test_changed_variable_is_sent_with_all_that_stays():
    current = {"extra_env": [["A", "1"], ["B", "2"], ["-p 80:80", "1"]]}
    assert drift(current, env={"A": "3"}) == {"env": {"A": "3", "B": "2", "-p 80:80": "1"}}


def test_empty_env_removes_nothing():
    assert drift({"extra_env": [["A", "1"]]}, env={}) == {}


@given(env=ENV, more=ENV)
def test_variables_just_sent_are_no_difference(env, more):
    sent = launch_from({"env": {**more, **env}}).body()["env"]
    assert drift({"extra_env": [list(pair) for pair in sent.items()]}, env=env) == {}


@given(env=ENV, current=ENV)
def test_update_never_loses_a_variable(env, current):
    pairs = [[name, str(value)] for name, value in current.items()]
    changes = drift({"extra_env": pairs}, env=env)
    if changes:
        assert changes["env"].keys() == env.keys() | current.keys()


def test_packed_script_is_no_difference():
    script = "echo step\n" * 1000
    assert drift({"onstart": pack(script)}, onstart=script) == {}


def test_other_script_is_sent():
    assert drift({"onstart": "echo 1"}, onstart="echo 2") == {"onstart": "echo 2"}


def test_template_and_arguments_are_compared():
    assert drift({}, template_hash_id="abc", args=["x"]) == {"template_hash_id": "abc", "args": ["x"]}
    assert drift({"template_hash_id": "abc", "image_args": ["x"]}, template_hash_id="abc", args=["x"]) == {}


def test_no_arguments_asked_for_and_none_there_is_no_difference():
    assert drift({"image_args": None}, args=[]) == {}


def test_login_is_never_compared_as_it_can_not_be_read_back():
    assert drift({}, image_login="-u user -p secret docker.io") == {}


# -- hostile rows


@pytest.mark.parametrize(
    ("pairs", "env"),
    [
        ([["A", "1"], ["-p 80:80", "1"]], {"A": "1", "-p 80:80": "1"}),
        ({"A": 1}, {"A": "1"}),
        (None, {}),
        ("A=1", {}),
        ([], {}),
        ([["A"], ["A", "1", "2"], None, 7], {}),
    ],
)
def test_environment_of_a_row(pairs, env):
    assert environment({"extra_env": pairs}) == env


@given(ANY_ROW)
def test_any_row_can_be_compared(row):
    launch = launch_from(
        {"image": "a", "disk": 10, "env": {"A": "1"}, "ports": ["80"], "onstart": "x", "args": ["x"], "runtype": "args"}
    )
    launch.drift(row)
    launch.fixed_differences(row)
