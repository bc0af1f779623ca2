# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start-up scripts: packed when they are too long, and still the same scripts."""

from __future__ import annotations

import base64
import gzip
import random
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._onstart import LONGEST, pack, same, unpack

LONG_TEXT = st.builds(lambda text, times: text * times, st.text(min_size=1, max_size=40), st.integers(400, 5000))
LONG = "echo step\n" * 1000


def run(packed, folder):
    """What a packed script says, with the folder in the place of the box's /tmp."""
    script = packed.replace("/tmp/", f"{folder}/")
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, timeout=10)


@given(st.text(max_size=1000))
def test_short_script_goes_as_it_is(script):
    assert pack(script) == script


def test_longest_script_that_goes_as_it_is_has_4000_bytes():
    assert pack("x" * 4000) == "x" * 4000
    assert pack("x" * 4001) != "x" * 4001


def test_length_counts_bytes_and_not_characters():
    assert pack("ü" * 2001) != "ü" * 2001


@given(LONG_TEXT)
def test_packed_script_fits(script):
    assert len(pack(script).encode()) <= LONGEST


@given(LONG_TEXT | st.text())
def test_unpacking_gives_the_script_back(script):
    assert unpack(pack(script)) in (script, "#!/bin/bash\n" + script)


@given(LONG_TEXT | st.text())
def test_packed_script_is_the_same_script(script):
    assert same(pack(script), script)
    assert same(script, pack(script))


def test_packing_twice_gives_the_same_text():
    assert pack(LONG) == pack(LONG)


def test_packed_by_another_zlib_is_the_same_script():
    payload = base64.b64encode(gzip.compress(("#!/bin/bash\n" + LONG).encode(), 1, mtime=0)).decode()
    other = "\n".join([*pack(LONG).splitlines()[:-2], payload, "PACKED", ""])
    assert other != pack(LONG)
    assert same(other, LONG)


def test_other_scripts_are_not_the_same():
    assert not same(pack(LONG), pack(LONG + "echo more\n"))


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "  "])
def test_white_space_at_the_end_makes_no_difference(end):
    assert same("echo hello", "echo hello" + end)


def test_script_that_only_looks_packed_is_left_alone():
    script = "cat <<'PACKED' | sh\nbm90IGd6aXA=\nPACKED\n"
    assert unpack(script) == script


def test_script_too_long_even_when_packed_says_what_to_do():
    noise = "".join(random.Random(7).choices("0123456789abcdef", k=20_000))
    with pytest.raises(BadRequest, match=r"onstart is too long: 20012 .* Vast\.ai takes 4000\. Put the script into"):
        pack(noise)


def test_packed_script_runs(tmp_path):
    script = "# padding\n" * 1000 + 'echo "it runs: $((6 * 7))"\n'
    assert run(pack(script), tmp_path).stdout == "it runs: 42\n"


def test_packed_script_keeps_its_own_interpreter(tmp_path):
    script = "#!/bin/sh\n" + "# padding\n" * 1000 + 'echo "${BASH_VERSION:-no bash} $0"\n'
    assert f"{tmp_path}/vast_onstart" in run(pack(script), tmp_path).stdout


def test_packed_script_hands_on_its_exit_code(tmp_path):
    assert run(pack("# padding\n" * 1000 + "exit 7\n"), tmp_path).returncode == 7


def test_quotes_dollars_and_backslashes_survive_the_shell(tmp_path):
    text = """a'b"c`d$HOME\\n$(reboot) PACKED ü"""
    script = "# padding\n" * 1000 + f"cat <<'EOF'\n{text}\nEOF\n"
    assert run(pack(script), tmp_path).stdout == text + "\n"
