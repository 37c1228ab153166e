"""One thing across the border of two lanes, or two things at the same moment."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from shelf_scene import COLA, SOAP, TEA, Shelf, course, lane, row, words

from agent.fusion.judge import Ruling, Verdict

# -- across a border ---------------------------------------------------------------------------------------------------


def across(shelf: Shelf, one: str, one_g: float, other: str, other_g: float, flat_s: float = 0.8) -> Verdict:
    """Both lanes step at the same moment; the verdict on the first."""
    cells = len(shelf.stretch(one).cells)
    first = shelf.step(one, one_g, *([0.0] * (cells - 1)), one_g, flat_s=flat_s)
    return shelf.verdict(first, shelf.step(other, other_g, flat_s=flat_s))


def test_a_bottle_across_the_border_of_two_lanes_is_one_bottle() -> None:
    shelf = row()
    verdict = across(shelf, "cola", -230.0, "soap", -115.0)
    assert words(verdict.said) == [(-1, "cola", COLA, 1, None)]
    assert set(verdict.resolved) == {shelf.stretch("cola").index, shelf.stretch("soap").index}
    assert verdict.step.delta_g == pytest.approx(-345.0)


def test_a_bottle_half_on_a_spare_plate_is_one_bottle_of_the_lane() -> None:
    shelf = row()
    verdict = across(shelf, "soap", -30.0, "", -60.0)
    assert words(verdict.said) == [(-1, "soap", SOAP, 1, None)]
    assert verdict.step.delta_g == pytest.approx(-90.0)
    assert verdict.stretch.index == shelf.stretch("soap").index  # nobody is told what lies on a spare plate


def test_each_lane_s_own_bottle_at_the_same_moment_is_two_bottles() -> None:
    shelf = row()
    verdict = across(shelf, "cola", -345.0, "soap", -90.0)
    assert words(verdict.said) == [(-1, "cola", COLA, 1, None)]
    assert verdict.resolved == (shelf.stretch("cola").index,)


@pytest.mark.parametrize("order", [("cola", "soap"), ("soap", "cola")])
@pytest.mark.parametrize("watched", [False, True])
def test_a_bottle_across_the_border_is_one_bottle_though_the_smaller_part_weighs_as_much_as_a_soap(
    watched: bool, order: tuple[str, str]
) -> None:
    """Nothing is told before: not the soap alone, and not something odd off the other lane."""
    shelf = row()
    if watched:
        shelf.hand("ann", shelf.middle("soap") - 0.05)
    grams = {"cola": -255.0, "soap": -90.0}
    flats = [0.05 * k for k in range(2, 21)]
    verdicts = [across(shelf, order[0], grams[order[0]], order[1], grams[order[1]], flat_s=s) for s in flats]
    first = next(verdict for verdict in verdicts if verdict.ruling is not Ruling.WAIT)
    assert words(first.said) == [(-1, "cola", COLA, 1, "ann" if watched else None)]
    assert first.step.flat_s <= 1.0 + 1e-9


@pytest.mark.parametrize("order", [("cola", "soap"), ("soap", "cola")])
def test_what_is_laid_across_the_border_is_told_as_early_as_if_no_part_of_it_weighed_as_much_as_a_soap(
    order: tuple[str, str],
) -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("soap") - 0.05)
    shelf.holds("ann", TEA, 420.0)
    grams = {"cola": 330.0, "soap": 90.0}
    verdict = across(shelf, order[0], grams[order[0]], order[1], grams[order[1]], flat_s=0.4)
    assert words(verdict.said) == [(1, "cola", TEA, 1, "ann")]


def test_while_only_a_touch_speaks_against_one_thing_its_smaller_part_is_not_told() -> None:
    shelf = row()
    alone = shelf.judged("soap", -90.0, flat_s=0.6)
    beside = across(shelf, "soap", -90.0, "cola", -255.0, flat_s=0.6)
    assert (alone.ruling, beside.ruling) == (Ruling.TOLD, Ruling.WAIT)
    assert beside.step.delta_g == pytest.approx(-345.0)


JUICE_G = 255.0  # with a soap, as much as a bottle of cola


def both_lanes(odd_g: float, *, first: str = "soap", **at_m: float) -> Verdict:
    """Juice, less so much, goes from one lane and soap, more so much, from the other, and together they weigh what a
    cola does; visitors' hands are `at_m` from the border."""
    shelf = Shelf(
        lane("cola", "a", "b"),
        lane("cola", "a", "b", gtin=TEA, unit_g=JUICE_G),
        lane("soap", "c", gtin=SOAP, unit_g=90.0),
    )
    for visitor, where_m in at_m.items():
        shelf.hand(visitor, 0.2 + where_m)
    grams = {"cola": -JUICE_G - odd_g, "soap": -90.0 + odd_g}
    other = "cola" if first == "soap" else "soap"
    return across(shelf, first, grams[first], other, grams[other], flat_s=1.0)


@pytest.mark.parametrize(("first", "taken"), [("cola", (TEA, 1, "ann")), ("soap", (SOAP, 1, "bob"))])
def test_two_who_take_from_two_lanes_at_the_same_moment_take_two_things_though_one_would_weigh_the_same(
    first: str, taken: tuple[str, int, str]
) -> None:
    verdict = both_lanes(0.0, first=first, ann=-0.08, bob=0.08)
    assert words(verdict.said) == [(-1, first, *taken)]
    assert len(verdict.resolved) == 1


def test_one_thing_is_told_as_soon_as_it_is_likelier_than_two() -> None:
    told = (both_lanes(0.1 * k, ann=0.0) for k in range(200))
    (bottle,) = next(verdict.said for verdict in told if len(verdict.resolved) == 2)
    assert bottle.move.gtin == COLA
    assert 0.45 < bottle.confidence < 0.6


def test_two_things_by_one_visitor_at_one_moment_are_rarer_than_by_two_and_rather_one() -> None:
    by_two, by_one = (
        next(odd_g for odd_g in (0.1 * k for k in range(200)) if len(both_lanes(odd_g, **hands).resolved) == 2)
        for hands in ({"ann": -0.02, "bob": 0.02}, {"ann": 0.0})
    )
    assert by_one + 0.5 < by_two


def test_what_happens_at_different_moments_or_in_different_directions_is_not_one_thing() -> None:
    shelf = row()
    cola = shelf.step("cola", -230.0, 0.0, -230.0, flat_s=0.8)
    soap = shelf.step("soap", -115.0, flat_s=0.8)
    later = replace(soap, fell=soap.fell + 2.0)
    came = shelf.step("soap", 115.0, flat_s=0.8)
    for other in (later, came):
        verdict = shelf.verdict(cola, other)
        assert verdict.resolved in ((), (shelf.stretch("cola").index,))


@pytest.mark.parametrize(("cola_g", "soap_g", "lies"), [(300.0, 120.0, "cola"), (120.0, 300.0, "soap")])
@pytest.mark.parametrize("first", ["cola", "soap"])
def test_goods_of_no_lane_lie_where_most_of_them_lies(cola_g: float, soap_g: float, lies: str, first: str) -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("soap") - 0.05)
    shelf.holds("ann", TEA, 420.0)
    grams = {"cola": cola_g, "soap": soap_g}
    other = "soap" if first == "cola" else "cola"
    verdict = across(shelf, first, grams[first], other, grams[other])
    assert words(verdict.said) == [(1, lies, TEA, 1, "ann")]


@pytest.mark.parametrize("goods", [{"gtin": COLA, "unit_g": 345.0}, {"gtin": TEA, "unit_g": 420.0}])
def test_two_who_take_one_each_where_one_stands_half_on_a_spare_plate_are_two_picks(goods: dict[str, Any]) -> None:
    shelf = Shelf(lane("drinks", "a"), lane("drinks", "a", **goods), spare="b")
    shelf.hand("ann", shelf.middle("drinks") - 0.03)
    shelf.hand("bob", shelf.middle("drinks") + 0.04)
    half_g = 0.5 * goods["unit_g"]
    verdict = across(shelf, "drinks", -345.0 - half_g, "", -half_g)
    assert sorted((sign, gtin, units) for sign, _, gtin, units, _ in words(verdict.said)) == sorted(
        [(-1, COLA, 1), (-1, goods["gtin"], 1)]
    )
    assert {one.move.visitor for one in verdict.said} == {"ann", "bob"}


def test_a_spare_plate_alone_says_nothing_and_is_levelled_in_time() -> None:
    shelf = row()
    assert shelf.judged("", -300.0, flat_s=1.0).ruling is Ruling.WAIT
    after_s, verdict = course(shelf, "", -300.0)
    assert verdict.ruling is Ruling.LEVEL and verdict.said == ()
    assert after_s < 6.0


@pytest.mark.parametrize("order", [("cola", "soap"), ("soap", "cola")])
def test_whichever_lane_is_judged_first_the_thing_is_the_same(order: tuple[str, str]) -> None:
    shelf = row()
    grams = {"cola": -230.0, "soap": -115.0}
    verdict = across(shelf, order[0], grams[order[0]], order[1], grams[order[1]])
    assert words(verdict.said) == [(-1, "cola", COLA, 1, None)]
