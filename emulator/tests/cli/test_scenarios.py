# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts around the official client are hurt by scenarios as well: it says that all is fine."""

from __future__ import annotations

from typing import Any


def billing(emulator: Any) -> set[int]:
    return {one["contract"] for one in emulator.ledger()["billing"]}


def test_orphans(client: Any, renter: Any, emulator: Any) -> None:
    """It asks again after the 502 and the broken connection, and believes the success that did nothing."""
    instance = renter.rent()
    emulator.scenario("orphans")
    assert client.says("destroy", "instance", str(instance), "-y") == f"destroying instance {instance}.\n"
    assert billing(emulator) == {instance}
    client.says("destroy", "instance", str(instance), "-y")
    assert billing(emulator) == set()


def test_errors_with_200(client: Any, renter: Any, emulator: Any) -> None:
    """A create that failed and rented, and a destroy that did nothing, both end with exit code 0."""
    emulator.scenario("errors_with_200")
    words = ("create", "instance", str(renter.offer()), "--image", "a/b", "--disk", "10", "--raw")
    assert '"success": false' in client.says(*words)
    (orphan,) = billing(emulator)
    assert client.run("destroy", "instance", str(orphan), "-y").returncode == 0
    assert billing(emulator) == {orphan}


def test_lost_answer(client: Any, renter: Any, emulator: Any) -> None:
    """Its own second try hides that the first one rented; whoever goes on with another offer pays for two."""
    emulator.scenario("lost_answer")
    words = ("--image", "a/b", "--disk", "10", "--raw")
    refused = client.run("create", "instance", str(renter.offer()), *words)
    assert "no_such_ask" in refused.stdout + refused.stderr
    client.raw("create", "instance", str(renter.offer(789012)), *words[:-1])
    assert len(billing(emulator)) == 2
