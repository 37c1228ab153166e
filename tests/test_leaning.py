"""Bodies that lean on the board: which lanes feel it together, and what is then made of a step."""

from __future__ import annotations

import pytest
from shelf_scene import AT_S, BEGAN_S, CHIPS, COLA, SOAP, Shelf, lane, nothing, words

from agent.fusion.evidence import shares_load
from agent.fusion.judge import Ruling, Verdict
from agent.weighing.step import Motion

LONG_AGO = AT_S - 60.0
TREMBLING = {"rough_g": 20.0, "rest_g": 0.7}


def row() -> Shelf:
    return Shelf(
        lane("chips", "a", gtin=CHIPS, unit_g=150.0), lane("cola", "b", "c"), lane("soap", "d", gtin=SOAP, unit_g=90.0)
    )


def motion(away_g: float, *, began: float = LONG_AGO, fell: float = LONG_AGO, rose: float = LONG_AGO) -> Motion:
    return Motion(away_g, began, fell, rose)


# -- which lanes feel it together --------------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", [{"began": BEGAN_S + 0.5}, {"fell": AT_S - 0.5}, {"began": BEGAN_S, "fell": AT_S}])
def test_a_lane_that_begins_to_move_or_is_pushed_hardest_at_the_same_moment_shares_the_load(
    moment: dict[str, float],
) -> None:
    assert shares_load(row().step("cola", -345.0), motion(-200.0, **moment))


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param({}, id="long before"),
        pytest.param({"began": BEGAN_S + 0.7, "fell": AT_S + 0.7}, id="too late"),
        pytest.param({"rose": AT_S}, id="let go at that moment"),
    ],
)
def test_a_lane_that_moves_at_another_moment_does_not(moment: dict[str, float]) -> None:
    assert not shares_load(row().step("cola", -345.0), motion(-200.0, **moment))


def test_a_step_of_nothing_at_all_shares_nothing() -> None:
    """Scales that speak whole grams give exactly 0 where goods are shifted from cell to cell of a lane."""
    assert not shares_load(row().step("cola", 0.0, -345.0, 345.0), motion(20.0, began=BEGAN_S, fell=AT_S, rose=AT_S))


def test_of_a_load_that_comes_the_steepest_rise_counts() -> None:
    step = row().step("cola", 345.0, fell=AT_S - 3.0)
    assert shares_load(step, motion(200.0, rose=AT_S))
    assert not shares_load(step, motion(200.0, fell=AT_S))


def test_behind_a_hole_in_the_stream_all_lanes_seem_to_move_at_once_and_none_shares_anything() -> None:
    step = row().step("cola", -345.0, across_gap=True)
    assert not shares_load(step, motion(-200.0, began=step.began, fell=step.fell))


@pytest.mark.parametrize(
    ("delta_g", "away_g", "shared"),
    [(-40.0, -5.0, True), (-20.0, -3.0, False), (-345.0, 200.0, False), (-345.0, -20.0, False), (-345.0, -4e3, False)],
)
def test_a_lane_is_pushed_alike_when_it_moves_the_same_way_and_no_more_than_ten_times_more_or_less(
    delta_g: float, away_g: float, shared: bool
) -> None:
    step = row().step("cola", delta_g)
    assert shares_load(step, motion(away_g, began=step.began)) is shared


# -- how many it takes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delta_g", [-345.0, 345.0])
def test_where_a_tracker_sees_no_hand_one_more_lane_pushed_alike_is_a_body(delta_g: float) -> None:
    doubts = []
    for leaning in (0, 1):
        shelf = row()
        shelf.look()
        shelf.leaning = leaning
        doubts.append(nothing(shelf.told("cola", delta_g)))
    assert doubts[0] < 0.05
    assert doubts[1] > 0.9


def test_a_hand_in_front_of_the_shelf_is_no_hand_that_took() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"), d_m=0.4)
    shelf.leaning = 1
    assert nothing(shelf.told("cola", -345.0)) > 0.9


@pytest.mark.parametrize("delta_g", [-345.0, 345.0])
def test_where_a_hand_fits_it_takes_two(delta_g: float) -> None:
    """Two lanes that move at once may be two visitors who take."""
    doubts = []
    for leaning in (0, 1, 2):
        shelf = row()
        shelf.hand("ann", shelf.middle("cola"))
        shelf.leaning = leaning
        doubts.append(nothing(shelf.told("cola", delta_g)))
    assert doubts[0] == doubts[1] < 0.05
    assert doubts[2] > 5 * doubts[1]


def test_the_hand_must_fit_the_moment_at_which_the_weight_came() -> None:
    """Somebody pressed there three seconds before, and then set a can down."""
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    shelf.leaning = 1
    began = {"began": AT_S - 3.2, "fell": AT_S - 3.0}
    assert nothing(shelf.told("cola", 345.0, flat_s=1.0, **began)) < 0.1


def test_without_a_tracker_it_takes_two() -> None:
    doubts = []
    for leaning in (0, 1, 2):
        shelf = row()
        shelf.leaning = leaning
        doubts.append(nothing(shelf.told("cola", -345.0)))
    assert doubts[0] == doubts[1] < 0.05
    assert doubts[2] > 5 * doubts[1]


# -- what is said ------------------------------------------------------------------------------------------------------


def test_a_body_that_leans_on_the_shelf_for_ten_seconds_takes_nothing() -> None:
    """As heavy as a can less, and trembling as bodies do."""
    shelf = row()
    shelf.look()
    shelf.leaning = 1
    for flat_s in (0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0):
        assert shelf.judged("cola", -345.0, flat_s=flat_s, **TREMBLING).ruling is Ruling.WAIT


@pytest.mark.parametrize("delta_g", [-345.0, 345.0])
def test_a_can_moved_by_nobody_seen_while_another_lane_moves_is_told_when_it_has_stood_stiffly_for_seconds(
    delta_g: float,
) -> None:
    """By somebody whom the tracker does not see. No body stands so still; it trembles."""
    stiff, trembling = unseen(delta_g, rough_g=0.7), unseen(delta_g, rough_g=3.0)
    assert [verdict.ruling for verdict in trembling] == [Ruling.WAIT] * len(trembling)
    assert Ruling.LEVEL not in [verdict.ruling for verdict in stiff]
    first = next(verdict for verdict in stiff if verdict.said)
    assert 1.0 < first.step.flat_s < 3.0
    sign = 1 if delta_g > 0 else -1
    assert words(first.said) == [(sign, "cola", COLA, 1, None)]


def unseen(delta_g: float, *, rough_g: float) -> list[Verdict]:
    """All verdicts of the first three seconds, while another lane moves too and no hand is seen."""
    shelf = row()
    shelf.look()
    shelf.leaning = 1
    flats = [0.1 * k for k in range(1, 30)]
    return [shelf.judged("cola", delta_g, flat_s=flat_s, rough_g=rough_g, rest_g=0.7) for flat_s in flats]


def test_a_can_that_a_hand_takes_is_told_although_another_lane_moves_too() -> None:
    shelf = row()
    shelf.hand("ann", shelf.middle("cola"))
    shelf.leaning = 1
    assert words(shelf.judged("cola", -345.0).said) == [(-1, "cola", COLA, 1, "ann")]
