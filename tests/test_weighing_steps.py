"""A step of x grams comes out as x grams, whatever the scale, within what the step says of itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from weighing_scene import Floats, Table

from agent.sensors.scale.physics import HX711_PI, STORE_PLATES, CellModel, CellPhysics
from agent.weighing.step import Step

LANES = 6


def steps_of(table: Table, changes: Floats, seconds: float = 1.2) -> list[Step]:
    """Every stretch's load changes at once by its own; the last offer of each."""
    table.load += changes
    last = {step.stretch: step for step in table.run(seconds)}
    return [last[name] for name in table.names]


@settings(max_examples=60)
@given(
    rate_hz=st.sampled_from([10.0, 60.0, 80.0]),
    jitter=st.floats(0.0, 0.6),
    noise_g=st.floats(0.05, 1.5),
    counts_per_gram=st.sampled_from([-400.0, -10.0, 10.0, 365.0]),
    offset_g=st.floats(-5600, 9500),
    size_g=st.lists(st.floats(30, 3000), min_size=LANES, max_size=LANES),
    signs=st.lists(st.sampled_from([-1, 1]), min_size=LANES, max_size=LANES),
)
def test_a_step_is_told_in_full_on_every_scale(
    rate_hz: float, jitter: float, noise_g: float, counts_per_gram: float, offset_g: float,
    size_g: list[float], signs: list[int],
) -> None:  # fmt: skip
    table = Table(LANES, rate_hz=rate_hz, jitter=jitter, noise_g=noise_g, counts_per_gram=counts_per_gram)
    table.load[:] = offset_g
    table.run(6.0)
    changes = np.array(size_g) * np.array(signs)
    for step, change in zip(steps_of(table, changes), changes, strict=True):
        assert abs(step.delta_g - change) < 4.0 * step.sigma_g + 0.004 * abs(change)
        assert step.sigma_g < 2.5  # and that is no empty promise
        assert not step.across_gap


@settings(max_examples=30)
@given(rate_hz=st.sampled_from([10.0, 60.0, 80.0]), change=st.floats(30, 2000), sign=st.sampled_from([-1, 1]))
def test_a_step_is_told_once_and_when_it_happened(rate_hz: float, change: float, sign: int) -> None:
    table = Table(rate_hz=rate_hz)
    table.run(5.0)
    at = table.now
    table.load += sign * change
    step = table.last(0.8)
    moment = step.fell if sign < 0 else step.rose
    assert at - 0.1 <= step.began <= moment <= at + 0.3
    assert step.settled <= at + 0.35 and step.flat_s > 0.4
    table.accept()
    table.rest(2.0)


def test_what_lies_on_several_cells_is_summed_and_each_cell_told() -> None:
    table = Table(3, stretches=[[0, 1, 2]])
    table.run(5.0)
    table.load += np.array([-200.0, -100.0, -45.0])
    step = table.last(1.0)
    assert step.delta_g == pytest.approx(-345.0, abs=2.0)
    assert step.cells_g == pytest.approx([-200.0, -100.0, -45.0], abs=2.0)


def test_what_moves_from_cell_to_cell_is_seen_though_the_sum_stays() -> None:
    table = Table(2, stretches=[[0, 1]])
    table.run(5.0)
    table.load += np.array([-300.0, 300.0])
    step = table.last(1.0)
    assert step.delta_g == pytest.approx(0.0, abs=2.0)
    assert step.cells_g == pytest.approx([-300.0, 300.0], abs=2.0)
    assert not table.weigher.insignificant(step)


def test_stretches_do_not_mix() -> None:
    table = Table(4, stretches=[[3, 1], [2], [0]])
    table.run(5.0)
    table.load[1] -= 500.0
    found = table.run(1.0)
    assert {step.stretch for step in found} == {table.names[0]}
    assert found[-1].cells_g == pytest.approx([0.0, -500.0], abs=2.0)


# -- is the stated uncertainty honest? ---------------------------------------------------------------------------------


class Rig(Table):
    """A table whose cells have the physics of recorded scales: hum, drift, creep, ringing, glitches."""

    def __init__(self, cells: int, model: CellModel, *, rate_hz: float, seed: int) -> None:
        self.physics = CellPhysics(cells, model, seed=seed, rows=range(cells))
        super().__init__(cells, rate_hz=rate_hz, counts_per_gram=self.physics.counts_per_gram, load_g=3000.0, seed=seed)

    def sample(self) -> Floats:
        return self.physics.step(self.load, 1.0 / self.rate_hz)

    def leave(self) -> None:
        """Everything at rest is the level now."""
        for stretch in range(len(self.names)):
            self.accept(stretch)
        self.settle(2.0)


def errors(model: CellModel, rate_hz: float) -> tuple[Floats, Floats]:
    """Of several hundred steps on 80 cells: (error in grams, stated sigma)."""
    found: list[tuple[float, float]] = []
    for seed in (1, 2):
        rig = Rig(80, model, rate_hz=rate_hz, seed=seed)
        rig.settle(30.0)
        for sign in (-1, 1, -1):
            changes = sign * rig.rng.uniform(20.0, 1000.0, 80)
            steps = steps_of(rig, changes, 1.0)
            found += [(s.delta_g - x, s.sigma_g) for s, x in zip(steps, changes, strict=True)]
            rig.leave()
    error, sigma = np.array(found).T
    return error, sigma


@pytest.mark.parametrize(
    ("model", "rate_hz"),
    [
        (replace(STORE_PLATES, counts_per_gram=100.0), 60.0),
        (HX711_PI, 10.0),
        (replace(HX711_PI, glitch_rate=0.0), 80.0),
    ],
    ids=["store plates at 60 Hz", "HX711 with glitches at 10 Hz", "HX711 at 80 Hz"],
)
def test_the_stated_uncertainty_is_honest(model: CellModel, rate_hz: float) -> None:
    error, sigma = errors(model, rate_hz)
    ratio = np.abs(error) / sigma
    assert (ratio < 2.0).mean() > 0.95
    assert (ratio < 3.0).mean() > 0.99
    assert np.sqrt(np.mean(ratio**2)) > 0.2  # nor is it so wide that it says nothing
    assert np.median(sigma) < 1.5


def test_a_noisier_scale_says_that_it_is_less_sure() -> None:
    sigmas = []
    for noise_g in (0.2, 1.0, 4.0):
        table = Table(20, noise_g=noise_g)
        table.settle(40.0)
        sigmas.append(float(np.median([s.sigma_g for s in steps_of(table, np.full(20, -345.0))])))
    assert sigmas == sorted(sigmas)
    assert sigmas[2] > 4 * sigmas[0]


def test_a_level_that_holds_longer_is_known_better() -> None:
    table = Table(noise_g=2.0)
    table.settle(30.0)
    table.load -= 345.0
    offers = table.run(2.0)
    assert offers[-1].sigma_g < 0.8 * offers[0].sigma_g
