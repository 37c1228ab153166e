"""How noisy a channel is: learned when nobody is there, and told apart from being shaken right now."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from agent.plain import plain
from agent.weighing.noise import Noise

BLOCKS_PER_S = 20
Floats = NDArray[np.float64]


def learned(noise: Noise, sigma_g: float | Floats, seconds: float, *, seed: int = 1, idle: bool = True) -> Floats:
    """Blocks of white noise around the base; gives what the channel is believed to do at rest."""
    rng = np.random.default_rng(seed)
    n = len(noise.slow())
    for _ in range(round(seconds * BLOCKS_PER_S)):
        noise.learn(sigma_g * rng.standard_normal(n), np.full(n, idle))
    return noise.slow()


def felt(noise: Noise, *means: float) -> float:
    """What the channel does right now, after these block means."""
    for mean in means:
        sigma = noise.local(np.array([mean]))
    return float(sigma[0])


@pytest.mark.parametrize("sigma_g", [0.5, 1.0, 4.0, 8.0])
def test_a_channel_s_noise_is_learned_within_a_minute(sigma_g: float) -> None:
    assert learned(Noise(50), sigma_g, 60.0).mean() == pytest.approx(sigma_g, rel=0.1)


def test_each_channel_has_its_own_noise() -> None:
    true = np.linspace(0.5, 5.0, 40)
    assert np.corrcoef(learned(Noise(40), true, 60.0), true)[0, 1] > 0.97


def test_a_room_that_becomes_quiet_or_loud_is_followed_in_either_direction() -> None:
    noise = Noise(30)
    assert learned(noise, 4.0, 60.0).mean() == pytest.approx(4.0, rel=0.1)
    assert learned(noise, 0.8, 60.0).mean() == pytest.approx(0.8, rel=0.15)
    assert learned(noise, 3.0, 90.0).mean() == pytest.approx(3.0, rel=0.15)


def test_a_channel_without_any_noise_is_still_not_believed_to_the_last_digit() -> None:
    assert (learned(Noise(3), 0.0, 120.0) > 0.1).all()


def test_a_touch_teaches_no_noise() -> None:
    touched, left_alone = Noise(1), Noise(1)
    learned(touched, 1.0, 60.0)
    learned(left_alone, 1.0, 60.0)
    for _ in range(4):  # 0.2 s of a hand, before it counts as motion
        touched.learn(np.array([500.0]), np.array([True]))
        left_alone.learn(np.array([1.0]), np.array([True]))
    assert touched.slow()[0] < 1.1 * left_alone.slow()[0]


def test_however_far_off_its_base_a_channel_runs_it_is_not_believed_to_be_all_noise() -> None:
    assert learned(Noise(5), 400.0, 600.0).max() < 30.0


def test_a_channel_in_motion_or_without_a_reading_learns_nothing() -> None:
    noise = Noise(1)
    before = learned(noise, 1.0, 30.0).copy()
    assert learned(noise, 50.0, 30.0, idle=False) == before
    noise.learn(np.array([np.nan]), np.array([True]))
    assert noise.slow() == before


def test_level_and_slope_are_no_shaking() -> None:
    assert felt(Noise(1), *[5000.0] * 9) == 0.0
    assert felt(Noise(1), *[100.0 - 40.0 * i for i in range(9)]) == pytest.approx(0.0, abs=1e-9)


def test_the_corner_of_a_step_is_no_shaking() -> None:
    assert felt(Noise(1), *[700.0] * 7, 400.0, 80.0, 80.0, 80.0) == 0.0


def test_shaking_is_felt_within_half_a_second_and_forgotten_as_fast() -> None:
    noise, rng = Noise(1), np.random.default_rng(2)
    assert felt(noise, *(500.0 + 0.5 * rng.standard_normal(20))) < 1.5
    assert felt(noise, *(500.0 + 8.0 * rng.standard_normal(10))) > 3.0
    assert felt(noise, *(500.0 + 0.5 * rng.standard_normal(10))) < 1.5


def test_the_local_estimate_is_right_on_average() -> None:
    noise, rng = Noise(400), np.random.default_rng(3)
    told = np.array([noise.local(rng.standard_normal(400)) for _ in range(60)])[20:]
    assert np.median(told) == pytest.approx(1.0, abs=0.25)


def test_however_hard_a_hand_works_it_is_no_shaking_without_bound() -> None:
    assert felt(Noise(1), *[1e4 * (-1.0) ** i for i in range(9)]) < 50.0


def test_a_channel_that_never_answered_shakes_nobody() -> None:
    assert felt(Noise(1), *[float("nan")] * 9) == 0.0


def test_noise_restored_from_json_goes_on_as_if_nothing_had_happened() -> None:
    lived, reborn, rng = Noise(4), Noise(4), np.random.default_rng(5)
    idle = np.array([True, True, False, True])
    for i in range(60):
        if i == 33:
            reborn.restore(json.loads(json.dumps(plain(lived.snapshot()))))
        means = rng.standard_normal(4)
        lived.learn(means, idle)
        expected = lived.local(means)
        if i >= 33:
            reborn.learn(means, idle)
            assert np.array_equal(reborn.local(means), expected)
            assert np.array_equal(reborn.slow(), lived.slow())
