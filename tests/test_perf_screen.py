"""The measurement of the strip plays what it says it plays; how fast this machine is does not matter here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from agent.screen.framebuffer import read_picture
from tools.perf import screen


def test_hesitations_reach_the_pixels(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(screen, "SETTLE_S", 0.3)
    shelf = screen.Shelf(tmp_path)
    with shelf.running():
        ways = shelf.ways(3)
    assert len(ways) == 3
    assert all(0 < way.decision_s <= way.pixels_s and 0 < way.drawing_s <= way.pixels_s for way in ways)
    stands = read_picture(tmp_path / "fb0")[: screen.HEIGHT_PX // 2]
    answers = [np.asarray(Image.open(tmp_path / f"{n}.png")) for n in range(screen.ANSWERS)]
    shown = [n for n, picture in enumerate(answers) if (abs(picture.astype(int)[:79] - stands) < 9).all()]
    assert len(shown) == 1, "the last answer stands on the strip, in the panel's colours"


def test_percentiles_are_taken_in_each_round_and_their_medians_over_the_rounds() -> None:
    rounds = [[n / 1000 for n in range(100)], [0.5] * 100, [0.001] * 100]
    delay = screen._delay("way", rounds)
    assert (delay.p50_ms, delay.p95_ms, delay.most_ms, delay.count) == (50.0, 95.0, 99.0, 100)
