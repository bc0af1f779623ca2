# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rows say about instances on their way: the table of verdicts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._readiness import (
    Progress,
    describe_status,
    running_verdict,
    status_message,
    stopped_verdict,
)
from ansible_collections.cloudctl.vastai.tests.unit.plugins.module_utils.rows import ANY_ROW

READY, PENDING, LOST = Progress.READY, Progress.PENDING, Progress.LOST
ERRORS = [
    "Error: container exited",
    "Error response from daemon: no such image",
    "OCI runtime create failed: runc",
    "manifest for nobody/nothing:latest not found: manifest unknown",
    "manifest unknown",
    "pull access denied for nobody/nothing",
    "docker_build() error writing dockerfile",
    "toomanyrequests: You have reached your pull rate limit",
    "write /var/lib/docker: no space left on device",
]


def row(status, intended="running", message=None):
    return {"actual_status": status, "intended_status": intended, "status_msg": message}


# -- on the way up


@pytest.mark.parametrize(
    ("status", "intended", "message", "after_create", "in_grace"),
    [
        ("running", "running", "success, running x/ssh", READY, READY),
        ("running", "running", "Error: of an earlier boot", READY, READY),
        (None, "running", None, PENDING, PENDING),
        ("created", "running", None, PENDING, PENDING),
        ("loading", "running", "Pulling fs layer", PENDING, PENDING),
        ("rebooting", "running", None, PENDING, PENDING),
        ("recycling", "running", None, PENDING, PENDING),
        ("something new", "running", None, PENDING, PENDING),
        ("exited", "running", None, LOST, PENDING),
        ("stopped", "running", None, LOST, PENDING),
        ("unknown", "running", None, LOST, PENDING),
        ("offline", "running", None, LOST, PENDING),
        (None, "stopped", None, LOST, PENDING),
        ("loading", "stopped", None, LOST, PENDING),
        ("exited", "stopped", None, LOST, PENDING),
        ("running", "stopped", "success, running x/ssh", LOST, PENDING),
        ("loading", "running", "Error: no", LOST, PENDING),
        ("created", "stopped", "Error: no", LOST, PENDING),
        (None, "running", "Error: no", LOST, PENDING),
    ],
)
def test_way_up(status, intended, message, after_create, in_grace):
    assert running_verdict(row(status, intended, message), grace=False).progress is after_create
    assert running_verdict(row(status, intended, message), grace=True).progress is in_grace


@pytest.mark.parametrize("message", ERRORS)
def test_error_of_the_daemon_is_final_and_quoted(message):
    verdict = running_verdict(row("loading", message=message), grace=False)
    assert verdict.progress is LOST
    assert verdict.reason == f"can't boot: {message}"


@pytest.mark.parametrize("message", ERRORS)
def test_stale_error_does_not_count_while_the_instance_runs(message):
    assert running_verdict(row("running", message=message), grace=False).progress is READY


@pytest.mark.parametrize("message", ERRORS)
def test_stale_error_does_not_count_shortly_after_a_start(message):
    assert running_verdict(row("exited", message=message), grace=True).progress is PENDING


@pytest.mark.parametrize(
    "message",
    ["Pulling from library/terror", "mirrors: 3", "Status: Image is up to date", "errors=0", "manifest downloaded", ""],
)
def test_harmless_message_is_no_error(message):
    assert running_verdict(row("loading", message=message), grace=False).progress is PENDING


def test_stop_by_others_says_who_may_have_done_it():
    reason = running_verdict(row("exited", "stopped"), grace=False).reason
    assert reason == "was stopped by Vast.ai, its host or another program (is exited)"


# -- on the way down


@pytest.mark.parametrize(
    ("status", "intended", "progress"),
    [
        ("exited", "stopped", READY),
        ("stopped", "stopped", READY),
        ("created", "stopped", READY),
        (None, "stopped", READY),
        ("running", "stopped", PENDING),
        ("loading", "stopped", PENDING),
        ("exited", "running", PENDING),
        ("running", "running", PENDING),
    ],
)
def test_way_down(status, intended, progress):
    assert stopped_verdict(row(status, intended)).progress is progress


# -- words


def test_status_and_message_make_half_a_sentence():
    assert describe_status(row("loading", message="Pulling\n layers.\n")) == "is loading (Pulling layers)"


def test_missing_status_is_being_created():
    assert describe_status({}) == "is being created"


def test_message_is_one_line_of_at_most_300_characters():
    message = status_message(row("loading", message="layer\n" * 500))
    assert len(message) <= 300
    assert "\n" not in message


@given(row=ANY_ROW, grace=st.booleans())
def test_any_row_has_a_verdict_in_one_line(row, grace):
    for verdict in (running_verdict(row, grace), stopped_verdict(row)):
        assert verdict.progress in Progress


@given(row=ANY_ROW, grace=st.booleans())
def test_grace_never_turns_a_verdict_into_a_loss(row, grace):
    assert running_verdict(row, grace=True).progress is not LOST
