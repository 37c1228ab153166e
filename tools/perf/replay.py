"""How many times faster than life the core is: a minute of a gondola, 74 cells at 60 Hz, quiet and busy.

Processor time, so that what else the machine does is left out. Not here: reading files and encoding payloads
(`shelfd replay` says what it took).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median

import numpy as np

from agent.config.schema import Cell, Config
from agent.core import Core
from agent.messages import Counts, Observation
from agent.weighing.calibration import Calibration
from agent.weighing.weigher import Weigher
from tools.bench.world import SCENARIOS, Play, simulate

PLAYS = (("nobody there", "quiet"), ("two shoppers", "random_shop"), ("three shoppers, all at once", "chaos"))
SEED = 11  # the first that draws the largest layout, 6 rows of 12
CELLS = 74  # of the recorded store's widest gondola; what the layout lacks becomes spare plates


@dataclass(frozen=True, slots=True)
class Figure:
    """Medians over the rounds; `factor_range` is the slowest and the fastest round."""

    name: str
    recorded_s: float
    computed_s: float
    weighing_s: float  # of which
    factor: float
    factor_range: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.factor_range
        return (
            f"{self.name:<30} {self.recorded_s:.0f} s of readings in {self.computed_s:.2f} s"
            f" (weighing alone {self.weighing_s:.2f} s): {self.factor:.0f} x real time ({low:.0f} .. {high:.0f})"
        )

    def as_json(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Minute:
    """What the core is shown."""

    config: Config
    observations: Sequence[Observation]
    seconds: float

    def core_s(self) -> float:
        """Processor seconds of the whole core."""
        core = Core(self.config)
        began_s = time.process_time()
        for observation in self.observations:
            core.step(observation)
        return time.process_time() - began_s

    def weighing_s(self) -> float:
        """Of the weigher, with nobody who accepts what it offers."""
        cells = self.config.scales[0].cells
        at = {cell.name: i for i, cell in enumerate(cells)}
        stretches = sorted({tuple(at[c] for c in lane.cells) for lane in self.config.lanes})
        weigher = Weigher(Calibration.of(cells), stretches, range(len(stretches)))
        began_s = time.process_time()
        for observation in self.observations:
            if isinstance(observation, Counts):
                weigher.feed(observation.t, observation.values)
        return time.process_time() - began_s


def measure(rounds: int) -> list[Figure]:
    """One figure a play."""
    return [_measure(name, minute(scenario), rounds) for name, scenario in PLAYS]


def _measure(name: str, shown: Minute, rounds: int) -> Figure:
    taken = [shown.core_s() for _ in range(rounds + 1)][1:]
    factors = sorted(shown.seconds / s for s in taken)
    weighing_s = median(shown.weighing_s() for _ in range(rounds))
    return Figure(name, shown.seconds, median(taken), weighing_s, median(factors), (factors[0], factors[-1]))


def minute(scenario: str) -> Minute:
    """One minute of the simulated shop on CELLS cells."""
    play = widened(simulate(SEED, replace(SCENARIOS[scenario], minutes=1.0)))
    observations = list(play.observations())
    return Minute(play.config, observations, observations[-1].t - observations[0].t)


def widened(play: Play) -> Play:
    """With spare plates at the end of the line, which read as the first ones do."""
    scale, lacking = play.config.scales[0], CELLS - play.counts.shape[1]
    spare = tuple(Cell(name=f"spare{i}") for i in range(lacking))
    config = replace(play.config, scales=(replace(scale, cells=scale.cells + spare),))
    return replace(play, config=config, counts=np.hstack([play.counts, play.counts[:, :lacking]]))
