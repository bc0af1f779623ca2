# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on an instance: image, environment, ports, start-up script, runtype. Shared by all that rent GPUs.

Facts: ``env`` is an object in which ``NAME`` holds a value and ``-p 8080:8080`` maps a port; image, args, env, onstart
and template of an existing instance can be changed, disk, runtype, ports and machine can't.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _onstart
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._mounts import (
    VOLUMES_ARGUMENT,
    Mount,
    missing,
    mounts_from,
)

DEFAULT_DISK_GB = 10.0
DEFAULT_RUNTYPE = "ssh_direct"
RUNTYPES = {
    "ssh_direct": "ssh_direc ssh_proxy",
    "ssh_proxy": "ssh_proxy",
    "jupyter_direct": "jupyter_direc ssh_direc ssh_proxy",
    "jupyter_proxy": "jupyter_proxy ssh_proxy",
    "args": "args",
}

LAUNCH_ARGUMENTS: dict[str, Any] = {
    "image": {"type": "str"},
    "template_hash_id": {"type": "str"},
    "disk": {"type": "float"},
    "env": {"type": "dict"},
    "ports": {"type": "list", "elements": "str"},
    "onstart": {"type": "str"},
    "onstart_file": {"type": "path"},
    "runtype": {"type": "str", "choices": list(RUNTYPES)},
    "args": {"type": "list", "elements": "str"},
    "image_login": {"type": "str", "no_log": True},
    **VOLUMES_ARGUMENT,
}
LAUNCH_EXCLUSIVE = (("onstart", "onstart_file"),)
# Environment variables, scripts and arguments often carry tokens.
LAUNCH_PRIVATE = ("env", "onstart", "args")

_PORT = re.compile(r"(\d{1,5})(?::(\d{1,5}))?(?:/(tcp|udp))?", re.ASCII)
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,255}")
_LONGEST_ENV = 32768
# Anything else that is wrong with a name is the registry's to say.
_IMAGE = re.compile(r"[!-~]+")
_SMALLEST_DISK_GB = 1.0
_LARGEST_DISK_GB = 1_000_000.0
# A disk that was asked for as 50 GB may be reported as 50.1 GB.
_DISK_SLACK_GB = 1.0


@dataclass(frozen=True)
class Launch:
    """Validated settings; None means "not asked for", which leaves an existing instance as it is."""

    image: str | None = None
    template_hash_id: str | None = None
    disk_gb: float | None = None
    variables: Mapping[str, str] | None = None
    ports: tuple[str, ...] | None = None
    onstart: str | None = None
    runtype: str | None = None
    args: tuple[str, ...] | None = None
    image_login: str | None = None
    mounts: tuple[Mount, ...] = ()

    @property
    def disk_to_rent_gb(self) -> float:
        """The disk of a new instance."""
        return DEFAULT_DISK_GB if self.disk_gb is None else self.disk_gb

    def body(self) -> dict[str, Any]:
        """The launch part of a create request."""
        environment = {**(self.variables or {}), **dict.fromkeys(self.ports or (), "1")}
        body: dict[str, Any] = {
            "image": self.image,
            "template_hash_id": self.template_hash_id,
            "disk": self.disk_to_rent_gb,
            "env": environment,
            "onstart": self.onstart,
            "image_login": self.image_login,
        }
        # A template brings its own runtype, which a key in the request would override.
        if self.runtype or not self.template_hash_id:
            body["runtype"] = RUNTYPES[self.runtype or DEFAULT_RUNTYPE]
        if self.args is not None:
            body["args"] = list(self.args)
        return body

    def fixed_differences(self, row: Mapping[str, Any]) -> list[str]:
        """In what an existing instance differs that Vast.ai can't change, each as ``disk is 50 GB, not 100 GB``."""
        differences = []
        disk = row.get("disk_space")
        if self.disk_gb is not None and isinstance(disk, (int, float)) and abs(disk - self.disk_gb) >= _DISK_SLACK_GB:
            differences.append(f"disk is {disk:g} GB, not {self.disk_gb:g} GB")
        if self.runtype is not None and _family(RUNTYPES[self.runtype]) != _family(str(row.get("image_runtype") or "")):
            differences.append(f"runtype is {row.get('image_runtype')!r}, not {self.runtype}")
        unmapped = [port for port in self.ports or () if port not in environment(row)]
        if unmapped:
            differences.append(f"ports do not include {', '.join(port.removeprefix('-p ') for port in unmapped)}")
        unmounted = missing(self.mounts, row, environment(row))
        if unmounted:
            differences.append(f"volumes do not include {', '.join(unmounted)}")
        return differences

    def drift(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What to send to bring an existing instance in line; empty when it is. Other variables are left alone."""
        changes: dict[str, Any] = {}
        if self.template_hash_id is not None and row.get("template_hash_id") != self.template_hash_id:
            changes["template_hash_id"] = self.template_hash_id
        if self.image is not None and not _same_image(self.image, str(row.get("image_uuid") or "")):
            changes["image"] = self.image
        current = environment(row)
        if any(current.get(name) != value for name, value in (self.variables or {}).items()):
            changes["env"] = {**current, **(self.variables or {})}
        if self.onstart is not None and not _onstart.same(self.onstart, str(row.get("onstart") or "")):
            changes["onstart"] = self.onstart
        if self.args is not None and list(self.args) != (row.get("image_args") or []):
            changes["args"] = list(self.args)
        return changes


def launch_from(params: Mapping[str, Any]) -> Launch:
    """The settings in a task's options. Raises :class:`BadRequest` with a sentence about the first that is wrong."""
    disk_gb = params.get("disk")
    if disk_gb is not None and not _SMALLEST_DISK_GB <= disk_gb <= _LARGEST_DISK_GB:
        raise BadRequest(
            f"disk must be a number of GB from {_SMALLEST_DISK_GB:g} to {_LARGEST_DISK_GB:g}, not {disk_gb:g}."
        )
    image = params.get("image") or None
    if image and not _IMAGE.fullmatch(image):
        raise BadRequest(f"image {image!r} is no name of a Docker image, such as pytorch/pytorch:latest.")
    args = params.get("args")
    if args and params.get("runtype") not in (None, "", "args"):
        raise BadRequest(
            "args is for runtype: args only; with the other runtypes, the image's own entry point does not run."
        )
    ports = params.get("ports")
    return Launch(
        image=image,
        template_hash_id=params.get("template_hash_id") or None,
        disk_gb=disk_gb,
        variables=_variables(params.get("env")),
        ports=None if ports is None else tuple(_port(port) for port in ports),
        onstart=_script(params.get("onstart"), params.get("onstart_file")),
        runtype=params.get("runtype") or None,
        args=None if args is None else tuple(args),
        image_login=params.get("image_login") or None,
        mounts=mounts_from(params.get("volumes")),
    )


def environment(row: Mapping[str, Any]) -> dict[str, str]:
    """An instance's variables, ports and mounts as one mapping; the API lists them as pairs."""
    pairs = row.get("extra_env")
    if isinstance(pairs, Mapping):
        return {str(name): str(value) for name, value in pairs.items()}
    if not isinstance(pairs, list):
        return {}
    return {str(pair[0]): str(pair[1]) for pair in pairs if isinstance(pair, Sequence) and len(pair) == 2}


def _variables(env: Mapping[str, Any] | None) -> dict[str, str] | None:
    if env is None:
        return None
    variables = {_name(name): _text(name, value) for name, value in env.items()}
    length = sum(len(name) + len(value) for name, value in variables.items())
    if length > _LONGEST_ENV:
        raise BadRequest(f"env is too long: {length} characters, and Vast.ai takes {_LONGEST_ENV}.")
    return variables


def _name(name: Any) -> str:
    if not _ENV_NAME.fullmatch(str(name)):
        raise BadRequest(
            f"env has a variable {name!r}: a name is letters, digits and _, at most 256; ports go into ports."
        )
    return str(name)


def _text(name: Any, value: Any) -> str:
    if value is None:
        raise BadRequest(f"env variable {name} has no value; leave it out, or quote an empty one.")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise BadRequest(f"env variable {name} must be text or a number, not {type(value).__name__}; quote it.")


def _port(port: str) -> str:
    """``8080``, ``8081:80`` (host:container) or ``5000/udp`` as the key that Vast.ai expects."""
    match = _PORT.fullmatch(port.strip())
    if not match or not all(0 < int(number) for number in match.groups()[:2] if number):
        raise BadRequest(f"ports has {port!r}: write 8080, 8081:80 (host:container), or 5000/udp.")
    outside, inside, protocol = match.groups()
    return f"-p {outside}:{inside or outside}" + ("/udp" if protocol == "udp" else "")


def _script(onstart: str | None, onstart_file: str | None) -> str | None:
    if onstart_file:
        try:
            onstart = Path(onstart_file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise BadRequest(f"onstart_file {onstart_file} can't be read: {reason}.") from error
    return None if onstart is None else _onstart.pack(onstart)


def _family(runtype: str) -> tuple[bool, bool, bool]:
    """SSH, Jupyter, direct: the same in both of the API's spellings (``direct`` and ``direc``)."""
    return "ssh" in runtype or "jupyter" in runtype, "jupyter" in runtype, "direc" in runtype


def _same_image(wanted: str, current: str) -> bool:
    """An image without a tag is its ``latest``; ``image:@vastai-automatic-tag`` is whatever tag Vast.ai chose."""
    if wanted.endswith(":@vastai-automatic-tag"):
        return _untagged(wanted) == _untagged(current)
    return _tagged(wanted) == _tagged(current)


def _untagged(image: str) -> str:
    path, colon, tag = image.rpartition(":")
    return path if colon and "/" not in tag else image


def _tagged(image: str) -> str:
    return image if "@" in image or _untagged(image) != image else f"{image}:latest"
