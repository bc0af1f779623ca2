# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start-up scripts that are longer than the API takes: compressed for the way, unpacked on the box.

Fact: sources name limits between 4048 and 16384 characters for ``onstart``; 4000 is within all of them.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import re

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest

LONGEST = 4000

_PACKED = """#!/bin/bash
# cloudctl.vastai: this script was longer than the API takes
base64 -d <<'PACKED' | gzip -dc > /tmp/vast_onstart && chmod +x /tmp/vast_onstart && exec /tmp/vast_onstart
{payload}
PACKED
"""
_PAYLOAD = re.compile(r"<<'PACKED' .*\n([A-Za-z0-9+/=]+)\nPACKED\s*\Z")


def pack(script: str) -> str:
    """The script, or a short one that unpacks and runs it. Raises :class:`BadRequest` if even that is too long."""
    if len(script.encode()) <= LONGEST:
        return script
    if not script.startswith("#!"):
        script = "#!/bin/bash\n" + script
    payload = base64.b64encode(gzip.compress(script.encode(), mtime=0)).decode()
    packed = _PACKED.format(payload=payload)
    if len(packed) > LONGEST:
        raise BadRequest(
            f"onstart is too long: {len(script)} characters, compressed {len(packed)}, and Vast.ai takes {LONGEST}. "
            "Put the script into the image, or let a short one download it."
        )
    return packed


def unpack(script: str) -> str:
    """The script that was given to :func:`pack`, up to the first line that packing may have added."""
    payload = _PAYLOAD.search(script)
    if not payload:
        return script
    try:
        return gzip.decompress(base64.b64decode(payload.group(1))).decode()
    except (OSError, EOFError, ValueError, binascii.Error):
        return script


def same(one: str, other: str) -> bool:
    """Whether two scripts, packed or not, do the same; the compressed bytes may differ between releases of zlib."""
    return _essence(one) == _essence(other)


def _essence(script: str) -> str:
    return unpack(script).removeprefix("#!/bin/bash\n").strip()
