# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates: an image with its settings under a hash of its content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args
from vast_emulator.market.query import bad_query, predicates, sort_key
from vast_emulator.web.routing import Call, api
from vast_emulator.world.account import USER_ID

# Field to largest length of its text; these and _FLAGS make up the content.
_TEXTS = {
    "name": 256,
    "image": 1024,
    "tag": 256,
    "href": 1024,
    "repo": 1024,
    "env": 32768,
    "onstart": 16384,
    "runtype": 64,
    "jupyter_dir": 1024,
    "docker_login_repo": 1024,
    "readme": 65536,
    "desc": 4096,
    "args_str": 4096,
}
_FLAGS = ("jup_direct", "ssh_direct", "use_jupyter_lab", "use_ssh", "readme_visible", "private")


def _content(body: dict[str, Any]) -> dict[str, Any]:
    """The checked content of a template. Credentials for registries are not kept."""
    content: dict[str, Any] = {name: values.text(body.get(name), name, most) for name, most in _TEXTS.items()}
    content.update((name, values.flag(body.get(name), name)) for name in _FLAGS)
    size, filters = body.get("recommended_disk_space"), body.get("extra_filters")
    content["recommended_disk_space"] = (
        None if size is None else values.number(size, "recommended_disk_space", 0.0, 1e6)
    )
    if filters is not None and not isinstance(filters, (dict, str)):
        raise invalid_args("extra_filters must be an object or JSON text.")
    content["extra_filters"] = filters
    content["runtype"] = content["runtype"] or "args"
    if content["runtype"] not in ("args", "ssh", "jupyter"):
        raise invalid_args("runtype must be args, ssh or jupyter.")
    return content


def _hash(content: dict[str, Any]) -> str:
    return hashlib.md5(json.dumps(content, sort_keys=True).encode(), usedforsecurity=False).hexdigest()


def _shown(record: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in record.items() if name != "number"}


def _find(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The template that a body names by number or hash."""
    number = values.identifier(body.get("template_id", body.get("id")))
    for record in call.world.account.templates:
        if number == record["id"] or (number is None and body.get("hash_id") == record["hash_id"]):
            return record
    raise Refusal(400, "invalid_args", "Invalid Template ID or User ID")


@api.add("GET", "/api/v0/template")
def search_templates(call: Call) -> dict[str, Any]:
    """Filtered with the operators of searches."""
    filters = call.query_json("select_filters", {})
    if not isinstance(filters, dict):
        raise bad_query("select_filters is not an object")
    tests = [(name, test) for name, condition in filters.items() for test in predicates(name, condition)]
    found = [one for one in call.world.account.templates if all(test(one.get(name)) for name, test in tests)]
    order = call.query.get("order_by")
    if order in ("id", "name", "created_at"):
        found.sort(key=lambda one: sort_key(one[order]))
    return {"success": True, "templates_found": len(found), "templates": [_shown(one) for one in found]}


@api.add("POST", "/api/v0/template")
def create_template(call: Call) -> dict[str, Any]:
    """Identical content gives the template that is there already."""
    content, account = _content(call.body), call.world.account
    if not content["image"]:
        raise invalid_args("image is required.")
    digest = _hash(content)
    for record in account.templates:
        if record["hash_id"] == digest:
            return {"success": True, "msg": "Template exists.", "template": _shown(record)}
    number = account.new_id()
    record = {
        "id": number,
        "hash_id": digest,
        "creator_id": USER_ID,
        "created_at": call.world.now,
        "recent_create_date": call.world.now,
        "count_created": 0,
        **content,
    }
    account.templates.put(number, record)
    return {"success": True, "msg": "Template created.", "template": _shown(record)}


@api.add("PUT", "/api/v0/template")
@api.add("PUT", "/api/v1/template")
def update_template(call: Call) -> dict[str, Any]:
    """All fields anew: what is not sent goes back to its default. The number stays, the hash changes."""
    old, content = _find(call, call.body), _content(call.body)
    record = {**old, **content, "hash_id": _hash(content), "recent_create_date": call.world.now}
    call.world.account.templates.put(record["id"], record)
    return {"success": True, "msg": "Template updated.", "template": _shown(record)}


@api.add("DELETE", "/api/v0/template")
def delete_template(call: Call) -> dict[str, Any]:
    """By number; a hash alone is refused, as the live API does."""
    if "template_id" not in call.body:
        raise Refusal(400, "invalid_args", "Invalid Template ID or User ID")
    call.world.account.templates.remove(_find(call, call.body)["id"])
    return {"success": True, "msg": "Template deleted."}
