"""Where labels, content and code stand on strips of any size."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.config.schema import Screen
from agent.screen.geometry import Rect
from agent.screen.layout import Layout, Place, lay_out

SIZES = [(1920, 158), (1920, 360), (480, 128), (158, 1920), (64, 16)]


def shelf(*edges: float) -> list[Place]:
    """Lanes side by side between these metres."""
    return [Place(f"lane {i}", a, b) for i, (a, b) in enumerate(pairwise(edges))]


def overlap(one: Rect, other: Rect) -> bool:
    return (
        min(one.right, other.right) > max(one.left, other.left)
        and min(one.bottom, other.bottom) > max(one.top, other.top)
    )  # fmt: skip


def rects(laid: Layout) -> list[Rect]:
    return [rect for rect in (*laid.labels, laid.content, laid.code) if rect is not None]


@pytest.mark.parametrize(("width", "height"), [(1920, 158), (1920, 360), (480, 128)])
def test_each_label_stands_exactly_above_its_lane(width: int, height: int) -> None:
    laid = lay_out(shelf(0.0, 0.2, 0.5, 1.0), width, height, Screen(driver="drm"))
    half = round(height / 2)
    assert laid.content == Rect(0, 0, width, half)
    edges = [0, round(0.2 * width), round(0.5 * width), width]
    assert laid.labels == tuple(Rect(a, half, b - a, height - half) for a, b in pairwise(edges))
    assert laid.complaints == ()


def test_a_strip_longer_than_its_lanes_keeps_their_place() -> None:
    laid = lay_out(shelf(0.25, 0.5), 1000, 100, Screen(driver="drm", left_m=0.0, right_m=1.0, content="none"))
    assert laid.labels == (Rect(250, 0, 250, 100),) and laid.content is None


def test_content_beside_the_labels_never_covers_one() -> None:
    beside = {"driver": "drm", "content": "left", "content_share": 0.4}
    laid = lay_out(shelf(0.0, 0.5, 1.0), 1000, 100, Screen(**beside))
    assert laid.content == Rect(0, 0, 400, 100) and laid.labels[0] == Rect(400, 0, 300, 100)
    laid = lay_out(shelf(0.3, 1.0), 1000, 100, Screen(**beside, left_m=0.0, right_m=1.0))
    assert laid.content == Rect(0, 0, 300, 100)  # the lane begins there
    laid = lay_out(shelf(0.0, 1.0), 1000, 100, Screen(**beside, left_m=0.0, right_m=1.0))
    assert laid.content is None and "above" in laid.complaints[0]


def test_two_products_of_one_stretch_stand_side_by_side_or_below_one_another() -> None:
    both = [Place("sweets", 0.0, 1.0), Place("sweets", 0.0, 1.0)]
    wide = lay_out(both, 1000, 100, Screen(driver="drm", content="none"))
    assert wide.labels == (Rect(0, 0, 500, 100), Rect(500, 0, 500, 100))
    high = lay_out(both, 200, 200, Screen(driver="drm", content="none"))
    assert high.labels == (Rect(0, 0, 200, 100), Rect(0, 100, 200, 100))


def test_boards_above_one_another_have_a_row_each() -> None:
    lanes = [*shelf(0.0, 0.5, 1.0), *shelf(0.0, 0.3, 0.65, 1.0)]
    laid = lay_out(lanes, 1000, 120, Screen(driver="drm", content="none"))
    assert [(r.left, r.right, r.height) for r in laid.labels if r] == [
        (0, 500, 60), (500, 1000, 60), (0, 300, 60), (300, 650, 60), (650, 1000, 60),
    ]  # fmt: skip


def test_neighbours_that_overlap_by_a_tape_s_error_part_in_the_middle() -> None:
    lanes = [Place("a", 0.0, 0.52), Place("b", 0.48, 1.0)]
    laid = lay_out(lanes, 1000, 100, Screen(driver="drm", content="none"))
    assert laid.labels == (Rect(0, 0, 500, 100), Rect(500, 0, 500, 100))


def test_what_has_no_place_is_said() -> None:
    lanes = [Place("far", 2.0, 2.5), Place("here", 0.0, 0.5), Place("nowhere", 0.0, 0.0)]
    laid = lay_out(lanes, 1000, 100, Screen(driver="drm", left_m=0.0, right_m=1.0))
    assert [rect is None for rect in laid.labels] == [True, False, True]
    assert 'lane "far" is not beneath the strip' in laid.complaints[0] and "no box" in laid.complaints[1]
    without = lay_out([Place("a", 0, 0), Place("b", 0, 0)], 1000, 100, Screen(driver="drm", content="none"))
    assert without.labels == (Rect(0, 0, 500, 100), Rect(500, 0, 500, 100)) and not without.complaints


def test_a_strip_beside_the_shelf_has_a_list() -> None:
    laid = lay_out(shelf(0.0, 0.3, 0.6, 1.0), 158, 1920, Screen(driver="drm", content_share=0.3))
    assert laid.content == Rect(0, 0, 158, 576)
    assert [(r.left, r.width, r.top) for r in laid.labels if r] == [(0, 158, 576), (0, 158, 750), (0, 158, 924)]


def test_the_code_takes_what_is_free() -> None:
    at_end = lay_out(shelf(0.0, 0.8), 1000, 100, Screen(driver="drm", left_m=0.0, right_m=1.0), modules=33)
    assert at_end.code == Rect(900, 0, 100, 100) and at_end.content == Rect(0, 0, 900, 50)
    in_content = lay_out(shelf(0.0, 1.0), 1920, 158, Screen(driver="drm"), modules=37)
    assert in_content.code == Rect(1841, 0, 79, 79) and in_content.content == Rect(0, 0, 1841, 79)
    between = lay_out([*shelf(0.0, 0.4), *shelf(0.6, 1.0)], 1000, 100, Screen(driver="drm", content="none"), modules=33)
    assert between.code == Rect(450, 0, 100, 100)
    nowhere = lay_out(shelf(0.0, 1.0), 480, 64, Screen(driver="drm"), modules=37)
    assert nowhere.code is None and "74 pixels" in nowhere.complaints[0]


def test_without_labels_the_whole_strip_plays() -> None:
    assert lay_out([], 1920, 158, Screen(driver="drm")).content == Rect(0, 0, 1920, 158)
    assert lay_out([], 158, 1920, Screen(driver="drm", content="left")).content == Rect(0, 0, 158, 1920)


METRES = st.floats(min_value=-10, max_value=100)
SCREENS: dict[str, Any] = {
    "driver": st.just("drm"),
    "content": st.sampled_from(["above", "left", "right", "none"]),
    "content_share": st.floats(min_value=0.1, max_value=0.8),
}


@settings(derandomize=True, deadline=None, max_examples=250)
@given(
    st.lists(st.tuples(METRES, st.floats(min_value=0, max_value=3)), max_size=24),
    st.sampled_from(SIZES),
    st.builds(Screen, **SCREENS),
    st.one_of(st.none(), st.tuples(METRES, st.floats(min_value=0.1, max_value=5))),
    st.sampled_from([0, 29, 45]),
)
def test_nothing_covers_anything_and_nothing_leaves_the_strip(
    lanes: list[tuple[float, float]],
    size: tuple[int, int],
    screen: Screen,
    strip: tuple[float, float] | None,
    modules: int,
) -> None:
    if strip is not None:
        screen = Screen(
            driver="drm", content=screen.content, content_share=screen.content_share,
            left_m=strip[0], right_m=sum(strip),
        )  # fmt: skip
    places = [Place(f"lane {i}", left, left + wide) for i, (left, wide) in enumerate(lanes)]
    laid = lay_out(places, *size, screen, modules)
    whole = Rect(0, 0, *size)
    assert len(laid.labels) == len(places)
    assert all(whole.holds(rect) for rect in rects(laid))
    assert not any(overlap(one, other) for one, other in combinations(rects(laid), 2))
    assert laid.complaints or all(rect is not None for rect in laid.labels)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.floats(min_value=0.05, max_value=1.0), min_size=1, max_size=12), st.sampled_from(SIZES[:3]))
def test_lanes_side_by_side_keep_their_edges_to_half_a_pixel(widths: list[float], size: tuple[int, int]) -> None:
    edges = [sum(widths[:i]) for i in range(len(widths) + 1)]
    laid = lay_out(shelf(*edges), *size, Screen(driver="drm"))
    for rect, left, right in zip(laid.labels, edges[:-1], edges[1:], strict=True):
        assert rect is not None
        assert abs(rect.left - left / edges[-1] * size[0]) <= 0.5001
        assert abs(rect.right - right / edges[-1] * size[0]) <= 0.5001
