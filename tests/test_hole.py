"""What happened behind a hole in the stream: weight says how much in all, hands say when and how often."""

from __future__ import annotations

from dataclasses import replace

import pytest
from shelf_scene import CHIPS, COLA, Shelf, lane

from agent.fusion.hole import dated
from agent.fusion.judge import Said
from agent.fusion.moves import Move
from agent.messages import Part, Tracks

BEGAN_S, SETTLED_S = 100.0, 105.0


def row(*reaches: tuple[str, float], stays_s: float = 0.4, d_m: float = 0.0) -> Shelf:
    """A hole of five seconds; `reaches`: who reached into the lane of cola when."""
    shelf = Shelf(lane("cola", "a"), lane("chips", "b", gtin=CHIPS))
    for i in range(round(15 * (SETTLED_S - BEGAN_S))):
        t = BEGAN_S + i / 15
        inside = {who for who, at in reaches if at <= t <= at + stays_s}
        parts = [Part(who, "hand", 0.05, 0.12, d_m if who in inside else 0.45, 0.9) for who in ("ann", "bob")]
        shelf.hands.see(Tracks(t, tuple(parts)))
    return shelf


def told(shelf: Shelf, units: int, by: str | None = "ann", *, gap: bool = True) -> list[tuple[float, int | None]]:
    """When, and how many at each time."""
    step = shelf.step("cola", -345.0 * units)
    step = replace(step, across_gap=gap, began=BEGAN_S, fell=BEGAN_S, settled=SETTLED_S, now=SETTLED_S + 0.6)
    said = Said(Move(-1, "cola", COLA, units, 345.0 * units, 5.0, 1.0, by), 0.9, ())
    return [(at.fell, one.move.units) for at, one in dated(step, shelf.stretch("cola"), (said,), shelf.hands)]


def test_who_reached_in_twice_took_one_each_time() -> None:
    shelf = row(("ann", 101.0), ("ann", 103.0))
    assert told(shelf, 2) == [(pytest.approx(101.2, abs=0.1), 1), (pytest.approx(103.2, abs=0.1), 1)]


def test_who_reached_in_once_took_both_at_once() -> None:
    assert told(row(("ann", 103.0)), 2) == [(pytest.approx(103.2, abs=0.25), 2)]


def test_more_reaches_than_units_say_nothing_of_which_took_how_many() -> None:
    assert [units for _, units in told(row(("ann", 101.0), ("ann", 102.5), ("ann", 104.0)), 2)] == [2]


def test_the_reaches_of_another_visitor_do_not_count() -> None:
    assert [units for _, units in told(row(("ann", 101.0), ("bob", 103.0)), 2)] == [2]


def test_a_hand_that_hides_for_a_moment_has_not_left() -> None:
    assert [units for _, units in told(row(("ann", 101.0), ("ann", 101.8)), 2)] == [2]


def test_a_hand_before_the_shelf_has_not_reached_in() -> None:
    assert [units for _, units in told(row(("ann", 101.0), ("ann", 103.0), d_m=0.3), 2)] == [2]


def test_where_nobody_was_seen_the_time_stays_as_it_was() -> None:
    assert told(row(), 2, by=None) == [(BEGAN_S, 2)]


def test_without_a_hole_a_step_is_one_event_however_often_a_hand_was_there() -> None:
    assert told(row(("ann", 101.0), ("ann", 103.0)), 2, gap=False) == [(BEGAN_S, 2)]
