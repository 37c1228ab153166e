"""Which boxes stay, against a plain loop over pairs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.vision.nms import nms, overlaps

corner = st.integers(0, 12)
boxes = st.lists(
    st.tuples(corner, corner, st.integers(0, 8), st.integers(0, 8), corner, st.integers(0, 2)), max_size=30
)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(width, 0) * max(height, 0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    return common / union if union > 0 else 0.0


def plain(things: list[tuple[tuple[float, ...], float, int]], limit: float) -> list[int]:
    stays: list[int] = []
    for i in sorted(range(len(things)), key=lambda i: -things[i][1]):
        box, _, group = things[i]
        if all(things[k][2] != group or overlap(box, things[k][0]) <= limit for k in stays):
            stays.append(i)
    return stays


@given(boxes, st.sampled_from([0.0, 0.3, 0.5, 1.0]))
def test_the_same_boxes_stay_as_in_a_plain_loop(drawn: list[tuple[int, ...]], limit: float) -> None:
    things = [((l, t, l + w, t + h), s / 12, g) for l, t, w, h, s, g in drawn]  # noqa: E741
    array = np.array([box for box, _, _ in things], np.float64).reshape(-1, 4)
    scores, groups = np.array([s for _, s, _ in things]), np.array([g for *_, g in things], np.intp)
    assert nms(array, scores, groups, limit).tolist() == plain(things, limit)
    for i, (box, _, _) in enumerate(things):
        assert overlaps(array)[i].tolist() == pytest.approx([overlap(box, other) for other, _, _ in things])


def test_of_equal_scores_the_first_stays_and_other_groups_are_left_alone() -> None:
    array = np.array([[0, 0, 10, 10]] * 3, np.float64)
    assert nms(array, np.array([0.5, 0.5, 0.4]), np.array([0, 0, 1]), 0.5).tolist() == [0, 2]


def test_a_suppressed_box_suppresses_nobody() -> None:
    row = np.array([[0, 0, 10, 1], [4, 0, 14, 1], [8, 0, 18, 1]], np.float64)
    assert nms(row, np.array([0.9, 0.8, 0.7]), np.zeros(3, np.intp), 0.3).tolist() == [0, 2]
