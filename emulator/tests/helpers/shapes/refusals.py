# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the API refuses with: the envelope, the codes, and what may stand beside them."""

from __future__ import annotations

from shapes.words import COUNT, ID, NULL, NUMBER, TEXT, WORDS, Schema, many, one_of, record

CODES = (
    "auth_error",
    "empty_input",
    "existing_key",
    "input_too_long",
    "insufficient_balance",
    "insufficient_credit",
    "invalid_args",
    "invalid_characters",
    "invalid_container_state",
    "invalid_params",
    "invalid_permissions",
    "invalid_price",
    "invalid_recipient",
    "invalid_request",
    "invalid_token",
    "job_exists",
    "label_too_long",
    "max_secrets",
    "method_not_allowed",
    "missing_billing",
    "missing_input",
    "missing_permissions",
    "no_pending_price_increase",
    "no_ssh_key",
    "no_ssh_key_for_vm",
    "no_such_ask",
    "no_such_instance",
    "no_such_ssh_key",
    "no_such_user",
    "no_such_volume",
    "nonexistent_key",
    "not_allowed",
    "not_authorized",
    "not_found",
    "resources_unavailable",
    "spend_rate_limit",
    "team_ssh_keys_not_supported",
    "user_exists",
)
_BULK: Schema = many(
    record(may={"new_contract": ID, "error": WORDS, "msg": WORDS}, success={"type": "boolean"}, ask_id=COUNT)
)
REFUSAL = record(
    may={
        # An id that came in the path is given back as it came when it is none.
        "ask_id": {"anyOf": [COUNT, TEXT]},
        "new_contract": ID,
        "results": _BULK,
        "message": WORDS,
        "scheduled_job_id": ID,
    },
    success=one_of(False),
    error=one_of(*CODES),
    msg=WORDS,
)
DEPRECATED = record(success=one_of(False), error=one_of("deprecated_endpoint"), msg=WORDS)
THROTTLED = record(
    may={"retry_after": NUMBER},
    success=one_of(False),
    error=one_of("rate_limit_exceeded", "search_quota_exceeded"),
    msg=WORDS,
)
QUEUED = record(may={"ids": many(ID)}, success=one_of(False), error=one_of("resources_unavailable"), msg=WORDS)
NO_DATES = record(
    success=one_of(False),
    error=one_of("Invalid date range"),
    msg=WORDS,
    count=one_of(0),
    total=one_of(0),
    results=many({"not": {}}),
    next_token=NULL,
)
# The other statuses have the envelope of REFUSAL.
BY_STATUS: dict[int, Schema] = {410: {"anyOf": [REFUSAL, DEPRECATED]}, 429: THROTTLED}
STATUSES = (400, 401, 403, 404, 405, 409, 410, 411, 413, 422, 429)
# Refusals that come with 200.
WITH_200: dict[str, Schema] = {
    "PUT /api/v0/instances/{id}": QUEUED,
    "PUT /api/v0/instances": QUEUED,
    "GET /api/v1/invoices": NO_DATES,
}
