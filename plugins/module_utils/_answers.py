# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an HTTP answer of Vast.ai means: its JSON, or the error that fits.

Facts this rests on: failures come as 4xx/5xx, but also as HTTP 200 with ``success: false``; the text is in ``msg``,
``message``, ``detail``, ``error_msg`` or ``error``, or the body is plain text or an HTML page; a wrong key is usually
HTTP 404 with ``auth_error``; an offer that is gone says ``no_such_ask`` under 400, 404 or 410; 410 can also mean
that an endpoint was retired; texts may start with ``error 404/3603:`` whose number is not the HTTP status.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

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
from ansible_collections.cloudctl.vastai.plugins.module_utils._numbers import number

_TEXT_FIELDS = ("msg", "message", "detail", "error_msg", "error")
_LONGEST_QUOTE = 300
_CREDIT_CODES = {"insufficient_credit", "insufficient_balance", "missing_billing", "spend_rate_limit"}
_CREDIT_WORDS = re.compile(r"insufficient credit|lacks credit", re.IGNORECASE)
_NUMBERED_PREFIX = re.compile(r"^error \d+/\d+:\s*")
_THRESHOLD = re.compile(r"threshold\s*=\s*(\d+(?:\.\d+)?)")


@dataclass(frozen=True)
class Answer:
    """One HTTP answer, free of any HTTP library.

    ``headers`` are looked up in lower case. ``request`` names what was asked, such as ``PUT /api/v0/asks/7/``.
    ``secret``: the key, which the API may echo and no error may repeat.
    """

    request: str
    status: int
    headers: Mapping[str, str]
    text: str
    secret: str = ""


def read_answer(answer: Answer) -> Any:
    """The decoded JSON of a success.

    Raises the :class:`ApiError` that fits, or :class:`OutcomeUnknown` when the answer says nothing about the effect:
    5xx, the HTML page under 403 of a server in between, or a body that is not JSON under a 2xx status.
    """
    body = _decoded(answer.text)
    if 200 <= answer.status < 300 and body is not _NOT_JSON and not _says_no(body):
        return body
    # Only now: in the data of a success, a short key may well be part of a name.
    raise _failure(replace(answer, text=_masked(answer.text, answer.secret)), _without_secret(body, answer.secret))


_NOT_JSON = object()


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return _NOT_JSON


def _says_no(body: Any) -> bool:
    return isinstance(body, dict) and body.get("success") is False


def _failure(answer: Answer, body: Any) -> VastError:
    # The edge answers bursts with an HTML page under 403, which says nothing about the key.
    if answer.status >= 500 or (answer.status == 403 and _is_html(answer.text)):
        return OutcomeUnknown(f"{answer.request} was answered with HTTP {answer.status} ({_words(answer, body)}).")
    if 300 <= answer.status < 400:
        return _refusal(ApiError, answer, body, " Check api_url: the API answers this address with a redirect.")
    if answer.status >= 400 or _says_no(body):
        return _error(answer, body)
    return OutcomeUnknown(
        f"{answer.request} was answered with {_kind(answer.text)} instead of JSON; check that api_url is Vast.ai's API."
    )


def _masked(text: str, secret: str) -> str:
    return text.replace(secret, "********") if secret else text


def _without_secret(body: Any, secret: str) -> Any:
    """The body with the secret masked in the texts that a sentence may quote; JSON may have spelled it in escapes."""
    if isinstance(body, dict):
        return {name: _masked(value, secret) if isinstance(value, str) else value for name, value in body.items()}
    return _masked(body, secret) if isinstance(body, str) else body


def _error(answer: Answer, body: Any) -> ApiError:
    code = _code(body)
    message = _words(answer, body)
    everything = f"{code} {message}"
    if answer.status == 429 or code == "rate_limit_exceeded":
        return _throttled(answer, body, code)
    if code == "auth_error" or answer.status in (401, 403):
        return _auth_failed(answer, body)
    if "no_such_ask" in everything:
        return _refusal(OfferGone, answer, body, " Somebody else was quicker; search again.")
    if code in _CREDIT_CODES or answer.status == 411 or _CREDIT_WORDS.search(message):
        return _refusal(OutOfCredit, answer, body, " Add credit or raise the limit on Vast.ai's billing page.")
    if code == "resources_unavailable":
        return _refusal(ResourcesUnavailable, answer, body)
    if answer.status == 404:
        return _refusal(NotFound, answer, body)
    return _refusal(ApiError, answer, body)


def _auth_failed(answer: Answer, body: Any) -> ApiError:
    code = _code(body)
    message = _words(answer, body)
    if code not in ("auth_error", ""):
        return _refusal(AuthFailed, answer, body, " The API key may lack the permission.")
    return AuthFailed(
        f"Vast.ai does not accept the API key: {message} (HTTP {answer.status}). "
        "Check api_key, VAST_API_KEY or the key in the system keyring.",
        answer.status,
        code,
        message,
        body,
    )


def _throttled(answer: Answer, body: Any, code: str) -> Throttled:
    if code == "search_quota_exceeded":
        return _refusal(QuotaExceeded, answer, body, f" The daily quota is used up until {_quota_reset(answer)}.")
    error = _refusal(Throttled, answer, body, " Other programs may be using the same key.")
    error.retry_after = _retry_after(answer, body)
    return error


def _retry_after(answer: Answer, body: Any) -> float:
    """Seconds to wait: the header, or ``retry_after`` in the body, or the endpoint's interval named in the text."""
    hints = [answer.headers.get("retry-after")]
    if isinstance(body, dict):
        hints.append(body.get("retry_after"))
    threshold = _THRESHOLD.search(answer.text)
    if threshold:
        hints.append(threshold.group(1))
    found = (number(hint) for hint in hints)
    return next((float(seconds) for seconds in found if seconds is not None and seconds >= 0), 0.0)


def _quota_reset(answer: Answer) -> str:
    try:
        reset = datetime.datetime.fromtimestamp(float(answer.headers["x-ratelimit-reset"]), datetime.UTC)
    except (KeyError, ValueError, OverflowError, OSError):
        return "midnight UTC"
    return reset.strftime("%Y-%m-%d %H:%M UTC")


def _refusal(kind: type[Any], answer: Answer, body: Any, advice: str = "") -> Any:
    code = _code(body)
    message = _words(answer, body)
    named = f", {code}" if code and code not in message else ""
    sentence = f"Vast.ai refused {answer.request}: {message.rstrip('.')} (HTTP {answer.status}{named}).{advice}"
    return kind(sentence, answer.status, code, message, body)


def _code(body: Any) -> str:
    code = body.get("error") if isinstance(body, dict) else None
    return code if isinstance(code, str) and " " not in code else ""


def _words(answer: Answer, body: Any) -> str:
    """The API's own words, on one line, in a length that fits a sentence."""
    if isinstance(body, dict):
        texts = [body[field] for field in _TEXT_FIELDS if isinstance(body.get(field), str) and body[field].strip()]
        words = _NUMBERED_PREFIX.sub("", texts[0].strip()) if texts else "no reason given"
    elif isinstance(body, str) and body.strip():
        words = body
    elif body is _NOT_JSON and answer.text.strip() and not _is_html(answer.text):
        words = answer.text
    else:
        words = _kind(answer.text)
    words = " ".join(words.split())
    return words if len(words) <= _LONGEST_QUOTE else words[: _LONGEST_QUOTE - 1] + "…"


def _is_html(text: str) -> bool:
    return text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<head", "<body", "<?xml"))


def _kind(text: str) -> str:
    if not text.strip():
        return "an empty body"
    return "an HTML page" if _is_html(text) else "an unexpected body"
