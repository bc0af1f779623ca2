# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of everything that searches for offers."""

from __future__ import annotations


class ModuleDocFragment:
    """Options that say which offers are wanted; the module_utils side is OFFER_ARGUMENTS in C(_offers.py)."""

    DOCUMENTATION = r"""
options:
  filters:
    description:
      - Conditions that an offer must meet, all of them.
      - Either the official CLI's query text, such as V(gpu_name=RTX_4090 num_gpus>=2 geolocation in [US,CA]), or a
        dictionary. A value of the dictionary is one value, which must be equal; a list, of which one must be equal;
        a string that begins with an operator, such as V(>=2); or a dictionary of operators and their values. Both
        forms have the same fields, aliases, operators and units. A dictionary may also come as JSON text.
      - Operators are V(=), V(==) or V(eq); V(!=), V(neq), V(noteq) or V(not eq); V(>) or V(gt); V(>=) or V(gte);
        V(<) or V(lt); V(<=) or V(lte); V(in); V(notin), V(not in) or V(nin).
      - In a value, an underscore stands for a space, so that V(RTX_4090) is the RTX 4090. A value with spaces may
        also be quoted. V(null) (quoted in a dictionary) is the absence of a value. V(any) removes a condition, a
        default one too. An empty or undefined value in a dictionary counts as not given.
      - Unless O(filters) says something about the same thing, an offer must be C(verified=true), C(external=false),
        C(rentable=true) and C(rented=false). A condition on C(verification) replaces the first; one on C(rentable)
        or C(rented) replaces the last two.
      - "GPUs: C(gpu_name), C(num_gpus), C(gpu_ram) (GB of one GPU), C(gpu_total_ram) (GB of all), C(gpu_arch)
        (C(nvidia), C(amd)), C(gpu_frac) (share of the machine's GPUs, 0 to 1), C(gpu_mem_bw) (GB/s), C(gpu_lanes),
        C(gpu_max_power) (W), C(gpu_max_temp) (°C), C(gpu_display_active), C(bw_nvlink) (GB/s), C(compute_cap) (890
        is 8.9), C(cuda_max_good) or C(cuda_vers), C(driver_version), C(total_flops) (TFLOPS), C(dlperf)."
      - "Prices: C(dph_total) or C(dph) ($/h with storage), C(dph_base) ($/h without), C(min_bid) ($/h),
        C(storage_cost) ($ per GB and month), C(inet_up_cost), C(inet_down_cost) ($ per GB), C(dlperf_per_dphtotal)
        or C(dlperf_usd), C(flops_per_dphtotal) or C(flops_usd), C(score)."
      - "Machine: C(cpu_name), C(cpu_arch) (C(amd64), C(arm64)), C(cpu_cores) (of the machine),
        C(cpu_cores_effective) (of the offer), C(cpu_ghz), C(cpu_ram) (GB), C(has_avx), C(mobo_name), C(pci_gen),
        C(pcie_bw) (GB/s), C(disk_space) (GB), C(disk_bw) (MB/s), C(disk_name), C(os_version) or C(ubuntu_version),
        C(vms_enabled), C(machine_id), C(host_id), C(cluster_id)."
      - "Network and place: C(inet_up), C(inet_down) (Mb/s), C(direct_port_count), C(static_ip), C(public_ipaddr),
        C(geolocation) (country codes, or the names of O(regions)), C(datacenter)."
      - "Trust and time: C(reliability) and C(expected_reliability) (0 to 1), C(verified), C(verification)
        (C(verified), C(unverified), C(deverified)), C(external), C(duration) (days until the host ends the offer),
        C(rentable), C(rented) (by you), C(id) (of the offer)."
      - An unknown field, or a value of the wrong kind, is an error before anything is sent.
      - In a dictionary, YAML may change what you mean. Quote driver versions (V("535.10") is not the number
        V(535.10)).
    type: raw
  regions:
    description:
      - Only offers in these places. V(Africa), V(Asia), V(Europe), V(North_America), V(South_America), V(Oceania),
        in any case and also with spaces, two-letter country codes, or a mixture. V(all) is everywhere.
      - North America includes Central America and the Caribbean. Russia and Cyprus count as Europe, Turkey as Asia.
    type: list
    elements: str
    aliases: [region]
  order:
    description:
      - Fields of O(filters) to sort by, the most important first. A C(-) before or after the name puts the highest
        first. Offers that lack a value come last.
      - The default is V(score-), which is Vast.ai's own judgement of value for money.
    type: list
    elements: str
  machine_id:
    description:
      - Only offers of this machine.
      - Whoever names a machine has chosen it, so the default conditions C(verified=true) and C(external=false) do
        not apply.
    type: int
  offer_id:
    description:
      - Only this offer. The number is short-lived; O(machine_id) lasts.
      - The same default conditions do not apply as with O(machine_id).
    type: int
  max_price:
    description:
      - The highest price in $/h, storage included.
      - An offer without a price does not match.
    type: float
"""
