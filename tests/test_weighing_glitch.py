"""Single wild samples and missing readings, before anything is summed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plain import plain
from agent.weighing.glitch import GlitchFilter

NAN = float("nan")
WILD = st.sampled_from([-8_388_608.0, 8_388_607.0, 83_886.0, 0.0, 1e12])


def filtered(*rows: list[float]) -> list[list[float]]:
    """Each sample through one filter, ten to a second."""
    cells = GlitchFilter(len(rows[0]))
    return [cells.filter(0.1 * i, np.array(row)).tolist() for i, row in enumerate(rows)]


@given(level=st.floats(-10_000, 10_000), wild=WILD, at=st.integers(2, 8))
def test_a_single_wild_sample_never_gets_through(level: float, wild: float, at: int) -> None:
    rows = [[level] for _ in range(12)]
    rows[at] = [wild]
    assert filtered(*rows) == [[level]] * 12


@given(wild=WILD, other=WILD, at=st.integers(2, 8))
def test_two_cells_may_go_wild_in_one_sample(wild: float, other: float, at: int) -> None:
    rows = [[500.0, -300.0] for _ in range(12)]
    rows[at] = [wild, other]
    assert filtered(*rows) == [[500.0, -300.0]] * 12


def test_wild_samples_with_one_good_one_between_them_do_not_get_through_either() -> None:
    rows = [[100.0], [100.0], [9e6], [100.0], [-9e6], [100.0]]
    assert filtered(*rows) == [[100.0]] * 6


def test_a_cell_that_is_wild_from_its_first_sample_is_believed_only_until_the_next_two_disagree() -> None:
    assert filtered([9e6], [100.0], [100.0], [100.0])[2:] == [[100.0]] * 2


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=30))
def test_what_comes_out_is_the_median_of_the_last_three(samples: list[float]) -> None:
    out = [row[0] for row in filtered(*[[x] for x in samples])]
    assert out[2:] == [sorted(samples[i - 2 : i + 1])[1] for i in range(2, len(samples))]


def test_a_real_step_is_one_sample_late_and_whole() -> None:
    out = filtered([100.0], [100.0], [445.0], [445.0], [445.0])
    assert out == [[100.0], [100.0], [100.0], [445.0], [445.0]]


def test_a_missing_reading_is_bridged_with_the_last_level_and_never_becomes_zero() -> None:
    out = filtered([700.0, 1.0], [700.0, 2.0], [NAN, 3.0], [NAN, 4.0], [700.0, 5.0])
    assert [row[0] for row in out] == [700.0] * 5
    assert [row[1] for row in out][2:] == [2.0, 3.0, 4.0]


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_whatever_is_missing_nothing_is_invented(present: list[bool]) -> None:
    out = filtered(*[[345.0 if there else NAN] for there in present])
    first = present.index(True) if True in present else len(present)
    assert all(np.isnan(row[0]) for row in out[:first])
    assert all(row == [345.0] for row in out[first:])


def test_a_silence_has_an_age_that_ends_with_the_next_reading() -> None:
    cells = GlitchFilter(2)
    ages = []
    for t, value in ((1.0, 5.0), (1.1, NAN), (1.2, NAN), (1.3, 5.0), (1.4, NAN)):
        cells.filter(t, np.array([value, 7.0]))
        ages.append(cells.missing_since.tolist())
    assert [age[0] for age in ages] == [pytest.approx(x, nan_ok=True) for x in (NAN, 1.1, 1.1, NAN, 1.4)]
    assert all(np.isnan(age[1]) for age in ages)


def test_a_cell_that_never_answered_is_unknown_and_not_empty() -> None:
    cells = GlitchFilter(2)
    for t in range(5):
        out = cells.filter(float(t), np.array([NAN, 12.0]))
    assert np.isnan(out[0]) and out[1] == 12.0
    assert cells.missing_since[0] == 0.0


def test_behind_a_hole_the_past_is_not_mixed_in() -> None:
    cells = GlitchFilter(1)
    for t in range(4):
        cells.filter(float(t), np.array([100.0]))
    cells.forget()
    assert cells.filter(90.0, np.array([455.0])) == [455.0]


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(NAN)), min_size=2, max_size=20), st.integers(1, 19))
def test_a_filter_restored_from_json_goes_on_as_if_nothing_had_happened(samples: list[float], cut: int) -> None:
    lived, reborn = GlitchFilter(1), GlitchFilter(1)
    for i, value in enumerate(samples):
        if i == min(cut, len(samples) - 1):
            reborn.restore(json.loads(json.dumps(plain(lived.snapshot()))))
        expected = lived.filter(float(i), np.array([value]))
        if i >= cut:
            assert np.array_equal(reborn.filter(float(i), np.array([value])), expected, equal_nan=True)


def test_a_snapshot_of_another_scale_is_refused() -> None:
    with pytest.raises(ValueError, match=r"_one_ago has shape \(2,\), the configuration needs \(3,\)"):
        GlitchFilter(3).restore(GlitchFilter(2).snapshot())
