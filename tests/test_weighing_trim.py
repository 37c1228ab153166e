"""A factor learned while the scale runs: everything known of the lane follows, and nothing of its neighbours."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weighing_scene import Table

from agent.plain import plain
from agent.weighing.calibration import Calibration
from agent.weighing.trim import Trim


@given(st.floats(0.8, 1.2))
@settings(derandomize=True, max_examples=15, deadline=None)
def test_no_step_comes_of_it_and_the_level_is_what_it_should_be(factor: float) -> None:
    table = Table(3, stretches=[[0, 1], [2]], load_g=np.array([950.0, 950.0, 700.0]))
    table.rest(2.0)
    before = table.level(0)
    table.weigher.rescale(table.names[0], factor)
    assert table.level(0) == pytest.approx(before * factor)
    table.run(1.0)
    assert table.level(0) == pytest.approx(before * factor, abs=1.0)
    assert table.level(1) == pytest.approx(700.0, abs=1.0)
    assert not table.moving(0) and table.steps == []


def test_a_tare_keeps_its_place_and_what_comes_weighs_more() -> None:
    table = Table(3, stretches=[[0, 1], [2]], load_g=np.array([400.0, 500.0, 0.0]))
    table.rest(2.0)
    table.weigher.tare(table.names[0])
    table.weigher.rescale(table.names[0], 1.05)
    assert table.level(0) == pytest.approx(0.0, abs=1e-9)
    table.load += np.array([1000.0, 0.0, 0.0])
    table.run(1.0)
    table.accept(0)
    assert table.level(0) == pytest.approx(1050.0, abs=1.0)


def test_cells_are_scaled_alike_and_say_how_they_would_be_configured() -> None:
    trim = Trim(Calibration(np.zeros(3), np.array([0.01, -0.02, 0.01]), np.full(3, np.inf)))
    counts = np.array([1000.0, 1000.0, 1000.0])
    trim.scale([0, 1], 1.1)
    trim.scale([0, 1], 1.05)
    assert trim.grams(counts) == pytest.approx([11.55, -23.1, 10.0])
    assert trim.counts_per_gram([0, 1]) == pytest.approx([100 / 1.155, -50 / 1.155])
    assert (trim.change([0, 1]), trim.change([2]), trim.change([2], 0.9)) == pytest.approx((0.155, 0.0, 0.1))


def test_the_same_samples_give_the_same_after_a_snapshot() -> None:
    table = Table(2, load_g=np.array([950.0, 700.0]))
    table.rest(2.0)
    table.weigher.rescale(table.names[0], 1.0625)
    state = json.loads(json.dumps(plain(table.weigher.snapshot())))
    again = table.fresh()
    again.restore(state)
    for i in range(60):
        t, sample = table.now + (i + 1) / 60, table.sample()
        assert table.weigher.feed(t, sample) == again.feed(t, sample)
    assert plain(again.snapshot()) == plain(table.weigher.snapshot())
    assert again.trimmed(table.names[0]) == 0.0625
