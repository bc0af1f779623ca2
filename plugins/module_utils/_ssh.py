# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an instance's SSH answers, and whether it does.

Facts: with a direct runtype, container port 22 is mapped to a port of the machine's public address; with any SSH
runtype, Vast.ai's proxy forwards ``ssh_host:ssh_port``, or ``ssh_port + 1`` when Jupyter occupies the first. Host
and port of the two ways must not be mixed. The user is root.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number_or_zero

USER = "root"
CONNECT_WITH = ("auto", "direct", "proxy")

_BANNER_TIMEOUT = 5.0
# These strings become arguments of ssh: nothing that could be read as an option or as shell.
_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:_-]{0,252}")


def endpoint(row: Mapping[str, Any], connect_with: str = "auto") -> dict[str, Any] | None:
    """``{"host", "port", "user", "command"}``, or None when the row names no (trustworthy) SSH address.

    ``connect_with``: ``direct``, ``proxy``, or ``auto``: direct when there is one, as it is faster.
    """
    ways = {"direct": (_direct,), "proxy": (_proxy,)}.get(connect_with, (_direct, _proxy))
    for way in ways:
        host, port = way(row)
        if _HOST.fullmatch(host) and 0 < port < 65536:
            return {"host": host, "port": port, "user": USER, "command": f"ssh -p {port} {USER}@{host}"}
    return None


def offers_ssh(row: Mapping[str, Any]) -> bool:
    """Whether the instance was rented with a runtype that runs an SSH server."""
    return bool(re.search("ssh|jupyter", str(row.get("image_runtype") or "")))


def answers(host: str, port: int, timeout: float = _BANNER_TIMEOUT) -> bool:
    """Whether an SSH server introduces itself there; a proxy that accepts and hangs up does not count."""
    try:
        with socket.create_connection((host, port), timeout=timeout) as connection:
            connection.settimeout(timeout)
            return connection.recv(4) == b"SSH-"
    except (OSError, ValueError):  # ValueError: a name that no resolver takes
        return False


def mapped_ports(row: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """``{"8080/tcp": {"host": "203.0.113.7", "port": 20001}}``: where each container port is found from outside."""
    host = public_address(row)
    ports = row.get("ports")
    if not _HOST.fullmatch(host) or not isinstance(ports, Mapping):
        return {}
    mapped = {str(name): _host_port(bindings) for name, bindings in ports.items()}
    return {name: {"host": host, "port": port} for name, port in mapped.items() if port}


def public_address(row: Mapping[str, Any]) -> str:
    """The machine's public address, without the white space that the API leaves around it; "" if there is none."""
    return str(row.get("public_ipaddr") or "").strip()


def _direct(row: Mapping[str, Any]) -> tuple[str, int]:
    ports = row.get("ports")
    return public_address(row), _host_port(ports.get("22/tcp")) if isinstance(ports, Mapping) else 0


def _proxy(row: Mapping[str, Any]) -> tuple[str, int]:
    if not offers_ssh(row):
        return "", 0
    offset = 1 if "jupyter" in str(row.get("image_runtype")) else 0
    port = int(number_or_zero(row.get("ssh_port")))
    return str(row.get("ssh_host") or "").strip(), port + offset if port else 0


def _host_port(bindings: Any) -> int:
    """The host's port in Docker's shape ``[{"HostIp": "0.0.0.0", "HostPort": "20000"}]``; 0 if there is none."""
    first = bindings[0] if isinstance(bindings, list) and bindings else None
    port = int(number_or_zero(first.get("HostPort"))) if isinstance(first, Mapping) else 0
    return port if 0 < port < 65536 else 0
