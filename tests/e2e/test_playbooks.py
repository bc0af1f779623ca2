# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks, with the arguments of the product's command card and with what people do to them."""

from __future__ import annotations

import itertools
import json
import re
import shlex
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ansible_collections.cloudctl.vastai.tests.e2e.support.plays import Plays, Run
from ansible_collections.cloudctl.vastai.tests.e2e.support.terminal import Terminal
from vast_emulator.process import Emulator

PLAIN = {"ANSIBLE_STDOUT_CALLBACK": "cloudctl.vastai.plain"}
ON_DEMAND_MACHINE, BID_MACHINE = 123456, 789012
ALIGNED = re.compile(r"\S+(?: \S+)*")
TITLES = ["ID", "Name", "GPU Type", "Cost Per Hour", "Status", "Machine ID", "Region"]


@pytest.fixture(scope="module")
def marketplace() -> Iterator[Emulator]:
    """It is fast, so that nobody waits for a boot."""
    with Emulator(seed=7, speed=600) as emulator:
        yield emulator


Card = Callable[..., Run]


@pytest.fixture
def card(plays: Plays) -> Card:
    """``card("list -e type=ai")`` runs the playbook with these arguments, as in a shell."""

    def run(command: str, *options: str, **variables: str) -> Run:
        playbook, *arguments = shlex.split(command)
        full = ["ansible-playbook", f"cloudctl.vastai.{playbook}", *arguments, *options]
        return plays.command(*full, variables={**PLAIN, **variables})

    return run


@pytest.fixture
def together(plays: Plays) -> Callable[..., Run]:
    """``together(("list", {"type": "ai"}), ...)`` runs playbooks in one ``ansible-playbook``: one start for all."""
    numbers = itertools.count()

    def run(*playbooks: tuple[str, dict[str, Any]], options: tuple[str, ...] = ()) -> Run:
        imports = [{"import_playbook": f"cloudctl.vastai.{name}", "vars": values} for name, values in playbooks]
        path = plays.folder / f"together-{next(numbers)}.yml"
        path.write_text(json.dumps(imports))
        return plays.command("ansible-playbook", *options, str(path), variables=PLAIN)

    return run


def told(run: Run) -> list[list[str]]:
    """What was told, a list of lines for each message."""
    messages = [line["result"]["msg"] for line in run.results if line["status"] == "ok" and _is_debug(line["result"])]
    return [message if isinstance(message, list) else [message] for message in messages]


def _is_debug(result: dict[str, Any]) -> bool:
    return set(result) == {"changed", "failed", "msg"} and result["msg"] != "All assertions passed"


def sentence(run: Run) -> str:
    """The sentence with which a run failed."""
    assert run.rc == 2, run.output
    message = run.results[-1]["result"]["msg"]
    assert "\n" not in message
    assert "Traceback" not in run.output
    return message


def exists(emulator: Emulator) -> set[str]:
    """Labels of all that is rented."""
    return {contract["label"] for contract in emulator.ledger()["contracts"] if contract["exists"]}


def written(emulator: Emulator) -> int:
    """Requests since the last look that could have changed something."""
    writes = emulator.requests()["writes"]
    emulator.forget_requests()
    return writes


# The card


DEPLOY_AI = (
    "deploy_ai -e name=llama3-trainer -e machine_id=123456 -e model=pytorch:latest "
    '-e onstart="pip install transformers && python train.py" -e disk=50'
)
DEPLOY_BID = "deploy_bid -e name=gpu-bid-01 -e machine_id=789012 -e price=0.50 -e image=pytorch/pytorch:latest"
DEPLOY_STORAGE = "deploy_storage -e name=model-store -e volume_name=trained-models -e size=200 -e region=all"


def test_the_card(emulator: Emulator, card: Card, together: Any) -> None:
    trainer = card(DEPLOY_AI)
    [lines] = told(trainer)
    number = lines[1].removeprefix("Instance ID: ")
    assert lines[0].endswith("as llama3-trainer: 1x A100 PCIE on machine 123456 (Sweden, SE) at $0.80/h")
    assert lines[1:9] == [
        f"Instance ID: {number}",
        "Name: llama3-trainer",
        "Status: running",
        "GPU: 1x A100 PCIE",
        "Machine ID: 123456",
        "Region: Sweden, SE",
        "Hourly Rate: $0.80 USD",
        "Estimated Monthly Cost: $576.00 USD",
    ]
    assert re.fullmatch(r"SSH: ssh -p \d+ root@[\d.]+", lines[9])
    row = emulator.api("GET", f"/api/v0/instances/{number}/")["instances"]
    assert (row["image_uuid"], row["disk_space"]) == ("pytorch:latest", 50)
    assert "pip install transformers && python train.py" in row["onstart"]

    [lines] = told(card(DEPLOY_BID))
    bid = lines[1].removeprefix("Instance ID: ")
    assert "Bid: winning at $0.50 USD per hour; $0.40 USD wins now" in lines
    assert "Saving: $0.40 USD per hour against on-demand" in lines
    assert emulator.api("GET", f"/api/v0/instances/{bid}/")["instances"]["is_bid"]

    [lines] = told(card(DEPLOY_STORAGE))
    volume = lines[2].removeprefix("Volume ID: ")
    assert re.fullmatch(r"vol-\d+", volume)
    assert lines[0] == (
        "Vast.ai allows only letters, digits and _ in names of volumes: trained-models is called trained_models there."
    )
    assert lines[3:5] == ["Name: trained_models", "Size: 200 GB"]
    assert lines[8] == (
        "Vast.ai keeps one name only: list, cost and destroy know the volume as trained_models, not as model-store."
    )
    assert "Estimated Monthly Cost: $20.00 USD" in lines
    assert exists(emulator) == {"llama3-trainer", "gpu-bid-01", "trained_models"}
    assert written(emulator) == 3

    # Again: nothing changes, and nothing is asked to. In an AWX job, or in cron, that is what runs every day.
    again = [card(command) for command in (DEPLOY_AI, DEPLOY_BID, DEPLOY_STORAGE)]
    assert ["Nothing to do: it exists and is as it should be." in told(run)[0] for run in again] == [True] * 3
    assert [result["changed"] for run in again for result in run] == [False] * len([*again[0], *again[1], *again[2]])

    # The list
    rows = {
        "ai": [number, "llama3-trainer", "1x A100 PCIE", "$0.8000", "running", "123456", "Sweden, SE"],
        "bid": [bid, "gpu-bid-01", "1x L40S", "$0.5021", "running", "789012", "Quebec, CA"],
        "storage": [volume, "trained_models", "-", "$0.0278", "created", "123456", "Sweden, SE"],
    }
    [lines] = told(card("list -e type=ai"))
    assert [ALIGNED.findall(line) for line in lines] == [TITLES, rows["ai"]]
    bids, volumes, everything = told(together(("list", {"type": "bid"}), ("list", {"type": "storage"}), ("list", {})))
    assert [ALIGNED.findall(line) for line in bids] == [TITLES, rows["bid"]]
    assert [ALIGNED.findall(line) for line in volumes] == [TITLES, rows["storage"]]
    assert [ALIGNED.findall(line) for line in everything] == [TITLES, *rows.values()]

    # The costs, with Ansible's own way to print and with ours
    default, plain = card("cost", ANSIBLE_STDOUT_CALLBACK="default"), card("cost")
    costs = """\
Provider: vast
Resource: llama3-trainer (ai)
Hourly Rate: $0.80 USD
Estimated Monthly Cost: $576.00 USD

Provider: vast
Resource: gpu-bid-01 (bid)
Hourly Rate: $0.50 USD
Estimated Monthly Cost: $361.50 USD

Provider: vast
Resource: trained_models (storage)
Size: 200 GB
Estimated Monthly Cost: $20.00 USD

Total: $1.33 USD per hour, $957.50 USD per month
""".splitlines()
    for run in (default, plain):
        [lines] = told(run)
        assert lines[:-1] == costs
        assert re.fullmatch(
            r"Credit: \$9\d\d\.\d\d USD, which lasts [67]\d\d\.\d hours \(\d\d\.\d days\) at that rate", lines[-1]
        )
    assert ["\n".join(f"    {line}".rstrip() for line in costs) in run.output for run in (default, plain)] == [
        False,
        True,
    ]
    assert ['        "Hourly Rate: $0.80 USD",\n' in run.output for run in (default, plain)] == [True, False]

    # The end
    preview = card(f"destroy -e id={number} --check")
    assert told(preview)[0][0].startswith(
        f"Would destroy instance {number} (llama3-trainer, 1x A100 PCIE) with all data"
    )
    assert "Warning: deletion is irreversible and all data is lost." in preview.output
    assert "Dry run: nothing was destroyed." in preview.output
    assert written(emulator) == 0
    assert card(f"destroy -e id={number} -e confirm=true").rc == 0
    assert card(f"destroy -e id={volume} -e confirm=true").rc == 0
    assert exists(emulator) == {"gpu-bid-01"}


def test_previews_write_nothing(emulator: Emulator, card: Card) -> None:
    for command in (DEPLOY_AI, DEPLOY_BID, DEPLOY_STORAGE):
        run = card(command, "--check", "--diff")
        [lines] = told(run)
        assert next(line for line in lines if line.startswith("Would ")), lines
        assert any(line.endswith(" ID: known after the rent") for line in lines)
    assert emulator.requests()["writes"] == 0


# Variables


def test_answers_of_a_survey(emulator: Emulator, card: Card, plays: Plays) -> None:
    """AWX gives every variable, as text, and empty when the question was not answered. It has no terminal."""
    unanswered = (
        "template_hash_id filters region order_by max_price onstart env ports runtype volume mount_path volumes"
    )
    answers = dict.fromkeys([*unanswered.split(), "wait_for", "wait_timeout"], "")
    launch = {
        **answers,
        "resource_name": "llama3-trainer",
        "machine_id": "123456",
        "model": "pytorch:latest",
        "disk": "50",
    }
    run = card("deploy_ai", "-e", json.dumps(launch))
    assert "Hourly Rate: $0.80 USD" in told(run)[0]
    assert "reserved name" not in run.output
    bid = {**answers, "resource_name": "bid", "machine_id": "789012", "image": "x/y", "disk": "", "price": "0.5"}
    bid |= {
        "env": '{"A": "one"}',
        "ports": "8080,8081",
        "volumes": '[{"name": "fresh", "create": true}]',
        "onstart": "true",
    }
    assert card("deploy_bid", "-e", json.dumps(bid)).rc == 0
    wishes = {
        "name": "store",
        "volume_name": "",
        "size": "",
        "region": "",
        "machine_id": "",
        "filters": "",
        "order_by": "",
    }
    run = card("deploy_storage", "-e", json.dumps({**wishes, "max_monthly_price": ""}))
    assert "Size: 15 GB" in told(run)[0]
    rows = {row["label"]: row for row in emulator.api("GET", "/api/v1/instances/")["instances"]}
    assert set(rows) == {"llama3-trainer", "bid"}
    assert dict(rows["bid"]["extra_env"])["A"] == "one"
    assert exists(emulator) == {"llama3-trainer", "bid", "fresh", "store"}
    for target in ("bid", "llama3-trainer"):
        number = str(rows[target]["id"])
        questions = {"id": number, "name": "", "resource_name": "", "confirm": "true"}
        assert card("destroy", "-e", json.dumps(questions)).rc == 0
    nothing = {"id": "store", "confirm": ""}
    assert sentence(card("destroy", "-e", json.dumps(nothing))).startswith(
        "Nothing was destroyed: it was not confirmed."
    )
    assert exists(emulator) == {"fresh", "store"}


def test_what_is_missing_or_wrong_is_one_sentence(emulator: Emulator, card: Card) -> None:
    sentences = {
        "deploy_ai": "Say what to call it: -e name=llama3-trainer",
        "deploy_ai -e name=a": "Renting a needs an image",
        "deploy_ai -e name=a -e model=x -e machine_id=1": "Machine 1 has no offer that can be rented",
        "deploy_bid -e name=a -e image=x": "price",
        "deploy_bid -e name=a -e image=x -e machine_id=789012 -e price=0.30": "$0.40",
        "deploy_storage -e size=200": "Say what to call it",
        "deploy_storage -e name=a -e machine_id=1": "achine 1",
        # The number 0, as AWX and files of variables give it, is no empty answer.
        "deploy_ai -e name=a -e model=x -e '{\"max_price\": 0}'": "The option max_price takes a number above 0",
        "deploy_ai -e name=a -e model=x -e '{\"disk\": 0}'": "disk must be a number of GB",
        "deploy_storage -e name=a -e '{\"size\": 0}'": "size must be 1 GB or more",
        "deploy_storage -e name=a -e '{\"max_monthly_price\": 0}'": "max_monthly_price must be more than 0",
        "first_rent -e '{\"max_price\": 0}'": "The option max_price takes a number above 0",
        "list -e type=instances": "There is no type instances: say ai, bid, storage or all.",
        "destroy -e confirm=true": "Say what to destroy, and one thing only",
        "destroy -e id=1 -e resource_name=a -e confirm=true": "Say what to destroy, and one thing only",
    }
    for command, saying in sentences.items():
        assert saying in sentence(card(command)), command
    assert emulator.requests()["writes"] == 0


# The list and the costs


def test_an_empty_account(emulator: Emulator, together: Any) -> None:
    run = together(("list", {}), *[("list", {"type": kind}) for kind in ("AI", "bid", "storage")], ("cost", {}))
    assert run.rc == 0, run.output
    *tables, costs = told(run)
    assert [ALIGNED.findall(lines[0]) for lines in tables] == [TITLES] * 4
    assert [lines[1:] for lines in tables] == [
        ["Nothing is rented."],
        *[[f"Nothing of type {kind} is rented."] for kind in ("ai", "bid", "storage")],
    ]
    assert costs == [
        "Total: $0.00 USD per hour, $0.00 USD per month",
        "Credit: $1000.00 USD, and nothing uses it up",
    ]


def test_columns_are_aligned_whatever_the_names(emulator: Emulator, rent: Any, together: Any) -> None:
    names = [
        "x" * 200,
        "訓練用インスタンス",
        "🚀 rocket",
        "cafe\u0301",
        'it\'s "quoted"',
        "two\nlines\x1b[2J",
        "",
        None,
    ]
    for name in names:
        rent(name, running=False)
    run = together(("list", {"type": "ai"}), ("cost", {}))
    (titles, *rows), costs = told(run)
    shown = [re.split(r" {2,}", row)[1] for row in rows]
    assert shown == [*names[:5], r"two\nlines\x1b[2J", "-", "-"]
    # Columns that a terminal needs for letters that are not one column wide
    wide = {"訓練用インスタンス": 9, "🚀 rocket": 1, "cafe\u0301": -1}
    starts = {row.index(" 1x ") + wide.get(name or "", 0) for row, name in zip(rows, shown, strict=True)}
    assert starts == {titles.index(" GPU Type")}
    assert sum(line.startswith("Resource: ") for line in costs) == len(names)
    assert r"Resource: two\nlines\x1b[2J (ai)" in costs
    assert "\x1b" not in run.output


def test_names_are_never_run_as_templates(emulator: Emulator, any_ansible: Any, rent: Any) -> None:
    """Pitfall: ansible-core 2.18 runs every text with braces that is not marked."""
    proof = any_ansible.folder / "proof"
    hostile = "{{ lookup('pipe', 'touch " + str(proof) + "') }}"
    instances = [rent(hostile), rent("plain")]
    rows = [emulator.api("GET", f"/api/v0/instances/{number}/")["instances"] for number in instances]
    for row in rows:
        row |= {"gpu_name": hostile, "geolocation": hostile, "status_msg": hostile}
    page = {"success": True, "instances": rows, "total_instances": 2, "next_token": None}
    emulator.fault("GET", "/api/v1/instances/", times=50, status=200, body=page)
    emulator.fault("GET", "/api/v0/instances/{id}/", times=50, status=200, body={"instances": rows[0]})
    any_ansible.environment |= PLAIN
    commands = {
        "list": 0,
        "cost": 0,
        "deploy_ai -e resource_name=plain": 0,
        f"destroy -e id={instances[0]} --check": 0,
        f"destroy -e id={instances[0]}": 2,
    }
    for command, rc in commands.items():
        done = any_ansible.run("playbook", *shlex.split(f"cloudctl.vastai.{command}"))
        assert hostile in done.stdout, done.stdout + done.stderr
        assert done.returncode == rc, done.stdout + done.stderr
        assert not proof.exists(), command


# The destruction


def test_what_does_not_exist(emulator: Emulator, rent: Any, together: Any) -> None:
    rent("42")
    targets = [{"id": "1"}, {"id": "vol-1"}, {"id": "nobody"}, {"name": "nobody"}, {"id": 42}, {"name": "1"}]
    run = together(*[("destroy", {**target, "confirm": True}) for target in targets])
    assert run.rc == 0, run.output
    lines = told(run)
    assert [line[0] for line in lines] == [
        f"There is no {next(iter(target.values()))} in this account: nothing to destroy, nothing bills."
        for target in targets
    ]
    [namesake] = [line[1] for line in lines if len(line) > 1]
    assert re.fullmatch(r"But that is the name of \d+\. If you mean the name, say -e name=42", namesake)
    assert exists(emulator) == {"42"}
    assert emulator.requests()["writes"] == 0


def test_names_of_several_things(emulator: Emulator, rent: Any, card: Card) -> None:
    twins = [rent("twin", running=False), rent("twin", running=False)]
    both = rent("both", running=False)
    told(card("deploy_storage -e name=both -e size=10"))
    [volume] = emulator.api("GET", "/api/v0/volumes/")["volumes"]
    emulator.forget_requests()
    assert sentence(card("destroy -e id=twin -e confirm=true")) == (
        f"twin is the name of several: say which one, with -e id={twins[0]} or -e id={twins[1]}"
    )
    assert sentence(card("destroy -e name=both -e confirm=true")) == (
        f"both is the name of several: say which one, with -e id={both} or -e id=vol-{volume['id']}"
    )
    assert emulator.requests()["writes"] == 0


def test_by_name_and_by_every_kind_of_id(emulator: Emulator, rent: Any, together: Any) -> None:
    number = rent("by-id", running=False)
    for name in ("42", "by-name", 'it\'s "quoted"'):
        rent(name, running=False)
    together(*[("deploy_storage", {"name": name, "size": 10}) for name in ("first", "second_one", "third")])
    volumes = {row["label"]: row["id"] for row in emulator.api("GET", "/api/v0/volumes/")["volumes"]}
    targets = [
        *({"id": number}, {"name": "42"}, {"id": "by-name"}, {"resource_name": 'it\'s "quoted"'}),
        *({"id": f"vol-{volumes['first']}"}, {"name": "second-one"}, {"id": f"V.{volumes['third']}"}),
    ]
    preview = together(*[("destroy", target) for target in targets[3:6]], options=("--check",))
    assert preview.output.count("Dry run: nothing was destroyed.") == 3
    assert len(exists(emulator)) == len(targets)
    run = together(*[("destroy", {**target, "confirm": "yes"}) for target in targets])
    assert run.rc == 0, run.output
    assert exists(emulator) == set()
    assert sum(result["changed"] for result in run) == len(targets)


def test_a_name_never_means_a_volume_of_another_name(emulator: Emulator, card: Card, together: Any) -> None:
    """Only - and . and spaces may stand for _, and the preview says that they do."""
    assert "'模型/数据' can't be the name of a volume" in sentence(card("deploy_storage -e name=模型/数据"))
    assert "'...' can't be the name of a volume" in sentence(card("deploy_storage -e name=..."))
    assert exists(emulator) == set()
    together(*[("deploy_storage", {"name": name, "size": 10}) for name in ("a_b", "___", "_____")])
    assert exists(emulator) == {"a_b", "___", "_____"}
    others = ("模型/数据", "...", "a/b", "a:b", "a_b-", "a\u00adb")
    run = together(*[("destroy", {"name": name, "confirm": True}) for name in others])
    assert run.output.count("nothing to destroy, nothing bills.") == len(others), run.output
    assert exists(emulator) == {"a_b", "___", "_____"}
    lines = told(card("destroy -e id=a.b -e confirm=true"))[0]
    assert lines[0] == "Vast.ai allows only letters, digits and _ in names of volumes: a.b is called a_b there."
    assert lines[1].startswith("Would destroy volume ")
    assert exists(emulator) == {"___", "_____"}


def test_a_mounted_volume_is_refused(emulator: Emulator, card: Card) -> None:
    """And the instructions that deploy_storage prints do what they say."""
    lines = told(card("deploy_storage -e name=my-models -e size=20 -e machine_id=123456"))[0]
    command = lines[-1].strip().removeprefix("ansible-playbook cloudctl.vastai.")
    [deployed] = told(card(command))
    number = next(line for line in deployed if line.startswith("Instance ID: ")).split()[-1]
    assert "Name: with-my-models" in deployed
    assert "Machine ID: 123456" in deployed
    assert exists(emulator) == {"my_models", "with-my-models"}
    emulator.forget_requests()
    refusal = sentence(card("destroy -e id=my-models -e confirm=true"))
    assert number in refusal
    assert emulator.requests()["writes"] == 0
    assert exists(emulator) == {"my_models", "with-my-models"}


def test_nothing_is_destroyed_without_a_yes(emulator: Emulator, rent: Any, plays: Plays, card: Card) -> None:
    number = rent("precious", running=False)
    assert sentence(card(f"destroy -e id={number}")) == (
        "Nothing was destroyed: it was not confirmed. Type yes, or say -e confirm=true."
    )
    environment = {**plays.environment, **PLAIN}
    for answer, rc in (("no", 2), ("", 2), ("Yes", 0)):
        assert exists(emulator) == {"precious"}
        terminal = Terminal(
            plays.folder, environment, "ansible-playbook", "cloudctl.vastai.destroy", "-e", "id=precious"
        )
        terminal.answer("Type yes to destroy precious", answer)
        assert terminal.rc() == rc, terminal.shown
        assert "Warning: deletion is irreversible and all data is lost." in terminal.shown
    assert exists(emulator) == set()
    assert "precious is destroyed and does not bill any more." in terminal.shown
