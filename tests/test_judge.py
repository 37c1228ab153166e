"""When a step is believed, and what is then said of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelf_scene import AT_S, CHIPS, COLA, SOAP, TEA, Shelf, chance, lane, words

from agent.config.schema import Product
from agent.fusion import explain
from agent.fusion.judge import Ruling, Verdict

BLOCK_S = 0.05


def row(**cola: object) -> Shelf:
    return Shelf(
        lane("chips", "a", gtin=CHIPS, unit_g=150.0),
        lane("cola", "b", "c", **cola),
        lane("soap", "d", gtin=SOAP, unit_g=90.0),
        goods=(Product(gtin=TEA, unit_g=420.0),),
        spare="e",
    )


def course(
    shelf: Shelf, lane: str, delta_g: float, *cells_g: float, until_s: float = 8.0, **about: Any
) -> tuple[float, Verdict]:
    """The step is offered every block while its level holds: seconds from the change to the first verdict that is
    not WAIT, and the verdict."""
    for blocks in range(1, round(until_s / BLOCK_S)):
        verdict = shelf.judged(lane, delta_g, *cells_g, flat_s=blocks * BLOCK_S, **about)
        if verdict.ruling is not Ruling.WAIT:
            return verdict.step.now - AT_S, verdict
    raise AssertionError("nothing was decided")


# -- when --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delta_g", [-345.0, 345.0, -690.0])
def test_a_bottle_that_fits_is_told_within_a_second_and_not_at_once(delta_g: float) -> None:
    after_s, verdict = course(row(), "cola", delta_g)
    assert 0.3 < after_s <= 1.0
    assert verdict.ruling is Ruling.TOLD
    assert verdict.resolved == (row().stretch("cola").index,)


def test_an_odd_weight_is_told_later_than_one_that_fits() -> None:
    fits_s, _ = course(row(), "cola", -345.0)
    odd_s, odd = course(row(), "cola", -217.0)
    assert odd_s > fits_s
    assert words(odd.said) == [(-1, "cola", None, None, None)]


def test_two_blocks_are_never_enough() -> None:
    for late_s in (0.0, 5.0, 50.0):
        assert row().judged("cola", -345.0, flat_s=2 * BLOCK_S, now=AT_S + 1.0 + late_s).ruling is Ruling.WAIT


def test_a_slow_scale_is_judged_by_the_few_blocks_it_has() -> None:
    """10 Hz: a block a sample, a tenth of a second each."""
    step = row().step("cola", -345.0, blocks=6, flat_s=0.6)
    assert row().verdict(step).ruling is Ruling.TOLD


def test_noise_is_nothing_and_after_a_while_the_level() -> None:
    after_s, verdict = course(row(), "cola", 2.0)
    assert verdict.ruling is Ruling.LEVEL and verdict.said == ()
    assert after_s > 1.0


def test_below_the_least_step_of_the_lane_nothing_is_said() -> None:
    _, verdict = course(row(min_step_g=400.0), "cola", -345.0)
    assert verdict.ruling is Ruling.LEVEL


def test_while_the_hand_is_still_there_one_waits_but_not_for_ever() -> None:
    gone, there, held = row(), row(), row()
    gone.hand("ann", gone.middle("cola"))
    there.hand("ann", there.middle("cola"), stays_s=1.5)
    gone_s, _ = course(gone, "cola", -345.0)
    there_s, verdict = course(there, "cola", -345.0)
    assert there_s > gone_s + 0.5
    assert words(verdict.said) == [(-1, "cola", COLA, 1, "ann")]
    held.hand("ann", held.middle("cola"), stays_s=5.5)
    held_s, at_last = course(held, "cola", -345.0)
    assert held_s < 5.0
    assert words(at_last.said) == [(-1, "cola", COLA, 1, "ann")]


@pytest.mark.parametrize(
    ("delta_g", "taken"), [(-345.0, (COLA, 1)), (-690.0, (COLA, 2)), (-217.0, (None, None)), (345.0, (COLA, 1))]
)
def test_a_hand_that_stays_and_stays_delays_what_it_did_by_three_seconds_and_loses_nothing(
    delta_g: float, taken: tuple[str | None, int | None]
) -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"), stays_s=6.5)
    after_s, verdict = course(shelf, "cola", delta_g)
    assert after_s == pytest.approx(3.0, abs=0.11)
    assert words(verdict.said) == [(1 if delta_g > 0 else -1, "cola", *taken, "ann")]


def test_another_s_hand_in_the_lane_is_not_waited_for() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola") - 0.05)
    shelf.hand("bob", shelf.middle("cola") + 0.30, stays_s=1.5)
    after_s, verdict = course(shelf, "cola", -345.0, -345.0, 0.0)
    assert after_s <= 1.0
    assert words(verdict.said) == [(-1, "cola", COLA, 1, "ann")]


@settings(max_examples=80)
@given(
    delta_g=st.floats(-4000, 4000).filter(lambda g: abs(g) > 0.5),
    share=st.floats(0, 1),
    flat_s=st.floats(0.05, 9),
    sigma_g=st.floats(0.3, 30),
    hand=st.booleans(),
)
def test_a_verdict_is_always_one_of_three(
    delta_g: float, share: float, flat_s: float, sigma_g: float, hand: bool
) -> None:
    shelf = row()
    if hand:
        shelf.hand("ann", shelf.middle("cola"))
    verdict = shelf.judged("cola", delta_g, share * delta_g, (1 - share) * delta_g, flat_s=flat_s, sigma_g=sigma_g)
    assert bool(verdict.said) == (verdict.ruling is Ruling.TOLD)
    assert bool(verdict.resolved) == (verdict.ruling is not Ruling.WAIT)
    for one in verdict.said:
        assert 0.0 < one.confidence <= 1.0 + 1e-9
        others = [p for _, p in one.alternatives]
        assert others == sorted(others, reverse=True)
        assert all(0.0 < p <= 1.0 for p in others)


# -- a level that is uncertain ---------------------------------------------------------------------------------------


def two_kinds(tea_g: float = 380.0) -> Shelf:
    """Cola (345 g) and tea on one plate."""
    return Shelf(lane("mixed", "a"), lane("mixed", "a", gtin=TEA, unit_g=tea_g))


def test_a_vague_level_waits_for_a_better_one_though_something_surely_happened() -> None:
    clear_s, _ = course(two_kinds(), "mixed", -345.0)
    vague_s, verdict = course(two_kinds(), "mixed", -345.0, sigma_g=25.0)
    assert clear_s <= 0.5
    assert 0.8 < vague_s <= 1.0
    assert words(verdict.said) == [(-1, "mixed", COLA, 1, None)]


def test_a_level_whose_meaning_is_sure_need_not_be_exact() -> None:
    after_s, verdict = course(row(), "cola", -345.0, sigma_g=25.0)
    assert after_s <= 0.5
    assert words(verdict.said) == [(-1, "cola", COLA, 1, None)]


def test_after_so_long_a_vague_level_is_told_though_it_came_to_rest_only_now() -> None:
    shelf = two_kinds()
    at_rest = shelf.step("mixed", -345.0, sigma_g=25.0, blocks=4, settled=AT_S + 0.65, now=AT_S + 0.83)
    assert shelf.verdict(at_rest).ruling is Ruling.WAIT
    verdict = shelf.verdict(replace(at_rest, now=AT_S + 0.88))
    assert words(verdict.said) == [(-1, "mixed", COLA, 1, None)]
    assert verdict.said[0].confidence < 0.8


def test_what_is_set_down_roughly_is_vague_and_what_is_taken_roughly_is_not() -> None:
    """90 and 96 g: the roughness alone makes the difference."""
    shelf = Shelf(lane("small", "a", gtin=SOAP, unit_g=90.0), lane("small", "a", gtin=TEA, unit_g=96.0))
    set_down_s, _ = course(shelf, "small", 96.0, rough_g=14.7)
    taken_s, _ = course(shelf, "small", -90.0, rough_g=14.7)
    assert taken_s <= 0.5
    assert 0.8 < set_down_s <= 1.0


# -- the new level that means nothing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("delta_g", "told_g"), [(-12.0, -345.0), (12.0, 345.0)])
def test_what_is_felt_from_next_door_is_soon_the_level(delta_g: float, told_g: float) -> None:
    assert level_s(delta_g, told_g=told_g) == pytest.approx(1.0, abs=0.11)


@pytest.mark.parametrize(
    ("delta_g", "told_g"),
    [
        pytest.param(-12.0, 0.0, id="nothing happened next door"),
        pytest.param(12.0, -345.0, id="the other way"),
        pytest.param(-25.0, -345.0, id="more than a neighbour can do"),
    ],
)
def test_what_is_not_felt_from_next_door_must_hold_longer(delta_g: float, told_g: float) -> None:
    assert level_s(delta_g, told_g=told_g) == pytest.approx(3.0, abs=0.11)


def test_what_a_hand_took_is_no_level_though_a_crate_next_door_may_be_felt_as_much() -> None:
    """The hand stays longer than such a level must hold; then the soap is told."""
    shelf = row()
    shelf.crosstalk_g = -2400.0
    shelf.hand("ann", shelf.middle("soap"), stays_s=1.5)
    after_s, verdict = course(shelf, "soap", -114.0)
    assert after_s > 1.5
    assert words(verdict.said) == [(-1, "soap", SOAP, 1, "ann")]


@pytest.mark.parametrize(
    ("delta_g", "just_told_g"),
    [(-40.0, 345.0), (-100.0, 345.0), (40.0, -345.0), (-17.0, 60.0)],
)
def test_the_tail_of_what_was_just_told_is_the_level_almost_at_once(delta_g: float, just_told_g: float) -> None:
    assert level_s(delta_g, just_told_g=just_told_g) < 0.5


@pytest.mark.parametrize(
    ("delta_g", "just_told_g"),
    [
        pytest.param(-40.0, 0.0, id="nothing was told"),
        pytest.param(40.0, 345.0, id="more of it"),
        pytest.param(-40.0, -345.0, id="still less"),
        pytest.param(-30.0, 60.0, id="half of it"),
        pytest.param(-60.0, 120.0, id="half of more"),
    ],
)
def test_what_is_no_tail_must_hold_longer(delta_g: float, just_told_g: float) -> None:
    assert level_s(delta_g, just_told_g=just_told_g) == pytest.approx(3.0, abs=0.11)


def test_what_a_hand_takes_right_after_something_heavier_came_is_no_tail() -> None:
    """The hand stays longer than a tail must hold."""
    shelf = Shelf(lane("mixed", "a"), lane("mixed", "a", gtin=SOAP, unit_g=90.0))
    shelf.just_told_g = 345.0
    shelf.hand("ann", shelf.middle("mixed"), stays_s=1.5)
    after_s, verdict = course(shelf, "mixed", -90.0)
    assert after_s > 1.5
    assert words(verdict.said) == [(-1, "mixed", SOAP, 1, "ann")]


def test_an_odd_weight_that_a_hand_takes_right_after_is_no_tail_either() -> None:
    shelf = Shelf(lane("cola", "a"))
    shelf.just_told_g = 345.0
    shelf.hand("ann", shelf.middle("cola"), stays_s=1.2)
    after_s, verdict = course(shelf, "cola", -100.0)
    assert after_s > 1.2
    assert words(verdict.said) == [(-1, "cola", None, None, "ann")]


def test_a_load_that_meant_nothing_and_goes_again_is_no_pick_that_nobody_saw() -> None:
    leant, never = Shelf(lane("soap", "a", gtin=SOAP, unit_g=90.0)), Shelf(lane("soap", "a", gtin=SOAP, unit_g=90.0))
    leant.levelled_g = 90.0
    for shelf in (leant, never):
        shelf.look()
    assert course(leant, "soap", -90.0)[1].ruling is Ruling.LEVEL
    assert words(course(never, "soap", -90.0)[1].said) == [(-1, "soap", SOAP, 1, None)]


def test_a_unit_taken_by_a_hand_is_a_unit_though_somebody_leant_there_before() -> None:
    shelf = Shelf(lane("soap", "a", gtin=SOAP, unit_g=90.0))
    shelf.levelled_g = 60.0
    shelf.hand("ann", shelf.middle("soap"))
    assert words(course(shelf, "soap", -90.0)[1].said) == [(-1, "soap", SOAP, 1, "ann")]


@pytest.mark.parametrize("load", [{"leaning": 1}, {"lean_g": -50.0}])
def test_a_trembling_level_that_another_lane_shares_is_a_body_and_goes_again(load: dict[str, float]) -> None:
    assert level_s(-60.0, rough_g=3.0, **load) == pytest.approx(20.0, abs=0.11)
    assert level_s(-60.0, rough_g=0.7, **load) == pytest.approx(3.0, abs=0.11)


def test_a_level_that_trembles_alone_is_no_body() -> None:
    assert level_s(-60.0, rough_g=3.0) == pytest.approx(3.0, abs=0.11)


def level_s(
    delta_g: float,
    *,
    told_g: float = 0.0,
    leaning: int = 0,
    lean_g: float = 0.0,
    just_told_g: float = 0.0,
    rough_g: float = 0.7,
) -> float:
    """How long a change without meaning holds until it is the level."""
    shelf = row()
    shelf.look()
    shelf.crosstalk_g, shelf.leaning, shelf.lean_g, shelf.just_told_g = told_g, leaning, lean_g, just_told_g
    _, verdict = course(shelf, "cola", delta_g, until_s=25.0, rough_g=rough_g, rest_g=0.7)
    assert verdict.ruling is Ruling.LEVEL
    return verdict.step.flat_s


# -- what --------------------------------------------------------------------------------------------------------------


def test_what_is_clear_is_said_with_confidence_and_hardly_an_alternative() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    _, verdict = course(shelf, "cola", -345.0, -172.0, -173.0)
    (one,) = verdict.said
    assert one.confidence > 0.95
    assert sum(p for _, p in one.alternatives) < 0.05


def test_what_is_unclear_is_said_with_what_else_it_may_have_been() -> None:
    shelf = Shelf(lane("mixed", "a"), lane("mixed", "a", gtin=TEA, unit_g=346.0))
    _, verdict = course(shelf, "mixed", -345.5)
    (one,) = verdict.said
    assert 0.4 < one.confidence < 0.6
    assert {one.move.gtin, one.alternatives[0][0].gtin} == {COLA, TEA}
    assert one.confidence + one.alternatives[0][1] == pytest.approx(1.0, abs=0.05)


def test_explanations_that_say_the_same_add_up() -> None:
    """Whether the soap came out of ann's basket or out of nowhere: it is soap, laid down by ann."""
    with_basket, without = row(), row()
    for shelf in (with_basket, without):
        shelf.hand("ann", shelf.middle("soap"))
    with_basket.holds("ann", SOAP, 90.0)
    (sure,), (less,) = (course(shelf, "soap", 90.0)[1].said for shelf in (with_basket, without))
    assert words([sure]) == words([less]) == [(1, "soap", SOAP, 1, "ann")]
    assert sure.confidence > less.confidence


def test_what_is_likeliest_together_is_said_though_each_way_to_it_is_less_likely_than_another_thing() -> None:
    """Two strays of tea, as heavy as cola: where one alone is less likely than cola and both together are more."""
    shelf = row()
    for _ in range(2):
        shelf.lies("cola", TEA, 345.0, b=1.0)
    for left in (0.01 * i for i in range(101)):
        cells = (-345.0 * left, -345.0 * (1.0 - left))
        tea, cola = (chance(shelf.told("cola", -345.0, *cells), gtin=gtin) for gtin in (TEA, COLA))
        if 1.2 * cola < tea < 1.6 * cola:
            verdict = shelf.judged("cola", -345.0, *cells, flat_s=1.0)
            assert words(verdict.said) == [(-1, "cola", TEA, 1, None)]
            return
    pytest.fail("no place at which the two strays together are a little likelier than cola")


def test_two_hands_two_bottles_are_two_events() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola") - 0.05)
    shelf.hand("bob", shelf.middle("cola") + 0.05)
    _, verdict = course(shelf, "cola", -690.0, -345.0, -345.0)
    assert words(verdict.said) == [(-1, "cola", COLA, 1, "ann"), (-1, "cola", COLA, 1, "bob")]


def test_an_exchange_is_a_pick_and_a_put() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    shelf.holds("ann", TEA, 420.0)
    _, verdict = course(shelf, "cola", 75.0, 420.0, -345.0)
    assert words(verdict.said) == [(-1, "cola", COLA, 1, "ann"), (1, "cola", TEA, 1, "ann")]


def test_in_an_exchange_by_two_the_one_at_the_rising_cell_laid_and_the_one_at_the_falling_cell_took() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola") - 0.08)
    shelf.hand("bob", shelf.middle("cola") + 0.08)
    for visitor in ("ann", "bob"):
        shelf.holds(visitor, TEA, 420.0)
    _, verdict = course(shelf, "cola", 75.0, 420.0, -345.0)
    assert words(verdict.said) == [(-1, "cola", COLA, 1, "bob"), (1, "cola", TEA, 1, "ann")]
    assert min(one.confidence for one in verdict.said) > 0.6


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


def test_a_crowd_with_full_baskets_makes_no_step_a_long_search(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = row()
    for k in range(30):
        shelf.hand(f"{k:04d}", shelf.middle("cola"), stays_s=1.0)
        for n in range(10):
            shelf.holds(f"{k:04d}", None, 100.0 + 7.3 * n + k)
    shelf.look()
    counted = count_normals(monkeypatch)
    shelf.judged("cola", 617.3, flat_s=0.5)
    assert 0 < counted[0] < 2_000  # 9,000 and more without bounds on people, goods and halves of pairs


def count_normals(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many explanations are held against the weight: the measure of the search, on any machine."""
    counted, normal = [0], explain._normal

    def count(x: float, sigma: float) -> float:
        counted[0] += 1
        return normal(x, sigma)

    monkeypatch.setattr(explain, "_normal", count)
    return counted
