#!/usr/bin/env bash
# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Which keyring is the system's is settled by the environment in which Ansible starts. This one is a file; the tests
# below tests/e2e use a real one.
set -eux

export PYTHONPATH="$PWD/library_of_rings${PYTHONPATH:+:$PYTHONPATH}"
export PYTHON_KEYRING_BACKEND=ring_in_a_file.Keyring
export RING_FILE="$OUTPUT_DIR/ring.json"

ansible-playbook vast_keyring.yml -e @../../integration_config.yml "$@"
