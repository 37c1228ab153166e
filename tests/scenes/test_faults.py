"""Cells die, cables come out, queues run over, trackers go blind: nothing is made up, and the rest goes on."""

from __future__ import annotations

import math

import numpy as np
import pytest
from store import Store
from told import pick, put

from agent.messages import Counts
from wire.events import Cleared, Fault, Gap


@pytest.fixture
def two(store: Store) -> Store:
    """Cola and water side by side."""
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("water", unit_g=520, units=6, plates=2)
    return store


def faults(store: Store) -> list[tuple[str, str]]:
    return [(fault.part, fault.code) for fault in store.told(Fault)]


def test_a_cell_that_dies_takes_nothing_with_it(two: Store) -> None:
    two.no_reading("cola", since=4.0, plate=1)
    assert two.played(20) == []
    assert faults(two) == [("cell/p2", "no_reading")]
    assert not two.health.streams[0].valid


def test_its_lane_is_blind_and_the_other_lane_goes_on(two: Store) -> None:
    two.no_reading("cola", since=4.0)
    two.picks("ann", "cola", at=8.0, plate=1)
    two.picks("bob", "water", at=8.1)
    assert two.played(12) == [pick("water", by="bob")]


def test_when_the_cell_is_back_what_changed_meanwhile_is_told(two: Store) -> None:
    two.no_reading("cola", since=4.0, until=16.0)
    two.picks("ann", "cola", at=8.0)
    assert two.played(16) == []
    assert two.played(30) == [pick("cola")]  # whose hand it was eight seconds ago, nobody remembers
    assert two.stock("cola").units == 5
    two.played(40)
    assert [(over.part, over.code) for over in two.told(Cleared)] == [("cell/p1", "no_reading")]


def test_who_is_there_when_the_cell_is_back_did_not_do_it(two: Store) -> None:
    """Ann took while the cell was silent; Bob's hand is in the lane as it speaks again. Either may have."""
    two.no_reading("cola", since=4.8, until=8.0)
    two.picks("ann", "cola", at=5.2)
    two.hand_in("cola", at=7.5, visitor="bob", plate=1)
    two.hand_out(at=9.0, visitor="bob")
    assert len(two.played(14)) == 1
    assert two.movements[0].confidence < 0.6
    assert {two.movements[0].visitor, two.movements[0].alternatives[0].visitor} == {"ann", "bob"}


def test_a_cell_back_as_it_was_says_nothing(two: Store) -> None:
    two.no_reading("cola", since=4.0, until=9.0)
    assert two.played(16) == []


def test_a_cell_dead_from_the_start_makes_its_lane_blind_only(two: Store) -> None:
    two.no_reading("cola", since=0.0)
    two.picks("bob", "water", at=4.0)
    assert two.played(15) == [pick("water", by="bob")]
    assert faults(two) == [("cell/p1", "no_reading")]


def test_single_missing_readings_lose_no_event(two: Store) -> None:
    for k in range(40):
        two.reads("cola", math.nan, since=1.0 + 0.2 * k, until=1.0 + 0.2 * k + 0.02)
    two.picks("ann", "cola", at=4.0)
    assert two.played(10) == [pick("cola", by="ann")]


def test_samples_lost_between_two_rests_are_a_gap_and_no_event(two: Store) -> None:
    two.samples_lost(since=4.0, until=6.0)
    assert two.played(10) == []
    assert [(gap.stream, gap.lost) for gap in two.told(Gap)] == [("scale/main", 2 * two.rate_hz)]


def test_what_was_taken_in_the_gap_is_told_behind_it(two: Store) -> None:
    two.picks("ann", "cola", at=5.0)
    two.samples_lost(since=4.0, until=6.0)
    assert two.played(10) == [pick("cola", by="ann")]


def test_a_press_over_the_end_of_a_gap_is_no_event(two: Store) -> None:
    two.press("cola", by=250.0, at=5.0, lasts_s=2.2, visitor="ann")
    two.samples_lost(since=4.0, until=6.0)
    assert two.played(12) == []


def test_a_cable_pulled_out_is_a_fault_until_it_is_back(two: Store) -> None:
    two.scale_lost(since=4.0, until=9.0)
    assert two.played(20) == []
    assert faults(two) == [("scale/main", "unplugged")]
    assert [(over.part, over.code) for over in two.told(Cleared)] == [("scale/main", "unplugged")]
    assert two.health.streams[0].alive


def test_what_was_taken_while_the_cable_was_out_is_told_when_it_is_back(two: Store) -> None:
    two.scale_lost(since=4.0, until=9.0)
    two.picks("ann", "water", at=7.0)
    assert two.played(9) == []
    assert two.played(13) == [pick("water", by="ann")]
    assert two.stock("water").units == 5


@pytest.mark.parametrize("lanes", [3, 4])
def test_what_several_visitors_took_from_a_board_meanwhile_is_not_a_body_that_leans_on_it(
    store: Store, lanes: int
) -> None:
    """All of it seems to have happened at once."""
    for lane, unit_g in (("cola", 345), ("water", 520), ("soup", 410), ("tea", 60)):
        store.lane(lane, unit_g=unit_g, units=8, plates=2)
    taken = list(zip(("ann", "bob", "cid", "eve"), store.lanes, strict=True))[:lanes]
    for i, (visitor, lane) in enumerate(taken):
        store.picks(visitor, lane, at=5.0 + 0.6 * i)
    store.scale_lost(since=4.0, until=8.0)
    assert store.played(8) == []
    assert store.played(14) == [pick(lane, by=visitor) for visitor, lane in taken]
    assert max(movement.decided_s for movement in store.movements) < 8.8


def test_and_afterwards_everything_is_as_before(two: Store) -> None:
    two.scale_lost(since=4.0, until=9.0)
    two.picks("ann", "cola", at=12.0)
    two.puts("ann", "cola", at=16.0)
    assert two.played(20) == [pick("cola", by="ann"), put("cola", by="ann")]


def test_a_scale_that_nobody_configured_is_passed_over(two: Store) -> None:
    for k in range(60):
        two.tell(Counts(3.0 + 0.1 * k, "other", np.zeros(4)))
    two.picks("ann", "cola", at=6.0)
    assert two.played(10) == [pick("cola", by="ann")]


def test_a_tracker_that_goes_blind_costs_the_visitor_and_nothing_else(two: Store) -> None:
    two.tracker_lost(since=4.0, until=12.0)
    two.picks("ann", "cola", at=7.0)
    two.picks("ann", "cola", at=16.0)
    assert two.played(20) == [pick("cola"), pick("cola", by="ann")]
    assert faults(two) == [("tracks", "unplugged")]
