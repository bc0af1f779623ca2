# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who uses a volume, and whether volumes can be mounted in an instance that is about to be rented."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.cloudctl.vastai.plugins.module_utils._client import VastClient
from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._instances import show_instance
from ansible_collections.cloudctl.vastai.plugins.module_utils._mounts import Attachments, Mount, attach
from ansible_collections.cloudctl.vastai.plugins.module_utils._volumes import list_volumes, users
from ansible_collections.cloudctl.vastai.plugins.module_utils._wait import ticks

Row = dict[str, Any]

# Vast.ai lets go of a volume about 30 s after the instance that mounted it is destroyed.
LINK_LAG = 90.0


def users_that_exist(client: VastClient, volume: Mapping[str, Any]) -> list[Row]:
    """The instances that mount a volume; its own list has destroyed ones for about 30 s more. One request each."""
    shown = [show_instance(client, instance_id) for instance_id in users(volume)]
    return [instance for instance in shown if instance is not None]


def find_attachments(client: VastClient, mounts: Iterable[Mount], replaced: Mapping[str, Any] | None) -> Attachments:
    """The volumes for a new instance. ``replaced``: the instance that is destroyed first, if any.

    Raises :class:`BadRequest` when they can't be mounted: one does not exist, is elsewhere, or is in use.
    """
    attachments = attach(mounts, list_volumes(client))
    for mount, volume in attachments.existing:
        others = [one for one in users_that_exist(client, volume) if not replaced or one["id"] != replaced["id"]]
        if others:
            name = others[0].get("label")
            called = f" ({name})" if name else ""
            raise BadRequest(
                f"The volume {mount.title} is in use by instance {others[0]['id']}{called}, and only one instance at a "
                "time can mount it. Destroy that instance first, or use another volume."
            )
    return attachments


def wait_until_free(client: VastClient, attachments: Attachments) -> None:
    """Return when no destroyed instance is counted as a user any more; after a while, whatever is counted."""
    wanted = {volume["id"] for _mount, volume in attachments.existing}
    for _passed in ticks(LINK_LAG):
        if not any(users(volume) for volume in list_volumes(client) if volume["id"] in wanted):
            return
