# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of everything that rents GPUs: which instance, its state, what runs on it, and how long to wait for it."""

from __future__ import annotations


class ModuleDocFragment:
    """The module_utils side is INSTANCE_ARGUMENTS in C(_instance_resource.py)."""

    DOCUMENTATION = r"""
options:
  name:
    description:
      - Label of the instance, by which it is found.
      - Together with O(id) it is the label that the instance shall have.
    type: str
  id:
    description:
      - ID of an existing instance. It is an error if it does not exist, unless O(state=absent).
    type: int
  state:
    description:
      - V(present) rents the instance if there is none of that O(name), and brings its settings in line. It neither
        starts nor stops an instance that exists.
      - V(started) is V(present), and starts the instance if it is stopped.
      - V(stopped) stops an instance that exists. Its disk is kept and bills, its GPU may go to somebody else.
      - V(rebooted) stops and starts the container; it keeps its GPU. An instance that is stopped is started.
      - V(recycled) creates the container anew from its image; it keeps its GPU, and the data on its disk is lost.
      - V(absent) destroys the instance with all data on its disk, and returns when it is gone. Volumes stay.
    type: str
    choices: [present, started, stopped, rebooted, recycled, absent]
    default: present
  image:
    description:
      - Docker image to run, such as V(pytorch/pytorch:latest). A rent needs it or a template.
      - If an existing instance runs another one, its container is created anew, and data on its disk is lost.
    type: str
  template_hash_id:
    description:
      - Hash of the template to run. What is also given as an option wins.
      - Vast.ai gives a template a new hash with each edit. With the new one, the container of an existing instance is
        created anew, and data on its disk is lost.
    type: str
  disk:
    description:
      - Disk in GB, 10 if it is not set. It can't be changed once rented; a difference below 1 GB counts as none, as
        Vast.ai does not allocate to the byte.
    type: float
  env:
    description:
      - Environment variables of the container. Variables of an existing instance that are not listed are left alone.
      - The values reach Vast.ai and the machine's host. They are not returned or logged.
    type: dict
  ports:
    description:
      - Ports of the container to open, as V(8080), V(8081:80) (host:container) or V(5000/udp).
        Vast.ai chooses the port on the outside; see RV(ignore:instance.ports). They can't be changed once rented.
    type: list
    elements: str
  onstart:
    description:
      - Script to run whenever the container starts. One of more than 4000 bytes is sent compressed and unpacked on the
        machine.
    type: str
  onstart_file:
    description:
      - File with that script, on the host on which the task runs.
    type: path
  runtype:
    description:
      - How the container is reached. V(ssh_direct) and V(jupyter_direct) open ports on the machine itself, the
        V(_proxy) kinds go through a proxy of Vast.ai's only, V(args) runs the image's own entry point and has no SSH.
      - V(ssh_direct) if neither this nor a template is given. It can't be changed once rented.
    type: str
    choices: [ssh_direct, ssh_proxy, jupyter_direct, jupyter_proxy, args]
  args:
    description:
      - Arguments for the image's entry point, with O(runtype=args).
    type: list
    elements: str
  volumes:
    description:
      - Volumes that the instance mounts. It gets them when it is rented, or never, so a volume that an existing
        instance lacks is treated like a different disk.
      - A volume lives on one machine, so only offers of that machine are searched. All volumes must be on the same one.
    type: list
    elements: dict
    suboptions:
      name:
        description:
          - Name of the volume.
        type: str
      id:
        description:
          - ID of the volume, written V(789012), V(vol-789012) or V(V.789012).
        type: str
      mount_path:
        description:
          - Absolute path in the container.
        type: str
        default: /data
      create:
        description:
          - If there is no volume of that name, have it created together with the instance, on whatever machine is
            rented. That goes for one volume of an instance only.
          - What the new volume costs is no part of the instance's price. Look it up with
            M(cloudctl.vastai.vast_volume_offer_info), or rent the volume with M(cloudctl.vastai.vast_volume), which
            takes a highest price.
        type: bool
        default: false
      size:
        description:
          - Size in GB of a volume that is created, 15 if it is not set. One that exists must have this size.
        type: int
  image_login:
    description:
      - Login for a private registry, as V(-u USER -p TOKEN REGISTRY).
      - It is used when the instance is rented. Vast.ai takes none when the image of an existing instance is changed.
    type: str
  rent_timeout:
    description:
      - Seconds to go on searching when all offers that fitted were rented by others before this task.
    type: float
    default: 120.0
  force_replace:
    description:
      - Destroy the instance and rent another if it differs in something that Vast.ai can't change. All its data is
        lost.
    type: bool
    default: false
  wait:
    description:
      - Wait until the instance is usable, stopped or gone.
      - Without it, a rent is over when the instance exists, and a destruction when it was accepted.
    type: bool
    default: true
  wait_for:
    description:
      - What counts as usable. V(ssh) waits until an SSH server answers from here; for an instance without SSH it is
        V(running).
    type: str
    choices: [running, ssh]
    default: ssh
  wait_timeout:
    description:
      - Seconds to wait. Slow machines pull large images for a long time. The instance is not destroyed when the time
        is over.
    type: float
    default: 900.0
  connect_with:
    description:
      - Which SSH address to wait for and to return. V(auto) prefers the direct one.
    type: str
    choices: [auto, direct, proxy]
    default: auto
"""
