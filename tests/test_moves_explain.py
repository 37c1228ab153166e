"""How probable is what: the arithmetic of explanations, as properties and as small stories."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shelf_scene import CHIPS, COLA, SOAP, TEA, Shelf, chance, lane, nothing

from agent.config.schema import Product
from agent.fusion.explain import Explanation, normalise
from agent.fusion.moves import units_prior


def row(**cola: object) -> Shelf:
    """Cola (345 g) on two plates between chips (150 g) and soap (90 g)."""
    return Shelf(
        lane("chips", "a", gtin=CHIPS, unit_g=150.0),
        lane("cola", "b", "c", **cola),
        lane("soap", "d", gtin=SOAP, unit_g=90.0),
        goods=(Product(gtin=TEA, unit_g=420.0),),
    )


# -- probabilities are probabilities -----------------------------------------------------------------------------------


@settings(max_examples=150)
@given(
    delta_g=st.floats(-5000, 5000).filter(lambda g: abs(g) > 1.0),
    share=st.floats(0, 1),
    flat_s=st.floats(0.1, 30),
    sigma_g=st.floats(0.3, 20),
    units=st.one_of(st.none(), st.integers(0, 9)),
    with_hand=st.booleans(),
    held_g=st.lists(st.floats(10, 2000), max_size=3),
)
def test_they_add_up_to_one_whatever_happened(
    delta_g: float, share: float, flat_s: float, sigma_g: float, units: int | None, with_hand: bool, held_g: list[float]
) -> None:
    shelf = row(units=units)
    if with_hand:
        shelf.hand("ann", shelf.middle("cola"))
    for weight_g in held_g:
        shelf.holds("ann" if with_hand else None, TEA, weight_g)
    cells = (share * delta_g, (1.0 - share) * delta_g)
    told = shelf.told("cola", delta_g, *cells, flat_s=flat_s, sigma_g=sigma_g)
    assert math.fsum(e.probability for e in told) == pytest.approx(1.0, abs=1e-3)
    assert all(0.0 <= e.probability <= 1.0 for e in told)
    assert [e.probability for e in told] == sorted((e.probability for e in told), reverse=True)


def test_nothing_to_say_is_nothing_for_certain() -> None:
    assert normalise([]) == normalise([((), 0.0)]) == [Explanation((), 1.0)]


def test_units_at_a_grasp_are_ever_less_likely_and_never_impossible() -> None:
    priors = [units_prior(n) for n in range(1, 25)]
    assert priors[0] == 1.0
    assert all(0.0 < b < a for a, b in pairwise(priors))


# -- weight ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("delta_g", "units"), [(-345.0, 1), (-690.0, 2), (-1035.0, 3), (-348.0, 1), (-684.0, 2)])
def test_a_multiple_of_a_unit_is_that_many(delta_g: float, units: int) -> None:
    told = row().told("cola", delta_g, flat_s=1.0)
    assert chance(told, sign=-1, lane="cola", gtin=COLA, units=units) > 0.9


@given(off_g=st.floats(0.0, 40.0), more_g=st.floats(1.0, 40.0))
def test_the_worse_the_weight_fits_the_less_it_is_that_product(off_g: float, more_g: float) -> None:
    well, badly = (chance(row().told("cola", -345.0 - g), gtin=COLA, units=1) for g in (off_g, off_g + more_g))
    assert badly <= well + 1e-9


@settings(max_examples=60)
@given(quiet_g=st.floats(0.3, 5.0), louder=st.floats(1.2, 20.0), off_g=st.floats(0.0, 3.0))
def test_a_noisier_scale_is_never_surer(quiet_g: float, louder: float, off_g: float) -> None:
    calm, loud = (
        chance(row().told("cola", -345.0 + off_g, sigma_g=sigma_g, rest_g=2.0, rough_g=2.0), gtin=COLA, units=1)
        for sigma_g in (quiet_g, quiet_g * louder)
    )
    assert loud <= calm + 1e-3


def test_two_goods_of_the_same_weight_are_told_apart_by_their_lane() -> None:
    shelf = Shelf(lane("cola", "a"), lane("tea", "b", gtin=TEA, unit_g=345.0))
    told = shelf.told("cola", -345.0)
    assert chance(told, gtin=COLA) > 20 * chance(told, gtin=TEA) > 0.0


def test_two_goods_on_one_lane_are_told_apart_by_weight_as_far_as_it_goes() -> None:
    def mixed(tea_g: float) -> float:
        shelf = Shelf(lane("mixed", "a"), lane("mixed", "a", gtin=TEA, unit_g=tea_g))
        return chance(shelf.told("mixed", -345.0), gtin=COLA)

    assert mixed(500.0) > 0.95
    assert 0.4 < mixed(345.0) < 0.55
    assert mixed(345.0) < mixed(360.0) < mixed(400.0) <= mixed(500.0) + 0.01


def test_own_goods_before_foreign_ones() -> None:
    shelf = row()
    came = shelf.told("chips", 150.0)
    assert chance(came, sign=1, gtin=CHIPS) > 5 * chance(came, sign=1, gtin=None)
    odd = shelf.told("chips", 225.0, flat_s=3.0)
    assert chance(odd, sign=1, gtin=None) > 0.5


def test_more_than_stands_there_can_hardly_be_taken() -> None:
    plenty, scarce = (chance(row(units=n).told("cola", -690.0), units=2) for n in (6, 1))
    assert scarce < plenty


def test_a_step_below_the_lane_s_least_is_no_unit_of_it() -> None:
    assert chance(row(min_step_g=400.0).told("cola", -345.0), gtin=COLA) == 0.0


@given(st.floats(-0.5, 0.5))
def test_a_light_touch_of_the_scale_is_nothing(delta_g: float) -> None:
    assume(delta_g != 0.0)
    assert nothing(row().told("cola", delta_g)) > 0.9


# -- time, hands of nobody, leaning ------------------------------------------------------------------------------------


@pytest.mark.parametrize("delta_g", [-345.0, -500.0, 345.0, 80.0])
def test_the_longer_a_level_holds_the_less_it_is_a_touch(delta_g: float) -> None:
    doubts = [nothing(row().told("cola", delta_g, flat_s=flat_s)) for flat_s in (0.2, 0.4, 0.8, 1.6, 3.2)]
    assert doubts == sorted(doubts, reverse=True)
    assert doubts[0] > 2 * doubts[-1]


def test_a_trembling_level_is_a_hand_and_a_calm_one_is_goods() -> None:
    calm, trembling = (nothing(row().told("cola", 345.0, flat_s=0.4, rough_g=g)) for g in (0.7, 12.0))
    assert trembling > 1.5 * calm


def test_behind_a_hole_in_the_stream_one_is_less_sure() -> None:
    whole, torn = (nothing(row().told("cola", -345.0, flat_s=0.3, across_gap=gap)) for gap in (False, True))
    assert torn > whole


def test_while_somebody_leans_on_the_board_one_is_less_sure() -> None:
    upright, leaning = row(), row()
    leaning.leaning = 4
    assert nothing(leaning.told("cola", -345.0)) > nothing(upright.told("cola", -345.0))


def test_beside_a_large_step_a_small_one_is_the_shelf_bending() -> None:
    alone, beside = row(), row()
    beside.crosstalk_g = 1500.0
    assert nothing(beside.told("cola", -25.0, flat_s=1.0)) > nothing(alone.told("cola", -25.0, flat_s=1.0))


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


def test_an_explanation_depends_on_nothing_that_was_asked_before() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    first = shelf.told("cola", -345.0)
    shelf.told("soap", 900.0)
    shelf.told("cola", -690.0)
    assert shelf.told("cola", -345.0) == first
