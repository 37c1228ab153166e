"""Painted bottles and hands, looked at with the real models and weighed: two hands at once, told one by one."""

from __future__ import annotations

import pytest

from agent.messages import Event
from tools.bench.camera.look import MANIFEST, run_seen
from tools.bench.run import f1
from tools.bench.world import everyday_shop, simulate
from wire.events import Pick

FILES = ("hand.tflite", "objects.tflite")

pytestmark = pytest.mark.skipif(
    not all((MANIFEST.parent / file).is_file() for file in FILES), reason="the models are not built: make models"
)


@pytest.mark.parametrize(("seed", "shoppers"), [(1, 1), (2, 2)])
def test_what_hands_do_with_bottles_is_seen_and_weighed(seed: int, shoppers: int) -> None:
    play = simulate(seed, everyday_shop(shoppers, 0.5, "bottles"))
    outcome = run_seen(play)
    matches = outcome.matches(with_visitor=False)
    assert f1(matches) >= 0.95, (matches.missed, matches.wrong)
    assert shoppers == 1 or any(entry["deed"] == "side_by_side" for entry in play.truth)
    picks = [o.payload for o in outcome.outputs if isinstance(o, Event) and isinstance(o.payload, Pick)]
    assert all(pick.visitor is not None for pick in picks)
