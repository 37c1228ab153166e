"""A resting scale measured and judged: tables for arithmetic, hypothesis for bounds, a recording for reality."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_scale import FULL_SCALE, one_scale

from agent.config import schema
from agent.weighing.diagnose import (
    CellFigures,
    StreamFigures,
    find_glitches,
    is_saturated,
    judge_cell,
    judge_stream,
    measure_cell,
    measure_stream,
    robust_mean,
    robust_sd,
)

NORMAL = np.random.default_rng(7).normal(0.0, 1.0, 4_000)
SCALE = one_scale("a1", counts_per_gram=365.0)
HEALTHY = CellFigures(100, 0, 0, 1, 80, 12_000.0, 180.0, 5.0)


def codes(figures: CellFigures, cell: schema.Cell | None = None) -> list[str]:
    return [finding.code for finding in judge_cell(SCALE, cell or SCALE.cells[0], figures)]


def test_rate_and_longest_pause_come_from_the_times_of_the_samples() -> None:
    times = np.array([10.0, 10.1, 10.2, 11.4, 11.5])
    figures = measure_stream(times, seconds=1.6)
    assert figures.rate_hz == pytest.approx(4 / 1.5)
    assert figures.longest_pause_s == pytest.approx(1.2)


def test_a_box_that_falls_silent_in_the_middle_shows_in_the_pause() -> None:
    assert measure_stream(np.arange(10) * 0.1, seconds=10.0).longest_pause_s == pytest.approx(9.1)


@pytest.mark.parametrize("times", [[], [3.0], [3.0, 3.0]])
def test_no_rate_is_made_up_from_too_few_samples(times: list[float]) -> None:
    assert measure_stream(np.array(times), seconds=5.0).rate_hz is None


def test_noise_is_the_standard_deviation_and_deaf_to_glitches() -> None:
    counts = 5_000.0 + 200.0 * NORMAL
    counts[::100] = FULL_SCALE
    figures = measure_cell(counts, FULL_SCALE)
    assert figures.noise_counts == pytest.approx(200.0, rel=0.05)
    assert figures.level_counts == pytest.approx(5_000.0, abs=20.0)
    assert (figures.saturated, figures.glitches) == (40, 40)


def test_a_step_and_a_press_are_no_glitches() -> None:
    counts = 100.0 * NORMAL[:100]
    counts[30:] += 125_000.0
    counts[60:68] += 400_000.0
    assert not find_glitches(counts).any()


def test_drift_is_the_change_from_the_first_third_to_the_last() -> None:
    figures = measure_cell(np.linspace(0.0, 3_000.0, 301), FULL_SCALE)
    assert figures.drift_counts == pytest.approx(2_000.0, rel=0.02)


def test_a_dead_cell_has_no_level_and_certainly_not_zero() -> None:
    figures = measure_cell(np.full(50, np.nan), FULL_SCALE)
    assert (figures.missing, figures.level_counts, figures.noise_counts) == (50, None, None)


def test_both_ends_of_a_24_bit_converter_are_full_scale() -> None:
    assert is_saturated(np.array([-(2.0**23), 2.0**23 - 1, 0.0]), FULL_SCALE).tolist() == [True, True, False]
    assert not is_saturated(np.array([1e9]), 0.0).any()


@given(st.lists(st.integers(-(2**23), 2**23 - 1) | st.none(), max_size=60))
def test_every_sample_is_counted_once_and_the_level_lies_among_the_readings(values: list[int | None]) -> None:
    counts = np.array([np.nan if value is None else value for value in values], dtype=np.float64)
    figures = measure_cell(counts, FULL_SCALE)
    assert figures.samples == len(values)
    assert figures.missing == values.count(None)
    assert 0 <= figures.usable <= figures.samples
    if figures.level_counts is not None:
        assert np.nanmin(counts) - 1 <= figures.level_counts <= np.nanmax(counts) + 1
        assert figures.noise_counts is not None
        assert figures.noise_counts >= 0


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e4))
def test_shifting_and_stretching_the_readings_shifts_and_stretches_the_figures(shift: float, factor: float) -> None:
    base = NORMAL[:200]
    assert robust_sd(shift + factor * base) == pytest.approx(factor * robust_sd(base), rel=1e-6, abs=1e-6)
    assert robust_mean(shift + 100 * base) == pytest.approx(shift + robust_mean(100 * base), abs=1e-6)


@pytest.mark.parametrize(
    ("figures", "code"),
    [
        (CellFigures(100, 100, 0, 0, 0, None, None, None), "dead"),
        (CellFigures(100, 0, 100, 0, 0, None, None, None), "saturated"),
        (CellFigures(100, 0, 6, 0, 80, 12_000.0, 180.0, 0.0), "saturated"),
        (CellFigures(100, 6, 0, 0, 80, 12_000.0, 180.0, 0.0), "missing"),
        (CellFigures(100, 0, 0, 6, 80, 12_000.0, 180.0, 0.0), "glitches"),
        (CellFigures(100, 0, 0, 0, 1, 12_000.0, 0.0, 0.0), "stuck"),
        (CellFigures(100, 0, 0, 0, 80, 12_000.0, 6.4 * 365, 0.0), "noisy"),
    ],
)
def test_each_fault_of_a_cell_has_its_name_and_a_healthy_cell_none(figures: CellFigures, code: str) -> None:
    assert codes(figures) == [code]
    assert codes(HEALTHY) == []


def test_a_cell_of_raw_counts_without_a_factor_is_sent_to_calibrate() -> None:
    finding = judge_cell(SCALE, schema.Cell(name="a1"), HEALTHY)[0]
    assert finding.code == "uncalibrated"
    assert "shelfd calibrate FILE --scale main --cell a1" in finding.sentence


def test_a_box_that_speaks_grams_may_rest_without_the_least_noise() -> None:
    box = schema.Scale(name="till", driver="mt-sics", port="/dev/ttyS1", cells=(schema.Cell(name="pan"),))
    assert judge_cell(box, box.cells[0], CellFigures(100, 0, 0, 0, 1, 125.0, 0.0, 0.0)) == []


@pytest.mark.parametrize(
    ("rate_hz", "pause_s", "expected"),
    [
        (10.0, 0.2, []),
        (10.9, 0.2, []),
        (11.2, 0.2, ["rate"]),
        (80.0, 0.1, ["rate"]),
        (10.0, 1.6, ["pause"]),
        (None, 9.0, ["silent"]),
    ],
)
def test_a_stream_is_judged_by_rate_and_pauses(rate_hz: float | None, pause_s: float, expected: list[str]) -> None:
    figures = StreamFigures(100 if rate_hz else 0, 10.0, rate_hz, pause_s)
    assert [finding.code for finding in judge_stream(SCALE, figures)] == expected


def test_a_recorded_hx711_scale_on_a_pi_reads_well_but_loses_samples(shared: Path) -> None:
    """Eight minutes, ten seconds at a time: sound cells throughout, and a Pi that reads 8-9 of 10 samples a second."""
    with gzip.open(shared / "cases" / "coffee-pot-quiet" / "scale.csv.gz", "rt") as file:
        rows = np.array([[float(x) if x else np.nan for x in row] for row in list(csv.reader(file))[1:]])
    scale = one_scale("c0", "c1", "c2", "c3", counts_per_gram=365.0)
    for start in range(0, 3_700, 100):
        part = rows[start : start + 100]
        for i, cell in enumerate(scale.cells):
            figures = measure_cell(part[:, 1 + i], FULL_SCALE)
            assert judge_cell(scale, cell, figures) == []
    stream = measure_stream(rows[:300, 0], seconds=float(rows[299, 0]))
    assert stream.rate_hz == pytest.approx(8.5, abs=0.5)
    assert [finding.code for finding in judge_stream(scale, stream)] == ["rate"]
