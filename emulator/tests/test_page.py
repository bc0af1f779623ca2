# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page over HTTP, as a browser without script uses it."""

from __future__ import annotations

import html
import http.client
import json
import re
import urllib.parse
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vast_emulator import events
from vast_emulator.events import table as known
from vast_emulator.page import buttons as table
from vast_emulator.process import Emulator

HOSTILE = '<img src=x onerror="alert(1)"><script>alert(2)</script>'


def answer(emulator: Emulator, method: str, path: str, **fields: str) -> tuple[http.client.HTTPResponse, str]:
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(emulator.url).netloc, timeout=30)
    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        connection.request(method, path, urllib.parse.urlencode(fields), form if fields else {})
        response = connection.getresponse()
        return response, response.read().decode()
    finally:
        connection.close()


def page(emulator: Emulator, path: str = "/") -> str:
    response, text = answer(emulator, "GET", path)
    assert response.status == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    return text


def buttons(text: str) -> dict[str, tuple[str, str]]:
    """By what they are called: name and value."""
    found = {}
    for start, words in re.findall(r"<button([^>]*)>([^<]*)</button>", text):
        given = {name: html.unescape(value) for name, value in re.findall(r'([a-z-]+)="([^"]*)"', start)}
        found[given.get("aria-label", words)] = (given.get("name", ""), given.get("value", ""))
    return found


def click(emulator: Emulator, called: str, path: str = "/", **more: str) -> http.client.HTTPResponse:
    name, value = buttons(page(emulator, path))[called]
    response, _text = answer(emulator, "POST", "/_emulator/page/happen", **{name: value}, **more)
    assert response.status == 303
    return response


def row(text: str, key: str) -> str:
    """What a table row says."""
    found = re.search(rf'<tr id="{key}"[^>]*>(.*?)</tr>', text, re.DOTALL)
    assert found, key
    return html.unescape(re.sub(r"<[^>]+>", " ", found[1]))


def test_the_page_shows_everything(renter: Any, emulator: Emulator) -> None:
    instance = renter.running(label="trainer")
    offer = emulator.api("POST", "/api/v0/volumes/search/", {"limit": 1})["offers"][0]["id"]
    volume = emulator.api("PUT", "/api/v0/volumes/", {"id": offer, "size": 10, "name": "datasets"})["volume_name"]
    emulator.advance(3600)
    emulator.fault("PUT", "/api/v0/asks/{id}/", times=3, when="after", status=504)
    text = page(emulator)
    assert "running" in row(text, f"instances-{instance}")
    assert "$0.8000" in row(text, f"instances-{instance}")
    assert "trainer" in row(text, f"instances-{instance}")
    assert "datasets" in re.sub(r"<[^>]+>", " ", text)
    assert volume
    assert "when after, status 504" in row(text, "faults-0")
    assert "PUT /api/v0/asks/{id}/" in row(text, "faults-0")
    assert "/api/v0/volumes/" in row(text, "requests-0")
    ledger = emulator.ledger()
    assert f'<dd id="burnt">${ledger["total"]:.4f}</dd>' in text
    assert f'<dd id="burning">${ledger["hourly"]:.4f}/h</dd>' in text
    assert f'<dd id="credit">${ledger["credit"]:.2f}</dd>' in text
    assert '<dd id="speed">stopped</dd>' in text


def test_nothing_rented_is_said(emulator: Emulator) -> None:
    text = page(emulator)
    assert "Nothing is rented." in text
    assert '<dd id="burnt">$0.0000</dd>' in text


def test_each_instance_has_the_buttons_that_fit(renter: Any, emulator: Emulator) -> None:
    plain = renter.running()
    bid = renter.running(789012, price=0.5)
    called = buttons(page(emulator))
    assert f"Outbid: instance {bid}" in called
    assert f"Outbid: instance {plain}" not in called
    assert f"Machine back: instance {plain}" not in called
    click(emulator, f"Machine offline: instance {plain}")
    assert "offline" in row(page(emulator), f"instances-{plain}")
    click(emulator, f"Machine back: instance {plain}")
    assert "running" in row(page(emulator), f"instances-{plain}")
    click(emulator, f"Outbid: instance {bid}")
    assert "outbid" in row(page(emulator), f"instances-{bid}")
    assert renter.show(bid)["cur_state"] == "stopped"


def test_buttons_of_offers(renter: Any, emulator: Emulator) -> None:
    offer = renter.offer()
    path = "/?gpu=a100%20pcie"
    before = renter.offers(machine_id={"eq": 123456})[0]["dph_base"]
    where = click(emulator, f"Price up: offer {offer}", path, gpu="a100 pcie").headers["location"]
    assert where == "/?gpu=a100+pcie"
    assert renter.offers(machine_id={"eq": 123456})[0]["dph_base"] == pytest.approx(before * 1.25, abs=1e-4)
    click(emulator, f"Vanish: offer {offer}", path)
    assert "vanished" in row(page(emulator, path), f"offers-{offer}")
    assert not renter.offers(machine_id={"eq": 123456})
    assert f"Vanish: offer {offer}" not in buttons(page(emulator, path))
    click(emulator, f"Reappear: offer {offer}", path)
    assert "free" in row(page(emulator, path), f"offers-{offer}")
    assert renter.offers(machine_id={"eq": 123456})
    emulator.happen(offline=123456)
    assert f'id="offers-{offer}"' not in page(emulator, path)


def test_what_was_destroyed_can_come_back(renter: Any, emulator: Emulator) -> None:
    instance = renter.running(label="trainer")
    assert "Destroyed" not in page(emulator)
    renter.ask("DELETE", f"/api/v0/instances/{instance}/", {})
    assert "trainer" in row(page(emulator), f"destroyed-{instance}")
    click(emulator, f"Seen for 1 minute: destroyed instance {instance}")
    assert renter.show(instance)["label"] == "trainer"
    emulator.advance(60)
    assert renter.show(instance) is None
    click(emulator, f"Exists again: destroyed instance {instance}")
    assert renter.show(instance)["label"] == "trainer"
    assert "Destroyed" not in page(emulator)


def test_only_the_last_of_many_destroyed_are_shown(renter: Any, emulator: Emulator) -> None:
    for _number in range(12):
        renter.ask("DELETE", f"/api/v0/instances/{renter.rent()}/", {})
    text = page(emulator)
    assert "The newest 10 of 12" in text
    assert text.count('<tr id="destroyed-') == 10


def test_the_speed_of_the_clock_has_buttons(emulator: Emulator) -> None:
    for called, speed in (("1 hour a second", 3600), ("1 minute a second", 60), ("Stop the clock", 0)):
        click(emulator, called)
        text = page(emulator)
        assert emulator.clock()["speed"] == speed
        assert re.findall(r"<button[^>]* disabled>([^<]*)<", text) == [called]


def test_every_button_of_the_table_is_shown_when_it_fits_and_is_accepted(renter: Any, emulator: Emulator) -> None:
    events.load()
    tables = {"instance": table.INSTANCE, "destroyed": table.DESTROYED, "volume": table.VOLUME, "offer": table.OFFER}
    missing = {
        (button.words, about) for about, rows in tables.items() for button in rows if button.event in known.names()
    }
    offer = emulator.api("POST", "/api/v0/volumes/search/", {"limit": 1})["offers"][0]["id"]
    emulator.api("PUT", "/api/v0/volumes/", {"id": offer, "size": 10, "name": "datasets"})
    renter.running()
    renter.running(789012, price=0.5)
    free = renter.offers(rentable={"eq": True}, num_gpus={"eq": 1}, order=[["dph_total", "desc"]])
    for machine in list({one["machine_id"] for one in free} - {123456, 789012})[:2]:
        renter.rent(machine)
    # One of them comes back.
    for _number in range(2):
        gone = renter.rent(free[0]["machine_id"])
        renter.ask("DELETE", f"/api/v0/instances/{gone}/", {})
    while missing:
        fitting = fitting_buttons(emulator, missing)
        if not fitting:
            # Some come with the states that others lead to.
            emulator.advance(300)
            fitting = fitting_buttons(emulator, missing)
        assert fitting, missing
        called, kind = fitting[0]
        click(emulator, called)
        missing.discard(kind)


def fitting_buttons(emulator: Emulator, wanted: set[tuple[str, str]]) -> list[tuple[str, tuple[str, str]]]:
    """The buttons of rows that are among the wanted: what they are called, and their words and what they are about."""
    rows = [(called, *called.partition(": ")[::2]) for called in buttons(page(emulator)) if ": " in called]
    found = [(called, (words, about.split()[0])) for called, words, about in rows]
    return [one for one in found if one[1] in wanted]


def test_general_buttons(renter: Any, emulator: Emulator) -> None:
    before = emulator.clock()["now"]
    for called in ("+1 minute", "+1 hour", "+1 day"):
        assert click(emulator, called).headers["location"] == "/"
    assert emulator.clock()["now"] - before == pytest.approx(60 + 3600 + 86400)
    click(emulator, "Next offer rented is gone")
    assert renter.ask("PUT", f"/api/v0/asks/{renter.offer()}/", {"image": "a/b"})[0] == 400
    click(emulator, "Next create is lost (504)")
    assert renter.ask("PUT", f"/api/v0/asks/{renter.offer(789012)}/", {"image": "a/b"})[0] == 504
    assert emulator.api("GET", "/api/v1/instances/")["total_instances"] == 1
    click(emulator, "Next create is lost (504)")
    click(emulator, "Forget planned faults")
    assert emulator.control("GET", "faults") == {"faults": []}
    click(emulator, "Yes, reset")
    assert emulator.api("GET", "/api/v1/instances/")["total_instances"] == 0


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({}, 400, "One button at a time."),
        ({"POST clock": "{}", "POST reset": "{}"}, 400, "One button at a time."),
        ({"POST clock": '{"advance": -1}'}, 400, "advance must be a number"),
        ({"POST clock": "no json"}, 400, "Invalid json body"),
        ({"POST market": '{"outbid": 1}'}, 404, "No such instance"),
        ({"POST nowhere": "{}"}, 404, "No such endpoint"),
        ({HOSTILE: "{}"}, 404, "No such endpoint"),
        ({"PATCH clock": "{}"}, 405, "is not allowed here"),
    ],
)
def test_what_is_refused_is_said_on_the_page(
    emulator: Emulator, fields: dict[str, str], status: int, words: str
) -> None:
    response, text = answer(emulator, "POST", "/_emulator/page/happen", **fields)
    assert response.status == status
    said = re.search(r'<p id="refusal" role="alert">(.*?)</p>', text)
    assert said
    assert words in said[1]
    assert "<script>" not in text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.sampled_from(["POST market", "POST clock", "POST faults", "gpu"]) | st.text(max_size=12),
        st.sampled_from(["{}", "[]", '{"outbid": 1}', '{"advance": "x"}', '{"price": []}']) | st.text(max_size=12),
        max_size=2,
    ),
    st.binary(max_size=12),
)
def test_no_click_is_answered_by_a_crash(emulator: Emulator, fields: dict[str, str], rest: bytes) -> None:
    content = urllib.parse.urlencode(fields, errors="replace").encode() + rest
    status, text = emulator.call("POST", "/_emulator/page/happen", content)
    assert status < 500
    assert not text or text.startswith("<!doctype html>")


def test_a_click_is_not_about_clicks(emulator: Emulator) -> None:
    response, text = answer(emulator, "POST", "/_emulator/page/happen", **{"POST page/happen": "POST clock={}"})
    assert response.status == 400
    assert "A click cannot be about clicks." in text


def test_what_strangers_say_stays_text(renter: Any, emulator: Emulator) -> None:
    renter.rent(label=HOSTILE, image="a/<script>alert(3)</script>")
    emulator.api("GET", f"/api/v0/{HOSTILE}/".replace(" ", "%20"))
    emulator.fault("GET", f"/api/v0/{HOSTILE}/")
    text = page(emulator, f"/?gpu={urllib.parse.quote(HOSTILE)}")
    assert text.count("<script") == 1
    assert text.count("</script") == 1
    assert "<img" not in text
    assert html.escape(HOSTILE) in text
    assert HOSTILE.replace(" ", "%20") in row(text, "requests-0") or HOSTILE in row(text, "requests-0")


def test_the_page_brings_everything_itself_and_allows_nothing_else(emulator: Emulator) -> None:
    response, text = answer(emulator, "GET", "/")
    assert response.headers["content-security-policy"].startswith("default-src 'self'")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"""\s(style|on[a-z]+)=""", text)
    files = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert len(files) == 3
    for file in files:
        response, content = answer(emulator, "GET", file)
        assert (response.status, bool(content)) == (200, True)
    assert "://" not in text.replace(emulator.url, "")
    assert answer(emulator, "GET", "/_emulator/page/document.py")[0].status == 404


def test_keys_are_never_shown(renter: Any, emulator: Emulator) -> None:
    instance = renter.running()
    key = emulator.api_key
    emulator.call("GET", f"/api/v0/users/current/?api_key={key}")
    text = page(emulator)
    assert key not in text
    assert renter.show(instance)["jupyter_token"] not in text


def test_long_tables_are_cut_and_say_so(renter: Any, emulator: Emulator) -> None:
    offer = renter.offer()
    for number in range(103):
        body = {"image": "a/b", "disk": 1, "target_state": "stopped", "label": f"n{number}"}
        assert renter.ask("PUT", f"/api/v0/asks/{offer}/", body)[0] == 200
    text = page(emulator)
    assert "The newest 100 of 103" in text
    assert text.count('<tr id="instances-') == 100
    assert "n102" in text
    assert ">n2<" not in text
    offers = sum(len(machine["offers"]) for machine in emulator.market()["machines"])
    assert f"The cheapest 25 of {offers}" in text
    prices = [float(one) for one in re.findall(r'data-label="On demand \$/h"[^>]*>\$([0-9.]+)', text)]
    assert len(prices) == 25
    assert prices == sorted(prices)


def test_the_filter_finds_gpus_by_part_of_their_name(emulator: Emulator) -> None:
    text = page(emulator, "/?gpu=L40s")
    assert 'value="L40s"' in text
    names = re.findall(r'<tr id="offers-\d+".*?data-label="GPUs"[^>]*><span>\d+ × ([^<]*)', text)
    assert names
    assert set(names) == {"L40S"}
    assert "0 in all" in page(emulator, "/?gpu=nothing-like-it")


def test_the_last_requests_one_by_one(renter: Any, emulator: Emulator) -> None:
    instance = renter.rent()
    emulator.advance(60)
    renter.show(instance)
    renter.ask("GET", "/api/v0/nowhere/")
    last = emulator.requests()["last"]
    assert [(one["method"], one["path"], one["status"]) for one in last[:2]] == [
        ("GET", "/api/v0/nowhere/", 404),
        ("GET", f"/api/v0/instances/{instance}/", 200),
    ]
    assert last[0]["at"] == emulator.clock()["now"] == last[-1]["at"] + 60
    assert all(one["ms"] >= 0 for one in last)
    for _call in range(60):
        renter.ask("GET", "/api/v0/" + "x" * 500)
    last = emulator.requests()["last"]
    assert len(last) == 50
    assert len(last[0]["path"]) == 200
    assert emulator.requests()["total"] == 64
    assert "x" * 100 in json.dumps(last)
    emulator.forget_requests()
    assert emulator.requests()["last"] == []
