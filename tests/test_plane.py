"""Pixels to metres and back, from four marks or more."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from agent.config.schema import Camera, Mark
from agent.tracking.plane import FURTHEST_M, Plane

SQUARE = ((0.0, 330.0, 0.0, 0.0), (640.0, 330.0, 1.0, 0.0), (640.0, 100.0, 1.0, 0.36), (0.0, 100.0, 0.0, 0.36))
ASKEW = ((60.0, 300.0, 0.0, 0.0), (590.0, 340.0, 1.2, 0.0), (540.0, 90.0, 1.2, 0.4), (100.0, 70.0, 0.0, 0.4))


def camera(*marks: tuple[float, float, float, float], k1: float = 0.0, k2: float = 0.0) -> Camera:
    return Camera(width=640, height=360, lens_k1=k1, lens_k2=k2, marks=tuple(map(mark, marks)))


def mark(at: tuple[float, float, float, float]) -> Mark:
    return Mark(x_px=at[0], y_px=at[1], u_m=at[2], v_m=at[3])


def plane(*marks: tuple[float, float, float, float], k1: float = 0.0, k2: float = 0.0) -> Plane:
    found = Plane.of(camera(*marks, k1=k1, k2=k2))
    assert found is not None
    return found


def test_a_camera_without_marks_knows_no_metres() -> None:
    assert Plane.of(camera()) is None


def test_straight_from_the_front_it_is_a_scale() -> None:
    assert plane(*SQUARE).to_m(320, 215) == pytest.approx((0.5, 0.18))
    assert plane(*SQUARE).to_px(0.25, 0.0) == pytest.approx((160, 330))


@pytest.mark.parametrize("marks", [SQUARE, ASKEW])
@pytest.mark.parametrize("lens", [(0.0, 0.0), (-0.2, 0.05), (0.1, 0.0)])
def test_marks_are_where_they_were_said_to_be(marks: tuple[tuple[float, ...], ...], lens: tuple[float, float]) -> None:
    found = plane(*marks, k1=lens[0], k2=lens[1])  # type: ignore[arg-type]
    for x, y, u, v in marks:
        assert found.to_m(x, y) == pytest.approx((u, v), abs=1e-6)
        assert found.to_px(u, v) == pytest.approx((x, y), abs=0.05)


@settings(max_examples=300, derandomize=True)
@given(st.floats(0, 640), st.floats(60, 350), st.sampled_from([(0.0, 0.0), (-0.15, 0.02), (0.1, 0.0)]))
def test_there_and_back_is_the_same_pixel(x: float, y: float, lens: tuple[float, float]) -> None:
    found = plane(*ASKEW, k1=lens[0], k2=lens[1])
    assert found.to_px(*found.to_m(x, y)) == pytest.approx((x, y), abs=0.1)


corners = st.tuples(*(st.floats(-60, 60) for _ in range(8)))


@settings(max_examples=300, derandomize=True)
@given(corners, st.floats(0.05, 0.95), st.floats(0.05, 0.95))
def test_lines_stay_lines(moved: tuple[float, ...], a: float, b: float) -> None:
    """What makes it a homography: three points in a line are in a line on the plane."""
    marks = tuple((x + moved[2 * i], y + moved[2 * i + 1], u, v) for i, (x, y, u, v) in enumerate(ASKEW))
    found = plane(*marks)
    one, other = found.to_m(100, 100 + 200 * a), found.to_m(540, 100 + 200 * b)
    middle = found.to_m(320, 100 + 100 * a + 100 * b)
    assume(max(map(abs, (*one, *other))) < 10)
    cross = (other[0] - one[0]) * (middle[1] - one[1]) - (other[1] - one[1]) * (middle[0] - one[0])
    assert abs(cross) < 1e-6


def test_a_fifth_mark_that_is_a_little_off_moves_everything_a_little() -> None:
    five = camera(*SQUARE, (320.0, 215.0, 0.52, 0.18))
    found = Plane.of(five)
    assert found is not None
    assert 0.002 < found.residual_m(five) < 0.02
    assert plane(*SQUARE).residual_m(camera(*SQUARE)) < 1e-9


@pytest.mark.parametrize(
    "marks",
    [
        SQUARE[:3],
        (SQUARE[0],) * 4,
        ((0.0, 0.0, 0.0, 0.0), (100.0, 100.0, 0.1, 0.1), (200.0, 200.0, 0.2, 0.2), (300.0, 300.0, 0.3, 0.3)),
        (*SQUARE[:2], (320.0, 330.0, 0.5, 0.0), (160.0, 330.0, 0.25, 0.0)),
        (*SQUARE[:2], (320.0, 329.0, 1.0, 0.36), (0.0, 100.0, 0.0, 0.36)),  # nearly in a line
    ],
)
def test_marks_that_fix_no_plane_are_refused_with_what_to_do(marks: tuple[tuple[float, ...], ...]) -> None:
    with pytest.raises(ValueError, match="shelfd calibrate camera"):
        Plane.of(camera(*marks))  # type: ignore[arg-type]


@settings(max_examples=300, derandomize=True)
@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(-2, 2), st.floats(-2, 2))
def test_any_pixel_has_a_finite_place(x: float, y: float, k1: float, k2: float) -> None:
    found = plane(*ASKEW)
    u, v = replace(found, k1=k1, k2=k2).to_m(x, y)
    assert math.isfinite(u + v)
    assert max(abs(u), abs(v)) <= FURTHEST_M
