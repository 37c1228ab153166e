"""What is no step: drift, presses, shaking, glitches; and the slow hand that is one."""

from __future__ import annotations

import numpy as np
import pytest
from weighing_scene import FULL_SCALE, Table

DRIFT_G, DRIFT_S = 1.6, 17.0  # 95th percentile of the recorded store's plates


def settled(seconds: float = 20.0, **about: float) -> Table:
    """A table whose noise is known and whose first level is found."""
    table = Table(**about)  # type: ignore[arg-type]
    table.settle(seconds)
    return table


@pytest.mark.parametrize("by_g", [DRIFT_G, -DRIFT_G])
@pytest.mark.parametrize("rate_hz", [10.0, 60.0])
def test_drift_is_followed_for_minutes_and_is_never_a_step(by_g: float, rate_hz: float) -> None:
    table = settled(rate_hz=rate_hz)
    before = table.level()
    for _ in range(8):
        assert table.ramp(0, by_g, DRIFT_S) == []
    assert table.level() - before == pytest.approx(8 * by_g, abs=1.5)
    table.load -= 345.0
    assert table.last(1.0).delta_g == pytest.approx(-345.0, abs=2.0)


@pytest.mark.parametrize("by_g", [-345.0, -60.0, 345.0])
@pytest.mark.parametrize("seconds", [1.0, 5.0])
def test_a_slow_hand_is_not_taken_for_drift(by_g: float, seconds: float) -> None:
    table = settled()
    table.ramp(0, by_g, seconds)
    step = table.last(1.0)
    assert step.delta_g == pytest.approx(by_g, abs=3.0 + 0.01 * abs(by_g))
    assert step.began < table.now - 1.0 - 0.5 * seconds


@pytest.mark.parametrize("g_per_s", [2.0, 6.0])
def test_what_leaves_faster_than_any_drift_is_seen_however_slowly_it_goes(g_per_s: float) -> None:
    """A tap that drips, a hand that pours: tens of times the drift of the worst plates."""
    table = settled()
    table.ramp(0, -60.0, 60.0 / g_per_s)
    assert table.last(1.5).delta_g == pytest.approx(-60.0, abs=3.0)


def test_what_creeps_a_little_faster_than_drift_does_not_make_a_lane_deaf() -> None:
    """The base lags behind, and the lag is no noise without bound."""
    table = settled(rate_hz=20.0)
    for _ in range(300):
        table.load -= 0.8
        for step in table.run(1.0):
            table.weigher.accept(step.stretch)
    table.load -= 345.0
    assert table.last(1.0).delta_g == pytest.approx(-345.0, abs=40.0)


def test_a_press_leaves_no_step() -> None:
    table = settled()
    for force_g in (200.0, 900.0, 3000.0):
        table.load += force_g
        pressed = table.run(0.6)
        table.load -= force_g
        assert all(not table.weigher.insignificant(step) for step in pressed)
        assert table.weigher.insignificant(table.last(0.5))
        table.settle(0.5)
        table.rest(1.0)


def test_goods_lifted_and_set_back_leave_no_step() -> None:
    table = settled(load_g=2070.0)
    table.load -= 345.0
    assert table.last(0.8).delta_g == pytest.approx(-345.0, abs=2.0)
    table.load += 345.0
    assert table.weigher.insignificant(table.last(0.8))


def test_after_a_press_the_base_is_where_it_was() -> None:
    table = settled()
    before = table.level()
    table.load += 800.0
    table.run(3.0)
    table.load -= 800.0
    table.settle(1.0)
    assert table.level() == pytest.approx(before, abs=0.5)


def test_a_shaken_shelf_offers_nothing_that_counts() -> None:
    """+-20 g in bursts of two seconds, as the recorded plates show while somebody passes."""
    table = settled(rate_hz=60.0)
    for _ in range(10):
        table.noise_g = 12.0
        shaken = table.run(2.0)
        table.noise_g = 0.5
        assert all(abs(step.delta_g) < 4.0 * step.sigma_g + 3.0 for step in shaken)
        table.settle(1.0)
        assert not table.moving()


@pytest.mark.parametrize("rate_hz", [10.0, 60.0, 80.0])
def test_full_scale_in_single_samples_is_nothing(rate_hz: float) -> None:
    table = settled(rate_hz=rate_hz)
    for i in range(200):
        counts = table.sample()
        if i % 7 == 3:
            counts[0] = (-FULL_SCALE - 1, FULL_SCALE, 2e6, -40_000.0)[i % 4]
        assert table.feed(counts) == []
    assert table.level() == pytest.approx(5000.0, abs=0.5)


def test_a_glitch_in_the_middle_of_a_step_changes_nothing() -> None:
    clean, wild = settled(), settled()
    clean.load -= 345.0
    wild.load -= 345.0
    for i in range(60):
        clean.feed()
        counts = wild.sample()
        wild.feed(np.array([FULL_SCALE]) if i in (2, 9, 20) else counts)
    assert wild.steps[-1].delta_g == pytest.approx(clean.steps[-1].delta_g, abs=0.5)


def test_motion_is_seen_while_it_lasts_and_how_far_it_is() -> None:
    table = settled()
    name = table.names[0]
    assert (table.moving(), table.weigher.motion(name).away_g) == (False, 0.0)
    table.load += 700.0
    at = table.now
    table.run(0.3)
    assert table.moving()
    motion = table.weigher.motion(name)
    assert (motion.away_g, motion.began, motion.rose) == (
        pytest.approx(700.0, abs=3.0),
        pytest.approx(at, abs=0.1),
        pytest.approx(at, abs=0.1),
    )
    table.load -= 700.0
    table.settle(1.0)
    assert (table.moving(), table.weigher.motion(name).away_g) == (False, 0.0)


def test_the_first_level_is_found_at_rest_and_not_while_somebody_is_busy() -> None:
    table = Table()
    for _ in range(20):
        table.load += 50.0
        table.run(0.1)
        assert np.isnan(table.level())
    table.rest(0.6)
    assert table.level() == pytest.approx(6000.0, abs=2.0)


def test_small_goods_on_a_quiet_scale_are_a_step_and_on_a_loud_one_are_not() -> None:
    """8 g: more than ten sigma of one, one sigma of the other."""
    quiet, loud = settled(60.0, noise_g=0.3), settled(60.0, noise_g=12.0)
    for table in (quiet, loud):
        table.load -= 8.0
    assert quiet.last(1.0).delta_g == pytest.approx(-8.0, abs=1.0)
    assert all(loud.weigher.insignificant(step) for step in loud.run(1.0))
