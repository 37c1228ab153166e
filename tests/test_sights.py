"""Counting containers in their lanes, and what the count says beside the weight."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelf_scene import CHIPS, Shelf, lane

from agent.fusion.hands import Hands
from agent.fusion.sights import MOST_LOOKS, Sights
from agent.messages import Good, Part, Tracks
from agent.plain import plain, revive

SHELF = Shelf(lane("cola", "a"), lane("chips", "b", gtin=CHIPS))
COLA = SHELF.stretch("cola").index
HZ = 10


class Watch:
    """A camera that counts colas, ten looks a second."""

    def __init__(self) -> None:
        self.sights, self.hands, self.t = Sights(SHELF.planogram), Hands(), 0.0

    def look(self, colas: int, *, seconds: float = 1.0, hand: bool = False, hz: float = HZ) -> Watch:
        for _ in range(round(seconds * hz)):
            self.t += 1 / hz
            parts = (Part("ann", "hand", 0.05, 0.1, 0.0, 0.9),) if hand else ()
            tracks = Tracks(self.t, parts, tuple(Good(0.02 + 0.02 * i, 0.0) for i in range(colas)))
            self.hands.see(tracks)
            self.sights.see(tracks, self.hands)
        return self

    @property
    def level(self) -> int | None:
        known = self.sights.level(COLA)
        return None if known is None else known.count

    def change(self, since: float) -> int | None:
        return self.sights.change(COLA, since, self.t)


# -- a level -----------------------------------------------------------------------------------------------------------


def test_nothing_is_known_before_somebody_looked_and_after_one_look() -> None:
    assert Watch().level is None
    assert Watch().look(3, seconds=0.1).level is None


def test_looks_that_agree_are_a_level_also_when_they_are_rare() -> None:
    assert Watch().look(3).level == 3
    assert Watch().look(3, seconds=10.0, hz=0.2).level == 3


def test_a_flicker_changes_nothing() -> None:
    assert Watch().look(3).look(2, seconds=0.2).look(3, seconds=0.3).level == 3


def test_a_hand_in_the_lane_hides_goods_and_is_waited_for() -> None:
    watch = Watch().look(3).look(1, hand=True)
    assert watch.level == 3
    assert watch.look(2, seconds=1.5).level == 2


def test_the_change_is_from_the_level_before_to_the_looks_after() -> None:
    watch = Watch().look(3)
    since = watch.t
    assert watch.look(2, seconds=0.1).change(since) is None
    assert watch.look(2, seconds=0.5).change(since) == -1
    assert watch.look(4, seconds=3.0).change(since) == 1


def test_goods_between_two_lanes_count_for_the_nearer_and_goods_elsewhere_for_none() -> None:
    watch = Watch()
    places = (Good(0.099, -0.05), Good(0.111, 0.1), Good(0.05, 0.6), Good(-0.3, 0.0), Good(0.3, 0.1))
    for i in range(9):
        watch.sights.see(Tracks(0.1 * i, (), places), watch.hands)
    levels = [watch.sights.level(index) for index in (COLA, SHELF.stretch("chips").index)]
    assert [level and (level.count, level.since) for level in levels] == [(1, 0.0), (1, 0.0)]


def test_pictures_in_which_nobody_looked_for_goods_say_nothing() -> None:
    watch = Watch().look(3)
    for i in range(20):
        watch.sights.see(Tracks(watch.t + 0.1 * i, (), None), watch.hands)
    assert watch.level == 3


counts = st.lists(st.tuples(st.integers(0, 4), st.floats(0.01, 9.0), st.booleans()), max_size=60)


@settings(max_examples=200, derandomize=True)
@given(counts, st.integers(0, 59))
def test_it_goes_on_exactly_where_a_snapshot_was_taken(looks: list[tuple[int, float, bool]], cut: int) -> None:
    one, other = Watch(), Watch()
    for i, (colas, pause_s, hand) in enumerate(looks):
        if i == cut:
            other.sights.restore(revive(json.loads(json.dumps(plain(one.sights.snapshot())))))
        for watch in (one, other):
            watch.t += pause_s
            watch.look(colas, seconds=0.1, hand=hand)
        assert i < cut or one.sights.level(COLA) == other.sights.level(COLA)
    assert all(len(kept) <= MOST_LOOKS for _, kept, _ in one.sights.snapshot()["seen"])


# -- beside the weight -------------------------------------------------------------------------------------------------


def confidence(seen: int | None) -> float:
    shelf = Shelf(lane("cola", "a"))
    shelf.hand("ann", shelf.middle("cola"))
    shelf.seen = seen
    return shelf.judged("cola", -345.0, flat_s=1.2).said[0].confidence


def test_a_camera_that_agrees_or_sees_nothing_of_it_leaves_the_scale_sure() -> None:
    assert min(confidence(None), confidence(-1), confidence(0)) > 0.95


@pytest.mark.parametrize("seen", [+1, -2, +3])
def test_a_camera_that_contradicts_the_scale_costs_confidence(seen: int) -> None:
    assert 0.5 < confidence(seen) < confidence(-1) - 0.04


def test_a_touch_is_the_likelier_when_all_goods_are_still_there() -> None:
    shelf = Shelf(lane("cola", "a"))
    shelf.hand("ann", shelf.middle("cola"), stays_s=3.0)
    probabilities = []
    for seen in (None, 0):
        shelf.seen = seen
        probabilities.append(sum(e.probability for e in shelf.told("cola", -345.0, flat_s=0.2) if not e.moves))
    assert probabilities[1] > probabilities[0]
