"""The fake scale: it must fail the way real ones do, and only when told to."""

from __future__ import annotations

import math
import threading
import time

import numpy as np
import pytest

from agent.config import schema
from agent.sensors.scale.fake import FakeScale, SimulatedTime
from agent.sensors.scale.physics import FULL_SCALE_COUNTS, IDEAL, STORE_PLATES
from agent.sensors.scale.protocol import Scale, ScaleError

CONFIG = schema.Scale(
    name="main",
    driver="shelfd-lines",
    port="none",
    rate_hz=10.0,
    cells=(
        schema.Cell(name="a1", tare_counts=12_000.0, counts_per_gram=365.0),
        schema.Cell(name="a2", tare_counts=-500.0, counts_per_gram=-400.0),
    ),
)


@pytest.fixture
def shelf() -> FakeScale:
    now = SimulatedTime(50.0)
    return FakeScale(CONFIG, IDEAL, clock=now, wait=now.wait)


def grams(shelf: FakeScale) -> list[float]:
    """The next sample, as the configured calibration reads it."""
    counts = shelf.read()
    while counts is None:
        counts = shelf.read()
    return [
        (value - cell.tare_counts) / cell.counts_per_gram
        for value, cell in zip(counts.values, CONFIG.cells, strict=True)
    ]


def test_goods_put_down_are_weighed_also_on_a_cell_mounted_upside_down(shelf: FakeScale):
    shelf.load("a1", 345.0)
    shelf.add("a2", 100.0)
    assert grams(shelf) == [345.0, 100.0]
    shelf.add("a2", -100.0)
    assert grams(shelf) == [345.0, 0.0]


def test_samples_come_at_their_rate_stamped_when_they_were_due(shelf: FakeScale):
    stamps = [counts.t for _ in range(60) if (counts := shelf.read()) is not None]
    assert len(stamps) >= 30
    assert np.diff(stamps) == pytest.approx(0.1)


def test_samples_fetched_late_are_still_the_ones_that_were_due():
    now = SimulatedTime(50.0)
    shelf = FakeScale(CONFIG, IDEAL, clock=now, wait=now.wait)
    assert grams(shelf)
    now.wait(0.35)
    stamps = [counts.t for _ in range(3) if (counts := shelf.read()) is not None]
    assert stamps == pytest.approx([50.1, 50.2, 50.3])


def test_a_pulled_cable_is_unplugged_then_not_found_then_back_with_the_goods_still_there(shelf: FakeScale):
    shelf.load("a1", 345.0)
    shelf.vanish()
    with pytest.raises(ScaleError) as lost:
        shelf.read()
    assert lost.value.code == "unplugged"
    shelf.close()
    with pytest.raises(ScaleError) as away:
        shelf.open(CONFIG, time.monotonic)
    assert away.value.code == "not_found"
    shelf.come_back()
    shelf.open(CONFIG, time.monotonic)
    assert grams(shelf)[0] == 345.0


def test_a_stalled_box_gives_nothing_until_it_goes_on(shelf: FakeScale):
    assert grams(shelf)
    shelf.stall(2.0)
    assert [shelf.read() for _ in range(19)] == [None] * 19
    shelf.stall(0)
    assert grams(shelf)


def test_a_dead_cell_is_missing_and_never_zero(shelf: FakeScale):
    shelf.kill("a1")
    assert math.isnan(grams(shelf)[0])
    shelf.mend("a1")
    assert grams(shelf)[0] == 0.0


def test_a_glitch_is_one_sample_and_a_torn_wire_stays(shelf: FakeScale):
    shelf.glitch("a1")
    counts = shelf.read()
    assert counts is not None
    assert counts.values[0] == FULL_SCALE_COUNTS
    assert grams(shelf)[0] == 0.0
    shelf.pin("a1", -FULL_SCALE_COUNTS - 1)
    pinned = {grams(shelf)[0] for _ in range(5)}
    assert pinned == {(-FULL_SCALE_COUNTS - 1 - 12_000.0) / 365.0}


def test_lost_samples_are_counted(shelf: FakeScale):
    shelf.lose(3)
    assert grams(shelf)
    assert shelf.lost == 3
    assert grams(shelf)
    assert shelf.lost == 3


def test_the_same_seed_tells_the_same_story():
    def story(seed: int) -> list[float]:
        now = SimulatedTime()
        fake = FakeScale(CONFIG, STORE_PLATES, seed=seed, clock=now, wait=now.wait)
        fake.shake(0)
        return [grams(fake)[0] for _ in range(30)]

    assert story(7) == story(7)
    assert story(7) != story(8)


def test_closing_wakes_a_read_on_the_real_clock():
    slow = schema.Scale(name="slow", driver="shelfd-lines", port="none", rate_hz=0.1, cells=CONFIG.cells)
    fake: Scale = FakeScale(slow, IDEAL)
    assert fake.read() is not None
    reading = threading.Thread(target=fake.read)
    reading.start()
    fake.close()
    reading.join(2.0)
    assert not reading.is_alive()
    assert fake.read() is None
