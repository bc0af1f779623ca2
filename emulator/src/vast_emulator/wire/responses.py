# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bytes that go out as an answer."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response


def raw(content: bytes, status: int, content_type: str, headers: Mapping[str, str] | None = None) -> Response:
    """A response whose content type is exactly what is said: the official client compares it literally."""
    return Response(content, status, headers={**(headers or {}), "content-type": content_type})
