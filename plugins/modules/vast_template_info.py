#!/usr/bin/python
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which templates there are."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vast_template_info
short_description: List templates on Vast.ai
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Lists the templates of the account, or all that the account may use, among them everybody's public ones.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.attributes
  - cloudctl.vastai.attributes.info_module
options:
  name:
    description:
      - Only templates with this name.
    type: str
  id:
    description:
      - Only the template with this ID.
    type: int
  hash_id:
    description:
      - Only templates with this hash.
    type: str
  image:
    description:
      - Only templates of this image, with or without a tag.
    type: str
  own:
    description:
      - Whether to list only templates of the account. With V(false), there may be many others; name one by the other
        options.
    type: bool
    default: true
seealso:
  - module: cloudctl.vastai.vast_template
"""

EXAMPLES = r"""
- name: List my templates
  cloudctl.vastai.vast_template_info:
  register: mine

- name: Find the public templates of an image
  cloudctl.vastai.vast_template_info:
    image: vastai/pytorch
    own: false
  register: public

- name: Find the current hash of one of mine
  cloudctl.vastai.vast_template_info:
    name: trainer
  register: trainer

- name: Rent from it
  cloudctl.vastai.vast_instance:
    name: llama3-trainer
    template_hash_id: "{{ trainer.templates[0].hash_id }}"
    max_price: 0.60
"""

RETURN = r"""
templates:
  description: The templates, in the order of their IDs. Empty when there are none.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: ID of the template.
      type: int
      sample: 21
    hash_id:
      description: Hash of its content, as instances are rented by.
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
      description: >-
        How the container is reached, V(ssh_direct), V(ssh_proxy), V(jupyter_direct), V(jupyter_proxy) or V(args).
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

from collections.abc import Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils import _templates
from ansible_collections.cloudctl.vastai.plugins.module_utils._module import (
    API_ARGUMENTS,
    Context,
    ModuleSpec,
    run_as_module,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number_or_zero

SPEC = ModuleSpec(
    argument_spec={
        **API_ARGUMENTS,
        "name": {"type": "str"},
        "id": {"type": "int"},
        "hash_id": {"type": "str"},
        "image": {"type": "str"},
        "own": {"type": "bool", "default": True},
    },
)


def run(context: Context) -> dict[str, Any]:
    """The module's logic, for both doors."""
    find = _templates.own_templates if context.params["own"] else _templates.find_templates
    rows = sorted(find(context.client, _conditions(context.params)), key=lambda row: number_or_zero(row.get("id")))
    return {"changed": False, "templates": [_templates.describe(row) for row in rows]}


def _conditions(params: Mapping[str, Any]) -> dict[str, Any]:
    conditions = {name: params[name] for name in ("name", "id", "hash_id") if params[name] is not None}
    if params["image"]:
        image, tag = _templates.split_image(params["image"])
        conditions |= {"image": image, "tag": tag} if tag else {"image": image}
    return conditions


def main() -> None:
    """Run as an ordinary module."""
    run_as_module(SPEC, run)


if __name__ == "__main__":
    main()
