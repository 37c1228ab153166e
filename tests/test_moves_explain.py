"""How probable is what: the arithmetic of explanations. Hands, baskets and strays: test_moves_people.py."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shelf_scene import CHIPS, COLA, TEA, Shelf, chance, lane, nothing, row

from agent.fusion.explain import Explanation, normalise
from agent.fusion.moves import units_prior

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


ROUGH_G, TAIL_G = 20.7, 10.0  # the shelf is at rest at 0.7 g; half of what is more is taken for the hand


def mixed(tea_g: float, delta_g: float, rough_g: float) -> tuple[float, float]:
    """Probabilities of cola (345 g) and of tea on one plate."""
    exact = {"unit_tolerance": 0.005}
    shelf = Shelf(lane("mixed", "a", **exact), lane("mixed", "a", gtin=TEA, unit_g=tea_g, **exact))
    told = shelf.told("mixed", delta_g, flat_s=1.0, rough_g=rough_g, rest_g=0.7)
    return chance(told, gtin=COLA), chance(told, gtin=TEA)


def test_what_is_set_down_roughly_is_lighter_than_it_reads() -> None:
    """365 g lie between cola and 375 g of tea."""
    cola, tea = mixed(375.0, 365.0, rough_g=0.7)
    assert tea > 20 * cola
    cola, tea = mixed(375.0, 365.0, rough_g=ROUGH_G)
    assert cola > 2 * tea


def test_what_is_set_down_roughly_is_less_certain() -> None:
    calm, _ = mixed(365.0, 345.0, rough_g=0.7)
    rough, tea = mixed(365.0, 345.0 + TAIL_G, rough_g=ROUGH_G)
    assert calm > 0.95
    assert rough < 0.9 and tea > 0.1


@pytest.mark.parametrize("delta_g", [-345.0, -355.0, -365.0])
def test_what_is_taken_roughly_weighs_what_it_reads(delta_g: float) -> None:
    """Nothing is left that a hand could still press on."""
    calm, rough = (mixed(365.0, delta_g, rough_g=g) for g in (0.7, ROUGH_G))
    assert rough == pytest.approx(calm, rel=0.02)


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


def test_an_explanation_depends_on_nothing_that_was_asked_before() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    first = shelf.told("cola", -345.0)
    shelf.told("soap", 900.0)
    shelf.told("cola", -690.0)
    assert shelf.told("cola", -345.0) == first
