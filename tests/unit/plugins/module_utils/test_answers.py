# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What answers mean: every shape of success and failure that Vast.ai was seen to send."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._answers import Answer, read_answer
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    ApiError,
    AuthFailed,
    NotFound,
    OfferGone,
    OutcomeUnknown,
    OutOfCredit,
    QuotaExceeded,
    ResourcesUnavailable,
    Throttled,
    VastError,
)

ASKED = "PUT /api/v0/asks/7/"
HTML = "<!DOCTYPE html>\n<html><body>502 Bad Gateway</body></html>"
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from(["success", "error", "msg", "message", "detail", "error_msg", "retry_after", "new_contract"])


def answer(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    text = body if isinstance(body, str) else json.dumps(body)
    return Answer(ASKED, status, headers or {}, text)


def failure(body: Any, status: int = 400, headers: dict[str, str] | None = None) -> VastError:
    with pytest.raises(VastError) as caught:
        read_answer(answer(body, status, headers))
    return caught.value


# -- successes


@pytest.mark.parametrize("body", [{"success": True}, {"offers": []}, {"instances": None}, {}, [], [1], None, 7])
def test_json_without_an_explicit_false_is_a_success(body):
    assert read_answer(answer(body)) == body


@pytest.mark.parametrize("value", [None, 0, "false", "", []])
def test_only_the_boolean_false_means_failure(value):
    assert read_answer(answer({"success": value})) == {"success": value}


# -- where the words are


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"success": False, "error": "invalid_args", "msg": "Bad disk."}, "Bad disk"),
        ({"msg": "Bad disk."}, "Bad disk"),
        ({"message": "Bad disk."}, "Bad disk"),
        ({"detail": "Bad disk."}, "Bad disk"),
        ({"error_msg": "Bad disk."}, "Bad disk"),
        ({"error": "Bad disk."}, "Bad disk"),
        ({"msg": "", "message": "  ", "detail": "Bad disk."}, "Bad disk"),
        ({"msg": None, "message": ["x"], "error_msg": "Bad disk."}, "Bad disk"),
        ("Bad disk.", "Bad disk"),
        ('"Bad disk."', "Bad disk"),
        ("Bad\n  disk.\n", "Bad disk"),
        ({"msg": "error 404/3603: Bad disk."}, "Bad disk"),
        (HTML, "an HTML page"),
        ("<?xml version='1.0'?><Error/>", "an HTML page"),
        ("", "an empty body"),
        ("  \n", "an empty body"),
        ({}, "no reason given"),
        ({"success": False}, "no reason given"),
        ({"success": False, "msg": {"disk": "bad"}}, "no reason given"),
        ([1, 2], "an unexpected body"),
        ("42", "an unexpected body"),
        ("null", "an unexpected body"),
        ('{"success": fal', '{"success": fal'),
    ],
)
def test_refusal_says_what_was_asked_the_words_and_the_status(body, words):
    error = failure(body, 400)
    assert isinstance(error, ApiError)
    assert f"refused {ASKED}: {words} (HTTP 400" in str(error)


def test_refusal_under_http_200_is_a_refusal():
    error = failure({"success": False, "error": "invalid_args", "msg": "Bad disk."}, 200)
    assert str(error) == f"Vast.ai refused {ASKED}: Bad disk (HTTP 200, invalid_args)."


def test_code_that_the_words_repeat_is_not_said_twice():
    assert str(failure({"error": "x_y", "msg": "x_y happened"})).count("x_y") == 1


def test_long_texts_are_cut():
    assert len(str(failure("word " * 1000))) < 400


def test_failure_keeps_the_body_for_the_ids_it_may_carry():
    error = failure({"success": False, "new_contract": 7})
    assert isinstance(error, ApiError)
    assert error.body == {"success": False, "new_contract": 7}


# -- which error


@pytest.mark.parametrize(
    ("kind", "status", "body"),
    [
        (AuthFailed, 404, {"success": False, "error": "auth_error", "msg": "Invalid user key"}),
        (AuthFailed, 401, "Please log in or sign up"),
        (AuthFailed, 401, {"detail": "No key"}),
        (AuthFailed, 403, {"error": "not_authorized", "msg": "Not allowed"}),
        (AuthFailed, 403, {"error": "invalid_args", "msg": "Offer 7 is not your own"}),
        (AuthFailed, 200, {"success": False, "error": "auth_error"}),
        (OfferGone, 400, {"error": "invalid_args", "msg": "error 404/3603: no_such_ask Instance type by id 7"}),
        (OfferGone, 404, {"error": "invalid_args", "msg": "no_such_ask Instance type by id 7 is not available."}),
        (OfferGone, 410, {"error": "no_such_ask", "msg": "Instance type 7 is no longer available."}),
        (OfferGone, 200, {"success": False, "error": "no_such_ask"}),
        (OfferGone, 400, "no_such_ask"),
        (OutOfCredit, 400, {"error": "insufficient_credit", "msg": "Your account lacks credit; see the billing page."}),
        (OutOfCredit, 411, {"success": False, "msg": "Insufficient credit"}),
        (OutOfCredit, 400, {"error": "missing_billing"}),
        (OutOfCredit, 422, {"error": "spend_rate_limit"}),
        (OutOfCredit, 400, {"error": "insufficient_balance"}),
        (OutOfCredit, 200, {"success": False, "msg": "Your account lacks credit"}),
        (ResourcesUnavailable, 200, {"success": False, "error": "resources_unavailable", "msg": "queued"}),
        (NotFound, 404, {"success": False, "error": "no_such_instance"}),
        (NotFound, 404, "Not Found"),
        (NotFound, 404, HTML),
        (Throttled, 429, "API requests too frequent"),
        (Throttled, 200, {"success": False, "error": "rate_limit_exceeded"}),
        (QuotaExceeded, 429, {"error": "search_quota_exceeded"}),
        (ApiError, 410, {"success": False, "error": "deprecated_endpoint", "msg": "Use /api/v1/instances/ instead."}),
        (ApiError, 422, {"success": False, "msg": "Bad name"}),
        (ApiError, 301, {"message": "The resource has been moved", "code": "301 Moved Permanently"}),
        (OutcomeUnknown, 500, {"success": False, "error": "no_such_ask"}),
        (OutcomeUnknown, 502, HTML),
        (OutcomeUnknown, 504, ""),
        (OutcomeUnknown, 403, HTML),
        (OutcomeUnknown, 200, HTML),
        (OutcomeUnknown, 200, ""),
        (OutcomeUnknown, 204, ""),
        (OutcomeUnknown, 200, '{"success": tr'),
    ],
)
def test_kind_of_error(kind, status, body):
    assert failure(body, status).__class__ is kind


def test_retired_endpoint_is_not_taken_for_a_missing_object():
    assert not isinstance(failure({"error": "deprecated_endpoint"}, 410), NotFound)


def test_wrong_key_says_where_keys_come_from():
    assert "Check api_key, VAST_API_KEY or the key in the system keyring" in str(failure({"error": "auth_error"}, 404))


def test_missing_permission_is_not_called_a_wrong_key():
    sentence = str(failure({"error": "not_authorized", "msg": "Not allowed"}, 403))
    assert "may lack the permission" in sentence
    assert "does not accept" not in sentence


# -- throttling


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({}, {}, 0.0),
        ({"retry_after": 7}, {}, 7.0),
        ({"retry_after": 7}, {"retry-after": "3"}, 3.0),
        ({"retry_after": -1, "detail": "threshold=4.5"}, {}, 4.5),
        ({"retry_after": "soon"}, {}, 0.0),
        ({"retry_after": None}, {}, 0.0),
        ({"retry_after": True}, {}, 0.0),
        ({"retry_after": {"s": 1}}, {}, 0.0),
        ("threshold = 4", {}, 4.0),
        ({}, {"retry-after": "nan"}, 0.0),
        ({}, {"retry-after": "inf"}, 0.0),
        ('{"retry_after": 1e999}', {}, 0.0),
        ('{"retry_after": ' + "9" * 400 + "}", {}, 0.0),
    ],
)
def test_time_to_wait_is_a_sane_number_of_seconds(body, headers, seconds):
    error = failure(body, 429, headers)
    assert isinstance(error, Throttled)
    assert error.retry_after == seconds


@pytest.mark.parametrize("reset", ["", "soon", "nan", "1e30", "-1e30"])
def test_quota_without_a_sane_reset_time_ends_at_midnight(reset):
    error = failure({"error": "search_quota_exceeded"}, 429, {"x-ratelimit-reset": reset})
    assert "used up until midnight UTC" in str(error)


# -- nothing but sentences


def test_deep_nesting_is_no_traceback():
    assert isinstance(failure("[" * 100_000, 200), OutcomeUnknown)


def lines_of_the_error(one: Answer) -> int:
    """How many lines the sentence has; 1 for a success too."""
    try:
        read_answer(one)
    except VastError as error:
        return len(str(error).splitlines())
    return 1


@given(
    body=ANY_JSON | st.dictionaries(FIELDS, ANY_JSON),
    status=st.integers(200, 599),
    headers=st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset"]), st.text()),
)
def test_any_json_is_a_success_or_one_line(body, status, headers):
    assert lines_of_the_error(answer(json.dumps(body), status, headers)) == 1


@given(text=st.text(), status=st.integers(200, 599))
def test_any_text_is_a_success_or_one_line(text, status):
    assert lines_of_the_error(answer(text, status)) == 1
