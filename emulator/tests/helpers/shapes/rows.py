# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of offers, of volume offers, of instances and of volumes."""

from __future__ import annotations

from shapes.words import (
    AMOUNT,
    ANY,
    BOOL,
    COUNT,
    COUNTRY_AT_END,
    EPOCH,
    HASH,
    ID,
    INT,
    NULL,
    NUMBER,
    SHARE,
    TEXT,
    WORDS,
    Schema,
    each,
    many,
    maybe,
    one_of,
    record,
)

VERIFICATION = one_of("verified", "unverified", "deverified")
PRICES = record(
    gpuCostPerHour=AMOUNT,
    diskHour=AMOUNT,
    totalHour=AMOUNT,
    discountTotalHour=AMOUNT,
    discountedTotalPerHour=AMOUNT,
)

# What rows of all kinds say about the machine.
MACHINE: dict[str, Schema] = {
    "machine_id": ID,
    "host_id": ID,
    "cluster_id": maybe(ID),
    "disk_bw": AMOUNT,
    "disk_name": WORDS,
    "inet_up": AMOUNT,
    "inet_down": AMOUNT,
    "inet_up_cost": AMOUNT,
    "inet_down_cost": AMOUNT,
    "cuda_max_good": AMOUNT,
    "cpu_arch": one_of("amd64", "arm64"),
    "cpu_ghz": AMOUNT,
    "gpu_arch": one_of("nvidia", "amd"),
    "driver_version": {"type": "string", "pattern": r"^\d+(\.\d+)+$"},
    "os_version": TEXT,
    "has_avx": one_of(0, 1),
    "pci_gen": AMOUNT,
    "pcie_bw": AMOUNT,
    "static_ip": BOOL,
    "vms_enabled": BOOL,
    "verification": VERIFICATION,
    "hosting_type": one_of(0, 1),
    "reliability2": SHARE,
    "geolocation": COUNTRY_AT_END,
    "geolocode": INT,
    "external": maybe(BOOL),
}
# What offers of both kinds, and volumes, say besides.
LISTED: dict[str, Schema] = {
    "driver_vers": INT,
    "vericode": INT,
    "reliability": SHARE,
    "nw_disk_min_bw": maybe(AMOUNT),
    "nw_disk_avg_bw": maybe(AMOUNT),
    "nw_disk_max_bw": maybe(AMOUNT),
}
# What offers and instances say about their GPUs and the computer around them.
HARDWARE: dict[str, Schema] = {
    "bundle_id": ID,
    "num_gpus": ID,
    "gpu_ids": many(COUNT),
    "gpu_name": {"type": "string", "pattern": "^[^_]+$"},
    "gpu_frac": SHARE,
    "gpu_ram": ID,
    "gpu_total_ram": ID,
    "gpu_lanes": COUNT,
    "gpu_mem_bw": AMOUNT,
    "gpu_max_power": AMOUNT,
    "gpu_max_temp": AMOUNT,
    "compute_cap": COUNT,
    "bw_nvlink": AMOUNT,
    "cpu_name": WORDS,
    "cpu_cores": ID,
    "cpu_cores_effective": AMOUNT,
    "cpu_ram": ID,
    "mobo_name": TEXT,
    "total_flops": AMOUNT,
    "dlperf": AMOUNT,
    "dlperf_per_dphtotal": AMOUNT,
    "flops_per_dphtotal": AMOUNT,
    "vram_costperhour": AMOUNT,
    "score": AMOUNT,
    "direct_port_count": COUNT,
    "public_ipaddr": WORDS,
    "disk_space": AMOUNT,
    "storage_cost": AMOUNT,
    "storage_total_cost": AMOUNT,
    "credit_discount_max": SHARE,
    "dph_base": AMOUNT,
    "dph_total": AMOUNT,
    "min_bid": AMOUNT,
    "is_bid": BOOL,
    "rentable": BOOL,
    "search": PRICES,
    "instance": PRICES,
    "resource_type": one_of("gpu"),
    "time_remaining": TEXT,
    "time_remaining_isbid": TEXT,
    "logo": maybe(TEXT),
    "webpage": maybe(TEXT),
}

OFFER = record(
    **MACHINE,
    **LISTED,
    **HARDWARE,
    id=ID,
    ask_contract_id=ID,
    gpu_display_active=BOOL,
    dph_total_adj=AMOUNT,
    discount_rate=SHARE,
    discounted_hourly=AMOUNT,
    discounted_dph_total=AMOUNT,
    internet_up_cost_per_tb=AMOUNT,
    internet_down_cost_per_tb=AMOUNT,
    reliability_mult=AMOUNT,
    expected_reliability=SHARE,
    rented=BOOL,
    duration=NUMBER,
    start_date=EPOCH,
    end_date=EPOCH,
    hostname=maybe(TEXT),
    is_vm_deverified=BOOL,
    avail_vol_ask_id=maybe(ID),
    avail_vol_size=AMOUNT,
    avail_vol_dph=AMOUNT,
    bundled_results=INT,
    rn=INT,
)

VOLUME_OFFER = record(
    **MACHINE,
    **LISTED,
    id=ID,
    ask_contract_id=ID,
    disk_space=AMOUNT,
    storage_cost=AMOUNT,
    storage_total_cost=AMOUNT,
    total_flops=AMOUNT,
    duration=NUMBER,
    start_date=EPOCH,
    end_date=EPOCH,
)

VOLUME = record(
    **MACHINE,
    **LISTED,
    id=ID,
    label=WORDS,
    status=one_of("created", "in-use"),
    type=one_of("machine", "network"),
    disk_space=AMOUNT,
    instances=many(ID),
    start_date=EPOCH,
    end_date=EPOCH,
    storage_total_cost=AMOUNT,
    public_ipaddr=WORDS,
)

MOUNTED = record(
    id=ID,
    label=WORDS,
    created_from=maybe(ID),
    avail_space=AMOUNT,
    total_space=AMOUNT,
    type=one_of("machine"),
)
PORTS: Schema = {
    "type": "object",
    "propertyNames": {"pattern": "^[0-9]{1,5}/(tcp|udp)$"},
    "additionalProperties": {
        **many(record(HostIp=one_of("0.0.0.0", "::"), HostPort={"type": "string", "pattern": "^[0-9]{1,5}$"})),
        "minItems": 1,
    },
}
ACTUAL = one_of(
    None,
    "created",
    "loading",
    "running",
    "stopped",
    "exited",
    "frozen",
    "rebooting",
    "recycling",
    "restarting",
    "unknown",
    "offline",
)
RUNTYPE = one_of(
    "args",
    "ssh ssh_proxy",
    "ssh ssh_direc ssh_proxy",
    "jupyter_proxy ssh_proxy",
    "jupyter_direc ssh_direc ssh_proxy",
)


def _while_status(*statuses: str | None) -> Schema:
    return {"properties": {"actual_status": one_of(*statuses)}, "required": ["actual_status"]}


_ALIVE = {"required": ["ports"], "properties": {"uptime_mins": AMOUNT, "gpu_util": NUMBER, "mem_usage": NUMBER}}
_IDLE = {"not": {"required": ["ports"]}, "properties": {"gpu_util": NULL, "mem_usage": NULL}}
# Of a container that is frozen, or that nobody hears from, both may be so.
_BY_STATUS: list[Schema] = [
    {"if": _while_status("running"), "then": _ALIVE},
    {
        "if": _while_status(
            None, "created", "loading", "stopped", "exited", "rebooting", "recycling", "restarting", "offline"
        ),
        "then": _IDLE,
    },
]

# The row of a single read.
INSTANCE = record(
    may={"ports": PORTS},
    **MACHINE,
    **HARDWARE,
    id=ID,
    ask_contract_id=ID,
    actual_status=ACTUAL,
    intended_status=one_of("running", "stopped", "frozen"),
    cur_state=one_of("running", "stopped", "unloaded"),
    next_state=one_of("running", "stopped", "unloaded"),
    status_msg=maybe(TEXT),
    label=maybe(WORDS),
    template_id=maybe(ID),
    template_hash_id=maybe(HASH),
    template_name=maybe(TEXT),
    image_uuid=WORDS,
    image_args=many(TEXT),
    image_runtype=RUNTYPE,
    extra_env=many({"type": "array", "prefixItems": [TEXT, TEXT], "minItems": 2, "maxItems": 2}),
    onstart=maybe(TEXT),
    jupyter_token=WORDS,
    ssh_host=WORDS,
    ssh_port={"type": "integer", "minimum": 1, "maximum": 65535},
    ssh_idx={"type": "string", "pattern": "^[0-9]+$"},
    machine_dir_ssh_port=INT,
    local_ipaddrs=TEXT,
    direct_port_start={"type": "integer", "minimum": -1},
    direct_port_end={"type": "integer", "minimum": -1},
    gpu_totalram=ID,
    gpu_util=maybe(NUMBER),
    gpu_temp=maybe(NUMBER),
    cpu_util=maybe(NUMBER),
    mem_limit=maybe(NUMBER),
    mem_usage=maybe(NUMBER),
    vmem_usage=maybe(NUMBER),
    disk_usage={"type": "number", "minimum": -1},
    disk_util={"type": "number", "minimum": -1},
    credit_balance=maybe(NUMBER),
    credit_discount=maybe(NUMBER),
    start_date=EPOCH,
    end_date=EPOCH,
    duration=NUMBER,
    uptime_mins=maybe(AMOUNT),
    client_run_time=AMOUNT,
    host_run_time=AMOUNT,
    country_code={"type": "string", "pattern": "^[A-Z]{2}$"},
) | {"allOf": _BY_STATUS}
# The row of a list has its volumes too.
LISTED_INSTANCE = {
    **INSTANCE,
    "properties": {**INSTANCE["properties"], "volume_info": many(MOUNTED)},
    "required": [*INSTANCE["required"], "volume_info"],
}

TEMPLATE = record(
    id=ID,
    hash_id=HASH,
    creator_id=ID,
    created_at=EPOCH,
    recent_create_date=EPOCH,
    count_created=COUNT,
    name=maybe(TEXT),
    image=maybe(TEXT),
    tag=maybe(TEXT),
    href=maybe(TEXT),
    repo=maybe(TEXT),
    env=maybe(TEXT),
    onstart=maybe(TEXT),
    runtype=one_of("args", "ssh", "jupyter"),
    jupyter_dir=maybe(TEXT),
    docker_login_repo=maybe(TEXT),
    readme=maybe(TEXT),
    desc=maybe(TEXT),
    args_str=maybe(TEXT),
    jup_direct=BOOL,
    ssh_direct=BOOL,
    use_jupyter_lab=BOOL,
    use_ssh=BOOL,
    readme_visible=BOOL,
    private=BOOL,
    recommended_disk_space=maybe(AMOUNT),
    extra_filters={"anyOf": [each(ANY), TEXT, {"type": "null"}]},
)
