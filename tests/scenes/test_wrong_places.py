"""Goods lie where they do not belong, across borders, two kinds on one lane, or are of no known kind or weight."""

from __future__ import annotations

import pytest
from store import Store
from told import FOREIGN, pick, put


@pytest.fixture
def board(store: Store) -> Store:
    """Cola, water and soup of different weights, two plates each."""
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("water", unit_g=520, units=6, plates=2)
    store.lane("soup", unit_g=410, units=6, plates=2)
    return store


def test_a_can_laid_among_the_water_is_known_to_lie_there(board: Store) -> None:
    board.picks("ann", "cola", at=3.0)
    board.puts("ann", "water", at=7.0, goods="cola")
    assert board.played(10) == [pick("cola", by="ann"), put("water", goods="cola", by="ann")]
    assert board.misplaced() == [("water", "cola")]
    assert board.stock("cola").units == 5
    assert board.stock("water").units == 6


def test_and_who_takes_it_from_there_takes_a_can(board: Store) -> None:
    board.picks("ann", "cola", at=3.0)
    board.puts("ann", "water", at=7.0, goods="cola")
    board.picks("bob", "water", at=12.0, goods="cola")
    assert board.played(15)[2:] == [pick("water", goods="cola", by="bob")]
    assert board.misplaced() == []
    assert board.stock("water").units == 6


def test_it_may_lie_there_for_a_while_and_water_is_still_water(board: Store) -> None:
    board.picks("ann", "cola", at=3.0)
    board.puts("ann", "water", at=7.0, goods="cola", plate=1)
    board.picks("bob", "water", at=12.0, plate=0)
    board.picks("bob", "water", at=16.0, goods="cola", plate=1)
    assert board.played(20)[2:] == [pick("water", by="bob"), pick("water", goods="cola", by="bob")]


def test_a_misplaced_can_goes_home_by_another_hand(board: Store) -> None:
    board.picks("ann", "cola", at=3.0)
    board.puts("ann", "water", at=7.0, goods="cola")
    board.picks("bob", "water", at=12.0, goods="cola")
    board.puts("bob", "cola", at=16.0)
    assert board.played(20)[2:] == [pick("water", goods="cola", by="bob"), put("cola", by="bob")]
    assert board.misplaced() == []
    assert board.stock("cola").units == 6


def test_goods_of_another_shelf_are_known_by_their_weight(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6)
    store.lane("water", unit_g=520, units=6)
    store.product("wine", unit_g=1250)
    store.puts("ann", "cola", at=3.0, goods="wine")
    assert store.played(6) == [put("cola", goods="wine", by="ann")]
    assert store.misplaced() == [("cola", "wine")]


def test_an_umbrella_is_no_product_and_is_remembered(board: Store) -> None:
    board.puts("ann", "water", at=3.0, grams=623.0)
    assert board.played(6) == [put("water", None, goods=FOREIGN, by="ann")]
    assert board.misplaced() == [("water", None)]
    board.picks("ann", "water", at=9.0, grams=623.0)
    assert board.played(12) == [pick("water", None, goods=FOREIGN, by="ann")]
    assert board.misplaced() == []
    assert board.stock("water").units == 6


def test_a_bottle_across_two_lanes_is_one_bottle_of_the_lane_that_bears_most(board: Store) -> None:
    board.hand_in("water", at=2.7, visitor="ann")
    board.weight("water", by=-0.7 * 520, at=3.0, plate=0)
    board.weight("cola", by=-0.3 * 520, at=3.0, plate=1)
    board.hand_out(at=3.3, visitor="ann")
    assert board.played(7) == [pick("water", by="ann")]
    assert board.stock("water").units == 5
    assert board.stock("cola").units == 6


def test_a_bottle_half_on_a_spare_plate_is_weighed_whole(store: Store) -> None:
    store.lane("water", unit_g=520, units=6, plates=2)
    store.spare("spare")
    store.hand_in("water", at=2.7, visitor="ann", plate=1)
    store.weight("water", by=-0.6 * 520, at=3.0, plate=1)
    store.weight("spare", by=-0.4 * 520, at=3.0)
    store.hand_out(at=3.3, visitor="ann")
    assert store.played(7) == [pick("water", by="ann")]


def test_something_on_a_spare_plate_alone_is_nobodys_event(store: Store) -> None:
    store.lane("water", unit_g=520, units=6, plates=2)
    store.spare("spare")
    store.weight("spare", by=700, at=3.0)
    assert store.played(8) == []


def test_two_products_of_one_lane_are_told_apart_by_weight(store: Store) -> None:
    store.lane("cola", unit_g=345, units=4, plates=2)
    store.also("cola", "cola large", unit_g=520, units=4)
    store.picks("ann", "cola", at=3.0, goods="cola large")
    store.picks("ann", "cola", at=6.0)
    store.puts("ann", "cola", at=9.0, goods="cola large")
    assert store.played(12) == [
        pick("cola", goods="cola large", by="ann"),
        pick("cola", by="ann"),
        put("cola", goods="cola large", by="ann"),
    ]
    assert store.stock("cola", "cola large").units == 4
    assert store.stock("cola").units == 3


def test_goods_of_no_fixed_weight_are_taken_at_any_weight(store: Store) -> None:
    store.lane("cheese", min_step_g=40.0, plates=2)
    store.picks("ann", "cheese", at=3.0, grams=212.0)
    store.picks("bob", "cheese", at=7.0, grams=131.0)
    assert store.played(10) == [pick("cheese", None, by="ann"), pick("cheese", None, by="bob")]
    assert store.stock("cheese").units is None


def test_and_changes_below_their_least_step_are_crumbs(store: Store) -> None:
    store.lane("cheese", min_step_g=40.0, plates=2)
    store.hand_in("cheese", at=2.5, visitor="ann")
    store.weight("cheese", by=-25.0, at=3.0)
    store.hand_out(at=3.5, visitor="ann")
    assert store.played(8) == []


def test_the_pot_that_was_taken_comes_back_lighter(store: Store) -> None:
    store.lane("coffee pot", min_step_g=300.0)
    store.picks("ann", "coffee pot", at=3.0, grams=1900.0)
    store.puts("ann", "coffee pot", at=15.0, grams=1660.0)
    assert store.played(20) == [pick("coffee pot", None, by="ann"), put("coffee pot", None, by="ann")]


def test_one_thing_comes_as_another_goes_on_the_same_lane(board: Store) -> None:
    """Both hands at once: on the cells it shows, in the sum it hides."""
    board.picks("ann", "cola", at=3.0)
    board.played(6)
    board.hand_in("water", at=8.6, visitor="ann", plate=0)
    board.weight("water", by=-520, at=9.0, plate=0)
    board.weight("water", by=+345, at=9.1, plate=1)
    board.hand_out(at=9.4, visitor="ann")
    assert sorted(board.played(13)) == sorted([pick("water", by="ann"), put("water", goods="cola", by="ann")])
