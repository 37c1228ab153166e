"""The simulated shop must itself be right: its truth is what everything else is measured by."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from agent.messages import Counts, Tick, Tracks
from agent.sensors.scale.physics import IDEAL, CellPhysics
from tools.bench.deeds import DEEDS
from tools.bench.hands import FRAME_HZ
from tools.bench.shopper import Habits
from tools.bench.world import SCENARIOS, Play, random_shop, simulate


def lanes_g(play: Play, t_s: float) -> dict[str, float]:
    """Median reading of each lane in the half second before `t_s`."""
    names = [cell.name for cell in play.config.scales[0].cells]
    gain = np.array([cell.counts_per_gram for cell in play.config.scales[0].cells])
    near = play.counts[(play.t_s > t_s - 0.5) & (play.t_s <= t_s)]
    grams = np.nanmedian(near / gain, axis=0)
    return {lane.name: float(sum(grams[names.index(cell)] for cell in lane.cells)) for lane in play.config.lanes}


def test_the_same_seed_is_the_same_play_and_another_is_not() -> None:
    one, same, other = simulate(3, "small_shop"), simulate(3, "small_shop"), simulate(4, "small_shop")
    assert one.truth == same.truth
    assert np.array_equal(one.counts, same.counts, equal_nan=True)
    assert one.tracks == same.tracks
    assert one.truth != other.truth


@pytest.mark.parametrize("scenario", sorted(SCENARIOS))
def test_every_scenario_keeps_the_lanes_apart_and_lasts_until_its_last_event(scenario: str) -> None:
    play = simulate(11, scenario)
    assert play.until_s >= 180.0
    assert play.t_s[-1] > play.until_s - 1.5
    last: dict[str, tuple[float, str]] = {}
    for entry in play.truth:
        t_s, who = last.get(entry["lane"], (-9.0, ""))
        together = entry["t_s"] - t_s <= 0.31 and entry["type"] == "pick" and who != entry["visitor"]
        assert together or entry["t_s"] - t_s >= 1.2999, (scenario, entry)  # 1.6 s less the 0.3 s of "together"
        last[entry["lane"]] = (entry["t_s"], entry.get("visitor", ""))


@pytest.mark.parametrize("scenario", ["quiet", "presses"])
def test_where_nothing_is_taken_there_is_no_truth(scenario: str) -> None:
    assert simulate(2, scenario).truth == []


def test_two_shoppers_take_from_one_lane_at_the_same_instant() -> None:
    picks = [entry for entry in simulate(5, "same_instant").truth if entry["type"] == "pick"]
    pairs = [
        (a, b)
        for a in picks
        for b in picks
        if a["lane"] == b["lane"] and 0 <= b["t_s"] - a["t_s"] <= 0.3 and a is not b
    ]
    assert len(pairs) >= 5
    assert all(a["visitor"] != b["visitor"] for a, b in pairs)


def test_the_scale_shows_each_pick_within_a_few_grams_of_its_goods() -> None:
    """Checks the whole chain against the truth: a pick of n units takes n unit weights off its lane."""
    errors = []
    for play in (simulate(seed, "alone") for seed in (8, 9)):
        unit_g = {lane.gtin: lane.unit_g for lane in play.config.lanes}
        for entry in play.truth:
            if entry["type"] == "pick" and entry["gtin"]:
                after, before = lanes_g(play, entry["t_s"] + 1.3), lanes_g(play, entry["t_s"] - 0.8)
                change_g = after[entry["lane"]] - before[entry["lane"]]
                errors.append(abs(change_g / entry["units"] / unit_g[entry["gtin"]] + 1))
    assert len(errors) >= 15
    assert np.median(errors) < 0.03


def test_a_hand_is_in_the_lane_when_its_goods_move() -> None:
    play = simulate(9, "alone")
    lanes = {lane.name: lane for lane in play.config.lanes}
    for entry in play.truth:
        if "visitor" in entry:
            lane = lanes[entry["lane"]]
            near = [f for f in play.tracks if abs(f.t - entry["t_s"]) < 0.35]
            hands = [p for f in near for p in f.parts if p.part == "hand" and p.visitor == entry["visitor"]]
            inside = [p for p in hands if p.d_m < 0.12 and lane.left_m - 0.1 < p.u_m < lane.right_m + 0.1]
            assert inside, entry


def test_observations_come_in_time_order_at_the_rates_of_real_sensors() -> None:
    play = simulate(1, "random_shop")
    seen = list(play.observations())
    assert all(a.t <= b.t for a, b in pairwise(seen))
    rates = {kind: sum(isinstance(o, kind) for o in seen) / play.until_s for kind in (Counts, Tracks, Tick)}
    assert rates[Counts] == pytest.approx(60.0, rel=0.01)
    assert FRAME_HZ * 0.8 < rates[Tracks] <= FRAME_HZ
    assert rates[Tick] == pytest.approx(1.0, rel=0.01)


def test_a_reading_that_failed_is_nan_and_never_zero() -> None:
    play = simulate(6, "small_shop")
    assert np.isnan(play.counts).any()
    assert not (play.counts == 0).any()


def test_a_restock_is_a_tray_of_half_a_facing_that_nobody_was_there_to_bring() -> None:
    plays = [simulate(seed) for seed in range(3)]
    trays = [(play, entry) for play in plays for entry in play.truth if entry["type"] == "restock"]
    assert trays
    for play, tray in trays:
        facing = next(lane.facing_units for lane in play.config.lanes if lane.gtin == tray["gtin"])
        assert tray["units"] >= facing / 2
        assert not any(v.enters_s < tray["t_s"] + 1 and v.leaves_s > tray["t_s"] - 1 for v in play.visitors)


def test_every_deed_has_its_odds() -> None:
    assert {*DEEDS} == {name for name in Habits.__dataclass_fields__ if name != "pause_s"}


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match="quiet"):
        simulate(1, "quite")
    with pytest.raises(ValueError, match="gondola"):
        random_shop(layout="fridge")


def test_the_cells_of_a_gondola_do_not_saturate_under_a_full_facing() -> None:
    physics = CellPhysics(1, IDEAL)
    assert physics.step(np.array([5000.0]), 0.0)[0] == 5000.0 * IDEAL.counts_per_gram
    for seed in range(4):
        counts = simulate(seed, "quiet").counts
        assert np.nanmax(np.abs(counts)) < 4_000_000
