# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The query language: two forms with one meaning, and the wire query that comes out."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudctl.vastai.plugins.module_utils._errors import BadRequest
from ansible_collections.cloudctl.vastai.plugins.module_utils._offer_fields import ALIASES, FACTORS, KINDS, Kind
from ansible_collections.cloudctl.vastai.plugins.module_utils._query import build_query, parse_order
from ansible_collections.cloudctl.vastai.plugins.module_utils._regions import REGIONS

CONTROLS = ("order", "type", "limit", "allocated_storage")
DEFAULTS = {
    "verified": {"eq": True},
    "external": {"eq": False},
    "rentable": {"eq": True},
    "rented": {"eq": False},
}

SPELLINGS = {
    "eq": ["=", "==", " eq "],
    "neq": ["!=", " neq ", " noteq ", " not eq "],
    "gt": [">", " gt "],
    "gte": [">=", " gte "],
    "lt": ["<", " lt "],
    "lte": ["<=", " lte "],
    "in": [" in "],
    "notin": [" notin ", " not in ", " nin "],
}
NAMES = {wire: [wire, *(alias for alias, name in ALIASES.items() if name == wire)] for wire in KINDS}


def conditions(query: dict[str, Any]) -> dict[str, Any]:
    """What was asked, without the controls and the untouched defaults."""
    return {
        field: asked
        for field, asked in query.items()
        if field not in CONTROLS and DEFAULTS.get(field, object()) != asked
    }


def refusal(*args: Any, **kwargs: Any) -> str:
    with pytest.raises(BadRequest) as caught:
        build_query(*args, **kwargs)
    sentence = str(caught.value)
    assert sentence[0].isupper() or sentence[0] in "'\""
    assert sentence.endswith(".")
    return sentence


# ---- strategies: one condition, and the ways to write it

words = st.text("ABCXYZ0189-.", min_size=1, max_size=8).filter(lambda word: word.strip("."))
gpu_like = st.lists(words, min_size=1, max_size=3).map(" ".join)
quantities = st.one_of(
    st.integers(-(10**9), 10**9),
    st.floats(-1e9, 1e9, allow_nan=False).map(lambda value: round(value, 4)),
)
versions = st.tuples(*[st.integers(0, 999)] * 3).map(lambda parts: ".".join(map(str, parts)))
releases = st.sampled_from(["18.04", "20.04", "22.04", "22.10", "24.04"])
codes = st.sampled_from(["US", "CA", "SE", "NO", "DE", "TW"])

VALUES = {
    Kind.NUMBER: quantities,
    Kind.BOOLEAN: st.booleans(),
    Kind.TEXT: gpu_like,
    Kind.COUNTRY: codes,
    Kind.DRIVER: versions,
    Kind.RELEASE: releases,
}


@st.composite
def terms(draw: Any) -> tuple[str, str, Any]:
    field = draw(st.sampled_from(sorted(KINDS)))
    kind = KINDS[field]
    operators = ["eq", "neq", "in", "notin"] + (["gt", "gte", "lt", "lte"] if kind.ordered else [])
    operator = draw(st.sampled_from(operators))
    values = VALUES[kind]
    if operator in ("in", "notin"):
        return field, operator, draw(st.lists(values, min_size=1, max_size=3, unique=True))
    return field, operator, draw(values)


different_terms = st.lists(terms(), max_size=5, unique_by=lambda term: term[:2])


def written(draw: Any, value: Any) -> str:
    if isinstance(value, list):
        return "[" + draw(st.sampled_from([",", ", "])).join(written(draw, item) for item in value) + "]"
    if isinstance(value, str):
        return draw(st.sampled_from([value.replace(" ", "_"), f'"{value}"', f"'{value}'"]))
    return str(value)


@st.composite
def both_forms(draw: Any) -> tuple[str, dict[str, Any]]:
    """The same conditions as text and as a mapping."""
    text, mapping = [], {}
    for field, operator, value in draw(different_terms):
        name = draw(st.sampled_from(NAMES[field]))
        text.append(name + draw(st.sampled_from(SPELLINGS[operator])) + written(draw, value))
        mapping.setdefault(field, {})[operator] = value
    return draw(st.sampled_from([" ", "  ", "\n", ", "])).join(text), mapping


# ---- properties


@given(both_forms())
def test_text_and_mapping_mean_the_same(forms: tuple[str, dict[str, Any]]) -> None:
    text, mapping = forms
    assert build_query(text) == build_query(mapping)


@given(different_terms)
def test_prefixed_strings_and_bare_values_mean_the_same_as_operators(asked: list[tuple[str, str, Any]]) -> None:
    for field, operator, value in asked:
        short: Any
        if operator in ("in", "notin"):
            listed = ",".join(f'"{item}"' for item in value)
            short = value if operator == "in" else f"not in [{listed}]"
        else:
            short = SPELLINGS[operator][0] + (f'"{value}"' if isinstance(value, str) else str(value))
        assert build_query({field: short}) == build_query({field: {operator: value}})


@given(st.text())
def test_any_text_is_a_query_or_a_bad_request(text: str) -> None:
    with suppress(BadRequest):
        assert build_query(text)["allocated_storage"] == 5.0


tokens = st.sampled_from(
    [
        *(
            "num_gpus",
            "gpu_name",
            "geolocation",
            "verified",
            "driver_version",
            "foo",
            "_",
            " ",
            "\n",
            ",",
            "[",
            "]",
            '"',
            "'",
        ),
        *(
            "=",
            "!=",
            ">=",
            "<",
            "=>",
            " in ",
            " not in ",
            "any",
            "null",
            "true",
            "1",
            "1e999",
            "RTX 4090",
            "Europe",
            "٣",
        ),
    ]
)


@given(st.lists(tokens, max_size=12).map("".join))
def test_near_misses_are_queries_or_bad_requests(text: str) -> None:
    with suppress(BadRequest):
        build_query(text)


simple_values = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
any_values = st.recursive(
    simple_values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(sorted(KINDS)) | st.text(), any_values, max_size=4))
def test_any_mapping_is_a_query_or_a_bad_request(mapping: dict[str, Any]) -> None:
    with suppress(BadRequest):
        build_query(mapping)


@given(different_terms, different_terms)
def test_conditions_written_twice_change_nothing(first: list[Any], second: list[Any]) -> None:
    text = " ".join(
        f'{field}{SPELLINGS[operator][-1]}"{value}"'
        for field, operator, value in first + second
        if not isinstance(value, list)
    )
    try:
        once = build_query(text)
    except BadRequest:
        return
    twice = build_query(f"{text} {text}")
    assert conditions(twice) == conditions(once)


# ---- the wire query


def test_the_example_of_the_official_cli() -> None:
    text = 'gpu_name in ["RTX 4090",RTX_3090] geolocation in [US,CA] gpu_ram>=20'
    assert build_query(text, order="dph", limit=5) == {
        **DEFAULTS,
        "gpu_name": {"in": ["RTX 4090", "RTX 3090"]},
        "geolocation": {"in": ["US", "CA"]},
        "gpu_ram": {"gte": 20000.0},
        "order": [["dph_total", "asc"]],
        "type": "on-demand",
        "limit": 5,
        "allocated_storage": 5.0,
    }


def test_nothing_asked_is_the_default_search() -> None:
    query = {**DEFAULTS, "order": [["score", "desc"]], "type": "on-demand", "allocated_storage": 5.0}
    assert build_query() == build_query("") == build_query(" \n") == build_query({}) == query


@pytest.mark.parametrize(
    ("text", "field", "asked"),
    [
        ("num_gpus=1", "num_gpus", {"eq": 1}),
        ("dph<=1.5", "dph_total", {"lte": 1.5}),
        ("duration>3", "duration", {"gt": 259200.0}),
        ("gpu_ram in [24,48]", "gpu_ram", {"in": [24000.0, 48000.0]}),
        ("cpu_ram >= 0.5", "cpu_ram", {"gte": 500.0}),
        ("cuda_vers>=12.4", "cuda_max_good", {"gte": 12.4}),
        ("id=1001", "ask_contract_id", {"eq": 1001}),
        ("driver_version>=535.86.05", "driver_version", {"gte": 535086005}),
        ("driver_version>=570", "driver_version", {"gte": 570000000}),
        ("driver_version>=570.124", "driver_version", {"gte": 570124000}),
        ("driver_version=535086005", "driver_version", {"eq": 535086005}),
        ("ubuntu_version>=22.04", "ubuntu_version", {"gte": "22.04"}),
        ("gpu_name=4090", "gpu_name", {"eq": "4090"}),
        ("gpu_name=RTX-4090", "gpu_name", {"eq": "RTX-4090"}),
        ("gpu_name=[RTX_4090]", "gpu_name", {"in": ["RTX 4090"]}),
        ("gpu_name!=[A,B]", "gpu_name", {"notin": ["A", "B"]}),
        ('cpu_name="Core, i9"', "cpu_name", {"eq": "Core, i9"}),
        ('gpu_name in ["A, B",C]', "gpu_name", {"in": ["A, B", "C"]}),
        ('gpu_name="any"', "gpu_name", {"eq": "any"}),
        ("cluster_id=null", "cluster_id", {"eq": None}),
        ("cluster_id != None", "cluster_id", {"neq": None}),
        ("static_ip=True", "static_ip", {"eq": True}),
        ("static_ip!=yes", "static_ip", {"neq": True}),
        ("has_avx=1", "has_avx", {"eq": True}),
        ("geolocation=us", "geolocation", {"eq": "US"}),
        ("geolocation=UK", "geolocation", {"eq": "GB"}),
        ("geolocation not in ['cn','VN']", "geolocation", {"notin": ["CN", "VN"]}),
        ("geolocation in US,CA", "geolocation", {"in": ["US", "CA"]}),
        ("geolocation=south_america", "geolocation", {"in": list(REGIONS["South_America"])}),
        ("num_gpus>=2 num_gpus<8", "num_gpus", {"gte": 2, "lt": 8}),
        ("num_gpus>=2, gpu_name=H100,", "num_gpus", {"gte": 2}),
    ],
)
def test_terms_of_text(text: str, field: str, asked: dict[str, Any]) -> None:
    found = conditions(build_query(text))[field]
    assert found == asked
    assert all(type(value) is type(asked[operator]) for operator, value in found.items())


@pytest.mark.parametrize(
    ("mapping", "asked"),
    [
        ({"gpu_name": "GT 1030"}, {"gpu_name": {"eq": "GT 1030"}}),
        ({"gpu_name": ["RTX_4090", "H100 SXM"]}, {"gpu_name": {"in": ["RTX 4090", "H100 SXM"]}}),
        ({"num_gpus": ">=2"}, {"num_gpus": {"gte": 2}}),
        ({"num_gpus": {"gte": "2", "lt": 8}}, {"num_gpus": {"gte": 2, "lt": 8}}),
        ({"num_gpus": {"in": 2}}, {"num_gpus": {"in": [2]}}),
        ({"geolocation": "not in [CN, VN]"}, {"geolocation": {"notin": ["CN", "VN"]}}),
        ({"geolocation": ["SE", False]}, {"geolocation": {"in": ["SE", "NO"]}}),
        ({"ubuntu_version": 22.1}, {"ubuntu_version": {"eq": "22.10"}}),
        ({"driver_version": 535.86}, {"driver_version": {"eq": 535086000}}),
        ({"verified": "any"}, {}),
        ({"gpu_name": None, "num_gpus": "", "gpu_ram": {"gte": None}}, {}),
        ({"cluster_id": "null"}, {"cluster_id": {"eq": None}}),
        ({"dph": 0.5, "dph_total": {"lte": 0.4}}, {"dph_total": {"eq": 0.5, "lte": 0.4}}),
    ],
)
def test_terms_of_a_mapping(mapping: dict[str, Any], asked: dict[str, Any]) -> None:
    assert conditions(build_query(mapping)) == asked


@pytest.mark.parametrize(
    ("kwargs", "asked"),
    [
        ({"filters": "verified=false"}, {"verified": {"eq": False}}),
        ({"filters": "rentable!=true"}, {"rentable": {"neq": True}}),
        ({"filters": "rented=true"}, {"rented": {"eq": True}}),
        ({"filters": "verification=unverified"}, {"verification": {"eq": "unverified"}}),
        ({"filters": "verified=any external=any rentable=any"}, {}),
        ({"machine_id": 77}, {"rentable": {"eq": True}, "rented": {"eq": False}, "machine_id": {"eq": 77}}),
        ({"offer_id": 5}, {"rentable": {"eq": True}, "rented": {"eq": False}, "ask_contract_id": {"eq": 5}}),
    ],
)
def test_a_condition_replaces_the_default_about_the_same_thing(kwargs: dict[str, Any], asked: dict[str, Any]) -> None:
    query = build_query(**kwargs)
    replaced = [{"verified", "verification"}, {"external"}, {"rentable", "rented"}]
    untouched = {field for group in replaced for field in group if not group & asked.keys()}
    assert {field: asked_for for field, asked_for in query.items() if field in asked} == asked
    if "any" in str(kwargs) or "machine_id" in kwargs or "offer_id" in kwargs:
        assert not {"verified", "external"} & query.keys()
    else:
        assert all(query.get(field) == DEFAULTS.get(field) for field in untouched)


def test_several_conditions_on_one_field_all_hold() -> None:
    assert conditions(build_query("num_gpus>=2 num_gpus>=4 num_gpus<=8 num_gpus<=6")) == {
        "num_gpus": {"gte": 4, "lte": 6}
    }
    assert conditions(build_query("num_gpus!=1 num_gpus!=2 num_gpus!=3")) == {"num_gpus": {"neq": 1, "notin": [2, 3]}}
    query = build_query("geolocation in [US,DE,FR] dph<=2", regions=["Europe"], max_price=0.5)
    assert query["geolocation"] == {"in": ["DE", "FR"]}
    assert query["dph_total"] == {"lte": 0.5}
    assert "No offer can match" in refusal("geolocation in [US]", regions="Europe")
    assert "No offer can match" in refusal("num_gpus=1 num_gpus=2")


def test_any_forgets_what_came_before_it() -> None:
    assert conditions(build_query("num_gpus=1 num_gpus=any gpu_name=A")) == {"gpu_name": {"eq": "A"}}
    assert conditions(build_query("num_gpus=any num_gpus=1")) == {"num_gpus": {"eq": 1}}


# ---- the other options


@pytest.mark.parametrize(
    ("regions", "codes"),
    [
        (["Europe", "US"], [*REGIONS["Europe"], "US"]),
        ("north america,de", [*REGIONS["North_America"], "DE"]),
        (["[US", " CA]"], ["US", "CA"]),
        (["oceania", "Oceania", "AU"], list(REGIONS["Oceania"])),
        (["SE", "False"], ["SE", "NO"]),
    ],
)
def test_regions(regions: Any, codes: list[str]) -> None:
    assert build_query(regions=regions)["geolocation"] == {"in": codes}


@pytest.mark.parametrize("regions", [None, [], [""], "all", ["ALL", "US"], "All"])
def test_regions_that_are_no_condition(regions: Any) -> None:
    assert "geolocation" not in build_query(regions=regions)


def test_every_country_is_in_one_region() -> None:
    listed = [code for countries in REGIONS.values() for code in countries]
    assert len(listed) == len(set(listed)) == 249
    assert all(len(code) == 2 and code.isupper() for code in listed)


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        (None, [["score", "desc"]]),
        ("", [["score", "desc"]]),
        ([], [["score", "desc"]]),
        ("dph,num_gpus-", [["dph_total", "asc"], ["num_gpus", "desc"]]),
        (["dph_total", "-num_gpus"], [["dph_total", "asc"], ["num_gpus", "desc"]]),
        ("reliability+", [["reliability", "asc"]]),
        (["dph, +score"], [["dph_total", "asc"], ["score", "asc"]]),
    ],
)
def test_order(order: Any, keys: list[list[str]]) -> None:
    assert parse_order(order) == build_query(order=order)["order"] == keys


@pytest.mark.parametrize(
    ("written", "sent"),
    [("on-demand", "on-demand"), ("ondemand", "on-demand"), ("interruptible", "bid"), ("bid", "bid")],
)
def test_types(written: str, sent: str) -> None:
    assert build_query(offer_type=written)["type"] == sent


def test_limit_and_storage() -> None:
    assert "limit" not in build_query(limit=0)
    assert build_query(limit=3)["limit"] == 3
    assert build_query(storage=50)["allocated_storage"] == 50.0
    assert build_query(storage=0)["allocated_storage"] == 0.0


# ---- mistakes


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("gpu_nam=RTX_4090", "nearest known one is gpu_name"),
        ("GPU_NAME=RTX_4090", "nearest known one is gpu_name"),
        ("gpu_totalram>=24", "nearest known one is gpu_total_ram"),
        ("limit=5", "use the option limit"),
        ("allocated_storage=5", "use the option storage"),
        ("zzzzzz=5", "lists the fields"),
        ("num_gpus", "a term is 'field operator value'"),
        ("num_gpus=", "a term is"),
        ("gpu_name=RTX 4090", "4090"),
        ('gpu_name="RTX 4090', "RTX"),
        ("gpu_name in [A,B", "a term is"),
        ("num_gpus => 3", "Unknown operator '=>'"),
        ("num_gpus=two", "'two' in 'num_gpus=two' is not a number"),
        ("num_gpus=1_000", "is not a number"),
        ("num_gpus=nan", "is not a number"),
        ("dph<=1e999", "is not a number"),
        ("verified=maybe", "is not true or false"),
        ("driver_version>=535.86.05.1", "is not a driver version"),
        ("gpu_name>RTX_3090", "gpu_name is text"),
        ("verified>=1", "verified is true or false"),
        ("geolocation<US", "geolocation is a two-letter country code"),
        ("geolocation=Germany", "is no region or country"),
        ("geolocation=EU", "is no region or country"),
        ("geolocation!=all", "excludes every country"),
        ("num_gpus>=[1,2]", "takes one value"),
        ("num_gpus>=any", "'any' removes a filter"),
        ("num_gpus>=null", "null goes with"),
        ("num_gpus in [1,null]", "can't hold null"),
        ("num_gpus in []", "is empty"),
        ("gpu_name=[]", "is empty"),
        ('gpu_name=""', "is empty"),
        ("num_gpus=1,gpu_name=A", "where the value ends"),
        ("gpu_name=RTX_4090num_gpus=2", "where the value ends"),
    ],
)
def test_mistakes_in_text(text: str, says: str) -> None:
    assert says in refusal(text)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"filters": 5},
        {"filters": ["num_gpus=2"]},
        {"filters": {"num_gpus": {"atleast": 2}}},
        {"filters": {"num_gpus": {"gte": {"a": 1}}}},
        {"filters": {"num_gpus": True}},
        {"filters": {"num_gpus": [[1]]}},
        {"filters": {"gpu_name": True}},
        {"filters": {"num_gpus": ">="}},
        {"regions": ["Eurpe"]},
        {"order": "pricee"},
        {"offer_type": "spot"},
        {"limit": -1},
        {"storage": -5},
        {"storage": float("nan")},
        {"machine_id": 0},
        {"offer_id": -3},
        {"max_price": 0},
    ],
)
def test_mistakes_in_options(kwargs: dict[str, Any]) -> None:
    assert refusal(**kwargs)


def test_errors_quote_no_page_of_text() -> None:
    assert len(refusal("x" * 100_000)) < 400
    assert len(refusal("gpu_name in [" + "a" * 100_000)) < 400


def test_units_are_those_of_known_fields() -> None:
    assert FACTORS.keys() <= KINDS.keys()
    assert set(ALIASES.values()) <= KINDS.keys()
