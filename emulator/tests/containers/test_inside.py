# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a renter finds in a machine, whatever way machines are kept apart."""

from __future__ import annotations

import secrets
import subprocess
from typing import Any

import pytest


def test_both_addresses_of_the_row_lead_to_the_same_machine(lab: Any) -> None:
    instance = lab.rent()
    row = lab.row(instance)
    assert (row["ssh_host"], row["public_ipaddr"]) == ("127.0.0.1", "127.0.0.1")
    assert lab.said(instance, "echo here > file; echo $CONTAINER_ID") == str(instance)
    assert lab.ssh(instance, "cat file", port=row["ssh_port"]).output == "here"


def test_with_a_jupyter_runtype_ssh_is_one_port_further(lab: Any) -> None:
    instance = lab.rent(runtype="jupyter_proxy ssh_proxy")
    assert lab.ssh(instance, "echo in", port=lab.row(instance)["ssh_port"] + 1).output == "in"


def test_the_environment_is_that_of_the_instance_and_of_the_account(lab: Any, tools: Any) -> None:
    lab.emulator.api("POST", "/api/v0/secrets/", {"key": "TOKEN", "value": "it's $HOME; `id`"})
    env = {"GREETING": 'two  "words"\nand a line', "no name": "x", "-p 9000:9000": "1", "UID": "7", "TOKEN2": "b"}
    instance = lab.rent(env=env, onstart='printf "%s" "$GREETING" > greeting')
    lab.emulator.api("POST", "/api/v0/secrets/", {"key": "LATER", "value": "v"})
    assert lab.said(instance, 'printf "%s" "$TOKEN"') == "it's $HOME; `id`"
    assert lab.said(instance, 'printf "%s" "$GREETING"') == 'two  "words"\nand a line'
    assert tools.until(lambda: lab.ssh(instance, "cat ~/greeting").output) == 'two  "words"\nand a line'
    names = lab.said(instance, "env").splitlines()
    assert not [one for one in names if one.startswith(("-", "LATER", "no name"))]
    assert f"VAST_CONTAINERLABEL=C.{instance}" in names
    assert "PUBLIC_IPADDR=127.0.0.1" in names
    assert f"VAST_TCP_PORT_22={lab.port(instance)}" in names
    assert f"VAST_TCP_PORT_9000={lab.port(instance, '9000/tcp')}" in names
    assert any(one.startswith("SSH_CONNECTION=127.0.0.1 ") for one in names)
    # A login shell has it too.
    words = [*lab.client(), "-tt", "-p", str(lab.port(instance)), f"{lab.user}@127.0.0.1"]
    typed = "echo =$TOKEN2=\nexit\n"
    done = subprocess.run(words, input=typed, capture_output=True, text=True, timeout=60, check=False)
    assert "=b=" in done.stdout


def test_onstart_runs_at_each_start_and_prints_into_the_log(lab: Any, tools: Any) -> None:
    instance = lab.rent(onstart="echo started >> starts\necho out-$(wc -l < starts)\necho err >&2\nexec sleep 1000")
    assert tools.until(lambda: "err" in lab.log(instance))
    assert lab.log(instance).splitlines() == ["out-1", "err"]
    assert lab.emulator.api("PUT", f"/api/v0/instances/reboot/{instance}/", {})["success"]
    lab.wait_for(instance)
    assert tools.until(lambda: "out-2" in lab.log(instance))
    assert lab.log(instance, filter="out-") == "out-1\nout-2\n"
    assert tools.until(lambda: lab.log(instance, tail="1") == "err\n")
    assert lab.said(instance, "echo in") == "in"
    assert "Accepted publickey" in lab.log(instance, daemon_logs="true")


def test_execute_knows_three_commands_that_work_on_the_machine_running_or_not(lab: Any) -> None:
    instance = lab.rent()
    assert lab.said(instance, "cd ~ && echo content > 'a file' && pwd")
    workspace = "/root" if lab.is_root_of_its_own else "/"
    assert "a file" in lab.execute(instance, f"ls {workspace}").splitlines()
    lab.stop(instance)
    assert "a file" in lab.execute(instance, f"ls {workspace}").splitlines()
    assert lab.execute(instance, f"rm '{workspace}/a file'") == ""
    assert "a file" not in lab.execute(instance, f"ls {workspace}")
    assert lab.execute(instance, "du -s /workspace").split()[1].endswith("/workspace")
    lab.start(instance)
    assert lab.ssh(instance, "ls ~/a*").code == 2
    assert lab.execute(instance, "ls /no/such/folder; id").count("cannot access") == 2


def test_a_stop_ends_every_process_and_keeps_the_disk_and_the_host_key(lab: Any, tools: Any) -> None:
    mark = str(10**9 + secrets.randbelow(10**9))
    instance = lab.rent()
    begin = f"setsid sh -c 'sleep {mark} & exec sleep {mark}' >/dev/null 2>&1 &"
    assert lab.said(instance, f"{begin} echo data > kept; sleep 1; echo") == ""
    assert len(tools.processes(mark)) == 2
    before, port = lab.host_key(instance), lab.port(instance)
    lab.stop(instance)
    assert tools.until(lambda: not tools.processes(mark))
    assert "refused" in lab.ssh(instance, "true", port=port).errors
    lab.start(instance)
    assert lab.said(instance, "cat kept") == "data"
    assert lab.host_key(instance) == before
    assert lab.port(instance) == port
    other = lab.rent(789012)
    assert lab.host_key(other) != before
    assert lab.ssh(other, "cat kept").code == 1


def test_a_recycle_makes_the_container_anew(lab: Any, tools: Any) -> None:
    instance = lab.rent(onstart="echo begun")
    assert lab.said(instance, "echo data > file; echo") == ""
    assert lab.emulator.api("PUT", f"/api/v0/instances/recycle/{instance}/", {})["success"]
    assert lab.row(instance)["actual_status"] == "recycling"
    lab.wait_for(instance)
    assert lab.ssh(instance, "cat file").code == 1
    assert tools.until(lambda: lab.log(instance).strip()) == "begun"


def test_a_volume_outlives_its_instance_and_a_copy_has_its_files(lab: Any) -> None:
    volume = lab.volume()
    mount = {"volume_info": {"create_new": False, "volume_id": volume, "mount_path": "/data/deep"}}
    place = "/data/deep" if lab.is_root_of_its_own else "~/data/deep"
    first = lab.rent(**mount)
    assert lab.said(first, f"echo model > {place}/weights; echo") == ""
    lab.destroy(first)
    lab.emulator.advance(60)
    second = lab.rent(env={"-v store:/data/deep": "1"})
    assert lab.said(second, f"cat {place}/weights") == "model"
    offers = lab.emulator.api("POST", "/api/v0/volumes/search/", {"machine_id": {"eq": 789012}})["offers"]
    assert lab.emulator.api("POST", "/api/v0/volumes/copy/", {"src_id": volume, "dst_id": offers[0]["id"]})["success"]
    copy = next(one["id"] for one in lab.emulator.api("GET", "/api/v0/volumes/")["volumes"] if one["id"] != volume)
    assert lab.said(second, f"echo changed > {place}/weights; echo") == ""
    lab.destroy(second)
    lab.emulator.advance(60)
    assert lab.emulator.api("DELETE", f"/api/v0/volumes/?id={volume}", {})["success"]
    third = lab.rent(789012, env={f"-v V.{copy}:/data/deep": "1"})
    assert lab.said(third, f"cat {place}/weights") == "model"


def test_keys_are_those_at_creation_and_what_is_attached_and_detached_counts_at_once(lab: Any, stranger: Any) -> None:
    instance = lab.rent()
    lab.emulator.api("POST", "/api/v0/ssh/", {"ssh_key": stranger.public})
    assert lab.ssh(instance, "true", key=stranger).code == 255
    lab.emulator.api("POST", f"/api/v0/instances/{instance}/ssh/", {"ssh_key": stranger.public})
    assert lab.ssh(instance, "true", key=stranger).code == 0
    number = next(one["id"] for one in lab.emulator.api("GET", "/api/v0/ssh/") if one["public_key"] == stranger.public)
    lab.emulator.api("DELETE", f"/api/v0/instances/{instance}/ssh/{number}/", {})
    assert lab.ssh(instance, "true", key=stranger).code == 255
    assert lab.ssh(instance, "true").code == 0


@pytest.mark.parametrize("target", ["own", "other"])
def test_an_instance_can_destroy_itself_and_no_other(lab: Any, tools: Any, target: str) -> None:
    one, other = lab.rent(), lab.rent(789012)
    chosen = one if target == "own" else other
    call = (
        'curl -s -o /dev/null -w "%{http_code}" -X DELETE -H "Authorization: Bearer $CONTAINER_API_KEY" '
        f"$VAST_URL/api/v0/instances/{chosen}/"
    )
    done = lab.ssh(one, call)
    if target == "own":
        assert tools.until(lambda: lab.row(one) is None)
        assert lab.row(other)["actual_status"] == "running"
    else:
        assert done.output == "403"
        assert lab.row(other)["actual_status"] == "running"


def test_files_can_be_copied_with_scp_and_sftp(lab: Any, tmp_path: Any) -> None:
    instance = lab.rent()
    (tmp_path / "file").write_text("content")
    words = ["scp", *lab.client()[1:], "-P", str(lab.port(instance))]
    for protocol in ("-s", "-O"):
        target = f"{lab.user}@127.0.0.1:copy{protocol}"
        subprocess.run([*words, protocol, tmp_path / "file", target], check=True, timeout=60)
        assert lab.said(instance, f"cat copy{protocol}") == "content"


def test_an_instance_whose_machine_is_lost_refuses_and_answers_again_when_it_is_back(lab: Any) -> None:
    instance = lab.rent()
    port = lab.port(instance)
    lab.said(instance, "echo before > file")
    lab.emulator.set_offline(123456)
    assert "refused" in lab.ssh(instance, "true", port=port).errors
    lab.emulator.set_offline(123456, False)
    assert lab.ssh(instance, "cat file", port=port).output == "before"


def test_an_instance_without_ssh_is_no_machine(lab: Any, tools: Any) -> None:
    instance = lab.rent(runtype="args", args=["true"])
    assert not tools.machines_of(lab.emulator)
    assert "entrypoint" in lab.log(instance)
