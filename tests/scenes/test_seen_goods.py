"""The camera counts what stands in the lanes: it speaks for a silent scale, and beside one that weighs."""

from __future__ import annotations

import pytest
from store import Store
from told import pick, put

from wire.commands import SetMode


@pytest.fixture
def two(store: Store) -> Store:
    """Three colas and two waters side by side, all of them in sight."""
    store.lane("cola", unit_g=345, units=3, plates=2)
    store.lane("water", unit_g=520, units=2, plates=2)
    store.shows("cola", 3)
    store.shows("water", 2)
    return store


def test_with_a_dead_cell_the_camera_alone_tells_and_is_less_sure(two: Store) -> None:
    two.no_reading("cola", since=0.0)
    two.picks("ann", "cola", at=5.0)
    two.shows("cola", 2, since=5.0)
    assert two.played(10) == [pick("cola", by="ann", at=5.2)]
    said = two.movements[0]
    assert said.delta_g is None
    assert 0.5 < said.confidence < 0.8
    assert two.stock("cola").units == 2


def test_and_what_comes_back_is_put(two: Store) -> None:
    two.no_reading("cola", since=0.0)
    two.picks("ann", "cola", at=5.0)
    two.shows("cola", 2, since=5.0)
    two.puts("ann", "cola", at=12.0)
    two.shows("cola", 3, since=12.0)
    assert two.played(18) == [pick("cola", by="ann"), put("cola", by="ann")]


def test_the_neighbour_that_is_weighed_is_told_once(two: Store) -> None:
    two.no_reading("cola", since=0.0)
    two.picks("bob", "water", at=5.0)
    two.shows("water", 1, since=5.0)
    assert two.played(12) == [pick("water", by="bob")]
    assert two.movements[0].delta_g == pytest.approx(-520, rel=0.05)


def test_when_the_cell_is_back_nothing_is_told_a_second_time(two: Store) -> None:
    two.no_reading("cola", since=4.0, until=14.0)
    two.picks("ann", "cola", at=8.0)
    two.shows("cola", 2, since=8.0)
    assert two.played(25) == [pick("cola", by="ann", at=8.2)]
    assert two.stock("cola").units == 2


def test_without_a_hand_a_missing_container_is_only_hidden(two: Store) -> None:
    two.no_reading("cola", since=0.0)
    two.shows("cola", 1, since=5.0)
    two.shows("cola", 3, since=8.0)
    two.enters("ann", at=4.0)
    assert two.played(12) == []


def test_one_wrong_look_says_nothing(two: Store) -> None:
    two.no_reading("cola", since=0.0)
    two.hand_in("cola", at=4.0, visitor="ann")
    two.hand_out(at=4.6, visitor="ann")
    two.shows("cola", 2, since=6.0)
    two.shows("cola", 3, since=6.1)
    assert two.played(12) == []


def test_goods_one_behind_the_other_are_told_by_weight_all_the_same(two: Store) -> None:
    """The front stays as it was: another cola stands behind."""
    two.picks("ann", "cola", at=5.0)
    assert two.played(10) == [pick("cola", by="ann")]
    assert two.movements[0].confidence > 0.9


def test_a_restart_counts_anew(two: Store) -> None:
    """The shelf may have been filled while the device was off; nobody saw that."""
    two.no_reading("cola", since=0.0)
    two.played(5)
    two.restart(off_s=60)
    two.shows("cola", 1, since=5.0)
    two.hand_in("cola", at=66.0, visitor="ann")
    two.hand_out(at=66.5, visitor="ann")
    assert two.played(75) == []


def browses(store: Store, lane: str, *, at: float) -> None:
    store.hand_in(lane, at=at, visitor="ann")
    store.hand_out(at=at + 0.8, visitor="ann")


def test_who_walks_past_a_silent_shelf_takes_nothing_from_it(two: Store) -> None:
    """A body before two lanes at once, or goods that are gone from sight for a second, while a hand browses."""
    two.no_reading("cola", since=0.0)
    two.no_reading("water", since=0.0)
    browses(two, "cola", at=5.0)
    for lane, standing in (("cola", 3), ("water", 2)):
        two.shows(lane, 0, since=6.0)
        two.shows(lane, standing, since=7.0)
    browses(two, "cola", at=12.0)
    for lane, standing in (("cola", 3), ("water", 2)):
        two.shows(lane, standing - 1, since=12.9)
        two.shows(lane, standing, since=20.0)
    assert two.played(30) == []


def test_a_whole_facing_that_vanishes_is_hidden(two: Store) -> None:
    two.no_reading("cola", since=0.0)
    browses(two, "cola", at=5.0)
    two.shows("cola", 0, since=5.9)
    assert two.played(20) == []


def test_what_the_scale_has_told_before_it_fell_silent_is_not_told_again(two: Store) -> None:
    """The next hand covers the lane until the cell is dead: the camera still knows the count before the first pick."""
    two.picks("ann", "cola", at=5.0)
    two.shows("cola", 2, since=5.0)
    two.hand_in("cola", at=5.4, visitor="bob", plate=1)
    two.no_reading("cola", since=6.5)
    two.hand_out(at=8.0, visitor="bob")
    assert two.played(16) == [pick("cola", by="ann")]
    assert two.stock("cola").units == 2


def test_of_goods_without_a_weight_the_camera_alone_says_nothing(store: Store) -> None:
    """Nobody could say what the scale will find missing when it is back."""
    store.lane("cheese", units=3)
    store.shows("cheese", 3)
    store.no_reading("cheese", since=0.0)
    browses(store, "cheese", at=5.0)
    store.shows("cheese", 2, since=5.8)
    assert store.played(15) == []


def test_what_moved_in_maintenance_belongs_to_the_mode_before(two: Store) -> None:
    two.no_reading("cola", since=0.0)
    two.command(SetMode(mode="maintenance"), at=4.0)
    browses(two, "cola", at=5.0)
    two.shows("cola", 2, since=5.8)
    two.command(SetMode(mode="open"), at=6.5)
    assert two.played(15) == []


def test_what_changed_while_the_eyes_were_lost_is_nobodys(two: Store) -> None:
    two.no_reading("cola", since=0.0)
    two.tracker_lost(since=4.0, until=30.0)
    two.shows("cola", 2, since=10.0)
    browses(two, "cola", at=31.0)
    assert two.played(40) == []
