# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can go wrong with Vast.ai, each as a sentence a person can act on.

``str(error)`` is that sentence: what failed, on which object, what to do next. Nothing here ever holds the API key.
"""

from __future__ import annotations

from typing import Any

from ansible.module_utils.basic import missing_required_lib


class VastError(Exception):
    """Base of all errors that the collection raises on purpose."""


class BadRequest(VastError):
    """What the user asked for can't be asked of Vast.ai; nothing was sent."""


class MissingLibrary(VastError):
    """A Python library is not installed for the interpreter that runs this code."""

    def __init__(self, library: str, import_error: str, reason: str | None = None) -> None:
        """``import_error``: the traceback of the failed import, for ``-vvv``; ``reason``: why the library is needed."""
        super().__init__(missing_required_lib(library, reason=reason))
        self.import_error = import_error


class NoCredentials(VastError):
    """No API key was found in any of the places where one may be."""


class KeyringUnusable(VastError):
    """There is no keyring, or it can't be opened."""

    def __init__(self, problem: str) -> None:
        """``problem``: the keyring library's name for it, such as ``NoKeyringError`` or ``KeyringLocked``, or words."""
        unlock = "Unlock it, or set" if problem.startswith("KeyringLocked") else "Set"
        super().__init__(
            f"The system keyring can't be used ({problem}). {unlock} the environment variable VAST_API_KEY instead; "
            "in AWX, use a credential that does."
        )
        self.problem = problem


class Unreachable(VastError):
    """No connection came about, so nothing was sent and nothing can have happened."""


class OutcomeUnknown(VastError):
    """The request was sent, but no usable answer came: it may or may not have taken effect."""


class ApiError(VastError):
    """Vast.ai understood the request and refused it."""

    def __init__(self, sentence: str, status: int, code: str = "", message: str = "", body: Any = None) -> None:
        """``status``: HTTP status (200 too: Vast.ai also refuses with ``success: false``); ``code``: the answer's
        ``error``; ``message``: its own words; ``body``: the decoded answer, for the ids it may carry.
        """
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.message = message
        self.body = body if isinstance(body, dict) else {}


class AuthFailed(ApiError):
    """The key is wrong, expired, or lacks the permission."""


class NotFound(ApiError):
    """The object does not exist (any more). A retired endpoint (410) is never reported as this."""


class OfferGone(ApiError):
    """Somebody else rented the offer, or its host withdrew it: normal on a marketplace."""


class OutOfCredit(ApiError):
    """The account can't pay for it."""


class ResourcesUnavailable(ApiError):
    """A start was queued because the GPU is taken; Vast.ai will start, and bill, the instance when it is free."""


class Throttled(ApiError):
    """Too many requests; nothing was done. ``retry_after`` is in seconds, 0.0 when the API named no time."""

    retry_after: float = 0.0


class QuotaExceeded(Throttled):
    """The daily search quota is used up; trying again before midnight UTC is pointless."""


class Failure(VastError):
    """A task that failed after it had done something: carries what exists, so that the result can say so."""

    def __init__(self, sentence: str, **result: Any) -> None:
        """``result``: keys for the task's result, beside ``msg``."""
        super().__init__(sentence)
        self.result = result
