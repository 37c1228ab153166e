"""The simulated cells against the figures measured on real plates: a simulator that is too kind proves nothing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.sensors.scale.physics import FULL_SCALE_COUNTS, HX711_PI, IDEAL, STORE_PLATES, CellPhysics


def play(cells: CellPhysics, load_g: np.ndarray, seconds: float, hz: float) -> np.ndarray:
    """Grams `(samples, n)` as a perfect calibration would read them."""
    counts = np.array([cells.step(load_g, 1 / hz) for _ in range(round(seconds * hz))])
    return np.asarray((counts - cells.tare_counts) / cells.counts_per_gram)


def test_the_same_seed_gives_the_same_shelf_and_another_seed_another():
    def shelf(seed):
        return play(CellPhysics(5, seed=seed), np.full(5, 300.0), 2.0, 10.0)

    assert np.array_equal(shelf(1), shelf(1))
    assert not np.array_equal(shelf(1), shelf(2))


def test_noise_of_278_store_plates_is_as_spread_as_in_the_store():
    grams = play(CellPhysics(278, seed=3, rows=[i // 12 for i in range(278)]), np.zeros(278), 17.0, 60.0)
    noise_g = np.median([grams[i : i + 120].std(axis=0) for i in range(0, len(grams) - 120, 120)], axis=0)
    assert 0.5 <= np.median(noise_g) <= 1.2
    assert 1.1 <= np.percentile(noise_g, 95) <= 4.2
    assert noise_g.max() > 3.0


def test_drift_of_17_seconds_is_as_seen_in_the_store():
    quiet = replace(STORE_PLATES, noise_g=0.0, hum_g=0.0)
    grams = play(CellPhysics(2000, quiet, seed=4, rows=range(2000)), np.zeros(2000), 17.0, 5.0)
    drift_g = np.abs(grams[-1] - grams[0])
    assert 0.10 <= np.median(drift_g) <= 0.25
    assert 0.8 <= np.percentile(drift_g, 95) <= 2.4


def test_an_ideal_cell_reads_exactly_what_lies_on_it():
    cells = CellPhysics(2, IDEAL)
    assert play(cells, np.array([345.0, 0.0]), 1.0, 10.0).tolist() == [[345.0, 0.0]] * 10


def test_a_bottle_leaves_within_a_fifth_of_a_second_after_swinging():
    cells = CellPhysics(1, replace(IDEAL, ring_hz=8.0))
    play(cells, np.array([621.0]), 1.0, 60.0)
    after = play(cells, np.array([0.0]), 0.5, 60.0)[:, 0]
    assert after.min() < -50, "a plate swings through zero"
    assert np.abs(after[12:]).max() < 20, "and has come to rest after 0.2 s"


@pytest.mark.parametrize("hz", [10.0, 80.0])
def test_the_swing_is_that_of_the_plate_not_of_the_sampling(hz):
    cells = CellPhysics(1, replace(IDEAL, ring_hz=8.0, ring_damping=0.05))
    play(cells, np.array([0.0]), 0.1, hz)
    swing = play(cells, np.array([1000.0]), 0.5, hz)[:, 0]
    fine = CellPhysics(1, replace(IDEAL, ring_hz=8.0, ring_damping=0.05))
    play(fine, np.array([0.0]), 0.1, hz)
    start = fine.step(np.array([1000.0]), 1 / hz)[0] / 365  # the load has changed one sample ago
    assert start == swing[0]
    rest = play(fine, np.array([1000.0]), 0.5 - 1 / hz, 400.0)[:, 0]
    assert rest[-1] == pytest.approx(swing[-1], abs=0.1)


def test_a_neighbour_feels_a_pick_but_never_across_boards():
    cells = CellPhysics(6, replace(IDEAL, crosstalk=0.015), seed=1, rows=[0, 0, 0, 0, 1, 1])
    grams = play(cells, np.array([0.0, 0.0, 0.0, 625.0, 0.0, 0.0]), 0.1, 10.0)[0]
    assert grams[0] == 0.0, "three places away"
    assert all(0.0 < g <= 625.0 * 0.015 for g in grams[1:3])
    assert grams[4] == grams[5] == 0.0


def test_rows_may_lie_interleaved_on_the_wire():
    cells = CellPhysics(4, replace(IDEAL, crosstalk=0.015), seed=1, rows=[0, 1, 0, 1])
    grams = play(cells, np.array([0.0, 0.0, 1000.0, 0.0]), 0.1, 10.0)[0]
    assert grams[0] > 0.0
    assert grams[1] == grams[3] == 0.0


def test_leaning_on_a_row_swings_its_plates_and_leaves_no_step():
    cells = CellPhysics(8, IDEAL, seed=2, rows=[0] * 4 + [1] * 4)
    cells.shake(0, grams=20.0, seconds=2.0)
    grams = play(cells, np.zeros(8), 3.0, 60.0)
    peak = np.abs(grams).max(axis=0)
    assert all(5.0 < p <= 20.0 for p in peak[:4])
    assert not peak[4:].any()
    assert not grams[-30:].any()


def test_bursts_come_by_themselves_when_asked_for():
    cells = CellPhysics(4, replace(IDEAL, burst_per_min=6.0), seed=2)
    grams = play(cells, np.zeros(4), 60.0, 20.0)
    shaken = np.abs(grams).max(axis=1) > 2.0
    assert 0.02 < shaken.mean() < 0.6


def test_hx711_glitches_are_single_samples_as_frequent_as_measured():
    cells = CellPhysics(4, HX711_PI, seed=5)
    grams = play(cells, np.zeros(4), 500.0, 10.0)
    astray = np.abs(grams) > 60.0
    assert 0.003 < astray.mean() < 0.010
    assert (astray[1:] & astray[:-1]).sum() < 0.05 * astray.sum(), "the next sample is good again"


def test_a_glitch_can_pin_the_cell_at_either_end():
    cells = CellPhysics(8, replace(HX711_PI, glitch_rate=0.5), seed=6)
    counts = np.array([cells.step(np.zeros(8), 0.1) for _ in range(300)])
    assert counts.max() == FULL_SCALE_COUNTS
    assert counts.min() == -FULL_SCALE_COUNTS - 1


def test_creep_arrives_late_and_leaves_late():
    cells = CellPhysics(1, replace(IDEAL, creep=0.001, creep_tau_s=60.0))
    loaded = play(cells, np.array([10_000.0]), 300.0, 1.0)[:, 0]
    assert loaded[0] == pytest.approx(10_000.2, abs=0.1)
    assert loaded[-1] == pytest.approx(10_010, abs=0.2)
    unloaded = play(cells, np.array([0.0]), 300.0, 1.0)[:, 0]
    assert unloaded[0] > 9.0
    assert unloaded[-1] < 0.2


def test_too_heavy_a_load_saturates_instead_of_wrapping():
    assert CellPhysics(1, IDEAL).step(np.array([30_000.0]), 0.1)[0] == FULL_SCALE_COUNTS
    assert CellPhysics(1, IDEAL).step(np.array([-30_000.0]), 0.1)[0] == -FULL_SCALE_COUNTS - 1


def test_rows_of_the_wrong_length_are_refused():
    with pytest.raises(ValueError, match="rows names 2 cells, there are 3"):
        CellPhysics(3, rows=[0, 0])


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 1000),
    loads=st.lists(st.lists(st.floats(-1e5, 1e5), min_size=3, max_size=3), min_size=1, max_size=20),
    dt_s=st.floats(1e-4, 1e4),
)
def test_counts_are_whole_numbers_within_full_scale_whatever_happens(seed, loads, dt_s):
    cells = CellPhysics(3, replace(HX711_PI, glitch_rate=0.2, burst_per_min=5.0), seed=seed)
    for load in loads:
        counts = cells.step(np.array(load), dt_s)
        assert np.array_equal(counts, np.rint(counts))
        assert np.abs(counts + 0.5).max() <= FULL_SCALE_COUNTS + 0.5
