# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines in namespaces: a computer of their own, as far as they can tell."""

from __future__ import annotations

import http.client
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vast_emulator.process import Emulator

pytestmark = [
    pytest.mark.usefixtures("kind"),
    pytest.mark.parametrize("kind", ["namespaces"], indirect=True, scope="session"),
]


def fetched(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", "/name")
        return connection.getresponse().read().decode().strip()
    except OSError:
        return ""
    finally:
        connection.close()


@pytest.mark.usefixtures("own_network")
def test_two_machines_listen_on_the_same_port(lab: Any, tools: Any) -> None:
    onstart = "echo $CONTAINER_ID > name; exec python3 -m http.server 8080"
    one, other = (lab.rent(number, env={"-p 8080:8080": "1"}, onstart=onstart) for number in (123456, 789012))
    for instance in (one, other):
        port = lab.port(instance, "8080/tcp")
        assert tools.until(lambda port=port: fetched(port)) == str(instance)


@pytest.mark.usefixtures("own_network")
def test_a_port_from_70000_on_has_the_same_number_inside_and_outside(lab: Any, tools: Any) -> None:
    onstart = "echo $VAST_TCP_PORT_70001 > name; exec python3 -m http.server $VAST_TCP_PORT_70001"
    instance = lab.rent(env={"-p 70001:70001": "1"}, onstart=onstart)
    (port,) = [int(name.partition("/")[0]) for name in lab.row(instance)["ports"] if name != "22/tcp"]
    assert tools.until(lambda: fetched(port)) == str(port)


def test_a_lot_of_bytes_pass_a_mapped_port_in_both_directions(lab: Any, tools: Any) -> None:
    program = (
        "import socket\ns = socket.create_server(('', 7000))\nwhile True:\n c, _ = s.accept()\n"
        " while b := c.recv(65536): c.sendall(b)\n c.close()\n"
    )
    instance = lab.rent(env={"-p 7000:7000": "1"}, onstart=f'exec python3 -c "{program}"')
    content = os.urandom(1 << 20) * 8
    sender = (
        "import socket, sys, threading\ns = socket.create_connection(('127.0.0.1', int(sys.argv[1])))\n"
        "b = sys.stdin.buffer.read()\n"
        "def send():\n s.sendall(b)\n s.shutdown(1)\nt = threading.Thread(target=send); t.start()\n"
        "while p := s.recv(65536): sys.stdout.buffer.write(p)\n"
    )

    def echoed() -> bytes:
        words = [sys.executable, "-c", sender, str(lab.port(instance, "7000/tcp"))]
        return subprocess.run(words, input=content, capture_output=True, check=False, timeout=60).stdout

    assert tools.until(echoed) == content


def test_its_names_and_processes_are_its_own(lab: Any) -> None:
    instance = lab.rent(env={"-h": "trainer"})
    assert lab.said(instance, "hostname; cat /etc/hostname") == "trainer\ntrainer"
    assert lab.said(instance, "cat /proc/1/cmdline | tr '\\0' ' '").endswith("init ") is False
    assert len(lab.said(instance, "ls -d /proc/[0-9]*").splitlines()) < 12
    assert os.uname().nodename != "trainer"


def test_it_sees_nothing_private_of_this_computer(lab: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("private")
    instance = lab.rent()
    assert lab.ssh(instance, f"cat {tmp_path}/file").code == 1
    assert lab.said(instance, "ls -A /home /tmp /var/tmp").split() == ["/home:", "/tmp:", "/var/tmp:"]
    assert lab.said(instance, "ls -A ~") == ".ssh"
    assert lab.said(instance, "cut -d: -f2 /etc/shadow | sort -u") == "*"
    assert "PRIVATE" not in lab.said(instance, "cat /etc/ssh/ssh_host_*_key 2>/dev/null; echo")
    assert lab.said(instance, "ls -d /workspace") == "/workspace"


def test_it_cannot_reach_out_of_its_disk(lab: Any) -> None:
    instance = lab.rent()
    assert lab.ssh(instance, "mknod /tmp/disk b 8 0").code != 0
    assert lab.ssh(instance, "mount -t tmpfs none /mnt").code != 0
    assert lab.ssh(instance, "echo 1 > /proc/sys/vm/drop_caches").code != 0
    assert lab.ssh(instance, "echo x > /run/vast-keys/authorized_keys").code != 0
    marker = f"/usr/local/bin/made-by-{instance}"
    assert lab.said(instance, f"echo '#!/bin/sh' > {marker}; ls {marker}") == marker
    assert not Path(marker).exists()


def test_links_on_its_disk_do_not_lead_out_of_it(lab: Any, tmp_path: Path) -> None:
    """A volume is mounted, and files are made, at each start, where the machine may have put a link meanwhile."""
    lab.volume()
    outside = tmp_path / "outside"
    outside.mkdir()
    instance = lab.rent(env={"-v store:/data/place": "1"}, onstart="echo hello")
    lab.said(instance, f"mkdir -p {outside}; rm -rf ~/onstart.sh; ln -s {outside}/onstart.sh ~/onstart.sh")
    lab.said(
        instance,
        f"mv /workspace /w; ln -s {outside} /workspace; rm -f /etc/hosts; ln -s {outside}/hosts /etc/hosts; ls /etc",
    )
    lab.stop(instance)
    lab.start(instance)
    assert lab.said(instance, "echo in") == "in"
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "place", ["/proc/self/root/run/host", "/proc/self/root/.host", "/run/host", "/sys/x", "/dev/x"]
)
def test_a_volume_is_not_mounted_at_what_is_the_kernels(lab: Any, tmp_path: Path, place: str) -> None:
    instance = lab.rent(volume_info={"volume_id": lab.volume(), "mount_path": f"{place}{tmp_path}/made"})
    assert lab.said(instance, "echo in") == "in"
    assert "cannot be mounted" in lab.log(instance, daemon_logs="true")
    assert list(tmp_path.iterdir()) == []


def test_what_a_machine_does_to_its_disk_keeps_it_from_nothing_and_reaches_nothing(lab: Any, tmp_path: Path) -> None:
    """Links to where the computer's own root is while the machine is built, and what is in the way of that."""
    lab.volume()
    instance = lab.rent(env={"-v store:/data/deep": "1"})
    lab.said(
        instance,
        "mkdir -p /.host/x /run/host/x; rm /etc/hosts; mkdir -p /etc/hosts/x; mv /var /v2; mv /data /d2; "
        f"ln -s /run/host{tmp_path} /var; ln -s /proc/self/root/run/host{tmp_path} /data",
    )
    lab.stop(instance)
    lab.start(instance)
    assert lab.said(instance, "grep -c localhost /etc/hosts; ls -d /.host/x") == "2\n/.host/x"
    assert "a volume cannot be mounted at /data/deep" in lab.log(instance, daemon_logs="true")
    assert list(tmp_path.iterdir()) == []


def test_it_has_a_way_out_to_the_emulator(lab: Any) -> None:
    instance = lab.rent()
    assert lab.said(instance, 'curl -s -o /dev/null -w "%{http_code}" $VAST_URL/api/v0/users/current/') == "403"


def test_without_slirp4netns_machines_share_the_network_and_work(
    tools: Any, key: Any, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = shutil.which("slirp4netns")
    hidden = f"mount --bind /dev/null {program} && " if program else ""
    script = tmp_path / "python"
    command = f'{hidden}exec {sys.executable} "$@"'
    script.write_text(f"#!/bin/sh\nexec unshare --mount --propagation private sh -c '{command}' sh \"$@\"\n")
    script.chmod(0o755)
    with Emulator(str(script), speed=0, sshd=True, isolation="namespaces") as emulator:
        assert "Machines share this computer's network" in capfd.readouterr().err
        lab = tools.Lab(emulator, key, "root")
        emulator.api("POST", "/api/v0/ssh/", {"ssh_key": key.public})
        with socket.create_server(("127.0.0.1", 0)) as free:
            inside = free.getsockname()[1]
        onstart = f"cd /workspace; echo own > name; exec python3 -m http.server {inside}"
        instance = lab.rent(env={f"-p {inside}:{inside}": "1"}, onstart=onstart)
        assert lab.said(instance, 'curl -s -o /dev/null -w "%{http_code}" $VAST_URL/api/v0/users/current/') == "403"
        assert tools.until(lambda: fetched(lab.port(instance, f"{inside}/tcp"))) == "own"
        assert lab.said(instance, "ls -A ~/.ssh; cat /workspace/name") == "own"
