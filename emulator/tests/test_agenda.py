# Copyright (c) 2026, cloudctl.vastai contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that have a time: in order, once, and also after a restart."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from vast_emulator.world.agenda import Agenda
from vast_emulator.world.store import Store
from vast_emulator.world.world import Genesis, World

START = 1_750_000_000.0


@given(times=st.lists(st.integers(0, 20), max_size=30))
def test_entries_come_in_the_order_of_time_and_of_adding(times: list[int]) -> None:
    agenda = Agenda(Store(None))
    for number, at in enumerate(times):
        agenda.add(at, {"vanish": number})
    taken = []
    for now in range(21):
        while (due := agenda.pop_due(now)) is not None:
            assert due.at == now
            taken.append((due.at, due.wanted["vanish"]))
    assert taken == sorted((at, number) for number, at in enumerate(times))
    assert agenda.next_due() == float("inf")


def test_entries_survive_and_happen_once(tmp_path: Path) -> None:
    path = str(tmp_path / "state.db")
    first = Store(path)
    agenda = Agenda(first)
    agenda.add(2.0, {"offline": 1}, 7)
    agenda.add(1.0, {"online": 1})
    first.commit()
    assert agenda.pop_due(1.5) is not None
    first.commit()
    first.close()
    later = Agenda(Store(path))
    assert [(due.at, due.wanted, due.this) for due in later.pending()] == [(2.0, {"offline": 1}, 7)]
    later.add(2.0, {"online": 2})
    assert [due.wanted for due in later.pending()] == [{"offline": 1}, {"online": 2}]


def test_the_world_lets_events_happen_at_their_own_time() -> None:
    world = World(Store(None), Genesis(START, 7, 60), speed=0)
    seen: list[tuple[float, dict, int | None]] = []
    world.agenda.add(START + 50, {"late": 1})
    world.agenda.add(START + 5, {"early": 1}, 3)
    world.advance(10)
    assert seen == []

    def happen(wanted: dict, this: int | None) -> None:
        seen.append((world.now - START, wanted, this))
        if "early" in wanted:
            world.agenda.add(world.now + 20, {"from early": 1}, this)

    world.let_happen = happen
    assert world.next_change() == START + 5
    world.advance(90)
    assert seen == [(10.0, {"early": 1}, 3), (30.0, {"from early": 1}, 3), (50.0, {"late": 1}, None)]
    assert world.now == START + 100


def test_a_reset_forgets_the_agenda() -> None:
    world = World(Store(None), Genesis(START, 7, 60), speed=0)
    world.agenda.add(START + 5, {"offline": 1})
    world.reset()
    assert world.agenda.pending() == []
