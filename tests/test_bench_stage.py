"""The stage of the simulated shop: shelves as drawn, loads to the gram, and the truth each deed leaves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.bench.goods import Item
from tools.bench.layouts import gondola, random_gtin, small_shelf
from tools.bench.loads import Curve, level, render
from tools.bench.stage import Stage


def ideal_stage(seed: int = 1) -> Stage:
    """A gondola whose cells have no faults, so that loads can be read off to the gram."""
    rng = np.random.default_rng(seed)
    return Stage(gondola(rng), rng)


def load_g(stage: Stage, t_s: float) -> float:
    """All that lies on the shelf at this moment."""
    return float(render(stage.curves, np.array([t_s]), stage.layout.physics.n).sum())


# -- loads -----------------------------------------------------------------------------------------------------------
def test_a_curve_runs_through_its_levels_and_keeps_the_last() -> None:
    curve = Curve((1.0, 2.0, 4.0), (0.0, 1.0, -0.5), (0,), (10.0,))
    assert level(curve, np.array([0.0, 1.0, 1.5, 2.0, 4.0, 99.0])).tolist() == [0.0, 0.0, 0.5, 1.0, -0.5, -0.5]


@settings(derandomize=True, max_examples=200)
@given(
    begin=st.floats(0.0, 5.0),
    lasts=st.floats(0.05, 3.0),
    last=st.floats(-1.0, 1.0),
    grams=st.floats(1.0, 900.0),
)
def test_what_is_rendered_over_a_whole_play_is_the_curve_at_each_sample(
    begin: float, lasts: float, last: float, grams: float
) -> None:
    t_s = np.arange(0.0, 10.0, 1 / 60)
    curve = Curve((begin, begin + lasts), (0.0, last), (1,), (grams,))
    drawn = render([curve], t_s, 2)
    assert np.allclose(drawn[:, 1], level(curve, t_s) * grams)
    assert not drawn[:, 0].any()


# -- layouts ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("seed", range(5))
def test_a_gondola_is_harder_than_the_store_of_the_recordings(seed: int) -> None:
    layout = gondola(np.random.default_rng(seed))
    rows = {spot.row for spot in layout.spots}
    by_row = [[lane for lane in layout.config.lanes if layout.row(lane) == row] for row in rows]
    assert 4 <= len(rows) <= 6
    assert all(3 <= len({lane.name for lane in row}) <= 5 for row in by_row)
    near = [
        any(abs(lane.unit_g - other.unit_g) <= 10 for other in row if other is not lane and other.unit_g)
        for row in by_row
        for lane in row
        if lane.unit_g
    ]
    assert np.mean(near) >= 0.4  # the store had 0.61 of its goods beside one within 10 g


def test_over_many_gondolas_as_many_goods_have_a_neighbour_of_their_weight_as_in_the_store() -> None:
    shares = []
    for seed in range(40):
        layout = gondola(np.random.default_rng(seed))
        for lane in layout.config.lanes:
            row = [x for x in layout.config.lanes if layout.row(x) == layout.row(lane) and x is not lane]
            shares.append(any(abs((x.unit_g or 0) - (lane.unit_g or 1e9)) <= 10 for x in row))
    assert 0.55 <= np.mean(shares) <= 0.85  # 0.61 there


def test_a_small_shelf_has_one_cell_a_lane_at_ten_hertz() -> None:
    layout = small_shelf(np.random.default_rng(4))
    assert all(len(lane.cells) == 1 for lane in layout.config.lanes)
    assert layout.rate_hz == 10.0
    assert all(300 < cell.counts_per_gram < 440 for cell in layout.config.scales[0].cells)


@settings(derandomize=True, max_examples=100)
@given(st.integers(0, 2**32 - 1))
def test_product_codes_have_right_check_digits(seed: int) -> None:
    gtin = random_gtin(np.random.default_rng(seed))
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(gtin[:-1]))
    assert len(gtin) == 14
    assert (total + int(gtin[-1])) % 10 == 0


# -- the stage -------------------------------------------------------------------------------------------------------
def test_goods_weigh_what_lies_there_before_and_after() -> None:
    stage = ideal_stage()
    visitor = stage.enter(0.0)
    lane = stage.layout.config.lanes[0]
    item = stage.own(lane)[0]
    before = load_g(stage, 0.0)
    gone = stage.pick(visitor, [item], 1.0)
    assert load_g(stage, gone + 1) == pytest.approx(before - item.weight_g)
    back = stage.put(visitor, item, lane, gone)
    assert load_g(stage, back + 1) == pytest.approx(before)


def test_a_lift_and_a_press_leave_everything_as_it_was_and_no_truth() -> None:
    stage = ideal_stage()
    visitor = stage.enter(0.0)
    lane = stage.layout.config.lanes[0]
    before = load_g(stage, 0.0)
    t_s = stage.lift(visitor, stage.own(lane)[0], 1.0)
    t_s = stage.press(visitor, lane, t_s)
    t_s = stage.lean(visitor, lane, t_s)
    assert load_g(stage, t_s + 3) == pytest.approx(before)
    assert stage.truth == []
    lows = [load_g(stage, t) for t in np.arange(0.0, t_s, 0.05)]
    assert min(lows) < before - 20 < before + 20 < max(lows)  # it did move in between


def test_a_misplaced_item_is_taken_again_from_the_very_place() -> None:
    stage = ideal_stage()
    visitor = stage.enter(0.0)
    home, other = stage.layout.config.lanes[0], stage.layout.config.lanes[-1]
    item = stage.own(home)[0]
    stage.put(visitor, item, other, stage.pick(visitor, [item], 1.0))
    assert stage.strangers() == [item]
    where = item.cells
    t_s = stage.pick(visitor, [item], visitor.busy_until_s)
    falls = [curve for curve in stage.curves if curve.times_s[-1] > t_s - 2 and curve.levels[-1] == -1.0]
    assert [curve.cells for curve in falls] == [where]
    assert [(x["type"], x["lane"], x["gtin"]) for x in stage.truth] == [
        ("pick", home.name, home.gtin),
        ("put", other.name, home.gtin),
        ("pick", other.name, home.gtin),
    ]


def test_an_item_bears_on_plates_side_by_side_with_its_whole_weight() -> None:
    stage = ideal_stage(7)
    assert any(len(item.cells) > 1 for item in stage.items)
    for item in stage.items:
        assert sum(item.shares) == pytest.approx(1.0)
        assert list(item.cells) == list(range(item.cells[0], item.cells[-1] + 1))
    straddling = [x for x in stage.items if not {stage.layout.cell(c) for c in stage.lanes[x.lane].cells} >= {*x.cells}]
    assert 0 < len(straddling) < 0.1 * len(stage.items)


def test_what_is_handed_over_is_put_back_by_the_other() -> None:
    stage = ideal_stage()
    giver, taker = stage.enter(0.0), stage.enter(0.0)
    lane = stage.layout.config.lanes[2]
    item = stage.own(lane)[0]
    t_s = stage.pick(giver, [item], 1.0)
    stage.hand_over(giver, taker, item)
    stage.put(taker, item, lane, t_s)
    assert [entry["visitor"] for entry in stage.truth] == [giver.name, taker.name]


def test_foreign_goods_have_no_code() -> None:
    stage = ideal_stage()
    visitor = stage.enter(0.0)
    stage.put(visitor, Item(None, 321.0, 0.1), stage.layout.config.lanes[0], 1.0)
    assert stage.truth[0]["gtin"] is None
    assert stage.truth[0]["units"] is None
