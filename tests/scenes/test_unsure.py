"""What the shelf cannot know it says: with less confidence, with alternatives, and with the quality of its clock."""

from __future__ import annotations

from store import WALL_S, Store
from told import pick

from agent.messages import Event
from wire.events import Pick


def test_a_plain_pick_is_sure(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6)
    store.picks("ann", "cola", at=3.0)
    store.played(6)
    assert store.movements[0].confidence > 0.9


def test_two_hands_in_the_lane_and_one_can_gone_either_may_have_it(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6)
    store.hand_in("cola", at=2.5, visitor="ann")
    store.hand_in("cola", at=2.5, visitor="bob")
    store.weight("cola", by=-345, at=3.0)
    store.hand_out(at=3.4, visitor="ann")
    store.hand_out(at=3.4, visitor="bob")
    assert len(store.played(7)) == 1
    said = store.movements[0]
    people = {said.visitor: said.confidence} | {x.visitor: x.probability for x in said.alternatives}
    assert said.confidence < 0.8
    assert people["ann"] > 0.15
    assert people["bob"] > 0.15


def test_an_unknown_weight_among_goods_of_like_weight_names_them_all(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6)
    store.product("juice", unit_g=700)
    store.product("milk", unit_g=702)
    store.puts("ann", "cola", at=3.0, grams=701.0)
    store.played(6)
    said = store.movements[0]
    assert store.probability(said, goods="juice") > 0.1
    assert store.probability(said, goods="milk") > 0.1
    assert said.confidence < 0.7


def test_probabilities_never_add_up_to_more_than_one(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("cola zero", unit_g=345, units=6, plates=2)
    store.hand_in("cola", at=2.5, visitor="bob", plate=1)
    store.picks("ann", "cola", at=3.0, plate=1)
    store.puts("ann", "cola zero", at=7.0, goods="cola")
    store.hand_out(at=8.0, visitor="bob")
    store.played(11)
    assert store.movements
    for said in store.movements:
        assert said.confidence + sum(other.probability for other in said.alternatives) <= 1.005
        assert said.confidence >= max((other.probability for other in said.alternatives), default=0.0)


def test_while_the_clock_is_unknown_an_event_goes_out_undated_and_says_so(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6)
    store.wall = None
    store.picks("ann", "cola", at=3.0)
    assert store.played(6) == [pick("cola", by="ann")]
    store.wall = WALL_S
    store.picks("ann", "cola", at=9.0)
    assert store.played(12) == [pick("cola", by="ann")]
    before, after = [o for o in store.outputs if isinstance(o, Event) and isinstance(o.payload, Pick)]
    assert (before.wall_s, before.payload.clock.synced) == (None, False)
    assert after.payload.clock.synced
    assert after.payload.clock.uncertainty_ms == 5.0
    assert after.wall_s is not None
    assert abs(after.wall_s - (WALL_S + 9.0)) < 0.5
