# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API noun *template*: an image with its settings, under a hash of its content.

Facts: a search finds everybody's public templates; an edit must send every field, as those left out are reset, and
gives the template a new ``hash_id``; only the numeric id works for a delete; the credentials for a registry are never
returned; the offer filters are an object or JSON inside a string, the disk a number or a string.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _onstart
from ansible_collections.cloudctl.vastai.plugins.module_utils._account import current_user
from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._docker_options import DockerOptions, parse_docker_options
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, OutcomeUnknown
from ansible_collections.cloudctl.vastai.plugins.module_utils._fields import identifier
from ansible_collections.cloudctl.vastai.plugins.module_utils._launch import DEFAULT_DISK_GB, DEFAULT_RUNTYPE
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number

Row = dict[str, Any]
Fields = Mapping[str, Any]

_PATH = "/api/v0/template/"
_LATEST = "latest"

# Every field of the content, as a new template has them.
_BLANK: Row = {
    "name": None,
    "image": None,
    "tag": None,
    "href": None,
    "repo": None,
    "env": None,
    "onstart": None,
    "args_str": None,
    "runtype": None,
    "use_ssh": None,
    "ssh_direct": None,
    "jup_direct": None,
    "use_jupyter_lab": False,
    "jupyter_dir": None,
    "docker_login_repo": "",
    "docker_login_user": "",
    "docker_login_pass": "",
    "extra_filters": {},
    "recommended_disk_space": DEFAULT_DISK_GB,
    "volume_info": None,
    "readme": None,
    "readme_visible": True,
    "desc": None,
    "private": True,
}
# What is called otherwise on the wire, and needs no conversion.
_RENAMED = {
    "name": "name",
    "description": "desc",
    "readme": "readme",
    "private": "private",
    "jupyter_lab": "use_jupyter_lab",
    "jupyter_dir": "jupyter_dir",
    "filters": "extra_filters",
    "disk": "recommended_disk_space",
}
# (runtype, direct) on the wire.
_RUNTYPES = {
    "ssh_direct": ("ssh", True),
    "ssh_proxy": ("ssh", False),
    "jupyter_direct": ("jupyter", True),
    "jupyter_proxy": ("jupyter", False),
    "args": ("args", False),
}


def fields_of(row: Fields) -> Row:
    """A template as the options of a task say it: sizes in GB, variables and ports apart."""
    options = parse_docker_options(str(row.get("env") or ""))
    disk = number(row.get("recommended_disk_space"))
    return {
        "name": row.get("name"),
        "image": _joined(row),
        "env": dict(options.variables),
        "ports": list(options.ports),
        "onstart": str(row.get("onstart") or ""),
        "runtype": _runtype(row),
        "args": _words(str(row.get("args_str") or "")),
        "disk": None if disk is None else float(disk),
        "image_login": row.get("docker_login_repo") or None,
        "filters": _object(row.get("extra_filters")),
        "description": row.get("desc"),
        "readme": row.get("readme"),
        "private": bool(row.get("private")),
        "jupyter_lab": bool(row.get("use_jupyter_lab")),
        "jupyter_dir": row.get("jupyter_dir"),
    }


def body_of(row: Fields, changes: Fields) -> Row:
    """Everything to send for a template (``row`` is empty for a new one) with some fields changed."""
    if not row:
        changes = {"runtype": DEFAULT_RUNTYPE, **changes}
    body = {name: row.get(name, value) for name, value in _BLANK.items()}
    body |= {_RENAMED[name]: value for name, value in changes.items() if name in _RENAMED}
    if "image" in changes:
        body["image"], body["tag"] = split_image(changes["image"])
    if "env" in changes or "ports" in changes:
        now = parse_docker_options(str(row.get("env") or ""))
        variables, ports = changes.get("env", now.variables), tuple(changes.get("ports", now.ports))
        body["env"] = str(DockerOptions(variables, ports, now.rest))
    if "runtype" in changes:
        body |= _wire_runtype(changes["runtype"])
    if "args" in changes:
        body["args_str"] = shlex.join(changes["args"])
    if "onstart" in changes:
        body["onstart"] = _onstart.pack(changes["onstart"])
    if "image_login" in changes:
        body |= _login(changes["image_login"])
    return body


def same_field(name: str, current: Any, wanted: Any) -> bool:
    """Whether a field is as wanted. An image without a tag is its ``latest``, a login is known by its registry."""
    if name == "image":
        return current is not None and _tagged(current) == _tagged(wanted)
    if name == "onstart":
        return _onstart.same(current, wanted)
    if name == "image_login":
        return current == _login(wanted)["docker_login_repo"]
    return current == wanted


def describe(row: Fields) -> Row:
    """The documented facts of a template: no values of variables, no scripts, no logins."""
    fields = fields_of(row)
    shown = ("name", "image", "ports", "runtype", "filters", "description", "private", "jupyter_lab", "jupyter_dir")
    return {
        "id": identifier(row),
        "hash_id": row.get("hash_id"),
        **{name: fields[name] for name in shown},
        "env_names": sorted(fields["env"]),
        "disk_gb": fields["disk"],
        "created_time": number(row.get("created_at")),
    }


def split_image(image: str) -> tuple[str, str | None]:
    """Image and tag: ``("pytorch/pytorch", "latest")``. A digest belongs to the image."""
    path, colon, tag = image.rpartition(":")
    return (path, tag) if colon and "/" not in tag and "@" not in path else (image, None)


def find_templates(client: VastClient, filters: Fields) -> list[Row]:
    """Templates that the account may see, its own and public ones, that meet ``{column: value}``."""
    conditions = {name: {"eq": value} for name, value in filters.items()}
    answer = client.read("GET", _PATH, params={"select_cols": ["*"], "select_filters": conditions})
    rows = answer.get("templates") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise OutcomeUnknown(f"GET {_PATH} was answered without templates; check that api_url is Vast.ai's API.")
    # Some columns have been seen to be ignored as filters.
    return [row for row in rows if isinstance(row, dict) and all(row.get(name) == filters[name] for name in filters)]


def own_templates(client: VastClient, filters: Fields) -> list[Row]:
    """The same of the account alone; nobody can change a template of somebody else."""
    rows = find_templates(client, filters)
    if not rows:
        return []
    me = current_user(client).get("id")
    return [row for row in rows if row.get("creator_id", me) == me]


def create_template(client: VastClient, body: Row) -> Row:
    """Create a template and return its row. Identical content gives the template that has it already."""
    return _written(client, "POST", body)


def update_template(client: VastClient, hash_id: str, body: Row) -> Row:
    """Replace the whole content of a template and return its row with the new ``hash_id``."""
    return _written(client, "PUT", {**body, "hash_id": hash_id})


def delete_template(client: VastClient, template_id: int) -> None:
    """Delete a template; instances made from it go on."""
    client.write("DELETE", _PATH, body={"template_id": template_id})


def _written(client: VastClient, method: str, body: Row) -> Row:
    answer = client.write(method, _PATH, body=body)
    row = answer.get("template") if isinstance(answer, dict) else None
    if not isinstance(row, dict) or not row.get("hash_id"):
        raise OutcomeUnknown(f"{method} {_PATH} was answered without the template.")
    return {**body, **row}


def _joined(row: Fields) -> str | None:
    image, tag = row.get("image"), row.get("tag")
    return f"{image}:{tag}" if image and tag else image


def _tagged(image: str) -> tuple[str, str | None]:
    path, tag = split_image(image)
    return path, tag or (None if "@" in path else _LATEST)


def _runtype(row: Fields) -> str:
    kind = row.get("runtype")
    direct = bool(row.get("jup_direct" if kind == "jupyter" else "ssh_direct")) and kind != "args"
    return next((name for name, pair in _RUNTYPES.items() if pair == (kind, direct)), "args")


def _wire_runtype(name: str) -> Row:
    kind, direct = _RUNTYPES[name]
    return {
        "runtype": kind,
        "use_ssh": kind != "args",
        "ssh_direct": direct and kind == "ssh",
        "jup_direct": direct and kind == "jupyter",
    }


def _login(login: str) -> Row:
    """``-u USER -p TOKEN REGISTRY``, as for instances, in the fields of a template."""
    words = _words(login)
    if len(words) != 5 or words[0] != "-u" or words[2] != "-p":
        raise BadRequest("image_login must be written as -u USER -p TOKEN REGISTRY.")
    return {"docker_login_user": words[1], "docker_login_pass": words[3], "docker_login_repo": words[4]}


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def _object(value: Any) -> Row:
    if isinstance(value, str):
        with suppress(ValueError):
            value = json.loads(value)
    return value if isinstance(value, dict) else {}
