# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the body of a create to a contract."""

from __future__ import annotations

import shlex
from typing import Any

from vast_emulator import values
from vast_emulator.failures import Refusal, invalid_args, offer_gone
from vast_emulator.instances.mounting import mounts_of
from vast_emulator.market.machines import Offer
from vast_emulator.market.offers import is_free
from vast_emulator.world.contracts import Contract
from vast_emulator.world.world import World

LONGEST_ONSTART = 4048
# args, args_str and onstart together.
LONGEST_START = 4096
LONGEST_ENV_KEY = 256
LONGEST_ENV = 32768
LEAST_BID = 0.001
HIGHEST_BID = 128.0
DEFAULT_DISK = 8.0

# What clients send for runtype, in the spelling that instance rows report.
_WORDS = {
    "ssh": "ssh_proxy",
    "ssh_proxy": "ssh_proxy",
    "ssh_direc": "ssh_direc",
    "ssh_direct": "ssh_direc",
    "jupyter": "jupyter_proxy",
    "jupyter_proxy": "jupyter_proxy",
    "jupyter_direc": "jupyter_direc",
    "jupyter_direct": "jupyter_direc",
    "args": "args",
}


def no_such_ask(world: World, offer_id: object) -> Refusal:
    """A stale or taken offer. The status differs between reports; the text ``no_such_ask`` does not."""
    status = world.settings.stale_offer_status
    if status == 410:
        return offer_gone(offer_id)
    text = f"error 404/3603: no_such_ask Instance type by id {offer_id} is not available."
    return Refusal(status, "no_such_ask" if status == 400 else "invalid_args", text, ask_id=offer_id)


def runtype(value: Any) -> str:
    """The runtype as instance rows spell it, for example ``ssh ssh_direc ssh_proxy``."""
    words = (values.text(value, "runtype", 64) or "").split()
    if not words or any(word not in _WORDS for word in words):
        raise invalid_args(
            "runtype must be made of ssh, ssh_proxy, ssh_direct, jupyter, jupyter_proxy, jupyter_direct, args."
        )
    found = {_WORDS[word] for word in words}
    if found == {"args"}:
        return "args"
    if "args" in found:
        raise invalid_args("runtype args does not go with others.")
    if "jupyter_direc" in found:
        return "jupyter_direc ssh_direc ssh_proxy"
    if "jupyter_proxy" in found:
        return "jupyter_proxy ssh_proxy"
    return "ssh ssh_direc ssh_proxy" if "ssh_direc" in found else "ssh ssh_proxy"


def environment(value: Any) -> dict[str, str]:
    """The env object. Text instead of an object is ignored without a word, as the live API does."""
    if isinstance(value, str):
        return {}
    env = values.mapping(value, "env")
    if any(not isinstance(one, str) or len(name) > LONGEST_ENV_KEY for name, one in env.items()):
        raise invalid_args(f"env must map names of at most {LONGEST_ENV_KEY} characters to texts.")
    if sum(len(name) + len(one) for name, one in env.items()) > LONGEST_ENV:
        raise invalid_args(f"env is longer than {LONGEST_ENV} characters.")
    return env


def docker_options(text: str) -> dict[str, str]:
    """A template's env, which is a text of docker options, as the object that instances have."""
    env: dict[str, str] = {}
    words = iter(_words(text))
    for word in words:
        if word == "-e":
            name, _equal, value = next(words, "").partition("=")
            if name:
                env[name] = value
        elif word in ("-p", "-v", "-n"):
            env[f"{word} {next(words, '')}"] = "1"
        elif word == "-h":
            env["-h"] = next(words, "")
    return env


def _words(text: str) -> list[str]:
    """Words as a shell reads them: a value with spaces is written in quotes."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def arguments(body: dict[str, Any]) -> list[str]:
    """``args`` as a list, or ``args_str`` as one text."""
    args = values.texts(body.get("args"), "args")
    text = values.text(body.get("args_str"), "args_str", LONGEST_START)
    return args or ([text] if text else [])


def check_start(onstart: str | None, args: list[str]) -> None:
    """The limits on what a container is started with."""
    if len(onstart or "") > LONGEST_ONSTART:
        raise invalid_args(f"onstart is longer than {LONGEST_ONSTART} characters.")
    if len(onstart or "") + sum(map(len, args)) > LONGEST_START:
        raise invalid_args(f"args and onstart together are longer than {LONGEST_START} characters.")


def template_of(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """The template that a body names, or an empty one."""
    hash_id = values.text(body.get("template_hash_id"), "template_hash_id", 128)
    if not hash_id:
        number = values.identifier(body.get("template_id"))
        found = world.account.templates.get(number) if number is not None else None
        if body.get("template_id") is not None and found is None:
            raise invalid_args("there is no such template.")
        return found or {}
    for template in world.account.templates:
        if template["hash_id"] == hash_id:
            return template
    raise invalid_args(f"there is no template with hash_id {hash_id}.")


def image_of(body: dict[str, Any], template: dict[str, Any]) -> str:
    """The image asked for, else the template's."""
    image = values.text(body.get("image"), "image", 1024) or ""
    if not image.strip() and template.get("image"):
        tag = template.get("tag")
        image = f"{template['image']}:{tag}" if tag else template["image"]
    if not image.strip():
        raise invalid_args("image or template_hash_id is required.")
    return image.strip().replace("@vastai-automatic-tag", "latest")


def _price(value: Any) -> float | None:
    if value is None:
        return None
    found = None if isinstance(value, bool) else values.as_number(value)
    if found is None or not LEAST_BID <= found <= HIGHEST_BID:
        raise Refusal(400, "invalid_price", f"Please set a bid price >= {LEAST_BID} and <= {HIGHEST_BID:g}.")
    return float(found)


def _label(value: Any, most: int) -> str | None:
    if value is not None and isinstance(value, str) and len(value) > most:
        raise Refusal(400, "label_too_long", f"The label is longer than {most} characters.")
    return values.text(value, "label", most) or None


def contract_from(world: World, offer: Offer, body: dict[str, Any]) -> Contract:
    """A contract for an offer, not yet rented. Everything in the body is checked before anything happens."""
    template = template_of(world, body)
    image = image_of(body, template)
    args = arguments(body) or arguments(template)
    onstart = values.text(body.get("onstart"), "onstart", 10**6) or template.get("onstart")
    check_start(onstart, args)
    disk = values.number(body["disk"], "disk", 1.0, 1e6) if body.get("disk") is not None else None
    disk = disk or values.as_number(template.get("recommended_disk_space")) or DEFAULT_DISK
    if disk > offer.facts["disk_space"]:
        raise invalid_args(f"disk {disk:g} GB is more than the offer's {offer.facts['disk_space']:g} GB.")
    price = _price(body.get("price"))
    for name in ("python_utf8", "lang_utf8", "use_jupyter_lab", "force", "cancel_unavail", "vm"):
        values.flag(body.get(name), name)
    for name in ("image_login", "jupyter_dir", "user"):
        values.text(body.get(name), name, 4096)
    if body.get("vm") and not len(world.account.ssh_keys):
        raise Refusal(400, "no_ssh_key_for_vm", "A VM needs an SSH key of the account.")
    if body.get("target_state") not in (None, "running", "stopped"):
        raise invalid_args("target_state must be running or stopped.")
    number = world.new_contract_id()
    return Contract(
        id=number,
        ask_id=offer.id,
        machine_id=offer.machine.id,
        gpu_ids=list(offer.gpu_ids),
        created_at=world.now,
        end_date=offer.facts["end_date"],
        dph_base=offer.price if price is None else min(price, offer.price),
        price=price,
        disk=disk,
        storage_cost=offer.facts["storage_cost"],
        image=image,
        env={**docker_options(template.get("env") or ""), **environment(body.get("env"))},
        label=_label(body.get("label"), 256),
        runtype=runtype(body.get("runtype") or template_runtype(template)),
        args=args,
        onstart=onstart or None,
        template_id=template.get("id"),
        template_hash_id=template.get("hash_id"),
        template_name=template.get("name"),
        api_key=world.secret("instance", number),
        jupyter_token=world.secret("jupyter", number),
        ssh_keys=[{"id": key["id"], "public_key": key["public_key"]} for key in world.account.ssh_keys],
        secrets={one["key"]: one["value"] for one in world.account.secrets},
        vm=bool(body.get("vm")),
    )


def template_runtype(template: dict[str, Any]) -> str:
    """The runtype of a template (ssh, jupyter or args plus its direct flags)."""
    kind = template.get("runtype") or "ssh"
    if kind == "ssh" and template.get("ssh_direct"):
        return "ssh_direct"
    if kind == "jupyter" and template.get("jup_direct"):
        return "jupyter_direct"
    return kind


def find_offer(world: World, offer_id: Any) -> Offer:
    """The offer, if it can be rented at this moment."""
    offer = world.offer(offer_id)
    if offer is not None and world.vanish_on_create > 0:
        world.vanish_on_create -= 1
        offer.vanished = True
        world.save_offer(offer)
    if offer is None or offer.gone or offer.facts["end_date"] <= world.now or not is_free(offer, world.is_bid):
        raise no_such_ask(world, offer_id)
    return offer


def rent(world: World, offer_id: Any, body: dict[str, Any]) -> Contract:
    """Rent an offer as a body asks, or raise the refusal the API would answer."""
    if not world.has_credit():
        raise Refusal(400, "insufficient_credit", "Your account lacks credit; see the billing page.")
    offer = find_offer(world, offer_id)
    contract = contract_from(world, offer, body)
    mounts = mounts_of(world, offer.machine, body, contract.env)
    contract.env.update(mounts.env)
    minimum = offer.price_to_win()
    too_low = contract.price is not None and contract.price < minimum
    if too_low and body.get("cancel_unavail"):
        raise Refusal(400, "invalid_price", f"The bid is below the minimum of {minimum}.", ask_id=offer.id)
    try:
        world.prepare(contract)
    except OSError as error:
        # Each instance has listeners of its own, and this computer has no more ports or open files for them.
        text = f"Required resources are currently unavailable: {error}. Start the emulator with --ssh off."
        raise Refusal(503, "resources_unavailable", text, ask_id=offer.id) from error
    world.rent(contract, start=not too_low and body.get("target_state") != "stopped")
    mounts.carry_out(world, contract)
    if too_low:
        # The contract exists all the same, stopped, and bills its disk until it is destroyed.
        text = f"The bid is below the minimum of {minimum}."
        raise Refusal(400, "invalid_price", text, ask_id=offer.id, new_contract=contract.id)
    return contract
