"""Plays a painted play through the device's own eyes and core, as fast as they go; `main` measures that.

The schedule decides what is looked for as it does live, told by the play's weights when a lane is in motion. The
outside tracker of other plays says nothing here. Not here: what is painted (painter.py), judging
(tools/score/match.py).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from agent.core import Core
from agent.messages import Observation, Tracks
from agent.vision.eyes import Eyes, build_detectors
from agent.vision.frame import Frame
from agent.vision.loop import VisionLoop
from agent.vision.slot import Slot
from agent.vision.stir import Stir
from tools.bench.camera.painter import RATE_HZ, Painter, camera
from tools.bench.run import Outcome, f1
from tools.bench.world import Play, everyday_shop, simulate

MANIFEST = Path(__file__).resolve().parents[3] / "models" / "manifest.toml"
FIRST_SEED = 9001  # counted up, never chosen


def seen(play: Play, manifest: Path = MANIFEST) -> Iterator[Observation]:
    """What the agent is told when it sees this play itself. VisionError where the models cannot be used."""
    told: list[Observation] = []
    painter, stir, number = Painter(play), Stir(play.config.scales), 0
    eyes = Eyes(lambda: build_detectors(manifest, threads=1))
    eyes.load()
    loop = VisionLoop(Slot(), eyes, told.append, lanes_until_s=lambda: stir.until_s)
    for observation in play.observations():
        while number / RATE_HZ <= observation.t:
            loop.see(Frame(number / RATE_HZ, painter.picture(number / RATE_HZ)))
            number += 1
            yield from told
            told.clear()
        if not isinstance(observation, Tracks):
            stir.hear(observation)
            yield observation


def run_seen(play: Play, manifest: Path = MANIFEST) -> Outcome:
    """All that the core says of it."""
    core, outcome = Core(replace(play.config, camera=camera(play))), Outcome(play.truth)
    for observation in seen(play, manifest):
        outcome.outputs += core.step(observation)
    return outcome


def main(arguments: list[str] | None = None) -> int:
    """Prints a line a play, without the visitor: the camera gives names of its own."""
    parser = argparse.ArgumentParser("python -m tools.bench.camera.look", description=__doc__)
    parser.add_argument("--seeds", type=int, default=5, help="how many plays (default 5)")
    parser.add_argument("--first", type=int, default=FIRST_SEED, help=f"seed to count from (default {FIRST_SEED})")
    parser.add_argument("--shoppers", type=int, default=2, help="at once, 1-3 (default 2)")
    parser.add_argument("--minutes", type=float, default=1.0, help="simulated length of each (default 1)")
    asked = parser.parse_args(arguments)
    pairs = missed = wrong = 0
    for seed in range(asked.first, asked.first + asked.seeds):
        play = simulate(seed, everyday_shop(asked.shoppers, asked.minutes, "bottles"))
        matches = run_seen(play).matches(with_visitor=False)
        pairs, missed, wrong = pairs + len(matches.pairs), missed + len(matches.missed), wrong + len(matches.wrong)
        print(seed, f"F1 {f1(matches):.3f}", f"missed {matches.missed}", f"wrong {matches.wrong}", flush=True)
    print(f"{pairs} right, {missed} missed, {wrong} wrong: F1 {2 * pairs / max(1, 2 * pairs + missed + wrong):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
