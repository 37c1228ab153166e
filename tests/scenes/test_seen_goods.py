"""The camera counts what stands in the lanes: it speaks for a silent scale, and beside one that weighs."""

from __future__ import annotations

import pytest
from store import Store
from told import pick, put


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
