# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's main job against a marketplace that starts here and ends with the demo: no account, no money."""

from __future__ import annotations

import json
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from vast_emulator.process import Emulator

ROOT = Path(__file__).resolve().parent.parent
SPEED = 60
PLAYBOOK = "cloudctl.vastai.first_rent"


def main(arguments: list[str]) -> int:
    """Run the playbook with further ``arguments`` of ansible-playbook; its exit code."""
    real = has_servers()
    with Emulator(seed=7, speed=SPEED, sshd=real) as emulator, tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        say(f"A Vast.ai marketplace runs at {emulator.url}, {SPEED} times as fast as the real one.")
        if not real:
            say("Nobody can log in to what it rents, as OpenSSH's server is not installed: apt install openssh-server")
        say(f"$ ansible-playbook {PLAYBOOK}")
        login = {"ssh_key": str(key(scratch, real)), "ssh_user": pwd.getpwuid(os.geteuid()).pw_name}
        access = ["-e", json.dumps(login)]
        command = [sys.executable, "-m", "ansible", "playbook", PLAYBOOK, *access, *arguments]
        outcome = subprocess.run(command, env=environment(emulator, scratch), cwd=scratch, check=False)
        if outcome.returncode == 0:
            say(f"\n{account(emulator.ledger())}")
    return outcome.returncode


def has_servers() -> bool:
    """Whether the emulator can put real machines behind instances. They are found where only root may look, too."""
    path = f"{os.environ['PATH']}:/usr/local/sbin:/usr/sbin:/sbin"
    return all(shutil.which(name, path=path) for name in ("sshd", "ssh", "ssh-keygen"))


def key(scratch: Path, wanted: bool) -> Path:
    """Where a key pair for the demo is, if one is wanted."""
    path = scratch / "id_ed25519"
    if wanted:
        program = shutil.which("ssh-keygen") or "ssh-keygen"
        subprocess.run([program, "-q", "-t", "ed25519", "-N", "", "-C", "demo", "-f", path], check=True)
    return path


def environment(emulator: Emulator, scratch: Path) -> dict[str, str]:
    """What a user would export, and settings that keep the demo away from his own configuration."""
    config = scratch / "ansible.cfg"
    config.touch()
    return {
        **os.environ,
        "VAST_URL": emulator.url,
        "VAST_API_KEY": emulator.api_key,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build"),
        "ANSIBLE_CONFIG": str(config),
        "ANSIBLE_HOME": str(scratch),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_STDOUT_CALLBACK": "cloudctl.vastai.plain",
    }


def account(ledger: dict[str, Any]) -> str:
    """What the emulator's books say at the end."""
    rest = f"{len(ledger['billing'])} contracts still bill" if ledger["billing"] else "nothing bills any more"
    return f"The marketplace's own books: ${ledger['total']:.4f} spent in emulated minutes, and {rest}."


def say(text: str) -> None:
    """Print before the child does."""
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
