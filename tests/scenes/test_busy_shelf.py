"""Much at once: what is taken is told although somebody leans, presses or stands in the way."""

from __future__ import annotations

import pytest
from store import Store
from told import pick, put


def furnished(store: Store) -> Store:
    """Four lanes of two plates on one board, one above."""
    for lane, unit_g in (("cola", 345), ("water", 520), ("soup", 410), ("tea", 60)):
        store.lane(lane, unit_g=unit_g, units=8, plates=2)
    store.lane("wine", unit_g=1250, units=6, plates=3, board=1)
    return store


@pytest.fixture
def board(store: Store) -> Store:
    """See `furnished`."""
    return furnished(store)


def test_a_can_is_taken_while_somebody_leans_on_the_board() -> None:
    board = furnished(Store(seed=12))
    board.enters("bob", at=1.0)
    board.lean(at=3.0, lasts_s=4.0, by=30.0)
    board.picks("ann", "cola", at=4.5)
    assert board.played(12) == [pick("cola", by="ann")]


def test_nor_is_anything_else_taken_when_the_lean_ends() -> None:
    board = furnished(Store(seed=1))
    board.enters("bob", at=1.0)
    board.lean(at=3.0, lasts_s=4.0, by=30.0)
    board.picks("ann", "cola", at=4.5)
    assert board.played(12) == [pick("cola", by="ann")]


def test_a_can_is_taken_while_next_door_is_pressed(board: Store) -> None:
    board.press("water", by=300.0, at=3.0, lasts_s=2.5, visitor="bob", plate=1)
    board.picks("ann", "cola", at=4.0)
    assert board.played(10) == [pick("cola", by="ann")]


def test_a_can_is_set_down_on_a_shaken_shelf(board: Store) -> None:
    board.picks("ann", "cola", at=3.0)
    board.shake(at=6.5, by=15.0, lasts_s=2.0)
    board.puts("ann", "cola", at=7.0)
    assert board.played(12) == [pick("cola", by="ann"), put("cola", by="ann")]


def test_both_hands_take_at_once_from_two_lanes(board: Store) -> None:
    board.picks("ann", "cola", at=3.0, plate=1)
    board.picks("ann", "water", at=3.1, plate=0, hand=1)
    assert sorted(board.played(7)) == [pick("cola", by="ann"), pick("water", by="ann")]


def test_one_takes_what_another_puts_next_door_at_the_same_moment(board: Store) -> None:
    board.picks("bob", "water", at=3.0)
    board.played(6)
    board.picks("ann", "cola", at=8.0)
    board.puts("bob", "water", at=8.1, plate=1)
    assert sorted(board.played(12)) == [pick("cola", by="ann"), put("water", by="bob")]


def test_four_people_at_four_lanes_within_a_second(board: Store) -> None:
    for i, (visitor, lane) in enumerate((("ann", "cola"), ("bob", "water"), ("cid", "soup"), ("eve", "wine"))):
        board.picks(visitor, lane, at=3.0 + 0.25 * i)
    assert sorted(board.played(8)) == [
        pick("cola", by="ann"),
        pick("soup", by="cid"),
        pick("water", by="bob"),
        pick("wine", by="eve"),
    ]


def test_two_take_from_one_lane_one_right_after_the_other(board: Store) -> None:
    board.picks("ann", "wine", at=3.0, plate=0)
    board.picks("bob", "wine", at=4.6, plate=2)
    assert board.played(9) == [pick("wine", by="ann"), pick("wine", by="bob")]


def test_a_hand_hidden_behind_the_goods_is_still_the_hand(board: Store) -> None:
    board.picks("ann", "cola", at=3.0)
    board.people.visitors["ann"].hidden.append((2.95, 3.4))
    board.enters("bob", at=1.0)
    assert board.played(7) == [pick("cola", by="ann")]


def test_somebody_whom_the_tracker_never_saw_takes_a_can_beside_a_visitor_who_looks(board: Store) -> None:
    board.enters("bob", at=1.0)
    board.picks(None, "cola", at=4.0)
    assert board.played(8) == [pick("cola")]


def test_an_arm_reaches_over_the_lower_board_to_the_upper_one(board: Store) -> None:
    board.press("cola", by=120.0, at=3.6, lasts_s=0.8)
    board.picks("ann", "wine", at=4.0)
    assert board.played(9) == [pick("wine", by="ann")]


def test_six_cans_one_after_the_other_and_all_back_again(board: Store) -> None:
    for k in range(6):
        board.picks("ann", "soup", at=3.0 + 1.8 * k)
    for k in range(6):
        board.puts("ann", "soup", at=16.0 + 2.2 * k)
    assert board.played(31) == [pick("soup", by="ann")] * 6 + [put("soup", by="ann")] * 6
    assert board.stock("soup").units == 8


def test_what_six_cans_add_up_to_next_door_is_no_event_there() -> None:
    board = furnished(Store(seed=7))
    for k in range(6):
        board.picks("ann", "soup", at=3.0 + 1.8 * k)
    for k in range(6):
        board.puts("ann", "soup", at=16.0 + 2.2 * k)
    assert {said.lane for said in board.played(31)} == {"soup"}


def test_what_is_taken_right_after_a_can_is_set_down_weighs_what_it_weighs(store: Store) -> None:
    """The last grams of the hand leave the can when it is told already; what goes then is lighter than they."""
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.also("cola", "gum", unit_g=60, units=6)
    store.picks("ann", "cola", at=3.0)
    store.puts("ann", "cola", at=7.0)
    store.load("cola", 25.0, 0, (6.95, 7.05, 7.8, 7.95), (0.0, 1.0, 1.0, 0.0))
    store.picks("ann", "cola", at=9.0, goods="gum", plate=1)
    assert store.played(12) == [pick("cola", by="ann"), put("cola", by="ann"), pick("cola", goods="gum", by="ann")]
    assert store.movements[-1].delta_g == pytest.approx(-60.0, abs=6.0)


def test_rearranging_a_lane_is_no_event(board: Store) -> None:
    """A can is pushed from one plate of its lane to the other."""
    board.hand_in("cola", at=3.0, visitor="ann")
    board.weight("cola", by=-345, at=3.5, plate=0, lasts_s=0.6)
    board.weight("cola", by=+345, at=3.5, plate=1, lasts_s=0.6)
    board.hand_out(at=4.2, visitor="ann")
    assert board.played(9) == []


def test_a_can_pushed_to_the_front_leaves_the_next_pick_right(board: Store) -> None:
    board.hand_in("cola", at=3.0, visitor="ann")
    board.weight("cola", by=-345, at=3.5, plate=0, lasts_s=0.6)
    board.weight("cola", by=+345, at=3.5, plate=1, lasts_s=0.6)
    board.hand_out(at=4.2, visitor="ann")
    board.played(10)
    board.picks("ann", "cola", at=12.0, plate=1)
    assert board.played(15) == [pick("cola", by="ann")]


def test_a_can_is_swapped_between_two_lanes_that_touch(board: Store) -> None:
    """Moved sideways into the neighbour's lane: gone here, come there."""
    board.hand_in("cola", at=3.0, visitor="ann", plate=1)
    board.weight("cola", by=-345, at=3.4, plate=1)
    board.hand_in("water", at=4.2, visitor="ann", plate=0)
    board.weight("water", by=+345, at=4.6, plate=0)
    board.hand_out(at=5.0, visitor="ann")
    assert board.played(10) == [pick("cola", by="ann"), put("water", goods="cola", by="ann")]
    assert board.misplaced() == [("water", "cola")]
