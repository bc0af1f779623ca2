# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that every plugin of this collection has for reaching Vast.ai."""

from __future__ import annotations


class ModuleDocFragment:
    """Included by modules as C(cloudctl.vastai.api).

    Inventory and lookup plugins add environment variables with C(.plugin), and lookups variables with C(.lookup).
    """

    DOCUMENTATION = r"""
options:
  api_key:
    description:
      - API key of the Vast.ai account. It is sent to O(api_url) and nowhere else, and never returned or logged.
      - If it is not set, the value of the environment variable E(VAST_API_KEY) is used, and then the entry V(api_key)
        of the service V(cloudctl.vastai) in the system keyring.
      - Environment and keyring are those of the host on which the code runs, so run on localhost.
    type: str
  api_url:
    description:
      - Address of the API. If it is not set, the value of the environment variable E(VAST_URL) is used, and then
        V(https://console.vast.ai).
    type: str
  api_timeout:
    description:
      - Seconds for one request to connect, and to wait for the next part of its answer.
    type: float
    default: 30.0
  api_retry_timeout:
    description:
      - Seconds for all tries of one call together; the first may take O(api_timeout) in any case.
      - Calls that only read are repeated after errors of the network and the server; calls that change something only
        when it is certain that nothing happened.
    type: float
    default: 60.0
requirements:
  - requests >= 2.31
  - keyring >= 24, if the API key comes from the system keyring
"""

    PLUGIN = r"""
options:
  api_key:
    env:
      - name: VAST_API_KEY
  api_url:
    env:
      - name: VAST_URL
"""

    # A module takes these from module_defaults, which lookups do not know.
    LOOKUP = r"""
options:
  api_key:
    vars:
      - name: vast_api_key
  api_url:
    vars:
      - name: vast_api_url
"""
