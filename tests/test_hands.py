"""Whose hand was there, and who is here at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shelf_scene import Shelf, lane

from agent.fusion.hands import MAX_VISITORS, MEMORY_S, VISITOR_GONE_S, Hands
from agent.messages import Part, Tracks
from agent.plain import plain, revive
from agent.shelf.planogram import Stretch

NAN, INF = float("nan"), float("inf")
COLA: Stretch = Shelf(lane("cola", "b", "c"), lane("chips", "d")).stretch("cola")  # 0.1 .. 0.3 m
MIDDLE, LEFT_CELL, RIGHT_CELL = 0.5, 0.0, 1.0  # positions in cells
AT = 50.0


def seen(hands: Hands, visitor: str, u_m: float, *, t: float = AT, v_m: float = 0.12, d_m: float = 0.0) -> Hands:
    hands.see(Tracks(t, (Part(visitor, "hand", u_m, v_m, d_m, 0.9),)))
    return hands


def fit(position: float = MIDDLE, **where: float) -> float:
    """How well one hand fits a change at `position`."""
    u_m = where.pop("u_m", 0.2)
    return max(seen(Hands(), "ann", u_m, **where).at(COLA, position, AT - 0.4, AT + 0.3).get("ann", [0.0]))


# -- how well a hand fits ----------------------------------------------------------------------------------------------


def test_a_hand_right_there_fits_perfectly() -> None:
    assert fit() == pytest.approx(1.0)


@given(near_m=st.floats(0.0, 1.0), further_m=st.floats(0.01, 1.0), side=st.sampled_from([-1, 1]))
def test_the_further_away_the_worse(near_m: float, further_m: float, side: int) -> None:
    near, far = 0.2 + side * near_m, 0.2 + side * (near_m + further_m)
    assert fit(u_m=far) <= fit(u_m=near) <= 1.0


@given(off_m=st.floats(0.0, 0.5), cell=st.sampled_from([LEFT_CELL, MIDDLE, RIGHT_CELL]))
def test_left_and_right_are_alike(off_m: float, cell: float) -> None:
    assert fit(cell, u_m=0.2 + off_m) == pytest.approx(fit(1.0 - cell, u_m=0.2 - off_m), abs=1e-12)


@pytest.mark.parametrize("where", [{"v_m": 0.6}, {"v_m": -0.3}, {"d_m": 0.7}, {"u_m": 0.6}])
def test_a_hand_on_another_board_or_out_of_the_shelf_hardly_fits(where: dict[str, float]) -> None:
    assert fit(**where) < 0.01


def test_the_place_on_the_cells_tells_hands_in_one_lane_apart() -> None:
    hands = seen(seen(Hands(), "ann", 0.15), "bob", 0.25)
    left = hands.at(COLA, LEFT_CELL, AT - 1, AT + 1)
    right = hands.at(COLA, RIGHT_CELL, AT - 1, AT + 1)
    anywhere = hands.inside_of(COLA, AT - 1, AT + 1)
    assert left["ann"][0] > 1.5 * left["bob"][0] and right["bob"][0] > 1.5 * right["ann"][0]
    assert anywhere["ann"] == anywhere["bob"] == pytest.approx([1.0])


def test_each_frame_counts_for_itself_and_only_within_the_time() -> None:
    hands = seen(seen(seen(Hands(), "ann", 2.0, t=AT), "ann", 0.2, t=AT + 1), "ann", 2.0, t=AT + 2)
    assert hands.at(COLA, MIDDLE, AT, AT + 2)["ann"] == pytest.approx([0.0, 1.0, 0.0])
    assert hands.at(COLA, MIDDLE, AT + 1.5, AT + 2)["ann"] == pytest.approx([0.0])
    assert hands.at(COLA, MIDDLE, AT + 3, AT + 4) == {}


def test_of_two_hands_the_nearer_one_counts() -> None:
    hands = Hands()
    near, far = (Part("ann", "hand", u_m, 0.12, 0.0, 0.9) for u_m in (0.2, 0.9))
    hands.see(Tracks(AT, (far, near)))
    assert hands.at(COLA, MIDDLE, AT, AT)["ann"] == pytest.approx([1.0])


@given(st.floats(3.0, 50.0))
def test_somebody_far_away_changes_nothing_for_the_one_who_is_near(far_m: float) -> None:
    alone, both = seen(Hands(), "ann", 0.22), seen(seen(Hands(), "bob", far_m), "ann", 0.22)
    one, two = (hands.at(COLA, MIDDLE, AT - 1, AT + 1) for hands in (alone, both))
    assert two["ann"] == one["ann"]
    assert max(two["bob"]) < 1e-6


def test_without_a_box_everybody_present_fits_alike() -> None:
    bare = Shelf(lane("bare", "a", right_m=0.0)).stretch("bare")
    assert bare.box is None
    hands = seen(seen(Hands(), "ann", 0.2), "bob", 9.0)
    fits = hands.at(bare, MIDDLE, AT - 1, AT + 1)
    assert set(fits) == {"ann", "bob"} and fits["ann"] == fits["bob"]
    assert hands.inside(bare, AT) == set()


# -- whose hand is in there now ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"u_m": 0.2}, {"ann"}),
        ({"u_m": 0.2, "d_m": 0.4}, set()),
        ({"u_m": 0.6}, set()),
        ({"u_m": 0.2, "v_m": 0.8}, set()),
    ],
)
def test_a_hand_is_inside_while_it_is_seen_there(where: dict[str, float], expected: set[str]) -> None:
    u_m = where.pop("u_m")
    assert seen(Hands(), "ann", u_m, **where).inside(COLA, AT) == expected


def test_a_hand_that_hides_behind_goods_for_a_moment_is_still_inside() -> None:
    hands = seen(Hands(), "ann", 0.2)
    hands.see(Tracks(AT + 0.3, ()))
    assert hands.inside(COLA, AT + 0.3) == {"ann"}
    hands.see(Tracks(AT + 2.0, ()))
    assert hands.inside(COLA, AT + 2.0) == set()


def test_the_other_hand_in_front_of_the_shelf_does_not_hide_the_one_inside() -> None:
    hands = Hands()
    inside, outside = (Part("ann", "hand", u, 0.12, d, 0.9) for u, d in ((0.2, 0.0), (0.5, 0.5)))
    hands.see(Tracks(AT, (inside, outside)))
    hands.see(Tracks(AT + 0.2, (outside,)))
    assert hands.inside(COLA, AT + 0.2) == {"ann"}
    hands.see(Tracks(AT + 0.3, (outside, outside)))
    assert hands.inside(COLA, AT + 0.3) == set()


# -- who is here -------------------------------------------------------------------------------------------------------


def test_a_visitor_is_present_for_a_while_after_being_seen_and_is_gone_later() -> None:
    hands = seen(Hands(), "ann", 0.2)
    assert hands.present(AT + 1.0) == ["ann"]
    assert hands.present(AT + 30.0) == []
    assert hands.see(Tracks(AT + 0.5 * VISITOR_GONE_S, ())) == []
    assert hands.see(Tracks(AT + VISITOR_GONE_S + 1.0, ())) == ["ann"]
    assert hands.see(Tracks(AT + VISITOR_GONE_S + 2.0, ())) == []


def test_a_head_is_somebody_but_no_hand() -> None:
    hands = Hands()
    hands.see(Tracks(AT, (Part("ann", "head", 0.2, 0.12, 0.0, 0.9),)))
    assert hands.present(AT) == ["ann"]
    assert hands.at(COLA, MIDDLE, AT - 1, AT + 1) == {}


def test_a_tracker_that_was_never_there_or_is_lost_watches_nobody() -> None:
    hands = Hands()
    assert not hands.watched
    hands.see(Tracks(AT, ()))
    assert hands.watched
    seen(hands, "ann", 0.2)
    hands.blind()
    assert not hands.watched
    assert hands.at(COLA, MIDDLE, AT - 1, AT + 1) == {}


def test_after_a_restart_hands_are_past_and_people_are_not() -> None:
    hands = seen(Hands(), "ann", 0.2)
    hands.forget_positions(3.0)
    assert hands.at(COLA, MIDDLE, 0.0, AT + 9) == {}
    assert hands.present(3.5) == ["ann"]
    assert hands.watched


# -- bounds ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("broken", [NAN, INF, -INF])
def test_a_position_that_is_none_is_passed_over(broken: float) -> None:
    assert seen(Hands(), "ann", broken).at(COLA, MIDDLE, AT - 1, AT + 1) == {}


def test_old_positions_and_countless_visitors_are_forgotten() -> None:
    hands = Hands()
    for i in range(20_000):
        seen(hands, f"v{i % 1000}", 0.2, t=AT + 0.01 * i)
    kept = hands.snapshot()
    assert len(kept["seen"]) <= MAX_VISITORS
    newest = AT + 0.01 * 19_999
    assert all(p[0] >= newest - MEMORY_S for positions in kept["hands"].values() for p in positions)


def test_one_visitor_with_many_hands_is_bounded_too() -> None:
    hands = Hands()
    crowd = tuple(Part("ann", "hand", 0.2, 0.12, 0.0, 0.9) for _ in range(50))
    for i in range(100):
        hands.see(Tracks(AT + 0.001 * i, crowd))
    assert len(hands.snapshot()["hands"]["ann"]) <= 1000


@given(st.lists(st.tuples(st.sampled_from(["ann", "bob"]), st.floats(-1, 3), st.floats(0, 1)), max_size=12))
def test_hands_come_back_from_json_as_they_were(moves: list[tuple[str, float, float]]) -> None:
    hands, again = Hands(), Hands()
    for i, (visitor, u_m, d_m) in enumerate(moves):
        seen(hands, visitor, u_m, t=AT + i / 15, d_m=d_m)
    again.restore(revive(json.loads(json.dumps(plain(hands.snapshot())))))
    now = AT + len(moves) / 15
    assert again.watched == hands.watched
    assert again.present(now) == hands.present(now)
    assert again.inside(COLA, now) == hands.inside(COLA, now)
    assert again.at(COLA, MIDDLE, AT, now) == hands.at(COLA, MIDDLE, AT, now)


def test_a_tracker_that_renames_people_hides_no_newcomer() -> None:
    hands = Hands()
    gone = [v for k in range(3 * MAX_VISITORS) for v in hands.see(Tracks(AT + 0.1 * k, (person(f"{k:04d}"),)))]
    assert f"{3 * MAX_VISITORS - 1:04d}" in hands.present(AT + 0.3 * MAX_VISITORS)
    assert gone == [f"{k:04d}" for k in range(2 * MAX_VISITORS)]


def person(visitor: str) -> Part:
    return Part(visitor, "hand", 0.3, 0.12, 0.4, 0.9)


def test_looks_into_hands_are_kept_of_known_visitors_only() -> None:
    """A tracker that renames everybody in each frame."""
    hands = Hands()
    for k in range(3 * MAX_VISITORS):
        hands.see(Tracks(AT + 0.01 * k, tuple(Part(f"{k}-{i}", "hand", 0.2, 0.1, 0.0, 0.9, 0.5) for i in range(9))))
    assert len(hands.grips.snapshot()) <= MAX_VISITORS
