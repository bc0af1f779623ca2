# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The instances of a Vast.ai account as an inventory."""

from __future__ import annotations

DOCUMENTATION = r"""
name: vast
short_description: GPU instances that are rented on Vast.ai
version_added: 0.1.0
author:
  - cloudctl.vastai contributors (@cloudctl)
description:
  - Lists the instances of the account, on-demand and interruptible ones alike, with how to reach them and what they
    cost.
  - The name of the configuration file is C(vast.yml) or C(vastai.yml), with C(.yaml) too, or ends with one of these
    after a full stop, such as C(training.vast.yml).
  - It needs one request for every 25 instances, and none for a single host.
  - When the API can't be reached, or refuses the key, the source fails; it is never taken for an account without
    instances. Ansible goes on without a source that failed unless E(ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED) is true.
extends_documentation_fragment:
  - cloudctl.vastai.api
  - cloudctl.vastai.api.plugin
  - constructed
  - inventory_cache
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [cloudctl.vastai.vast]
  statuses:
    description:
      - Only instances whose machine last reported one of these. V(creating) is an instance whose machine has not
        reported yet, V(all) is every instance.
      - Only V(running) instances bill their GPUs. The others bill storage.
    type: list
    elements: str
    choices:
      - all
      - creating
      - created
      - loading
      - running
      - stopped
      - exited
      - frozen
      - rebooting
      - recycling
      - restarting
      - unknown
      - offline
    default: [running]
  filters:
    description:
      - Further conditions for the API, for each column a value, a list of values, or a dictionary of operators and
        values, with the operators V(eq), V(neq), V(gt), V(gte), V(lt), V(lte), V(in) and V(notin). All must hold.
      - Vast.ai filters by stored columns such as V(label), V(gpu_name), V(verification) and V(machine_id), and refuses
        computed ones such as V(dph_total). O(include_filters) can judge anything.
    type: dict
    default: {}
  include_filters:
    description:
      - Conditions on the host's C(vast_) variables. If there are any, only hosts are listed for which at least one of
        them is true.
      - A condition is a bare Jinja expression with a boolean value. One that can't be decided, because of a misspelled
        name or a variable that is null, is an error whatever O(strict) says, since leaving it out could let a play run
        on hosts that nobody meant.
    type: list
    elements: str
    default: []
  exclude_filters:
    description:
      - Conditions in the same form. Hosts for which one of them is true are not listed.
    type: list
    elements: str
    default: []
  connect_with:
    description:
      - Which SSH address becomes C(ansible_host) and C(ansible_port). C(ansible_user) is V(root).
      - V(direct) is the machine's own address, which an instance has if it was rented with a direct port. V(proxy) is
        Vast.ai's proxy. V(auto) is the direct one if there is one, which is faster, and otherwise the proxy.
      - For an instance without such an address, C(ansible_host) is a name that can't be resolved, so that Ansible does
        not connect to some machine that is called like the label.
    type: str
    choices: [auto, direct, proxy]
    default: auto
  hostnames:
    description:
      - What hosts are called. The first of these facts that an instance has is its name, such as V(name) (the label),
        V(id), V(public_ip), V(machine_id).
      - Instances that would get the same name are all called by the name and the ID, such as C(trainer-4242). So are
        those whose name is that of a group, or means the controller, as V(localhost) does.
      - Characters other than letters, digits and C(_.@+-) become underscores. The label as it is remains in
        C(vast_name).
    type: list
    elements: str
    default: [name, id]
  group:
    description: The group that all hosts are in.
    type: str
    default: vast
notes:
  - Host variables are the fields of RV(cloudctl.vastai.vast_instance_info#module:instances) with the prefix C(vast_),
    such as C(vast_id), C(vast_name), C(vast_status), C(vast_gpu_name), C(vast_num_gpus), C(vast_disk_gb) (GB),
    C(vast_country), C(vast_hourly_price) ($/h when it runs), C(vast_cost) (all prices), C(vast_ssh) and
    C(vast_running) (a boolean).
  - C(vast_is_bid) tells whether an instance is interruptible, and C(vast_bid_status) how its bid stands, as
    RV(cloudctl.vastai.vast_bid_info#module:bids[].bid.status); it is null on demand. That takes no further request. An
    outbid instance does not run, so it is listed only if O(statuses) includes V(exited) and V(stopped), or is V(all).
  - C(vast_ports) has for each open port of the container, such as V(8080/tcp), the RV(ignore:host) and the
    RV(ignore:port) under which it is found from outside; it is empty while the instance does not run.
    C(vast_volumes) has the RV(ignore:id), the RV(ignore:name) and the RV(ignore:mount_path) of each volume that is
    mounted.
  - Texts such as labels come from whoever may change them. They are never run as templates, which is why
    C(ansible-inventory --list) shows them as C(__ansible_unsafe). To let AWX disable hosts that do not run, set
    O(statuses=all), and in AWX C(vast_running) as the enabled variable and C(True) as the enabled value.
  - Templates are allowed in options of the type string and in the elements of lists, when they stand in the
    configuration file. They are not resolved in dictionaries such as O(filters), nor in environment variables.
  - O(compose), O(groups) and the keys of O(keyed_groups) are expressions without braces; conditions must be booleans.
  - With O(cache), a second run makes no request. The cache belongs to one address, key, O(statuses) and O(filters); the
    other options may change. It holds no secrets. C(--flush-cache) asks the API again.
  - The host keys of rented machines change with every rent. See the examples for how to accept new ones.
seealso:
  - module: cloudctl.vastai.vast_instance_info
  - plugin: cloudctl.vastai.vast_cost
    plugin_type: lookup
"""

EXAMPLES = r"""
# vast.yml: everything that runs
plugin: cloudctl.vastai.vast

---
# gpus.vast.yml: groups by GPU, by number of GPUs, and by country
plugin: cloudctl.vastai.vast
keyed_groups:
  - key: vast_gpu_name
    prefix: gpu
  - key: vast_num_gpus
    prefix: gpus
  - key: vast_country
    prefix: country
    default_value: unknown
groups:
  dear: vast_hourly_price > 1.0
  interruptible: vast_is_bid
compose:
  # New host keys are accepted; a machine is rented, used and given back.
  ansible_ssh_common_args: "'-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null'"
  price_per_gpu: vast_hourly_price / vast_num_gpus

---
# bids.vast.yml: interruptible instances by how their bids stand, those that lost included
plugin: cloudctl.vastai.vast
statuses: [all]
include_filters:
  - vast_is_bid
keyed_groups:
  - key: vast_bid_status
    prefix: bid
compose:
  # Where a web server that listens on port 8080 of the container is found.
  web_url: "'http://' ~ vast_ports['8080/tcp'].host ~ ':' ~ vast_ports['8080/tcp'].port"

---
# training.vast.yml: what is called train-something, whatever its status, through Vast.ai's proxy
plugin: cloudctl.vastai.vast
statuses: [all]
include_filters:
  - (vast_name or '').startswith('train-')
exclude_filters:
  - vast_status == 'offline'
connect_with: proxy

---
# big.vast.yml: the API itself looks for the GPUs; the list is remembered for ten minutes
plugin: cloudctl.vastai.vast
filters:
  gpu_name: [H100 SXM, H100 NVL]
  verification: verified
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/ansible-inventory
cache_timeout: 600

---
# team.vast.yml: another account; the hosts are called by their ID
plugin: cloudctl.vastai.vast
api_key: "{{ lookup('ansible.builtin.file', '~/.config/team/vast_api_key') }}"
hostnames: [id]
group: team_gpus
"""

import re
from typing import Any

from ansible import constants as C
from ansible.errors import AnsibleError, AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import open_client
from ansible_collections.cloudctl.vastai.plugins.module_utils._credentials import find_api_key, find_api_url
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest, VastError
from ansible_collections.cloudctl.vastai.plugins.module_utils._instances import list_instances
from ansible_collections.cloudctl.vastai.plugins.module_utils._listing import select_filters
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._conditions import holds
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._host_names import host_names
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._hosts import (
    NAMING_FACTS,
    PREFIX,
    fingerprint,
    host_variables,
    remembered,
)
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._options import Options
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._plain import plain
from ansible_collections.cloudctl.vastai.plugins.plugin_utils._text_keys import TextKeys

_OUR_FILES = re.compile(r"(^|[/.])vast(ai)?\.ya?ml$")


class InventoryModule(BaseInventoryPlugin, TextKeys, Cacheable):
    """The inventory plugin."""

    NAME = "cloudctl.vastai.vast"

    def verify_file(self, path: str) -> bool:
        return bool(super().verify_file(path) and _OUR_FILES.search(path))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        self._read_config_data(path)
        options = Options(self, self.templar.template, "Direct")
        try:
            instances = self._instances(options, self.get_cache_key(path), cache)
            self._populate(instances, options)
        except VastError as error:
            raise AnsibleParserError(str(error)) from error

    def _instances(self, options: Options, cache_key: str, cache: bool) -> list[dict[str, Any]]:
        """What is remembered of each instance, from the cache if it has it; otherwise the cache gets it."""
        statuses = None if "all" in options["statuses"] else options["statuses"]
        conditions = select_filters(options["filters"], statuses=statuses)
        api = options.api()
        if not options["cache"]:
            return self._listed(api, conditions)
        key = f"{cache_key}_{fingerprint(find_api_url(api['api_url']), find_api_key(api['api_key']), conditions)}"
        if cache:
            try:
                return plain(self._cache[key])
            except KeyError:
                pass  # never filled, or expired
        self._cache[key] = instances = self._listed(api, conditions)
        return instances

    @staticmethod
    def _listed(api: dict[str, Any], conditions: dict[str, Any]) -> list[dict[str, Any]]:
        rows = list_instances(open_client(api, "inventory vast"), conditions)
        return [remembered(row) for row in rows]

    def _populate(self, instances: list[dict[str, Any]], options: Options) -> None:
        preferences = _naming_facts(options["hostnames"])
        variables = {instance["id"]: host_variables(instance, options["connect_with"]) for instance in instances}
        wanted = [instance for instance in instances if self._is_wanted(variables[instance["id"]])]
        group = self.inventory.add_group(self._sanitize_group_name(options["group"]))
        for number, name in host_names(wanted, preferences, self._is_taken).items():
            self.inventory.add_host(name, group=group)
            for variable, value in variables[number].items():
                self.inventory.set_variable(name, variable, value)
            self._construct(name, variables[number])

    def _construct(self, name: str, variables: dict[str, Any]) -> None:
        # As they stand in the file: these texts are trusted as expressions.
        strict = self.get_option("strict")
        self._set_composite_vars(self.get_option("compose"), variables, name, strict=strict)
        self._add_host_to_composed_groups(self.get_option("groups"), variables, name, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, name, strict=strict)

    def _is_wanted(self, variables: dict[str, Any]) -> bool:
        include, exclude = self.get_option("include_filters"), self.get_option("exclude_filters")
        if include and not any(self._holds(condition, variables) for condition in include):
            return False
        return not any(self._holds(condition, variables) for condition in exclude)

    def _holds(self, condition: str, variables: dict[str, Any]) -> bool:
        try:
            return holds(self.templar, condition, variables)
        except AnsibleError as error:
            raise AnsibleParserError(
                f"The filter {condition!r} can't be decided for instance {variables[PREFIX + 'id']}: {error}"
            ) from error

    def _is_taken(self, name: str, instance_id: int) -> bool:
        """Whether a host of this name would be taken for something else."""
        if name in C.LOCALHOST or name in self.inventory.groups:
            return True
        host = self.inventory.get_host(name) if name in self.inventory.hosts else None
        return host is not None and host.vars.get(PREFIX + "id", instance_id) != instance_id


def _naming_facts(hostnames: list[str]) -> list[str]:
    """The facts that hosts are named after. Raises BadRequest for one that does not exist."""
    facts = [name.removeprefix(PREFIX) for name in hostnames]
    for fact in facts:
        if fact not in NAMING_FACTS:
            raise BadRequest(f"hostnames can't be made from {fact!r}; there are {', '.join(NAMING_FACTS)}.")
    return facts
