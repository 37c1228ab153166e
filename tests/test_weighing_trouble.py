"""Holes, silent cells, tare, restarts, and scales of any size."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weighing_scene import FULL_SCALE, Table

from agent.plain import plain
from agent.weighing.weigher import Weigher

NAN = float("nan")


def settled(cells: int = 1, seconds: float = 5.0, **about: object) -> Table:
    table = Table(cells, **about)  # type: ignore[arg-type]
    table.settle(seconds)
    return table


# -- readings are missing ----------------------------------------------------------------------------------------------


def test_what_changed_in_a_hole_is_offered_and_says_so() -> None:
    table = settled()
    since = table.now
    table.now += 30.0
    table.load -= 345.0
    step = table.last(1.0)
    assert step.across_gap
    assert step.delta_g == pytest.approx(-345.0, abs=2.0)
    assert step.began == pytest.approx(since)


def test_a_hole_in_which_nothing_changed_is_closed_again() -> None:
    table = settled(3)
    table.now += 30.0
    table.settle(1.0)
    assert not any(table.moving(i) for i in range(3))
    table.load[1] -= 345.0
    assert not table.last(1.0, stretch=1).across_gap


def test_a_hole_before_the_first_level_offers_nothing() -> None:
    table = Table()
    table.run(0.1)
    table.now += 30.0
    table.load += 4000.0
    table.rest(2.0)
    assert table.level() == pytest.approx(9000.0, abs=2.0)


def test_a_hole_told_by_the_shell_counts_like_one_in_time() -> None:
    table = settled()
    table.weigher.hole(table.now)
    table.load -= 345.0
    assert table.last(1.0).across_gap


def test_a_hole_in_the_middle_of_a_step_keeps_its_beginning() -> None:
    table = settled()
    at = table.now
    table.load -= 345.0
    table.run(0.3)
    table.now += 5.0
    step = table.last(1.0)
    assert step.across_gap and at - 0.1 < step.began < at + 0.2


def test_a_cell_that_falls_silent_leaves_its_stretch_unjudged_and_no_other() -> None:
    table = settled(3, stretches=[[0, 1], [2]])
    table.load -= 100.0
    for _ in range(120):
        counts = table.sample()
        counts[1] = NAN
        table.feed(counts)
    assert {step.stretch for step in table.steps[-20:]} == {table.names[1]}
    back = table.last(1.0, stretch=0)
    assert back.delta_g == pytest.approx(-200.0, abs=2.0)


@pytest.mark.parametrize("reads", [NAN, FULL_SCALE, -FULL_SCALE - 1.0])
def test_a_dead_or_pinned_cell_is_never_an_empty_lane(reads: float) -> None:
    table = settled(2)
    for _ in range(600):
        counts = table.sample()
        counts[0] = reads
        assert table.feed(counts) == []
    assert table.level() == pytest.approx(5000.0, abs=2.0)


def test_single_missing_readings_cost_nothing() -> None:
    table = settled()
    for i in range(300):
        counts = table.sample()
        assert table.feed(np.array([NAN]) if i % 5 == 0 else counts) == []
    table.load -= 345.0
    for i in range(60):
        counts = table.sample()
        table.feed(np.array([NAN]) if i % 5 == 0 else counts)
    assert table.steps[-1].delta_g == pytest.approx(-345.0, abs=2.0)


def test_a_cell_that_never_answered_says_nothing_and_others_are_weighed() -> None:
    table = Table(3, stretches=[[0, 1], [2]])
    for _ in range(300):
        assert table.feed(np.array([5000.0, NAN, 700.0])) == []
    assert np.isnan(table.level(0))
    assert table.level(1) == pytest.approx(7.0)
    assert not table.moving(0)


# -- levels ------------------------------------------------------------------------------------------------------------


def test_a_level_counts_from_the_last_tare() -> None:
    table = settled(2, stretches=[[0], [1]])
    table.weigher.tare(table.names[0])
    assert table.level(0) == 0.0
    assert table.level(1) == pytest.approx(5000.0, abs=2.0)
    table.load += 345.0
    table.run(1.0)
    table.accept(0)
    assert table.level(0) == pytest.approx(345.0, abs=2.0)


def test_an_accepted_level_is_the_base_of_the_next_step() -> None:
    table = settled()
    for taken in (-345.0, -345.0, 690.0):
        table.load += taken
        assert table.last(1.0).delta_g == pytest.approx(taken, abs=2.0)
        table.accept()


def test_a_dismissed_step_leaves_the_old_base_and_is_noticed_again() -> None:
    table = settled()
    table.load -= 345.0
    table.run(1.0)
    table.weigher.dismiss(table.names[0])
    assert table.last(0.5).delta_g == pytest.approx(-345.0, abs=2.0)


def test_cleaning_means_nothing_and_the_next_rest_is_the_level() -> None:
    table = settled(2)
    table.load += np.array([-2000.0, 0.0])
    table.run(0.3)
    table.weigher.take_levels()
    table.rest(1.0)
    assert table.level(0) == pytest.approx(3000.0, abs=2.0)
    assert table.level(1) == pytest.approx(5000.0, abs=2.0)


# -- restart -----------------------------------------------------------------------------------------------------------


def reborn(table: Table) -> Weigher:
    """A weigher in a new process, from what the old one wrote down."""
    weigher = table.fresh()
    weigher.restore(json.loads(json.dumps(plain(table.weigher.snapshot()))))
    return weigher


@settings(max_examples=25)
@given(cut_s=st.floats(0.02, 4.5), rate_hz=st.sampled_from([10.0, 60.0]))
def test_a_weigher_restored_from_json_goes_on_as_if_nothing_had_happened(cut_s: float, rate_hz: float) -> None:
    table = Table(3, stretches=[[0, 2]], rate_hz=rate_hz)
    twin, cut = None, table.now + cut_s
    for i in range(round(5.0 * rate_hz)):
        table.load[0] = 5000.0 - 345.0 * (i > 2.5 * rate_hz)
        if twin is None and table.now > cut:
            twin = reborn(table)
        counts = table.sample()
        steps = table.feed(counts)
        if twin is not None:
            assert repr(twin.feed(table.now, counts)) == repr(steps)  # repr: NaN is not equal to itself
    assert twin is not None


def test_a_restart_weighs_what_changed_meanwhile_though_its_clock_began_anew() -> None:
    table = settled()
    table.weigher = reborn(table)
    table.now = 3.0
    table.weigher.resume(table.now)
    table.load -= 345.0
    step = table.last(1.0)
    assert step.across_gap and step.delta_g == pytest.approx(-345.0, abs=2.0)
    assert step.began == pytest.approx(3.0)


def test_levels_of_another_scale_mean_nothing() -> None:
    other = Table(2)
    other.run(1.0)
    assert not math.isnan(other.level())
    table = Table(3)
    table.weigher.restore(other.weigher.snapshot())
    assert math.isnan(table.level())


def test_a_snapshot_of_another_shape_is_refused() -> None:
    state = Table(3).weigher.snapshot()
    with pytest.raises(ValueError, match="the configuration needs"):
        Table(3).weigher.restore(state | {"base": [1.0]})


# -- any size ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cells", [0, 1, 2, 7, 30, 80])
def test_a_scale_of_any_size_is_weighed(cells: int) -> None:
    table = settled(cells)
    table.load -= 345.0
    last = {step.stretch: step.delta_g for step in table.run(1.0)}
    assert sorted(last) == table.names
    assert list(last.values()) == pytest.approx([-345.0] * cells, abs=3.0)


def test_cells_of_no_stretch_are_nobody_s_business() -> None:
    table = settled(4, stretches=[[1]])
    table.load[[0, 2, 3]] -= 4000.0
    table.rest(1.0)


def test_lanes_of_any_number_of_cells_lie_side_by_side() -> None:
    table = settled(10, stretches=[[0], [1, 2, 3, 4], [9, 8], [5, 6, 7]])
    table.load -= 100.0
    last = {step.stretch: step.delta_g for step in table.run(1.0)}
    assert [last[name] for name in table.names] == pytest.approx([-100.0, -400.0, -200.0, -300.0], abs=3.0)
