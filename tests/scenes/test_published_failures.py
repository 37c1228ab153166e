"""The seven situations in which published systems fail most, each told once (docs/failures.md has the figures)."""

from __future__ import annotations

from store import Store
from told import pick, put

from wire.events import Put


def test_another_product_of_the_same_weight_is_swapped_in(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("soup", unit_g=410, units=6, plates=2)
    store.lane("cola zero", unit_g=345, units=6, plates=2)
    store.picks("ann", "cola zero", at=3.0)
    store.puts("ann", "cola", at=8.0, plate=0, goods="cola zero")
    store.picks("ann", "cola", at=10.0, plate=1)
    assert store.played(14) == [
        pick("cola zero", by="ann"),
        put("cola", goods="cola zero", by="ann"),
        pick("cola", by="ann"),
    ]
    assert store.misplaced() == [("cola", "cola zero")]
    assert store.stock("cola").units == 5


def test_swapped_in_after_the_other_was_taken_weight_cannot_say_and_the_event_does_not_pretend(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("soup", unit_g=410, units=6, plates=2)
    store.lane("cola zero", unit_g=345, units=6, plates=2)
    store.picks("ann", "cola zero", at=3.0)
    store.picks("ann", "cola", at=8.0)
    store.puts("ann", "cola", at=10.5, goods="cola zero")
    store.played(14)
    said = store.movements[-1]
    own, other = (store.probability(said, goods=goods) for goods in ("cola", "cola zero"))
    assert isinstance(said, Put)
    assert min(own, other) > 0.05
    assert own + other > 0.9


def test_laid_into_the_wrong_place_among_goods_of_the_same_weight(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("cola zero", unit_g=345, units=6, plates=2)
    store.picks("ann", "cola zero", at=3.0)
    store.puts("ann", "cola", at=7.0, goods="cola zero", plate=1)
    assert store.played(10) == [pick("cola zero", by="ann"), put("cola", goods="cola zero", by="ann")]
    assert store.misplaced() == [("cola", "cola zero")]


def test_and_taken_from_there_it_is_at_least_thought_of(store: Store) -> None:
    """Both weigh the same within a percent, and both stand on that plate: nobody could be sure."""
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("cola zero", unit_g=345, units=6, plates=2)
    store.picks("ann", "cola zero", at=3.0)
    store.puts("ann", "cola", at=7.0, goods="cola zero", plate=1)
    store.picks("bob", "cola", at=12.0, goods="cola zero", plate=1)
    assert [(said.what, said.lane, said.by) for said in store.played(16)][2:] == [("pick", "cola", "bob")]
    assert store.probability(store.movements[-1], goods="cola zero") > 0.2


def test_handed_from_one_shopper_to_another_who_puts_it_back(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("water", unit_g=520, units=6, plates=2)
    store.picks("ann", "cola", at=3.0)
    store.enters("bob", at=1.0)
    store.puts("bob", "cola", at=9.0)
    assert store.played(12) == [pick("cola", by="ann"), put("cola", by="bob")]
    assert store.stock("cola").units == 6


def test_two_people_take_the_same_product_at_the_same_instant(store: Store) -> None:
    store.lane("cola", unit_g=345, units=8, plates=4)
    store.picks("ann", "cola", at=3.0, plate=0)
    store.picks("bob", "cola", at=3.05, plate=3)
    assert sorted(store.played(7)) == [pick("cola", by="ann"), pick("cola", by="bob")]


def test_held_long_over_the_plate_and_kept(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.picks("ann", "cola", at=3.0, stays_s=7.0)
    for at in (4.2, 6.0, 7.8):  # now and then it brushes the others
        store.press("cola", by=90.0, at=at, lasts_s=0.5)
    assert store.played(13) == [pick("cola", by="ann", at=3.0)]


def test_held_long_over_the_plate_and_set_back(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.hand_in("cola", at=2.6, visitor="ann")
    store.weight("cola", by=-345, at=3.0)
    store.weight("cola", by=+345, at=9.0)
    store.hand_out(at=9.4, visitor="ann")
    assert store.played(13) == [pick("cola", by="ann", at=3.0), put("cola", by="ann", at=9.0)]


def test_three_people_and_chaos(store: Store) -> None:
    for lane, unit_g in (("cola", 345), ("water", 520), ("soup", 410)):
        store.lane(lane, unit_g=unit_g, units=6, plates=3)
    store.picks("ann", "cola", at=3.0)
    store.picks("bob", "water", at=3.1, plate=1)
    store.press("soup", by=200.0, at=3.0, lasts_s=1.5, visitor="cid")
    store.shake(at=3.2)
    store.puts("ann", "soup", at=6.0, goods="cola", plate=2)
    store.picks("cid", "cola", at=6.1, plate=2)
    store.puts("bob", "water", at=9.0, plate=2)
    store.picks("ann", "soup", at=9.2, plate=0)
    assert sorted(store.played(14)) == [
        pick("cola", by="ann", at=3.0),
        pick("cola", by="cid", at=6.1),
        pick("soup", by="ann", at=9.2),
        pick("water", by="bob", at=3.1),
        put("soup", goods="cola", by="ann", at=6.0),
        put("water", by="bob", at=9.0),
    ]


def test_dropped_on_the_floor_and_left_there_is_a_pick_without_a_put(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.lane("water", unit_g=520, units=6, plates=2)
    store.picks("ann", "cola", at=3.0)
    store.leaves("ann", at=6.0)
    store.press("water", by=300.0, at=9.0, lasts_s=1.0, visitor="bob")
    assert store.played(15) == [pick("cola", by="ann")]
    assert store.stock("cola").units == 5


def test_and_who_finds_it_there_may_put_it_back(store: Store) -> None:
    store.lane("cola", unit_g=345, units=6, plates=2)
    store.picks("ann", "cola", at=3.0)
    store.leaves("ann", at=6.0)
    store.puts("bob", "cola", at=80.0)
    assert store.played(83) == [pick("cola", by="ann"), put("cola", by="bob")]
    assert store.stock("cola").units == 6
