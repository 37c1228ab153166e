"""What hands held before and after: who comes empty and leaves full has taken."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf_scene import AT_S, CHIPS, COLA, FRAME_HZ, SOAP, Shelf, lane

from agent.fusion.grip import Grip, Grips
from agent.messages import Part, Tracks
from agent.plain import plain, revive

FULL, EMPTY = 0.9, 0.1


def looked(shelf: Shelf, visitor: str, before: float, after: float, *, read: str | None = None) -> None:
    """The visitor's hand comes to the cola at AT_S, `before` and `after` as full as the looks say; `read` in it."""
    for i in range(-12, 15):
        held = before if i < 0 else after
        gtin = read if held > 0.5 else None
        hand = Part(visitor, "hand", shelf.middle("cola"), 0.12, 0.0 if abs(i) < 6 else 0.5, 0.9, held, gtin)
        shelf.hands.see(Tracks(AT_S + i / FRAME_HZ, (hand,)))


def two_lanes() -> Shelf:
    return Shelf(lane("cola", "a"), lane("chips", "b", gtin=CHIPS, unit_g=345.0))


# -- who ---------------------------------------------------------------------------------------------------------------


def test_of_two_hands_in_the_lane_the_one_that_leaves_full_has_taken() -> None:
    shelf = two_lanes()
    looked(shelf, "ann", EMPTY, EMPTY)
    looked(shelf, "bob", EMPTY, FULL)
    said = shelf.judged("cola", -345.0).said[0]
    assert said.move.visitor == "bob"
    assert said.confidence > 0.8


def test_without_a_look_into_them_the_two_are_alike() -> None:
    shelf = two_lanes()
    for visitor in ("ann", "bob"):
        shelf.hand(visitor, shelf.middle("cola"))
    assert shelf.judged("cola", -345.0).said[0].confidence < 0.7


def test_who_comes_full_and_leaves_empty_has_laid_down() -> None:
    shelf = two_lanes()
    for visitor in ("ann", "bob"):
        shelf.holds(visitor, COLA, 345.0)
    looked(shelf, "ann", FULL, EMPTY)
    looked(shelf, "bob", FULL, FULL)
    assert shelf.judged("cola", +345.0).said[0].move.visitor == "ann"


# -- what --------------------------------------------------------------------------------------------------------------


def test_of_two_products_of_one_weight_in_the_basket_the_one_that_was_read_comes_back() -> None:
    shelf = two_lanes()
    shelf.holds("ann", COLA, 345.0)
    shelf.holds("ann", CHIPS, 345.0)
    looked(shelf, "ann", FULL, EMPTY, read=CHIPS)
    assert shelf.judged("cola", +345.0).said[0].move.gtin == CHIPS


def test_a_reading_alone_does_not_outdo_the_weight() -> None:
    """The model says soap, which weighs 90 g; 345 g left."""
    shelf = Shelf(lane("cola", "a"), lane("soap", "b", gtin=SOAP, unit_g=90.0))
    looked(shelf, "ann", EMPTY, FULL, read=SOAP)
    assert shelf.judged("cola", -345.0).said[0].move.gtin == COLA


def test_a_look_that_contradicts_the_scale_costs_confidence() -> None:
    agreed, contradicted = two_lanes(), two_lanes()
    looked(agreed, "ann", EMPTY, FULL)
    looked(contradicted, "ann", EMPTY, EMPTY)
    sure, unsure = (shelf.judged("cola", -345.0).said[0].confidence for shelf in (agreed, contradicted))
    assert unsure < sure


# -- arithmetic --------------------------------------------------------------------------------------------------------

shares = st.none() | st.floats(0.0, 1.0)


def test_nothing_looked_at_says_nothing() -> None:
    assert Grip(None, None).fits(-1, COLA) == Grip(None, None).fits(+1, None) == 1.0


@given(shares, shares, st.sampled_from((-1, 1)), st.sampled_from((COLA, CHIPS, None)), st.floats(0.0, 1.0))
def test_a_look_never_rules_anything_out_nor_makes_it_certain(
    before: float | None, after: float | None, sign: int, gtin: str | None, share: float
) -> None:
    read = {COLA: share, SOAP: 1.0 - share}
    assert 1e-3 < Grip(before, after, read, read).fits(sign, gtin) < 1e3


def test_hands_far_from_the_lane_are_busy_with_something_else() -> None:
    shelf = two_lanes()
    shelf.hands.see(Tracks(AT_S - 0.5, (Part("ann", "hand", 1.5, 0.12, 0.0, 0.9, FULL),)))
    assert shelf.hands.grips.around(shelf.stretch("cola"), AT_S, AT_S + 1.0)["ann"] == Grip(None, None, {}, {})


@pytest.mark.parametrize("forgets", [False, True])
def test_it_survives_a_restart_unless_told_to_forget(forgets: bool) -> None:
    shelf, after = two_lanes(), Grips()
    looked(shelf, "ann", EMPTY, FULL, read=COLA)
    after.restore(revive(json.loads(json.dumps(plain(shelf.hands.grips.snapshot())))))
    if forgets:
        after.forget()
    found = after.around(shelf.stretch("cola"), AT_S, AT_S + 0.9)
    assert found == ({} if forgets else shelf.hands.grips.around(shelf.stretch("cola"), AT_S, AT_S + 0.9))


def test_memory_is_bounded() -> None:
    grips = Grips()
    for i in range(5000):
        grips.see(0.001 * i, (Part("ann", "hand", 0.1, 0.1, 0.0, 0.9, FULL, COLA),))
    assert len(grips.snapshot()["ann"]) == 512
    grips.see(100.0, ())
    assert grips.snapshot() == {}
