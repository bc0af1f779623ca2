# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Regions of the world as lists of ISO 3166-1 alpha-2 country codes.

Vast.ai knows countries only: a region is a filter on many of them. The names are those that the official CLI's
``launch instance --region`` understands. Every country and territory stands in exactly one region, by the continents
of the United Nations' M49 standard, except that Cyprus counts as Europe (as for the CLI), and that Kosovo (``XK``) and
Taiwan (``TW``), which M49 does not list, are added. Antarctica has no machines.
"""

from __future__ import annotations

_CODES = {
    "Africa": """
        AO BF BI BJ BW CD CF CG CI CM CV DJ DZ EG EH ER ET GA GH GM GN GQ GW IO KE KM LR LS LY MA MG ML MR MU MW MZ NA
        NE NG RE RW SC SD SH SL SN SO SS ST SZ TD TF TG TN TZ UG YT ZA ZM ZW
        """,
    "Asia": """
        AE AF AM AZ BD BH BN BT CN GE HK ID IL IN IQ IR JO JP KG KH KP KR KW KZ LA LB LK MM MN MO MV MY NP OM PH PK PS
        QA SA SG SY TH TJ TL TM TR TW UZ VN YE
        """,
    "Europe": """
        AD AL AT AX BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV MC MD ME MK
        MT NL NO PL PT RO RS RU SE SI SJ SK SM UA VA XK
        """,
    "North_America": """
        AG AI AW BB BL BM BQ BS BZ CA CR CU CW DM DO GD GL GP GT HN HT JM KN KY LC MF MQ MS MX NI PA PM PR SV SX TC TT
        US VC VG VI
        """,
    "Oceania": """
        AS AU CC CK CX FJ FM GU HM KI MH MP NC NF NR NU NZ PF PG PN PW SB TK TO TV UM VU WF WS
        """,
    "South_America": """
        AR BO BR BV CL CO EC FK GF GS GY PE PY SR UY VE
        """,
}

REGIONS: dict[str, tuple[str, ...]] = {name: tuple(codes.split()) for name, codes in _CODES.items()}

EVERYWHERE = "all"
"""The name that stands for no condition on the country."""


def region_named(name: str) -> tuple[str, ...] | None:
    """The countries of a region, its name in any case and with spaces, hyphens or underscores; else None."""
    return _BY_NAME.get(_plain(name))


def is_everywhere(name: str) -> bool:
    """Whether the name is ``all``, in any case."""
    return _plain(name) == EVERYWHERE


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")


_BY_NAME = {_plain(name): countries for name, countries in REGIONS.items()}
