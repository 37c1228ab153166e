"""When a step is believed, and when a level that means nothing is the level."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shelf_scene import AT_S, BLOCK_S, COLA, SOAP, TEA, Shelf, course, lane, row, words

from agent.fusion.judge import Ruling

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
