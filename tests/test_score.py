"""The judge of everything else must itself be right: matching and figures. Reading cases: test_score_case.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.score.match import calibration_error, match
from tools.score.play import f1
from wire.events import Clock, Pick, Put

COLA, CHIPS = "06901234567892", "04006381333931"
CLOCK = Clock(synced=False)


def event(kind: type[Pick | Put] = Pick, lane: str = "cola", t: float = 10.0, **about: Any) -> Pick | Put:
    given = {"gtin": COLA, "units": 1, "visitor": "ann", "delta_g": -345.0, "confidence": 0.9, **about}
    return kind(lane=lane, began_s=t - 0.2, ended_s=t, decided_s=t + 0.6, clock=CLOCK, **given)


def entry(type: str = "pick", lane: str = "cola", t: float = 10.0, **about: Any) -> dict[str, Any]:
    return {"type": type, "lane": lane, "gtin": COLA, "units": 1, "t_s": t, "tolerance_s": 2.0, **about}


def counted(
    events: Sequence[Pick | Put], truth: Sequence[dict[str, Any]], *, with_visitor: bool = True
) -> tuple[int, int, int]:
    """Right, missed, wrong."""
    found = match(events, truth, with_visitor=with_visitor)
    return len(found.pairs), len(found.missed), len(found.wrong)


# -- matching ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "true", "right"),
    [
        (event(), entry(), True),
        (event(t=12.0), entry(), True),
        (event(t=12.1), entry(), False),
        (event(t=8.0), entry(), True),
        (event(Put), entry(), False),
        (event(lane="tea"), entry(), False),
        (event(gtin=CHIPS), entry(), False),
        (event(gtin=CHIPS), entry(gtin=None), True),
        (event(units=2), entry(), False),
        (event(units=None), entry(units=None), True),
        (event(visitor="bob"), entry(visitor="ann"), False),
        (event(visitor=None), entry(visitor="ann"), False),
        (event(visitor="bob"), entry(), True),
    ],
)
def test_an_event_is_right_when_everything_the_truth_names_is(said: Pick, true: dict[str, Any], right: bool) -> None:
    assert counted([said], [true]) == ((1, 0, 0) if right else (0, 1, 1))


def test_without_the_visitor_somebody_else_s_hand_is_forgiven() -> None:
    assert counted([event(visitor="bob")], [entry(visitor="ann")], with_visitor=False) == (1, 0, 0)


def test_each_event_and_each_truth_counts_once_and_the_nearest_go_together() -> None:
    truth = [entry(t=10.0), entry(t=11.0)]
    events = [event(t=11.2), event(t=10.9), event(t=9.5)]
    found = match(events, truth)
    assert [(e.ended_s, x["t_s"]) for e, x in found.pairs] == [(10.9, 11.0), (9.5, 10.0)]
    assert [e.ended_s for e in found.wrong] == [11.2]


EVENTS = st.lists(st.builds(event, t=st.floats(0, 20), units=st.integers(1, 2)), max_size=6)
TRUTH = st.lists(st.builds(entry, t=st.floats(0, 20), units=st.integers(1, 2)), max_size=6)


@given(EVENTS, TRUTH)
def test_nothing_is_counted_twice_or_lost(events: list[Pick | Put], truth: list[dict[str, Any]]) -> None:
    right, missed, wrong = counted(events, truth)
    assert right + missed == len(truth)
    assert right + wrong == len(events)
    assert counted(events, truth, with_visitor=False)[0] >= right


# -- figures -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tp", "fn", "fp", "expected"),
    [(0, 0, 0, 1.0), (5, 0, 0, 1.0), (0, 1, 0, 0.0), (0, 0, 1, 0.0), (3, 1, 1, 0.75), (2, 0, 1, 0.8)],
)
def test_f1_by_hand(tp: int, fn: int, fp: int, expected: float) -> None:
    assert f1(tp, fn, fp) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([], 0.0),
        ([(1.0, True)], 0.0),
        ([(1.0, False)], 1.0),
        ([(0.9, True)] * 9 + [(0.9, False)], 0.0),
        ([(0.95, True), (0.95, False)], 0.45),
        ([(0.05, False), (0.95, True)], 0.05),
        ([(0.0, True)], 1.0),
    ],
)
def test_calibration_error_by_hand(said: list[tuple[float, bool]], expected: float) -> None:
    assert calibration_error(said) == pytest.approx(expected)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=50))
def test_calibration_error_is_a_share_and_no_order_changes_it(said: list[tuple[float, bool]]) -> None:
    assert 0.0 <= calibration_error(said) <= 1.0
    assert calibration_error(said[::-1]) == pytest.approx(calibration_error(said))
