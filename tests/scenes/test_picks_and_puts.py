"""The everyday of a shelf: things are taken and come back."""

from __future__ import annotations

from store import Store
from told import pick, put


def test_a_can_is_taken(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6)
    store.picks("ann", "cola", at=3.0)
    assert store.played(6) == [pick("cola", by="ann", at=3.0)]
    assert store.stock("cola").units == 5


def test_a_hand_lingers_and_the_can_goes_back(store: Store) -> None:
    store.lane("cola", gtin="06901234567892", unit_g=345, units=6)
    store.hand_in("cola", at=2.0, visitor="ann")
    store.weight("cola", by=-345, at=2.4)
    store.weight("cola", by=+345, at=7.9)
    store.hand_out(at=8.3, visitor="ann")
    assert store.played(10) == [pick("cola", by="ann", at=2.4), put("cola", by="ann", at=7.9)]
    assert store.stock("cola").units == 6


def test_an_event_is_told_within_a_second_and_says_when_it_was(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6)
    store.picks("ann", "cola", at=3.0)
    store.puts("ann", "cola", at=7.0)
    store.played(10)
    for movement, moment in zip(store.movements, (3.0, 7.0), strict=True):
        assert movement.began_s <= movement.ended_s <= movement.decided_s
        assert abs(movement.ended_s - moment) < 0.2
        assert movement.decided_s - moment <= 1.0


def test_three_cans_in_one_grip_are_three(store: Store) -> None:
    store.lane("cola", unit_g=345, units=8, plates=2)
    store.picks("ann", "cola", at=3.0, units=3)
    store.puts("ann", "cola", at=7.0, units=2)
    assert store.played(10) == [pick("cola", 3, by="ann"), put("cola", 2, by="ann")]
    assert store.stock("cola").units == 7


def test_one_can_after_the_other_is_an_event_each(store: Store) -> None:
    store.lane("cola", unit_g=345, units=8, plates=2)
    for at in (3.0, 5.0, 7.0):
        store.picks("ann", "cola", at=at)
    assert store.played(10) == [pick("cola", by="ann", at=at) for at in (3.0, 5.0, 7.0)]


def test_two_shoppers_at_two_lanes_at_the_same_moment(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=3)
    store.lane("water", unit_g=520, units=6, plates=3)
    store.picks("ann", "cola", at=3.0, plate=0)
    store.picks("bob", "water", at=3.1, plate=2)
    assert store.played(6) == [pick("cola", by="ann"), pick("water", by="bob")]


def test_neighbours_of_the_same_weight_are_told_apart_by_where_it_happened(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("cola zero", unit_g=345, units=6, plates=2)
    store.picks("ann", "cola zero", at=3.0)
    store.picks("ann", "cola", at=6.0)
    assert store.played(9) == [pick("cola zero", by="ann"), pick("cola", by="ann")]


def test_the_hand_that_was_in_the_lane_took_it_not_the_one_beside(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=3)
    store.lane("water", unit_g=520, units=6, plates=3)
    store.hand_in("water", at=2.0, visitor="bob", plate=1)
    store.hand_out(at=6.0, visitor="bob")
    store.picks("ann", "cola", at=3.0)
    assert store.played(8) == [pick("cola", by="ann")]


def test_a_hand_on_another_board_took_nothing_here(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2, board=0)
    store.lane("soup", unit_g=345, units=6, plates=2, board=3)
    store.hand_in("soup", at=2.5, visitor="bob")
    store.hand_out(at=5.0, visitor="bob")
    store.picks("ann", "cola", at=3.0)
    assert store.played(8) == [pick("cola", by="ann")]


def test_without_a_tracker_the_event_is_told_without_a_visitor(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6)
    store.no_tracker()
    store.picks(None, "cola", at=3.0)
    store.puts(None, "cola", at=7.0)
    assert store.played(10) == [pick("cola"), put("cola")]


def test_a_slow_hand_takes_as_surely_as_a_quick_one(store: Store) -> None:
    store.lane("oil", unit_g=920, units=6)
    store.hand_in("oil", at=2.5, visitor="ann")
    store.weight("oil", by=-920, at=5.0, lasts_s=4.0)
    store.hand_out(at=7.2, visitor="ann")
    assert store.played(11) == [pick("oil", by="ann")]


def test_a_light_bag_is_seen_among_heavy_bottles(store: Store) -> None:
    store.lane("wine", unit_g=1250, units=6, plates=2)
    store.lane("tea", unit_g=42, units=6, plates=2)
    store.picks("ann", "wine", at=3.0)
    store.picks("bob", "tea", at=6.0)
    assert store.played(9) == [pick("wine", by="ann"), pick("tea", by="bob")]


def test_two_shoppers_in_turn(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6)
    store.lane("water", unit_g=520, units=6)
    store.picks("ann", "cola", at=4.0)
    store.picks("bob", "water", at=8.0)
    store.puts("ann", "cola", at=12.0)
    assert store.played(15) == [pick("cola", by="ann"), pick("water", by="bob"), put("cola", by="ann")]


def test_a_cell_mounted_upside_down_is_calibrated_with_a_sign(store: Store) -> None:
    store.upside_down = True
    store.lane("cola", unit_g=345, units=6)
    store.picks("ann", "cola", at=3.0)
    store.puts("ann", "cola", at=6.0)
    assert all(cell.counts_per_gram < 0 for cell in store.config.scales[0].cells)
    assert store.played(9) == [pick("cola", by="ann"), put("cola", by="ann")]
    assert store.movements[0].delta_g < 0 < store.movements[1].delta_g
