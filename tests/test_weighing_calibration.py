"""Counts to grams."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.config.schema import Cell
from agent.weighing.calibration import Calibration

UPRIGHT = Cell(name="a", tare_counts=1000.0, counts_per_gram=100.0, saturation_counts=8_388_607.0)
HANGING = Cell(name="b", tare_counts=-500.0, counts_per_gram=-50.0, saturation_counts=8_388_607.0)
IN_GRAMS = Cell(name="c", saturation_counts=0.0)  # the box speaks grams: there is no full scale


def grams(counts: float, cell: Cell) -> float:
    return float(Calibration.of([cell]).grams(np.array([counts]))[0])


@pytest.mark.parametrize(
    ("cell", "counts", "expected_g"),
    [
        (UPRIGHT, 1000.0, 0.0),
        (UPRIGHT, 35_500.0, 345.0),
        (UPRIGHT, 0.0, -10.0),
        (HANGING, -17_750.0, 345.0),
        (HANGING, -500.0, 0.0),
        (IN_GRAMS, 345.5, 345.5),
        (IN_GRAMS, 9e6, 9e6),
    ],
)
def test_counts_become_grams(cell: Cell, counts: float, expected_g: float) -> None:
    assert grams(counts, cell) == pytest.approx(expected_g)


@pytest.mark.parametrize("counts", [8_388_607.0, -8_388_608.0, -8_388_607.0, 9e9, float("nan"), float("inf")])
@pytest.mark.parametrize("cell", [UPRIGHT, HANGING])
def test_full_scale_is_no_weight(cell: Cell, counts: float) -> None:
    assert np.isnan(grams(counts, cell))


@given(st.floats(-1e6, 1e6), st.floats(10, 1000), st.sampled_from([-1, 1]), st.floats(-20_000, 20_000))
def test_a_weight_comes_back_whatever_the_cell(tare: float, per_gram: float, sign: int, weight_g: float) -> None:
    cell = Cell(name="a", tare_counts=tare, counts_per_gram=sign * per_gram, saturation_counts=0.0)
    assert grams(tare + sign * per_gram * weight_g, cell) == pytest.approx(weight_g, abs=1e-6)


def test_each_cell_has_its_own_numbers_and_the_reading_is_left_as_it_was() -> None:
    counts = np.array([1100.0, -550.0, 7.0])
    assert Calibration.of([UPRIGHT, HANGING, IN_GRAMS]).grams(counts).tolist() == pytest.approx([1.0, 1.0, 7.0])
    assert counts.tolist() == [1100.0, -550.0, 7.0]


def test_a_scale_without_cells_weighs_nothing() -> None:
    assert Calibration.of([]).grams(np.array([])).shape == (0,)
