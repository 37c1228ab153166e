"""Where a channel has come to rest: flat is a plateau, a slope is none."""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.plain import plain
from agent.weighing.plateau import Plateaus

BLOCK_S = 0.05


def shown(
    levels: Iterable[float], *, sigma_g: float = 0.5, base_g: float = 0.0, into: Plateaus | None = None
) -> Plateaus:
    """Block means of one channel, one every 50 ms from time 0."""
    found = Plateaus(1) if into is None else into
    for i, level in enumerate(levels):
        found.update(np.array([level]), i * BLOCK_S, np.array([sigma_g]), np.array([base_g]))
    return found


def flat_s(found: Plateaus, blocks: int) -> float:
    return blocks * BLOCK_S - float(found.since[0])


@given(level=st.floats(-5000, 5000), blocks=st.integers(1, 60))
def test_a_flat_line_is_one_plateau_from_its_first_block(level: float, blocks: int) -> None:
    found = shown([level] * blocks, base_g=level)
    assert found.mean[0] == pytest.approx(level, abs=1e-6)
    assert (found.blocks[0], found.since[0]) == (blocks, 0.0)


def test_noise_seldom_breaks_a_plateau() -> None:
    channels, rng = Plateaus(500), np.random.default_rng(1)
    for i in range(40):
        channels.update(rng.standard_normal(500), i * BLOCK_S, np.ones(500), np.zeros(500))
    whole = float((channels.since == 0.0).mean())
    assert whole > 0.8
    assert np.abs(channels.mean).mean() < 0.5


@given(before=st.floats(0, 3000), by=st.floats(5, 3000), sign=st.sampled_from([-1, 1]))
def test_a_step_starts_the_next_plateau(before: float, by: float, sign: int) -> None:
    found = shown([before] * 10 + [before + sign * by] * 5, base_g=before)
    assert found.since[0] == pytest.approx(10 * BLOCK_S)
    assert found.mean[0] == pytest.approx(before + sign * by, abs=1e-6)


@pytest.mark.parametrize("g_per_s", [30.0, -30.0, 200.0, -2000.0])
def test_a_slope_never_rests_for_long(g_per_s: float) -> None:
    for blocks in range(5, 40):
        assert flat_s(shown([g_per_s * BLOCK_S * i for i in range(blocks)]), blocks) <= 4 * BLOCK_S


def test_a_slope_within_the_noise_of_single_blocks_is_seen_by_its_lean() -> None:
    """One sigma a block: no block disagrees with the others, but each lies on the same side of them."""
    assert max(flat_s(shown([0.5 * i for i in range(blocks)], sigma_g=0.5), blocks) for blocks in range(3, 40)) < 0.3


@pytest.mark.parametrize("by_g", [-600.0, 345.0, 2000.0])
def test_a_hand_that_lets_go_is_at_rest_near_where_it_ends(by_g: float) -> None:
    """The weight comes off in an exponential, as recorded: 0.1 s."""
    tail = [by_g * (1.0 - np.exp(-i * BLOCK_S / 0.1)) for i in range(30)]
    found = shown([0.0] * 10 + tail)
    assert found.mean[0] == pytest.approx(by_g, rel=0.003)
    assert 0.5 < flat_s(found, 40) < 1.5


@pytest.mark.parametrize("by_g", [20.0, 200.0, 2000.0, 10_000.0])
def test_goods_of_any_weight_rest_within_a_second_on_a_quiet_scale(by_g: float) -> None:
    found = shown([by_g * (1.0 - np.exp(-i * BLOCK_S / 0.1)) for i in range(60)], sigma_g=0.3)
    assert found.since[0] < 1.0


def test_a_plateau_forgets_how_it_began() -> None:
    """Ten blocks 2 g too high, as behind an overshoot; then the level alone counts."""
    found = shown([402.0] * 10 + [400.0] * 20, sigma_g=1.0)
    assert found.mean[0] == pytest.approx(400.0, abs=0.1)


def test_a_trembling_hand_is_rougher_than_goods() -> None:
    rng = np.random.default_rng(4)
    goods = shown(300.0 + 0.5 * rng.standard_normal(20), sigma_g=0.5)
    hand = shown(300.0 + 8.0 * rng.standard_normal(20), sigma_g=8.0)
    assert goods.rough[0] < 1.5 < 3.0 < hand.rough[0]


def test_behind_a_hole_nothing_is_at_rest() -> None:
    found = shown([300.0] * 20)
    found.restart()
    assert np.isnan([found.mean[0], found.since[0]]).all()
    assert shown([300.0] * 3, into=found).blocks[0] == 3


def test_a_channel_without_a_reading_is_never_at_rest() -> None:
    found = shown([float("nan")] * 20)
    assert np.isnan(found.mean[0])
    assert flat_s(found, 20) <= BLOCK_S + 1e-9


@given(st.lists(st.floats(-100, 100), min_size=3, max_size=30), st.integers(1, 29))
def test_plateaus_restored_from_json_go_on_as_if_nothing_had_happened(levels: list[float], cut: int) -> None:
    cut = min(cut, len(levels) - 1)
    lived, reborn = shown(levels[:cut]), Plateaus(1)
    reborn.restore(json.loads(json.dumps(plain(lived.snapshot()))))
    shown(levels[cut:], into=lived)
    shown(levels[cut:], into=reborn)
    assert plain(lived.snapshot()) == plain(reborn.snapshot())
