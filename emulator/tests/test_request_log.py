# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The request log counts everything and grows no further than it must."""

from __future__ import annotations

from vast_emulator.wire.request_log import MOST_ROWS, OTHERS, RequestLog


def test_odd_requests_do_not_make_it_grow() -> None:
    log = RequestLog()
    log.add("GET", "/api/v1/instances/", 200, 0.0, 0.0)
    for number in range(2 * MOST_ROWS):
        log.add("GET", f"/api/v0/odd-{number}/" + "x" * 1000, 404, 0.0, 0.0)
        log.add(f"ODD{number}", f"/api/v0/odd-{number}/", 405, 0.0, 0.0)
    log.add("GET", "/api/v1/instances/", 200, 0.0, 0.0)
    log.add("PUT", "/api/v0/asks/7/", 200, 0.0, 0.0)
    report = log.report()
    rows = {(row["method"], row["path"], row["status"]): row["count"] for row in report["requests"]}
    assert len(rows) == MOST_ROWS + 3
    assert max(len(path) for _method, path, _status in rows) == 200
    assert rows["GET", "/api/v1/instances/", 200] == 2, "what was counted before goes on"
    assert rows["PUT", OTHERS, 200] == 1
    assert rows["GET", OTHERS, 404] + rows[OTHERS, OTHERS, 405] == 4 * MOST_ROWS - (MOST_ROWS - 1)
    assert (report["total"], report["writes"]) == (4 * MOST_ROWS + 3, 2 * MOST_ROWS + 1)
