# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shape of every answer of success, by method and path."""

from __future__ import annotations

from shapes.rows import INSTANCE, LISTED_INSTANCE, OFFER, TEMPLATE, VOLUME, VOLUME_OFFER
from shapes.words import (
    AMOUNT,
    ANY,
    BOOL,
    COUNT,
    EPOCH,
    HASH,
    ID,
    INT,
    NULL,
    NUMBER,
    TEXT,
    WORDS,
    Schema,
    each,
    many,
    maybe,
    one_of,
    record,
    some_columns,
    success,
)

URL: Schema = {"type": "string", "pattern": "^http://[^/]+/api/v0/results/[0-9a-f]{32}$"}
PORT: Schema = {"type": "integer", "minimum": 1, "maximum": 65535}
DONE = success()
SAID = success(msg=WORDS)
OFFERS = record(offers=many(OFFER))
SSH_KEY = record(id=ID, user_id=ID, public_key=WORDS, created_at=EPOCH, deleted_at=NULL)
API_KEY = record(
    id=ID,
    name=TEXT,
    permissions=each(ANY),
    rights=NULL,
    created_at=EPOCH,
    user_id=ID,
    team_id=NULL,
    team_name=NULL,
)
JOB = record(
    id=ID,
    instance_id=ID,
    api_endpoint={"type": "string", "pattern": "^/api/"},
    request_method=one_of("GET", "POST", "PUT", "DELETE"),
    request_body=each(ANY),
    start_time=AMOUNT,
    end_time=AMOUNT,
    day_of_the_week=maybe({"type": "integer", "minimum": 0, "maximum": 6}),
    hour_of_the_day=maybe({"type": "integer", "minimum": 0, "maximum": 23}),
    min_of_the_hour=COUNT,
    frequency=one_of("HOURLY", "DAILY", "WEEKLY"),
)
SUBACCOUNT = record(id=ID, email=WORDS, username=WORDS, host_only=BOOL, parent_id=ID, balance=NUMBER, credit=AMOUNT)
USER = record(
    may={
        "phone_number": maybe(TEXT),
        "autobill_threshold": AMOUNT,
        **{f"billaddress_{part}": maybe(TEXT) for part in ("name", "addr1", "addr2", "city", "zip", "taxinfo")},
    },
    id=ID,
    user=WORDS,
    username=WORDS,
    fullname=maybe(TEXT),
    email=WORDS,
    email_verified=BOOL,
    credit=AMOUNT,
    balance={"type": "number", "maximum": 0},
    balance_threshold=AMOUNT,
    balance_threshold_enabled=BOOL,
    has_billing=BOOL,
    can_pay=BOOL,
    billing_creditonly=one_of(0, 1),
    got_signup_credit=one_of(0, 1),
    host_agreement_accepted=BOOL,
    last4=maybe(TEXT),
    paypal_email=maybe(TEXT),
    billed_expected=AMOUNT,
    billed_verified=AMOUNT,
    paid_expected=AMOUNT,
    paid_verified=AMOUNT,
    billaddress_country=maybe(TEXT),
    ssh_key=maybe(TEXT),
    api_key=WORDS,
    sid=maybe(TEXT),
    key_id=INT,
)
PENDING_PRICE_INCREASE = record(
    may={name: maybe(NUMBER) for name in ("contract_end_date", "ask_end_date", "created_at")},
    pending_price_increase_id=ID,
    contract_id=ID,
    host_id=ID,
    **{
        f"{age}_{part}": maybe(NUMBER)
        for age in ("new", "old")
        for part in ("gpu_costpersec", "disk_ram_costpersec", "bwu_cost", "bwd_cost", "platform_fee")
    },
)


def _page(row: Schema) -> Schema:
    return success(count=COUNT, total=COUNT, next_token=maybe(WORDS), results=many(row))


CHARGE_PART = record(
    start=EPOCH,
    end=EPOCH,
    type=one_of("gpu", "disk", "bwd", "bwu"),
    source=NULL,
    description=WORDS,
    amount=AMOUNT,
    metadata=record(),
    items={"type": "array", "maxItems": 0},
)
CHARGE = record(
    start=EPOCH,
    end=EPOCH,
    type=one_of("instance", "volume", "serverless"),
    # The client's table takes one dash.
    source={"type": "string", "pattern": "^(instance|volume)-[0-9]+$"},
    description=WORDS,
    amount=AMOUNT,
    metadata=record(label=maybe(TEXT), template_id=maybe(ID), endpoint_id=NULL, workergroup_id=NULL),
    items={**many(CHARGE_PART), "minItems": 1},
)
INVOICE = record(
    start=EPOCH,
    end=maybe(EPOCH),
    type=one_of("credit", "transfer", "payout", "refund", "reserved"),
    source=WORDS,
    description=WORDS,
    amount=NUMBER,
    metadata=record(invoice_id=ID, service=WORDS),
    items={"type": "array", "maxItems": 0},
)
OLD_INVOICE = record(
    id=maybe(ID),
    type=one_of("charge", "payment"),
    description=WORDS,
    quantity=AMOUNT,
    rate=NUMBER,
    amount=NUMBER,
    timestamp=EPOCH,
    instance_id=maybe(ID),
)
RENTED = success(may={"ask_id": ID}, new_contract=ID, instance_api_key=HASH)
EMPTY: Schema = {"type": "array", "maxItems": 0}
LIST_PAGE = success(
    instances_found=COUNT,
    total_instances=COUNT,
    label_counts=each(ID),
    next_token=maybe(WORDS),
    instances={**many(LISTED_INSTANCE), "maxItems": 25},
)
TEMPLATE_MADE = success(msg=WORDS, template=TEMPLATE)

ANSWERS: dict[str, Schema] = {
    "GET /api/v0/gpu_names/unique": record(gpu_names={**many(WORDS), "uniqueItems": True}),
    "GET /api/v0/gpu_types": record(
        gpu_types=many(record(gpu_name=WORDS, gpu_arch=one_of("nvidia", "amd"), gpu_ram=ID, compute_cap=COUNT))
    ),
    "POST /api/v0/bundles": OFFERS,
    "GET /api/v0/bundles": OFFERS,
    "PUT /api/v0/search/asks": OFFERS,
    "GET /api/v0/benchmarks": success(benchmarks_found=COUNT, benchmarks=EMPTY, next_token=NULL),
    "PUT /api/v0/asks/{id}": RENTED,
    "POST /api/v0/asks/bulk": success(
        new_contracts=many(ID),
        results=many(
            record(
                may={"new_contract": ID, "error": WORDS, "msg": WORDS},
                success=BOOL,
                ask_id=ID,
            )
        ),
    ),
    "PUT /api/v0/launch_instance": RENTED,
    "GET /api/v1/instances": LIST_PAGE,
    "GET /api/v0/instances": record(instances=many(LISTED_INSTANCE)),
    "GET /api/v0/instances/{id}": record(instances=maybe(INSTANCE)),
    "GET /api/v0/instances/filters": record(
        filters=many(
            record(
                actual_status=INSTANCE["properties"]["actual_status"],
                verification=INSTANCE["properties"]["verification"],
                gpu_name=WORDS,
            )
        )
    ),
    "PUT /api/v0/instances/{id}": DONE,
    "DELETE /api/v0/instances/{id}": SAID,
    "PUT /api/v0/instances": DONE,
    "DELETE /api/v0/instances": SAID,
    "PUT /api/v0/instances/reboot/{id}": DONE,
    "PUT /api/v0/instances/recycle/{id}": DONE,
    "PUT /api/v0/instances/update_template/{id}": success(updated_instance=LISTED_INSTANCE, msg=WORDS),
    "PUT /api/v0/instances/bid_price/{id}": DONE,
    "PUT /api/v0/instances/prepay/{id}": success(timescale=AMOUNT, discount_rate=AMOUNT),
    "GET /api/v0/instances/balance/{id}": success(
        refundable_deposit=AMOUNT, total_discount=AMOUNT, discount_months=AMOUNT
    ),
    "PUT /api/v0/instances/command/{id}": success(
        writeable_path={"type": "string", "pattern": "^/"}, result_url=URL, msg=WORDS
    ),
    "PUT /api/v0/instances/request_logs/{id}": success(result_url=URL, msg=WORDS),
    "POST /api/v0/instances/take_snapshot/{id}": SAID,
    "GET /api/v0/instances/pending-price-increases": success(
        count=COUNT, truncated=BOOL, pending_price_increases=many(PENDING_PRICE_INCREASE)
    ),
    "PUT /api/v0/instances/accept-price-increase": success(pending_price_increase_id=ID, contract_id=ID),
    "PUT /api/v0/instances/reject-price-increase": success(pending_price_increase_id=ID, contract_id=ID),
    "GET /api/v0/instances/{id}/ssh": success(
        # JSON inside a text.
        ssh_keys={
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": many(record(id=ID, public_key=WORDS)),
        }
    ),
    "POST /api/v0/instances/{id}/ssh": SAID,
    "DELETE /api/v0/instances/{id}/ssh/{key}": SAID,
    "GET /api/v0/instance_backups": record(backups=EMPTY),
    # There is never a backup, so this is always refused.
    "GET /api/v0/instance_backups/{id}/download": {"not": {}},
    "PUT /api/v0/commands/copy_direct": success(
        may={"src_addr": WORDS, "src_port": PORT, "dst_addr": WORDS, "dst_port": PORT}
    ),
    "PUT /api/v0/commands/rsync": success(
        may={"src_addr": WORDS, "src_port": PORT, "dst_addr": WORDS, "dst_port": PORT}
    ),
    "DELETE /api/v0/commands/copy_direct": DONE,
    "POST /api/v0/commands/rclone": SAID,
    "DELETE /api/v0/commands/rclone": DONE,
    "GET /api/v0/commands/schedule_job": many(JOB),
    "POST /api/v0/commands/schedule_job": success(scheduled_job_id=ID),
    "PUT /api/v0/commands/schedule_job/{id}": success(scheduled_job_id=ID),
    "DELETE /api/v0/commands/schedule_job/{id}": DONE,
    "POST /api/v0/volumes/search": record(offers=many(VOLUME_OFFER)),
    "POST /api/v0/network_volumes/search": record(offers=EMPTY),
    "PUT /api/v0/volumes": success(volume_name=WORDS, volume_id=ID),
    "GET /api/v0/volumes": record(volumes=many(VOLUME)),
    "DELETE /api/v0/volumes": DONE,
    "POST /api/v0/volumes/copy": DONE,
    "PUT /api/v0/network_volumes": {"not": {}},
    "GET /api/v0/charges": _page(CHARGE),
    "GET /api/v1/invoices": _page(INVOICE),
    "GET /api/v0/users/me/invoices": record(
        invoices=many(OLD_INVOICE), current=record(charges=AMOUNT, service_fee=AMOUNT, total=AMOUNT, credit=NUMBER)
    ),
    "GET /api/v0/invoices": EMPTY,
    "POST /api/v0/contracts/fetch": record(contracts=many(record(id=COUNT))),
    "PUT /api/v0/commands/transfer_credit": DONE,
    "GET /api/v0/ssh": many(SSH_KEY),
    "POST /api/v0/ssh": success(key=SSH_KEY),
    "PUT /api/v0/ssh/{id}": success(key=SSH_KEY),
    "DELETE /api/v0/ssh/{id}": DONE,
    "GET /api/v0/template": success(templates_found=COUNT, templates=many(TEMPLATE)),
    "POST /api/v0/template": TEMPLATE_MADE,
    "PUT /api/v0/template": TEMPLATE_MADE,
    "PUT /api/v1/template": TEMPLATE_MADE,
    "DELETE /api/v0/template": SAID,
    "GET /api/v0/secrets": success(
        secrets={
            "type": "object",
            "propertyNames": {"pattern": "^[A-Z_][A-Z0-9_]*$"},
            # Never anything of the value.
            "additionalProperties": {"const": "********"},
        }
    ),
    "POST /api/v0/secrets": SAID,
    "PUT /api/v0/secrets": SAID,
    "DELETE /api/v0/secrets": SAID,
    "GET /api/v0/auth/apikeys": record(apikeys=many(API_KEY)),
    "POST /api/v0/auth/apikeys": success(id=ID, key=HASH, permissions=each(ANY)),
    "GET /api/v0/auth/apikeys/{id}": API_KEY,
    "DELETE /api/v0/auth/apikeys/{id}": one_of("Successfully Deleted API Key"),
    "PUT /api/v0/commands/reset_apikey": success(new_api_key=HASH),
    "GET /api/v0/users/current": USER,
    "PUT /api/v0/users": SAID,
    "POST /api/v0/users": success(id=ID, username=WORDS, email=WORDS, key_id=ID),
    "GET /api/v0/subaccounts": record(users=many(SUBACCOUNT)),
    "GET /api/v0/audit_logs": EMPTY,
    "GET /api/v0/users/me/ipaddrs": record(results=many(record(ip=WORDS, first_seen=EPOCH, first_location=WORDS))),
    "GET /api/v0/users/cloud_integrations": EMPTY,
    "GET /api/v0/tfa/status": success(tfa_enabled=BOOL, methods=EMPTY, backup_codes_remaining=COUNT),
    "GET /api/v0/endptjobs": success(results=EMPTY),
    "GET /api/v0/autojobs": success(results=EMPTY),
    "GET /api/v0/workergroups": success(results=EMPTY),
    "GET /api/v0/deployments": record(deployments=EMPTY),
}
# When the request chose columns.
CHOSEN_COLUMNS: dict[str, Schema] = {
    "GET /api/v1/instances": {
        **LIST_PAGE,
        "properties": {**LIST_PAGE["properties"], "instances": many(some_columns(LISTED_INSTANCE))},
    },
    "PUT /api/v0/search/asks": record(offers=many(some_columns(OFFER))),
}
# Not JSON: the text of a result.
PLAIN = {"GET /api/v0/results/{name}"}
