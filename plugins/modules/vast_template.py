#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of the account."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_template
short_description: Manage the templates of a Vast.ai account
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Creates, changes and deletes templates. A template is an image with its settings, from which instances are rented by
    its hash.
  - A template is known by its O(name). Every change gives it a new hash; RV(template.hash_id) is always the current
    one.
  - Options that are not given are left as they are, and have their defaults in a new template.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Values of environment variables, arguments, scripts and logins are never shown.
  idempotent:
    support: full
options:
  name:
    description:
      - Name of the template, by which it is found among those of the account.
      - Together with O(id) it is the name that the template shall have.
    type: str
  id:
    description:
      - ID of an existing template. It is an error if it does not exist, unless O(state=absent).
    type: int
  image:
    description:
      - Docker image to run, such as V(pytorch/pytorch:latest). Needed for a new template.
    type: str
  env:
    description:
      - Environment variables of the container, all of them. Others that the template has are taken out.
      - The values reach Vast.ai and the hosts of instances. They are not returned or logged. Secrets are better kept
        with M(cloudctl.vastai.vast_env_var), as templates can be made public.
    type: dict
  ports:
    description:
      - Ports of the container to open, as V(8080), V(8081:80) (host:container) or V(5000/udp), all of them. Others that
        the template has are taken out.
    type: list
    elements: str
  onstart:
    description:
      - Script to run whenever the container starts. One of more than 4000 bytes is sent compressed and unpacked on the
        machine.
    type: str
  onstart_file:
    description:
      - File with that script, on the host on which the task runs.
    type: path
  runtype:
    description:
      - How the container is reached. V(ssh_direct) and V(jupyter_direct) open ports on the machine itself, the
        V(_proxy) kinds go through a proxy of Vast.ai's only, V(args) runs the image's own entry point and has no SSH.
      - V(ssh_direct) for a new template.
    type: str
    choices: [ssh_direct, ssh_proxy, jupyter_direct, jupyter_proxy, args]
  args:
    description:
      - Arguments for the image's entry point, with O(runtype=args).
    type: list
    elements: str
  disk:
    description:
      - Recommended disk in GB, 10 for a new template.
    type: float
  image_login:
    description:
      - Login for a private registry, as V(-u USER -p TOKEN REGISTRY).
      - Vast.ai tells only the registry, so another user or token of the same registry is no change. Whenever a task
        changes anything else, the login must be given again, or it is lost.
    type: str
  filters:
    description:
      - What offers must be like, in the form of O(cloudctl.vastai.vast_offer_info#module:filters), with the defaults
        that apply there. Not set, a new template takes any offer.
    type: raw
  description:
    description:
      - A line about the template.
    type: str
  readme:
    description:
      - A page about the template, in Markdown.
    type: str
  private:
    description:
      - Whether others can't see the template. V(true) for a new one.
    type: bool
  jupyter_lab:
    description:
      - Whether Jupyter runs as JupyterLab, with a Jupyter O(runtype).
    type: bool
  jupyter_dir:
    description:
      - Folder in which Jupyter starts, with a Jupyter O(runtype).
    type: str
  state:
    description:
      - Whether the template shall exist. Instances that were made from it are never touched.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: cloudctl.vastai.vast_template_info
  - module: cloudctl.vastai.vast_instance
"""

EXAMPLES = r"""
- name: Keep a template for training
  cloudctl.vastai.vast_template:
    name: trainer
    image: pytorch/pytorch:latest
    disk: 50
    env:
      HF_HOME: /workspace/hf
    ports:
      - 8080
    onstart: pip install transformers
    filters: gpu_ram>=24 cuda_vers>=12.4
  register: trainer

- name: Rent an instance from it
  cloudctl.vastai.vast_instance:
    name: llama3-trainer
    template_hash_id: "{{ trainer.template.hash_id }}"
    max_price: 0.60

- name: Delete it
  cloudctl.vastai.vast_template:
    name: trainer
    state: absent
"""

RETURN = r"""
actions:
  description: The steps that were taken, or would be taken in check mode, in their order. Empty when nothing is to do.
  returned: always
  type: list
  elements: dict
  sample:
    - action: update
      summary: update image, env of template 21 (trainer)
  contains:
    action:
      description: One of V(create), V(update), V(delete).
      type: str
    summary:
      description: The same for a person.
      type: str
template:
  description:
    - The template as it is now, or would be. V(null) when it is deleted.
    - Values of environment variables, arguments, scripts and logins are not part of it.
  returned: always
  type: dict
  contains:
    id:
      description: ID of the template; V(null) in check mode before it is created.
      type: int
      sample: 21
    hash_id:
      description: Hash of its content, as instances are rented by. V(null) in check mode when it would be a new one.
      type: str
      sample: 4e17788f74f075dd9aab7d0d4427968f
    name:
      description: Its name.
      type: str
      sample: trainer
    image:
      description: The image, with its tag.
      type: str
      sample: pytorch/pytorch:latest
    env_names:
      description: Names of the environment variables, without their values.
      type: list
      elements: str
      sample: [HF_HOME]
    ports:
      description: Ports that are opened, as docker writes them.
      type: list
      elements: str
      sample: ["8080:8080"]
    runtype:
      description: How the container is reached, one of the choices of O(runtype).
      type: str
      sample: ssh_direct
    disk_gb:
      description: Recommended disk in GB.
      type: float
      sample: 50.0
    filters:
      description: What offers must be like, in the API's fields, operators and units.
      type: dict
      sample:
        gpu_ram:
          gte: 24000.0
    description:
      description: A line about the template.
      type: str
      sample: PyTorch with transformers
    private:
      description: Whether others can't see it.
      type: bool
      sample: true
    jupyter_lab:
      description: Whether Jupyter runs as JupyterLab.
      type: bool
      sample: false
    jupyter_dir:
      description: Folder in which Jupyter starts.
      type: str
      sample: /workspace
    created_time:
      description: When it was created, in seconds since 1970.
      type: float
      sample: 1795000000.5
"""

from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _onstart, _templates
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._launch import (
    LAUNCH_ARGUMENTS,
    LAUNCH_PRIVATE,
    launch_from,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._query import build_query
from ansible_collections.cloudctl.vastai.plugins.module_utils._record import STATE_ARGUMENT, Fields, Record, Row
from ansible_collections.cloudctl.vastai.plugins.module_utils._resource import converge
from ansible_collections.cloudctl.vastai.plugins.module_utils._usage import checked_name

# What of a launch a template can say; the rest is of a single instance.
_LAUNCH = ("image", "disk", "env", "ports", "onstart", "onstart_file", "runtype", "args", "image_login")
_AS_GIVEN = ("description", "readme", "private", "jupyter_lab", "jupyter_dir")
# Not conditions on offers, but how to search them.
_CONTROLS = ("order", "type", "limit", "allocated_storage")

SPEC = ModuleSpec(
    argument_spec={
        **API_ARGUMENTS,
        **STATE_ARGUMENT,
        **{name: LAUNCH_ARGUMENTS[name] for name in _LAUNCH},
        "name": {"type": "str"},
        "id": {"type": "int"},
        "filters": {"type": "raw"},
        "description": {"type": "str"},
        "readme": {"type": "str"},
        "private": {"type": "bool"},
        "jupyter_lab": {"type": "bool"},
        "jupyter_dir": {"type": "str"},
    },
    required_one_of=(("name", "id"),),
    mutually_exclusive=(("onstart", "onstart_file"),),
    private=LAUNCH_PRIVATE,
)


class Template(Record):
    """A template of the account, by name or id."""

    noun = "template"
    result_name = "template"
    hidden = ("env", "args", "onstart", "image_login")

    def __init__(self, context: Context) -> None:
        """Raises :class:`BadRequest` for options that make no sense."""
        super().__init__(context)
        self._name = checked_name(self.params["name"], "a template")
        self._wanted = self._settings()

    def _settings(self) -> Row:
        params, launch = self.params, launch_from(self.params)
        settings: Row = {
            "name": self._name,
            "image": launch.image,
            "env": None if launch.variables is None else dict(launch.variables),
            "ports": None if launch.ports is None else [port.removeprefix("-p ") for port in launch.ports],
            "onstart": None if launch.onstart is None else _onstart.unpack(launch.onstart),
            "runtype": launch.runtype,
            "args": None if launch.args is None else list(launch.args),
            "disk": launch.disk_gb,
            "image_login": launch.image_login,
            **{name: params[name] for name in _AS_GIVEN},
        }
        if params["filters"] is not None:
            query = build_query(filters=params["filters"])
            settings["filters"] = {name: value for name, value in query.items() if name not in _CONTROLS}
        return {name: value for name, value in settings.items() if value is not None}

    def matching(self) -> list[Row]:
        number = self.params["id"]
        return _templates.own_templates(self.client, {"name": self._name} if number is None else {"id": number})

    def title(self, row: Fields) -> str:
        return f"template {row['id']} ({row['name']})" if row.get("id") else f"template {row['name']}"

    def wanted(self) -> Fields:
        return self._wanted

    def current(self, row: Fields) -> Fields:
        return _templates.fields_of(row)

    def same(self, name: str, current: Any, wanted: Any) -> bool:
        return _templates.same_field(name, current, wanted)

    def body(self, row: Fields, changes: Fields) -> Row:
        if not row and not changes.get("image"):
            raise BadRequest(f"There is no template {self._name} yet, and a new one needs an image.")
        # What hash the content will have is for Vast.ai to say.
        return {"id": row.get("id"), "hash_id": None, **_templates.body_of(row, changes)}

    def create(self, body: Row) -> Row:
        return _templates.create_template(self.client, _content(body))

    def update(self, row: Row, body: Row) -> Row:
        return {**row, **_templates.update_template(self.client, row["hash_id"], _content(body))}

    def delete(self, row: Row) -> None:
        _templates.delete_template(self.client, row["id"])

    def describe(self, row: Fields) -> Row:
        return _templates.describe(row)


def _content(body: Row) -> Row:
    return {name: value for name, value in body.items() if name not in ("id", "hash_id")}


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    return converge(Template(context), context.check_mode)


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
