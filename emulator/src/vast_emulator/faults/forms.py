# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Failures that the live API was seen to answer with, by name."""

from __future__ import annotations

import http
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from vast_emulator.failures import Refusal, offer_gone
from vast_emulator.faults.matching import Asked
from vast_emulator.wire import limits

_DAY = 86400
_PAGE = "<html><head><title>{0} {1}</title></head><body><center><h1>{0} {1}</h1></center></body></html>\n"
# What the edge's web server says instead of the standard's words.
_REASONS = {503: "Service Temporarily Unavailable", 504: "Gateway Time-out"}


class Moment(NamedTuple):
    """The request that is answered, and when: emulated epoch seconds."""

    asked: Asked
    now: float


class Made(NamedTuple):
    """An answer in the making. A body that is not text is sent as JSON."""

    status: int
    body: Any
    content_type: str
    headers: dict[str, str] = {}  # noqa: RUF012 (never changed)


def page(status: int) -> str:
    """The edge's HTML page for a status."""
    reason = _REASONS.get(status)
    if reason is None:
        reason = http.HTTPStatus(status).phrase if status in set(http.HTTPStatus) else "Error"
    return _PAGE.format(status, reason)


def _json(refusal: Refusal) -> Made:
    return Made(refusal.status, refusal.body, "application/json")


def _html(moment: Moment, status: int | None) -> Made:
    return Made(status or 403, page(status or 403), "text/html")


def _throttled(style: str) -> Callable[[Moment, int | None], Made]:
    def form(moment: Moment, status: int | None) -> Made:
        interval = limits.interval(moment.asked.method, moment.asked.path)
        content, content_type = limits.Throttled(interval, interval).answer(style)
        return Made(429, content.decode(), content_type)

    return form


def _quota(moment: Moment, status: int | None) -> Made:
    midnight = (int(moment.now) // _DAY + 1) * _DAY
    body = _json(Refusal(429, "search_quota_exceeded", "Daily search quota exceeded."))
    return body._replace(headers={"X-RateLimit-Reset": str(midnight)})


def _vanished(moment: Moment, status: int | None) -> Made:
    number = re.search(r"\d+$", moment.asked.path.rstrip("/"))
    return _json(offer_gone(number.group() if number else "0"))


def _retired(moment: Moment, status: int | None) -> Made:
    return _json(Refusal(410, "deprecated_endpoint", f"{moment.asked.path} is deprecated."))


def _failure(moment: Moment, status: int | None) -> Made:
    return _json(Refusal(200, "request_failed", "The request could not be completed."))


def _bare_failure(moment: Moment, status: int | None) -> Made:
    return Made(200, {"success": False}, "application/json")


FORMS: dict[str, Callable[[Moment, int | None], Made]] = {
    "html": _html,
    "throttled": _throttled("json"),
    "throttled_text": _throttled("text"),
    "throttled_threshold": _throttled("text_threshold"),
    "throttled_detail": _throttled("detail"),
    "throttled_retry_after": _throttled("retry_after"),
    "quota": _quota,
    "failure": _failure,
    "bare_failure": _bare_failure,
    "vanished": _vanished,
    "retired": _retired,
}
