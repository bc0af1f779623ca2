# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one client for Vast.ai's API: it sends, tries again where that is safe, and raises sentences.

Reads are tried again until one deadline. Writes are sent once, and once more only when it is certain that nothing
happened: the API throttled them, or no connection came about. Anything less certain is the caller's to settle, because
Vast.ai has no idempotency key and a repeated create rents a second machine.
"""

from __future__ import annotations

import itertools
import json
import random
import ssl
import time
from collections.abc import Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._answers import Answer, read_answer
from ansible_collections.cloudctl.vastai.plugins.module_utils._credentials import find_api_key, find_api_url
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import (
    BadRequest,
    OutcomeUnknown,
    QuotaExceeded,
    Throttled,
    Unreachable,
    VastError,
)
from ansible_collections.cloudctl.vastai.plugins.module_utils._session import open_session
from ansible_collections.cloudctl.vastai.plugins.module_utils._usage import checked_seconds
from ansible_collections.cloudctl.vastai.plugins.module_utils._version import VERSION

try:
    import requests
    import urllib3.exceptions
except ImportError:
    pass  # open_session() says so

DEFAULT_TIMEOUT = 30.0
DEFAULT_RETRY_TIMEOUT = 60.0

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 10.0
_SHORTEST_TRY = 1.0


class VastClient:
    """A connection to one Vast.ai account. Not shared between threads or processes."""

    def __init__(
        self,
        api_key: str,
        api_url: str,
        caller: str,
        timeout: float = DEFAULT_TIMEOUT,
        retry_timeout: float = DEFAULT_RETRY_TIMEOUT,
    ) -> None:
        """``caller`` is named in the User-Agent, such as ``module vast_instance``. ``timeout``: seconds for each
        request to connect, and between two bytes of its answer; ``retry_timeout``: seconds for all tries of one call.
        """
        self.api_url = api_url
        self._api_key = api_key
        self._timeout = timeout
        self._retry_timeout = retry_timeout
        self._session = open_session(api_key, f"cloudctl.vastai/{VERSION} ({caller})")

    def read(self, method: str, path: str, params: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Decoded answer of a request that changes nothing; sent again after 429, 5xx and lost connections.

        ``path``: from ``/api/`` on, with its trailing slash; ``params``: see :func:`_query_parameters`;
        ``body``: sent as JSON. Raises any error of ``_errors``.
        """
        return self._persist(method, path, params, body, safe_to_repeat=(Throttled, Unreachable, OutcomeUnknown))

    def write(self, method: str, path: str, params: Mapping[str, Any] | None = None, body: Any = None) -> Any:
        """Decoded answer of a request that changes something; takes effect at most once.

        Raises :class:`OutcomeUnknown` when it may have taken effect, any other error when it has not.
        """
        return self._persist(
            method, path, params, {} if body is None else body, safe_to_repeat=(Throttled, Unreachable)
        )

    def _persist(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None,
        body: Any,
        safe_to_repeat: tuple[type[VastError], ...],
    ) -> Any:
        deadline = time.monotonic() + self._retry_timeout
        timeout = self._timeout
        for attempt in itertools.count():
            try:
                return self._send(method, path, params, body, timeout)
            except QuotaExceeded:
                raise
            except safe_to_repeat as error:
                pause = _pause(attempt, error)
                if time.monotonic() + pause >= deadline:
                    if attempt and isinstance(error, OutcomeUnknown):
                        raise _given_up(error, attempt + 1) from error
                    raise
            time.sleep(pause)
            if OutcomeUnknown in safe_to_repeat:
                timeout = min(self._timeout, max(_SHORTEST_TRY, deadline - time.monotonic()))
        raise AssertionError  # never: the loop ends by returning or raising

    def _send(self, method: str, path: str, params: Mapping[str, Any] | None, body: Any, timeout: float) -> Any:
        # A redirected write may lose its body, so only reads without one follow redirects.
        follow = method == "GET" and body is None
        try:
            response = self._session.request(
                method,
                self.api_url + path,
                params=_query_parameters(params),
                json=body,
                timeout=timeout,
                allow_redirects=follow,
            )
            text = response.text
        except requests.exceptions.RequestException as error:
            raise self._failure(method, path, error) from error
        headers = {name.lower(): value for name, value in response.headers.items()}
        return read_answer(Answer(f"{method} {path}", response.status_code, headers, text, self._api_key))

    def _failure(self, method: str, path: str, error: Exception) -> VastError:
        reason = self._without_key(_root_cause(error))
        if _nothing_was_sent(error):
            return Unreachable(
                f"Vast.ai can't be reached at {self.api_url}: {reason}. Nothing was sent; check the network, "
                "and api_url or VAST_URL."
            )
        if isinstance(error, requests.exceptions.Timeout):
            return OutcomeUnknown(f"{method} {path} got no answer from {self.api_url} within {self._timeout:g} s.")
        if isinstance(error, (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)):
            return OutcomeUnknown(f"The connection to {self.api_url} broke during {method} {path}: {reason}.")
        return BadRequest(f"{method} {path} can't be sent to {self.api_url}: {reason}.")

    def _without_key(self, text: str) -> str:
        """The API may echo what it was sent; the key must not travel on from there."""
        return text.replace(self._api_key, "********")


def open_client(options: Mapping[str, Any], caller: str) -> VastClient:
    """A client from the options of all plugins: api_key, api_url, api_timeout, api_retry_timeout."""
    timeout = options.get("api_timeout")
    retry_timeout = options.get("api_retry_timeout")
    return VastClient(
        api_key=find_api_key(options.get("api_key")),
        api_url=find_api_url(options.get("api_url")),
        caller=caller,
        timeout=DEFAULT_TIMEOUT if timeout is None else checked_seconds("api_timeout", float(timeout), least=0.001),
        retry_timeout=(
            DEFAULT_RETRY_TIMEOUT
            if retry_timeout is None
            else checked_seconds("api_retry_timeout", float(retry_timeout))
        ),
    )


def _query_parameters(params: Mapping[str, Any] | None) -> dict[str, str]:
    """Query values as Vast.ai reads them: text as it is, everything else as JSON; ``None`` leaves the parameter out."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
        for name, value in (params or {}).items()
        if value is not None
    }


def _given_up(error: VastError, tries: int) -> VastError:
    """The last error of several, saying that they were several."""
    return OutcomeUnknown(f"{error} It was tried {tries} times: Vast.ai, or the way there, has trouble. Try later.")


def _pause(attempt: int, error: VastError) -> float:
    """Seconds before the next try: full jitter, so that controllers that failed together do not return together."""
    jitter = random.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2**attempt))
    return getattr(error, "retry_after", 0.0) + jitter


def _nothing_was_sent(error: Exception) -> bool:
    """Whether the failure certainly lies before the first byte of the request: name, connection, tunnel, certificate.

    Other TLS errors do not count: they can also strike while the answer is read.
    """
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    if isinstance(_innermost(error), ssl.SSLCertVerificationError):
        return True
    reason = getattr(error.args[0], "reason", None) if error.args else None
    if isinstance(reason, urllib3.exceptions.ProxyError):
        # Behind a proxy this is how any broken connection is called, also after the request was sent.
        reason = reason.original_error
        if "Tunnel connection failed" in str(reason):
            return True
    return isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


def _root_cause(error: BaseException) -> str:
    """The innermost reason in the words of the operating system; the outer layers repeat the URL and object ids."""
    innermost = _innermost(error)
    text = getattr(innermost, "strerror", None) or str(innermost) or type(innermost).__name__
    return " ".join(text.split()).rstrip(".")


def _innermost(error: BaseException) -> BaseException:
    while inner := error.__cause__ or error.__context__:
        error = inner
    return error
