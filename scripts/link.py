# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make build/ansible_collections/cloudctl/vastai point to the checkout; print the folder that tools search, build."""

from __future__ import annotations

from _collection import link

if __name__ == "__main__":
    print(link())
