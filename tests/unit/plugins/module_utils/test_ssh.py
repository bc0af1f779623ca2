# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""SSH addresses: direct, through the proxy, and none at all when the row can't be trusted."""

from __future__ import annotations

import shlex
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._ssh import (
    answers,
    endpoint,
    mapped_ports,
    offers_ssh,
    public_address,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import ANY_ROW

HOSTILE = [
    "-oProxyCommand=touch pwned",
    "--",
    "a b",
    "host;reboot",
    "host\nProxyCommand x",
    "$(reboot)",
    "`reboot`",
    "{{ lookup('pipe', 'id') }}",
    "root@host",
    "host/path",
    "höst",
    "a" * 300,
    "'",
    "",
    "  ",
]


def bound(port):
    return {"22/tcp": [{"HostIp": "0.0.0.0", "HostPort": port}, {"HostIp": "::", "HostPort": port}]}


def instance(**fields):
    return {
        "public_ipaddr": "203.0.113.7",
        "ports": bound("20000"),
        "image_runtype": "ssh ssh_direc ssh_proxy",
        "ssh_host": "ssh5.vast.ai",
        "ssh_port": 12345,
        **fields,
    }


def where(row, connect_with="auto"):
    found = endpoint(row, connect_with)
    return found and (found["host"], found["port"])


# -- the ways


def test_auto_is_direct_when_port_22_is_mapped():
    assert where(instance()) == ("203.0.113.7", 20000)


def test_auto_is_the_proxy_without_a_mapped_port():
    assert where(instance(ports=None)) == ("ssh5.vast.ai", 12345)


def test_auto_is_the_proxy_without_a_public_address():
    assert where(instance(public_ipaddr=None)) == ("ssh5.vast.ai", 12345)


def test_direct_is_never_the_proxy():
    assert where(instance(ports={}), "direct") is None


def test_proxy_is_never_direct():
    assert where(instance(), "proxy") == ("ssh5.vast.ai", 12345)


def test_proxy_without_its_address_is_none():
    assert where(instance(ssh_host=None), "proxy") is None


@pytest.mark.parametrize("runtype", ["jupyter_proxy ssh_proxy", "jupyter", "jupyter_direc ssh_direc ssh_proxy"])
def test_proxied_ssh_is_one_port_above_jupyter(runtype):
    assert where(instance(image_runtype=runtype), "proxy") == ("ssh5.vast.ai", 12346)


def test_jupyter_does_not_move_the_direct_port():
    assert where(instance(image_runtype="jupyter_direc ssh_direc ssh_proxy"), "direct") == ("203.0.113.7", 20000)


@pytest.mark.parametrize("runtype", ["args", "", None])
def test_proxy_is_not_offered_without_an_ssh_runtype(runtype):
    assert where(instance(image_runtype=runtype), "proxy") is None


def test_user_is_root_and_the_command_can_be_pasted():
    assert endpoint(instance()) == {
        "host": "203.0.113.7",
        "port": 20000,
        "user": "root",
        "command": "ssh -p 20000 root@203.0.113.7",
    }


# -- what the API really sends


@pytest.mark.parametrize("address", [" 203.0.113.7\n", "203.0.113.7 ", "\t203.0.113.7"])
def test_white_space_around_the_address_is_dropped(address):
    assert where(instance(public_ipaddr=address)) == ("203.0.113.7", 20000)


def test_white_space_around_the_proxy_host_is_dropped():
    assert where(instance(ssh_host=" ssh5.vast.ai\n"), "proxy") == ("ssh5.vast.ai", 12345)


def test_port_may_be_a_number():
    assert where(instance(ports=bound(20000))) == ("203.0.113.7", 20000)


def test_proxy_port_may_be_text():
    assert where(instance(ssh_port="12345"), "proxy") == ("ssh5.vast.ai", 12345)


@pytest.mark.parametrize(
    "ports",
    [
        None,
        {},
        [],
        "22",
        7,
        {"22/tcp": None},
        {"22/tcp": []},
        {"22/tcp": [20000]},
        {"22/tcp": [{}]},
        {"22/tcp": [None]},
        {"22/tcp": {"HostPort": "20000"}},
        {"22/udp": [{"HostPort": "20000"}]},
        *map(bound, [None, "", "x", "0", "-1", "65536", "1e9", [], True, "20000; reboot"]),
    ],
)
def test_ports_without_a_usable_22_give_no_direct_way(ports):
    assert where(instance(ports=ports), "direct") is None


@pytest.mark.parametrize("port", [None, "", "x", 0, -1, 65536, [], {}, True, float("nan")])
def test_proxy_without_a_usable_port_is_none(port):
    assert where(instance(ssh_port=port), "proxy") is None


def test_jupyter_on_the_last_port_leaves_none_for_ssh():
    assert where(instance(ssh_port=65535, image_runtype="jupyter_proxy ssh_proxy"), "proxy") is None


@pytest.mark.parametrize("host", HOSTILE)
def test_hostile_proxy_host_is_no_address(host):
    assert where(instance(ssh_host=host), "proxy") is None


@pytest.mark.parametrize("host", HOSTILE)
def test_hostile_public_address_is_no_address(host):
    assert where(instance(public_ipaddr=host), "direct") is None


@given(row=ANY_ROW, connect_with=st.sampled_from(["auto", "direct", "proxy"]))
def test_any_row_gives_none_or_a_harmless_command(row, connect_with):
    found = endpoint(row, connect_with)
    if found:
        assert shlex.split(found["command"]) == ["ssh", "-p", str(found["port"]), f"root@{found['host']}"]
        assert not found["host"].startswith("-")
        assert 0 < found["port"] < 65536


# -- other ports


def test_mapped_ports_are_named_as_the_container_knows_them():
    row = instance(ports={**bound("20000"), "8080/tcp": [{"HostIp": "0.0.0.0", "HostPort": "20001"}]})
    assert mapped_ports(row) == {
        "22/tcp": {"host": "203.0.113.7", "port": 20000},
        "8080/tcp": {"host": "203.0.113.7", "port": 20001},
    }


@pytest.mark.parametrize("host", [None, "", " \n", *HOSTILE[:5]])
def test_nothing_is_mapped_without_a_trustworthy_public_address(host):
    assert mapped_ports(instance(public_ipaddr=host)) == {}


@pytest.mark.parametrize("port", [None, "x", 0, -1, 65536])
def test_ports_that_can_not_exist_are_not_mapped(port):
    assert mapped_ports(instance(ports=bound(port))) == {}


@given(ANY_ROW)
def test_any_row_has_ports_an_address_and_a_runtype_of_some_kind(row):
    assert isinstance(mapped_ports(row), dict)
    assert public_address(row) == public_address(row).strip()
    assert offers_ssh(row) in (True, False)


# -- does it answer


@pytest.fixture
def listener():
    """A TCP server that sends what it is told to the first that comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threads = []

        def says(greeting):
            def greet():
                connection, _address = server.accept()
                with connection:
                    connection.sendall(greeting)

            threads.append(threading.Thread(target=greet))
            threads[-1].start()
            return server.getsockname()[1]

        yield says
        for thread in threads:
            thread.join()


def test_ssh_server_answers(listener):
    assert answers("127.0.0.1", listener(b"SSH-2.0-OpenSSH_9.6\r\n"))


@pytest.mark.parametrize("greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n", b"SS"])
def test_what_does_not_introduce_itself_as_ssh_does_not_answer(listener, greeting):
    assert not answers("127.0.0.1", listener(greeting))


def test_closed_port_does_not_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not answers("127.0.0.1", port)


def test_silent_server_does_not_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not answers("127.0.0.1", server.getsockname()[1], timeout=0.05)


@pytest.mark.parametrize("host", ["", "a" * 300, "nul\0", "ü" * 70])
def test_impossible_host_does_not_answer(host):
    assert not answers(host, 22, timeout=0.05)
