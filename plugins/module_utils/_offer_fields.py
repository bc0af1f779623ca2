# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The fields of an offer that a search may ask about: their kinds, other names and units.

The names are Vast.ai's own. Some are virtual: the server rewrites ``verified``, ``datacenter``, ``duration``,
``geolocation``, ``driver_version`` and ``ubuntu_version`` to columns of other names.
"""

from __future__ import annotations

import difflib
from enum import Enum

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest


class Kind(Enum):
    """What the values of a field are, and so which operators make sense."""

    NUMBER = "a number"
    BOOLEAN = "true or false"
    TEXT = "text"
    COUNTRY = "a two-letter country code or a region"
    DRIVER = "a driver version such as 535.86.05"
    RELEASE = "a release such as 22.04"

    @property
    def ordered(self) -> bool:
        """Whether values can be compared with ``<`` and ``>``."""
        return self in (Kind.NUMBER, Kind.DRIVER, Kind.RELEASE)


_NAMES_BY_KIND = {
    Kind.NUMBER: """
        ask_contract_id avail_vol_ask_id avail_vol_dph avail_vol_size bundle_id bundled_results bw_nvlink cluster_id
        compute_cap cpu_cores cpu_cores_effective cpu_ghz cpu_ram credit_discount_max cuda_max_good direct_port_count
        discount_rate discounted_dph_total discounted_hourly disk_bw disk_space dlperf dlperf_per_dphtotal dph_base
        dph_total driver_vers duration end_date expected_reliability flops_per_dphtotal geolocode gpu_frac gpu_lanes
        gpu_max_power gpu_max_temp gpu_mem_bw gpu_ram gpu_total_ram host_id hosting_type inet_down inet_down_cost
        inet_up inet_up_cost machine_id min_bid num_gpus nw_disk_avg_bw nw_disk_max_bw nw_disk_min_bw pci_gen pcie_bw
        platform_fee reliability reliability_mult score start_date storage_cost storage_total_cost total_flops vericode
        vram_costperhour
        """,
    Kind.BOOLEAN: """
        datacenter external gpu_display_active has_avx is_bid is_vm_deverified rentable rented static_ip verified
        vms_enabled
        """,
    Kind.TEXT: """
        cpu_arch cpu_name disk_name gpu_arch gpu_name hostname mobo_name public_ipaddr resource_type verification
        """,
    Kind.COUNTRY: "geolocation",
    Kind.DRIVER: "driver_version",
    Kind.RELEASE: "os_version ubuntu_version",
}

KINDS: dict[str, Kind] = {name: kind for kind, names in _NAMES_BY_KIND.items() for name in names.split()}

# The first five are the official CLI's, the next three are names that the server itself maps.
# A filter on ``id`` was reported to match nothing, while ``ask_contract_id``, the same number, works.
ALIASES = {
    "cuda_vers": "cuda_max_good",
    "display_active": "gpu_display_active",
    "dlperf_usd": "dlperf_per_dphtotal",
    "dph": "dph_total",
    "flops_usd": "flops_per_dphtotal",
    "dphtotal": "dph_total",
    "reliability2": "reliability",
    "id": "ask_contract_id",
    "offer_id": "ask_contract_id",
}

# People write GB and days, the wire has MB (1 GB = 1000 MB, as in the official CLI) and seconds.
FACTORS = {
    "cpu_ram": 1000.0,
    "gpu_ram": 1000.0,
    "gpu_total_ram": 1000.0,
    "duration": 86400.0,
}

# Keys beside the fields in the wire query; asking for them as a field would change the search instead of filtering it.
CONTROLS = {
    "allocated_storage": "storage",
    "disable_bundling": None,
    "limit": "limit",
    "order": "order",
    "type": "type",
}


def resolve(name: str, where: str) -> str:
    """The wire name of a field that a person wrote; ``where`` is quoted in the BadRequest for an unknown one."""
    name = ALIASES.get(name, name)
    if name in KINDS:
        return name
    raise BadRequest(f"Unknown offer field {shorten(name)!r} in {shorten(where)!r}{_advice(name)}.")


def shorten(text: str, limit: int = 80) -> str:
    """Text for an error sentence: what a person recognizes, not a page of it."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _advice(name: str) -> str:
    option = CONTROLS.get(name)
    if option:
        return f"; use the option {option} instead"
    near = difflib.get_close_matches(name[:64].lower(), [*KINDS, *ALIASES], n=1, cutoff=0.6)
    if near:
        return f"; the nearest known one is {near[0]}"
    return "; the documentation of the option filters lists the fields"
