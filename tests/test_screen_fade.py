"""Cross-fades, and proof of play, in numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from agent.screen.fade import STEP_S, Fade, Pace
from agent.screen.proof import SUM_S, Proof

PICTURES = arrays.arrays(np.uint8, (2, 3, 3))


@settings(derandomize=True, max_examples=30)
@given(PICTURES, PICTURES, st.floats(0.05, 3), st.floats(-0.1, 1.2))
def test_a_fade_is_the_mixture_that_belongs_to_its_moment(
    before: np.ndarray, after: np.ndarray, seconds: float, share: float
) -> None:
    mixed = Fade(before, after, 5.0, seconds).at(5.0 + share * seconds).astype(float)
    exact = before + (after.astype(float) - before) * min(1.0, max(0.0, share))
    assert (abs(mixed - exact) <= 255 / 128 + 1).all()
    assert (mixed >= np.minimum(before, after)).all() and (mixed <= np.maximum(before, after)).all()


def test_its_ends_are_exact_and_the_panel_may_keep_them() -> None:
    before, after = np.full((2, 2, 3), 17, np.uint8), np.full((2, 2, 3), 250, np.uint8)
    fade = Fade(before, after, 0.0, 1.0)
    first, later = fade.at(0.0), fade.at(0.5)
    assert (first == before).all() and fade.at(1.0) is after and (later != first).all()


def test_steps_follow_what_they_cost() -> None:
    pace = Pace()
    assert pace.step_s == STEP_S <= 1 / 25 and pace.worth_it(0.3) and not pace.worth_it(0.05)
    for _ in range(30):
        pace.took(0.1)
    assert pace.step_s == pytest.approx(0.2) and pace.worth_it(0.5) and not pace.worth_it(0.3)


def test_what_covers_a_content_is_not_counted() -> None:
    proof = Proof(0.0)
    proof.begin("ad", "d1-1", 10.0)
    assert proof.showing is not None
    proof.showing.cover(11.0)
    proof.showing.cover(11.5)
    proof.showing.uncover(13.0)
    proof.showing.uncover(14.0)
    (shown,) = proof.end(15.0)
    assert (shown.began_s, shown.ended_s, shown.visible_s, shown.t) == (10.0, 15.0, 3.0, 15.0)
    assert proof.end(16.0) == ()


def test_the_loop_is_told_now_and_then() -> None:
    proof = Proof(0.0)
    for n in range(10):
        proof.begin("ad", None, 10.0 * n)
        assert proof.end(10.0 * n + 4.0) == ()
    assert proof.due(SUM_S - 1) == ()
    (shown,) = proof.due(SUM_S)
    assert (shown.plays, shown.visible_s, shown.began_s, shown.ended_s, shown.t) == (10, 40.0, 0.0, 94.0, SUM_S)
    assert proof.due(2 * SUM_S) == ()
