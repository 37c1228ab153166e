"""Palms are found, fingers take: a hand just above a bottle is in its lane."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.schema import Lane
from agent.messages import Part
from agent.tracking.fingers import FINGERS_M, boxes_of, with_fingers

BOXES = [(0.0, 0.3, 0.0, 0.36), (0.3, 0.6, 0.0, 0.36)]


def hand(u_m: float, v_m: float, part: str = "hand") -> Part:
    return Part("v1", part, u_m, v_m, 0.0, 0.9)


@pytest.mark.parametrize(
    ("at", "reaches"),
    [
        ((0.1, 0.2), (0.1, 0.2)),  # in the lane
        ((0.1, 0.42), (0.1, 0.359)),  # above it, as who takes a bottle by its cap
        ((0.1, 0.45), (0.1, 0.45)),  # too far above
        ((-0.05, 0.1), (0.0, 0.1)),  # beside it
        ((0.65, 0.41), (0.599, 0.359)),
        ((0.62, 0.9), (0.62, 0.9)),
    ],
)
def test_a_hand_is_where_its_fingers_are(at: tuple[float, float], reaches: tuple[float, float]) -> None:
    moved = with_fingers(hand(*at), BOXES, 3)
    assert (moved.u_m, moved.v_m) == reaches


def test_heads_have_no_fingers_and_without_boxes_nothing_is_reached() -> None:
    assert with_fingers(hand(0.1, 0.42, "head"), BOXES, 3) == hand(0.1, 0.42, "head")
    assert with_fingers(hand(0.1, 0.42), [], 3) == hand(0.1, 0.42)


def test_lanes_without_a_box_are_left_out() -> None:
    lanes = [Lane(name="a", cells=("a",), gtin="1"), Lane(name="b", cells=("b",), gtin="2", right_m=0.3, top_m=0.2)]
    assert boxes_of(lanes) == [(0.0, 0.3, 0.0, 0.2)]


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_nobody_reaches_further_than_fingers(u_m: float, v_m: float) -> None:
    moved = with_fingers(hand(u_m, v_m), BOXES, 3)
    assert math.hypot(moved.u_m - u_m, moved.v_m - v_m) <= FINGERS_M + 0.001
