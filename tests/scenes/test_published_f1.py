"""The published failures, counted over twenty plays each: they stay above their floors."""

from __future__ import annotations

from dataclasses import replace

import pytest
from published import SITUATIONS, measure, played

from tools.bench.looks import Sight
from tools.bench.world import simulate

SEEDS = range(1, 21)
SHORT = {  # a little below what plays of 24 s gave; they have few events each, so the steps are coarse
    "swapped": 0.86,
    "wrong_place": 0.95,
    "handed_over": 0.92,
    "same_instant": 0.95,
    "held_long": 0.95,
    "chaos": 0.94,
    "floor": 0.94,
}
LONG = {  # with tracks and by weight alone: a little below the table of docs/failures.md
    "swapped": (0.82, 0.78),
    "wrong_place": (0.94, 0.85),
    "handed_over": (0.93, 0.95),
    "same_instant": (0.945, 0.56),
    "held_long": (0.965, 0.945),
    "chaos": (0.89, 0.68),
    "floor": (0.945, 0.69),
}


@pytest.mark.parametrize("name", SITUATIONS)
def test_with_tracks_it_is_told_right_more_often_than_published(name: str) -> None:
    count = measure(name, SEEDS, minutes=0.4, tracks=True)
    assert count.right + count.missed >= 75
    assert count.f1 >= SHORT[name] > float(SITUATIONS[name].published_f1.rpartition("-")[2])


@pytest.mark.parametrize("name", SITUATIONS)
def test_where_the_product_in_the_hand_is_read_none_is_below_nine_in_ten(name: str) -> None:
    count = measure(name, SEEDS[:8], minutes=0.4, tracks=True, sight=Sight())
    assert count.right + count.missed >= 25
    assert count.f1 >= 0.9


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SITUATIONS)
def test_the_table_of_the_failures_page_stays_true(name: str) -> None:
    with_tracks, alone = LONG[name]
    assert measure(name, SEEDS, minutes=3.0, tracks=True).f1 >= with_tracks
    assert measure(name, SEEDS, minutes=3.0, tracks=False).f1 >= alone


def test_what_is_left_on_the_floor_is_never_put() -> None:
    """Nobody in these plays lays anything down, so any put is made up."""
    plays = [simulate(seed, replace(SITUATIONS["floor"].scenario, minutes=1.0)) for seed in (1, 2, 3)]
    assert {entry["type"] for play in plays for entry in play.truth if "visitor" in entry} == {"pick"}
    said = [move for play in plays for move in played(play, tracks=True).moves]
    sure = [move for move in said if move.kind == "put" and move.confidence > 0.9]
    assert len(said) > 20
    assert sure == []
