"""A gondola of 74 cells at 60 Hz replays many times faster than life. The figures: `python -m tools.perf replay`."""

from __future__ import annotations

import pytest

from tools.perf.replay import CELLS, minute

FLOOR = 15.0  # the promise is 50 on a desktop's core, where 240 and 70 were measured; a slower machine must not fail


@pytest.mark.parametrize("scenario", ["quiet", "chaos"])
def test_a_minute_of_a_gondola_takes_seconds(scenario: str) -> None:
    shown = minute(scenario)
    assert len(shown.config.scales[0].cells) == CELLS
    assert shown.seconds > 55.0
    assert shown.seconds / min(shown.core_s(), shown.core_s()) > FLOOR
    assert shown.seconds / shown.weighing_s() > FLOOR
