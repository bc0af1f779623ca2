# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real machines behind instances: an OpenSSH server, a disk and processes for each that runs.

``endpoints`` is what the emulator knows of them. ``init`` and what it imports run inside a machine.
"""
