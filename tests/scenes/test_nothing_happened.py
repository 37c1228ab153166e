"""Hands, hips and the building move the scales all day; none of that is an event."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store import Store
from told import pick


@pytest.fixture
def board(store: Store) -> Store:
    """Three lanes on one board."""
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("tea", unit_g=60, units=6, plates=2)
    store.lane("water", unit_g=520, units=6, plates=2)
    return store


@pytest.mark.parametrize("grams", [45.0, 60.0, 110.0, 345.0, 520.0, 690.0])
def test_a_press_is_no_event_whatever_it_weighs(board: Store, grams: float) -> None:
    for i, lane in enumerate(("cola", "tea", "water")):
        board.press(lane, by=grams, at=3.0 + 4.0 * i, lasts_s=1.5, visitor="ann")
    assert board.played(17) == []


def test_a_press_by_somebody_whom_nobody_sees_is_no_event(board: Store) -> None:
    board.no_tracker()
    board.press("cola", by=200.0, at=3.0, lasts_s=1.2)  # of just one can's weight, held still, it could not be told
    board.press("tea", by=35.0, at=7.0, lasts_s=0.8)
    assert board.played(12) == []


def test_a_press_that_happens_to_be_even_is_no_event_even_where_nobody_looks() -> None:
    store = Store(seed=9)
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("tea", unit_g=60, units=6, plates=2)
    store.lane("water", unit_g=520, units=6, plates=2)
    store.no_tracker()
    store.press("cola", by=200.0, at=3.0, lasts_s=1.2)
    assert store.played(7) == []


@pytest.mark.parametrize("lasts_s", [0.4, 0.7, 1.0])
def test_a_can_lifted_and_set_back_is_no_event(board: Store, lasts_s: float) -> None:
    board.hand_in("cola", at=2.6, visitor="ann")
    board.weight("cola", by=-345, at=3.0)
    board.weight("cola", by=+345, at=3.0 + lasts_s)
    board.hand_out(at=3.4 + lasts_s, visitor="ann")
    assert board.played(8) == []
    assert board.stock("cola").units == 6


def test_leaning_on_the_board_is_no_event(board: Store) -> None:
    board.enters("ann", at=1.0)
    board.lean(at=3.0, lasts_s=3.0, by=60.0)
    board.lean(at=9.0, lasts_s=1.0, by=25.0)
    assert board.played(14) == []


def test_a_body_that_leans_on_three_lanes_until_two_of_them_are_level_lays_nothing_on_the_third(board: Store) -> None:
    """And takes nothing when it goes, though one bag of tea weighs what leaves that lane. The third lane, pressed
    hardest, comes to rest last."""
    board.enters("ann", at=1.0)
    for lane, grams, halfway in (("cola", 60.0, 1.0), ("tea", 60.0, 1.0), ("water", 200.0, 0.6)):
        board.load(lane, grams, 0, (3.0, 3.3, 5.0, 5.5, 11.0, 11.3), (0.0, halfway, halfway, 1.0, 1.0, 0.0))
    assert board.played(17) == []


def test_a_shaken_shelf_is_no_event(board: Store) -> None:
    for at in (3.0, 6.0, 9.0):
        board.shake(at=at, by=15.0, lasts_s=1.5)
    assert board.played(13) == []


def test_a_hand_that_browses_is_no_event(board: Store) -> None:
    board.hand_in("tea", at=3.0, visitor="ann")
    board.hand_out(at=12.0, visitor="ann")
    assert board.played(14) == []


def test_a_heavy_neighbour_taken_is_felt_next_door_and_is_no_event_there(store: Store) -> None:
    store.lane("tea", unit_g=30, units=6)
    store.lane("wine", unit_g=1000, units=6)  # up to 15 g of it are felt on both sides
    store.lane("gum", unit_g=35, units=6)
    store.picks("ann", "wine", at=4.0)
    assert store.played(9) == [pick("wine", by="ann")]


def test_a_magnum_taken_moves_no_tea_bags() -> None:
    store = Store(seed=5)
    store.lane("tea", unit_g=30, units=6)
    store.lane("wine", unit_g=1600, units=6)
    store.lane("gum", unit_g=35, units=6)
    store.picks("ann", "wine", at=4.0)
    assert store.played(9) == [pick("wine", by="ann")]


def test_drift_and_creep_are_no_events_and_hide_none(store: Store) -> None:
    store.model = replace(store.model, drift_g_per_sqrt_s=0.4, creep=0.01, creep_tau_s=20.0)
    store.lane("tea", unit_g=42, units=40)
    store.lane("wine", unit_g=1250, units=8)
    assert store.played(40) == []
    store.picks("ann", "tea", at=42.0)
    assert store.played(46) == [pick("tea", by="ann")]


def test_a_wheel_of_cheese_that_dries_is_not_bought(store: Store) -> None:
    store.lane("cheese", min_step_g=40.0, stands=0)
    store.weight("cheese", by=-60.0, at=30.0, lasts_s=50.0)
    assert store.played(58) == []


def test_single_wild_samples_are_no_events(store: Store) -> None:
    store.model = replace(store.model, glitch_rate=0.02)
    for lane in ("cola", "water", "tea", "soup"):
        store.lane(lane, unit_g=345, units=6)
    assert store.played(60) == []


def test_a_cell_pinned_at_full_scale_for_a_moment_took_nothing(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6)
    store.reads("cola", 8_388_607.0, since=3.0, until=3.5)
    store.reads("cola", -8_388_608.0, since=6.0, until=6.1)
    assert store.played(10) == []


def test_an_empty_shelf_in_an_empty_shop_says_nothing(board: Store) -> None:
    assert board.played(20) == []
