"""Whose hand, whose basket, which stray: explanations where people come in."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelf_scene import AT_S, COLA, FRAME_HZ, SOAP, TEA, Shelf, chance, lane, nothing, row, words

# -- whose hand --------------------------------------------------------------------------------------------------------


def test_the_one_whose_hand_was_there_took_it() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    shelf.hand("bob", shelf.middle("cola") + 0.6)
    told = shelf.told("cola", -345.0, -172.0, -173.0)
    assert chance(told, visitor="ann") > 0.9
    assert chance(told, visitor="bob") < 0.01


@given(st.floats(2.0, 30.0))
def test_somebody_far_away_changes_nothing(far_m: float) -> None:
    without, beside = row(), row()
    for shelf in (without, beside):
        shelf.hand("ann", shelf.middle("cola"))
    beside.hand("bob", far_m)
    assert beside.told("cola", -345.0) == without.told("cola", -345.0)


def test_two_hands_at_the_same_place_share_the_blame() -> None:
    shelf = row()
    for visitor in ("ann", "bob"):
        shelf.hand(visitor, shelf.middle("cola"))
    told = shelf.told("cola", -345.0, -172.0, -173.0)
    ann, bob = (chance(told, visitor=v, units=1) for v in ("ann", "bob"))
    assert ann == pytest.approx(bob)
    assert 0.4 < ann < 0.55


def test_the_names_of_visitors_do_not_matter() -> None:
    told = []
    for one, other in (("ann", "bob"), ("bob", "ann")):
        shelf = row()
        shelf.hand(one, shelf.middle("cola") - 0.03)
        shelf.hand(other, shelf.middle("cola") + 0.09)
        told.append(chance(shelf.told("cola", -345.0, -172.0, -173.0), visitor=one))
    assert told[0] == pytest.approx(told[1])


@settings(max_examples=40)
@given(share=st.floats(0, 1), hand_m=st.floats(-0.3, 0.3), delta_g=st.sampled_from([-345.0, -690.0, 345.0, 200.0]))
def test_a_mirrored_shelf_gives_the_mirrored_answer(share: float, hand_m: float, delta_g: float) -> None:
    answers = []
    for side in (1, -1):
        shelf = Shelf(lane("cola", "c", "d"))
        shelf.hand("ann", shelf.middle("cola") + side * hand_m)
        cells = (share * delta_g, (1.0 - share) * delta_g)[::side]
        told = shelf.told("cola", delta_g, *cells)
        answers.append((chance(told, gtin=COLA), chance(told, visitor="ann"), nothing(told)))
    assert answers[0] == pytest.approx(answers[1])


# -- put back, misplaced, taken again ----------------------------------------------------------------------------------


def test_what_a_visitor_holds_comes_back_rather_than_anything_else_of_that_weight() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("soap"))
    shelf.holds("ann", TEA, 345.0)
    told = shelf.told("soap", 345.0)
    assert chance(told, sign=1, lane="soap", gtin=TEA, visitor="ann") > 0.9


def test_of_two_things_of_one_weight_the_one_that_belongs_here_comes_back() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    for gtin in (TEA, COLA):
        shelf.holds("ann", gtin, 345.0)
    told = shelf.told("cola", 345.0)
    assert chance(told, sign=1, gtin=COLA, owner="ann") > 0.8
    assert chance(told, sign=1, gtin=TEA, owner="ann") > 0.1


def test_of_two_things_another_holds_the_one_that_belongs_here_comes_back() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    for gtin in (TEA, COLA):
        shelf.holds("bob", gtin, 345.0)
    told = shelf.told("cola", 345.0)
    assert chance(told, gtin=COLA, visitor="ann", owner="bob") > 0.8
    assert chance(told, gtin=TEA, visitor="ann", owner="bob") > 0.05


def test_what_is_held_is_laid_where_it_does_not_belong_rather_than_what_nobody_was_seen_taking() -> None:
    """Tea as heavy as the cola whose lane it comes to."""
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    shelf.holds("ann", TEA, 345.0)
    told = shelf.told("cola", 345.0)
    assert chance(told, sign=1, gtin=TEA, owner="ann") > 0.95
    assert chance(told, sign=1, gtin=COLA) > 0.005


@pytest.mark.parametrize("where", ["cola", "soap"])
def test_of_three_cans_two_come_back_at_once_and_one_is_still_held(where: str) -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle(where))
    shelf.holds("ann", COLA, 345.0, units=3)
    verdict = shelf.judged(where, 690.0)
    assert words(verdict.said) == [(1, where, COLA, 2, "ann")]
    assert verdict.said[0].confidence > 0.9
    shelf.book(verdict)
    assert [(held.gtin, held.units) for held in shelf.ledger.baskets.of("ann")] == [(COLA, 1)]


def test_more_than_is_held_does_not_come_back() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("soap"))
    shelf.holds("ann", COLA, 345.0, units=2)
    assert chance(shelf.told("soap", 3 * 345.0), gtin=COLA) == 0.0


def test_it_is_rather_out_of_the_own_basket_than_out_of_another_s() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("soap"))
    shelf.holds("ann", TEA, 345.0)
    shelf.holds("bob", COLA, 345.0)
    told = shelf.told("soap", 345.0)
    assert chance(told, gtin=TEA, owner="ann") > 5 * chance(told, gtin=COLA, owner="bob") > 0.0


def test_goods_handed_on_come_back_from_the_other_s_basket() -> None:
    shelf = row()
    shelf.hand("bob", shelf.middle("soap"))
    shelf.holds("ann", TEA, 420.0)
    told = shelf.told("soap", 420.0)
    assert chance(told, gtin=TEA, visitor="bob", owner="ann") > 0.5


def test_a_stray_is_taken_again_and_not_a_unit_of_the_lane() -> None:
    shelf = row()
    stray = shelf.lies("cola", TEA, 420.0, b=1.0)
    told = shelf.told("cola", -420.0, -420.0, 0.0)
    assert chance(told, stray=stray, gtin=TEA) > 0.9


def test_among_equal_weights_the_place_tells_the_stray() -> None:
    """Tea as heavy as cola lies on the left plate; what leaves the right one is cola."""

    def of_tea(left: float) -> float:
        shelf = row()
        shelf.lies("cola", TEA, 345.0, b=1.0)
        return chance(shelf.told("cola", -345.0, -345.0 * left, -345.0 * (1.0 - left)), gtin=TEA)

    assert of_tea(1.0) > 0.4 > 0.05 > of_tea(0.0)
    shares = [of_tea(left) for left in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert shares == sorted(shares)


# -- two at once -------------------------------------------------------------------------------------------------------


def test_two_who_take_one_each_at_the_same_moment() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola") - 0.05)
    shelf.hand("bob", shelf.middle("cola") + 0.05)
    told = shelf.told("cola", -690.0, -345.0, -345.0)
    each = sum(e.probability for e in told if {m.visitor for m in e.moves} == {"ann", "bob"})
    one_took_both = sum(e.probability for e in told if len(e.moves) == 1 and e.moves[0].units == 2)
    assert each > one_took_both > 0.0


@pytest.mark.parametrize(
    "elsewhere",
    [pytest.param({"v_m": 0.42}, id="in the row above"), pytest.param({"d_m": 0.4}, id="hanging idle")],
)
@pytest.mark.parametrize("cells_g", [(-345.0, -345.0), (-690.0, 0.0)])
def test_a_hand_that_is_not_in_the_lane_takes_nothing_there(
    elsewhere: dict[str, float], cells_g: tuple[float, float]
) -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    shelf.hand("bob", shelf.middle("cola"), **elsewhere)
    told = shelf.told("cola", -690.0, *cells_g)
    assert chance(told, units=2, visitor="ann") > 0.8
    assert chance(told, visitor="bob") < 0.15


FRAMES = sorted(range(-3, 4), key=abs)  # around the moment, the nearest first


def share_the_lane(bob_inside: Collection[int]) -> float:
    """Probability that ann and bob took one each; bob's hand hangs idle in all frames but these."""
    shelf = row()
    shelf.hand("ann", shelf.middle("cola") - 0.05)
    for i in range(-6, 20):
        d_m = 0.0 if i in bob_inside else 0.4
        shelf.glimpse("bob", shelf.middle("cola") + 0.05, d_m=d_m, at_s=AT_S + i / FRAME_HZ)
    told = shelf.told("cola", -690.0, -345.0, -345.0)
    return sum(e.probability for e in told if {m.visitor for m in e.moves} == {"ann", "bob"})


def test_the_longer_a_hand_is_in_the_lane_the_rather_it_is_one_of_two() -> None:
    each = [share_the_lane(FRAMES[:k]) for k in range(len(FRAMES) + 1)]
    assert each == sorted(each)
    assert each[0] < 0.01
    assert each[1] < 0.65 < 0.8 < each[2]
    assert each[-1] > 0.95


def test_a_hand_that_is_seen_badly_once_is_one_of_two_all_the_same() -> None:
    assert share_the_lane(FRAMES[1:]) > 0.8


def test_a_hand_that_swings_by_in_front_of_the_lane_takes_nothing_and_the_one_that_stays_takes_both() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    for i in range(-6, 20):
        shelf.glimpse("bob", shelf.middle("cola"), d_m=0.16 if i == 0 else 0.4, at_s=AT_S + i / FRAME_HZ)
    verdict = shelf.judged("cola", -690.0, -345.0, -345.0, flat_s=1.0)
    assert words(verdict.said) == [(-1, "cola", COLA, 2, "ann")]


def behind_a_hole(**reaches: tuple[float, float]) -> Shelf:
    """A hole of four seconds, in which each visitor's hand is for half a second at a place in the shelf, and at
    another, `beside_m` from the middle of the lane of cola, for all the rest: `name=(place_m, beside_m)`."""
    shelf = row()
    for k, (visitor, (place_m, beside_m)) in enumerate(reaches.items()):
        for i in range(round(-HOLE_S * FRAME_HZ), 8):
            since_s = i / FRAME_HZ + HOLE_S - 1.0 - k
            at_m = place_m if 0.0 <= since_s < 0.5 else beside_m
            shelf.glimpse(visitor, shelf.middle("cola") + at_m, at_s=AT_S + i / FRAME_HZ)
    return shelf


HOLE_S = 4.0
IN_THE_HOLE = {"began": AT_S - HOLE_S, "fell": AT_S - HOLE_S, "across_gap": True}


def test_behind_a_hole_in_the_stream_the_best_moment_of_a_hand_counts() -> None:
    """Ann's hand was there for a moment; Bob's was near all the time, and never there."""
    shelf = behind_a_hole(ann=(0.0, 0.9), bob=(0.13, 0.13))
    told = shelf.told("cola", -345.0, -172.0, -173.0, flat_s=1.0, **IN_THE_HOLE)
    assert chance(told, visitor="ann") > 2 * chance(told, visitor="bob") > 0.0


def test_behind_a_hole_in_the_stream_two_who_reached_in_one_after_the_other_took_one_each() -> None:
    shelf = behind_a_hole(ann=(-0.05, 0.9), bob=(0.05, 0.9))
    verdict = shelf.judged("cola", -690.0, -345.0, -345.0, flat_s=1.0, **IN_THE_HOLE)
    assert words(verdict.said) == [(-1, "cola", COLA, 1, "ann"), (-1, "cola", COLA, 1, "bob")]


@pytest.mark.parametrize("visitors", [("ann", "bob"), ("ann",), ()])
def test_a_soap_and_a_stray_many_times_as_heavy_that_leave_at_once_are_both_told(visitors: Sequence[str]) -> None:
    shelf = row()
    shelf.lies("soap", TEA, 420.0)
    for k, visitor in enumerate(visitors):
        shelf.hand(visitor, shelf.middle("soap") + 0.06 * (k - 0.5))
    verdict = shelf.judged("soap", -510.0, flat_s=1.0)
    taken = sorted((sign, lane, gtin, units) for sign, lane, gtin, units, _ in words(verdict.said))
    assert taken == [(-1, "soap", SOAP, 1), (-1, "soap", TEA, 1)]
    if visitors:
        assert {one.move.visitor for one in verdict.said} == set(visitors)


def test_one_thing_laid_down_as_another_is_taken() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    shelf.holds("ann", TEA, 420.0)
    told = shelf.told("cola", 75.0, 420.0, -345.0, flat_s=1.0)
    swapped = [e for e in told if {(m.sign, m.gtin) for m in e.moves} == {(1, TEA), (-1, COLA)}]
    assert sum(e.probability for e in swapped) > 0.8


# -- staff -------------------------------------------------------------------------------------------------------------


def test_with_nobody_there_a_tray_is_as_likely_as_a_can() -> None:
    def tray(shelf: Shelf) -> float:
        return chance(shelf.told("cola", 6 * 345.0, flat_s=1.0), sign=1, gtin=COLA, units=6)

    alone, among = row(), row()
    alone.look()
    among.hand("ann", among.middle("cola"))
    assert tray(alone) > 0.9
    assert tray(alone) > tray(among)


def test_goods_of_no_fixed_weight_are_known_again_by_what_they_weighed() -> None:
    shelf = Shelf(lane("pot", "a", unit_g=None, min_step_g=100.0))
    shelf.book(shelf.judged("pot", -812.0, flat_s=2.0))
    again = shelf.told("pot", 810.0, flat_s=1.0)
    assert chance(again, sign=1, gtin=COLA) > 0.9
    assert chance(shelf.told("pot", -60.0, flat_s=1.0), gtin=COLA) == 0.0
