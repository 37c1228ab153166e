"""The panel that is not there behaves like one: keeps what was shown, and fails as it is told to."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from agent.config import schema
from agent.screen.fake import FakePanel
from agent.screen.protocol import Panel, Picture, ScreenError
from agent.sensors.scale.fake import SimulatedTime

SCREEN = schema.Screen(driver="framebuffer", device="/dev/fb0")


def grey(level: int, width: int = 6, height: int = 4) -> Picture:
    return np.full((height, width, 3), level, np.uint8)


def test_every_change_is_kept_with_its_time_and_the_oldest_goes_first() -> None:
    now = SimulatedTime()
    fake = FakePanel(6, 4, clock=now, kept=3)
    strip: Panel = fake.open(SCREEN)
    for level in range(5):
        strip.show(grey(level))
        strip.show(grey(level))
        now.wait(1.0)
    assert [(kept.t, int(kept.picture[0, 0, 0])) for kept in fake.frames] == [(2.0, 2), (3.0, 3), (4.0, 4)]
    assert fake.shows == 10


def test_a_part_lies_upon_what_was_there_and_what_is_kept_does_not_change_later() -> None:
    fake = FakePanel(6, 4)
    fake.show(grey(9))
    fake.show(grey(7, 2, 1), left=4, top=3)
    assert fake.frames[0].picture.min() == 9
    assert (fake.picture == 7).all(axis=2).sum() == 2 and fake.picture[3, 5, 0] == 7
    with pytest.raises(ValueError, match="not inside"):
        fake.show(grey(1, 2, 1), left=5)


def test_its_png_is_the_picture() -> None:
    fake = FakePanel(6, 4)
    fake.show(grey(200))
    with Image.open(io.BytesIO(fake.png())) as image:
        assert np.array_equal(np.asarray(image), grey(200))


@pytest.mark.parametrize("fault", ["unplugged", "busy"])
def test_a_fault_lasts_until_it_is_over(fault: str) -> None:
    fake = FakePanel(6, 4)
    strip = fake.open(SCREEN)
    strip.show(grey(1))
    fake.unplug() if fault == "unplugged" else fake.busy()
    with pytest.raises(ScreenError, match=":") as shown:
        strip.show(grey(2))
    with pytest.raises(ScreenError) as opened:
        fake.open(SCREEN)
    assert (shown.value.code, opened.value.code) == (fault, "not_found" if fault == "unplugged" else "busy")
    fake.plug_in() if fault == "unplugged" else fake.busy(False)
    fake.open(SCREEN).show(grey(3))
    assert int(fake.picture[0, 0, 0]) == 3 and fake.openings == 2


def test_a_slow_panel_takes_its_time() -> None:
    now = SimulatedTime()
    fake = FakePanel(6, 4, clock=now, wait=now.wait)
    fake.slow(0.4)
    fake.show(grey(1))
    assert fake.frames[-1].t == 0.4
