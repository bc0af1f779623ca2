# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of everything that searches for offers of volumes."""

from __future__ import annotations


class ModuleDocFragment:
    """The module_utils side is VOLUME_OFFER_ARGUMENTS in C(_volume_offers.py)."""

    DOCUMENTATION = r"""
options:
  filters:
    description:
      - Conditions that an offer must meet, all of them, as query text such as V(disk_bw>=2000 geolocation in [US,CA])
        or as a dictionary. The language is that of O(cloudctl.vastai.vast_offer_info#module:filters), with the same
        operators, aliases and units.
      - "Volumes have these fields: C(storage_cost) ($ per GB and month), C(disk_space) (GB that can be rented),
        C(disk_bw) (MB/s), C(disk_name), C(inet_up), C(inet_down) (Mb/s), C(inet_up_cost), C(inet_down_cost) ($ per GB),
        C(geolocation) (country codes, or the names of O(regions)), C(datacenter), C(reliability) (0 to 1),
        C(verified), C(verification), C(external), C(duration) (days until the host ends the offer), C(id) (of the
        offer), C(machine_id), C(host_id), C(cluster_id), C(static_ip), C(cpu_arch), C(cpu_ghz), C(gpu_arch),
        C(cuda_max_good), C(driver_version), C(ubuntu_version), C(has_avx), C(pci_gen), C(pcie_bw) (GB/s),
        C(total_flops) (TFLOPS), C(vms_enabled). Anything else is an error before anything is sent."
      - Unless O(filters) says something about the same thing, an offer must be C(verified=true) and
        C(external=false).
    type: raw
  regions:
    description:
      - Only offers in these places. V(Africa), V(Asia), V(Europe), V(North_America), V(South_America), V(Oceania),
        two-letter country codes, or a mixture. V(all) is everywhere.
    type: list
    elements: str
    aliases: [region]
  order:
    description:
      - Fields of O(filters) to sort by, the most important first. A C(-) before or after the name puts the highest
        first.
      - The default is V(storage_cost), the cheapest first.
    type: list
    elements: str
  machine_id:
    description:
      - Only offers of this machine. The default conditions C(verified=true) and C(external=false) then do not apply.
      - A volume can be mounted only by instances on its own machine.
    type: int
  offer_id:
    description:
      - Only this offer. It is the offer's number for a volume, not that of a GPU offer of the same machine.
    type: int
  max_monthly_price:
    description:
      - The highest price of the whole volume in $ for a month of 720 hours. For a price per GB, put C(storage_cost)
        into O(filters).
    type: float
"""
