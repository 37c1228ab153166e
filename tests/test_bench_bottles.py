"""The simulated board of bottles: each in a place of its own, and painted where it is."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from agent.tracking.plane import Plane
from tools.bench.camera.painter import FLOOR_PX, HEIGHT_PX, MARGIN_M, RATE_HZ, WIDTH_PX, Painter, camera, px_per_m
from tools.bench.run import f1, run
from tools.bench.world import Play, everyday_shop, simulate


def play_of(seed: int, shoppers: int = 3, minutes: float = 1.0) -> Play:
    return simulate(seed, everyday_shop(shoppers, minutes, "bottles"))


def standing(play: Play, t_s: float) -> list[float]:
    """Places of all bottles that stand."""
    return sorted(stand.u_m for stand in play.stands if stand.since_s <= t_s < stand.until_s)


@pytest.mark.parametrize("seed", range(4))
def test_no_two_bottles_are_ever_in_one_place(seed: int) -> None:
    play = play_of(seed)
    for t_s in np.arange(0.0, play.until_s, 0.1):
        places = standing(play, float(t_s))
        assert all(b - a > 0.12 for a, b in pairwise(places)), t_s


@pytest.mark.parametrize("seed", range(4))
def test_what_stands_and_what_is_weighed_tell_the_same_story(seed: int) -> None:
    play = play_of(seed)
    lanes = play.config.lanes
    stands = {lane.name: sum(stand.lane == lane.name for stand in play.stands) for lane in lanes}
    arrived = {lane.name: sum(stand.lane == lane.name and stand.since_s > 0 for stand in play.stands) for lane in lanes}
    for lane in lanes:
        units = [entry["units"] for entry in play.truth if entry["lane"] == lane.name and entry["type"] != "pick"]
        lifted = [x for x in play.held if np.isfinite(x.until_s) and np.isfinite(x.since_s)]
        back = sum(lane.left_m <= x.reach.u_m < lane.right_m for x in lifted)
        assert stands[lane.name] == lane.units + arrived[lane.name]
        assert arrived[lane.name] == sum(units) + back


def test_a_tracker_outside_is_enough_to_tell_them_all() -> None:
    outcome = run(play_of(5))
    assert f1(outcome.matches(with_visitor=False)) >= 0.9


def test_the_same_moment_is_painted_the_same_and_another_is_not() -> None:
    play = play_of(1)
    one, other = Painter(play), Painter(play_of(1))
    assert one.picture(7.25).shape == (HEIGHT_PX, WIDTH_PX, 3)
    assert np.array_equal(one.picture(7.25), other.picture(7.25))
    assert not np.array_equal(one.picture(7.25), one.picture(7.25 + 1 / RATE_HZ))  # a sensor is never quite still


def test_a_bottle_that_is_taken_is_gone_from_where_the_marks_say_it_stood() -> None:
    play = play_of(1)
    painter, plane = Painter(play), Plane.of(camera(play))
    assert plane is not None
    gone = [s for s in play.stands if s.since_s < 0 and s.until_s < 50]
    stand = next(s for s in gone if all(abs(t - s.u_m) > 0.05 for t in standing(play, s.until_s + 3.0)))
    x, foot = plane.to_px(stand.u_m, 0.0)
    assert foot == pytest.approx(FLOOR_PX)
    _, middle = plane.to_px(stand.u_m, 0.1)
    before, after = painter.picture(0.0), painter.picture(stand.until_s + 3.0)
    where = (slice(int(middle) - 15, int(middle) + 15), slice(int(x) - 10, int(x) + 10))
    assert np.abs(before[where].astype(int) - after[where]).mean() > 30


def test_the_hand_of_who_takes_is_before_the_bottle_and_goes_with_it() -> None:
    play = play_of(1)
    painter, held = Painter(play), next(x for x in play.held if x.until_s > 1e6)
    t_s, u_px = held.since_s, int((held.reach.u_m + MARGIN_M) * px_per_m(play))
    empty, here = painter.picture(0.0), painter.picture(t_s)
    above = (slice(0, 60), slice(max(0, u_px - 30), u_px + 30))
    assert np.abs(empty[above].astype(int) - here[above]).mean() > 20  # the arm
    gone = painter.picture(held.reach.times_s[3] + 0.01)
    assert np.abs(empty[above].astype(int) - gone[above]).mean() < 20
