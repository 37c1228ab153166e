"""One scale on a table, for tests of weighing: loads change, time passes, and what is offered is kept.

table = Table(cells=2)
table.rest(3.0)
table.load[0] -= 345.0
step = table.last(1.0)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.weighing.calibration import Calibration
from agent.weighing.step import Step
from agent.weighing.weigher import Weigher

Floats = NDArray[np.float64]
FULL_SCALE = 8_388_607.0


class Table:
    """`load` (n,) is what lies on the cells, in grams; `stretches` defaults to one of its own for each cell, named
    100, 101 ... so that nobody takes a name for a place."""

    def __init__(
        self,
        cells: int = 1,
        stretches: Sequence[Sequence[int]] | None = None,
        *,
        rate_hz: float = 60.0,
        jitter: float = 0.0,
        noise_g: float | Floats = 0.5,
        counts_per_gram: float | Floats = 100.0,
        tare_counts: float | Floats = 0.0,
        load_g: float | Floats = 5000.0,
        seed: int = 1,
    ) -> None:
        self.stretches = [[c] for c in range(cells)] if stretches is None else [list(s) for s in stretches]
        self.names = [100 + i for i in range(len(self.stretches))]
        self.gain = np.broadcast_to(np.asarray(counts_per_gram, dtype=np.float64), (cells,))
        self.tare = np.broadcast_to(np.asarray(tare_counts, dtype=np.float64), (cells,))
        self.load = np.full(cells, load_g, dtype=np.float64)
        self.noise_g = noise_g
        self.rate_hz, self.jitter = rate_hz, jitter
        self.rng = np.random.default_rng(seed)
        self.weigher = self.fresh()
        self.now = 1000.0  # of the sample before
        self.steps: list[Step] = []

    def fresh(self) -> Weigher:
        """Another weigher of the same scale, that knows nothing yet."""
        calibration = Calibration(self.tare, 1.0 / self.gain, np.full(len(self.load), FULL_SCALE))
        return Weigher(calibration, self.stretches, self.names)

    def sample(self) -> Floats:
        """What the board sends now: whole counts of load and noise."""
        grams = self.load + self.noise_g * self.rng.standard_normal(len(self.load))
        return np.round(self.tare + grams * self.gain)

    def feed(self, counts: Floats | None = None) -> list[Step]:
        """One sample: `counts`, or what the load makes of it."""
        late = self.jitter * self.rng.uniform(-0.5, 0.5)
        self.now += (1.0 + late) / self.rate_hz
        found = self.weigher.feed(self.now, self.sample() if counts is None else counts)
        self.steps += found
        return found

    def run(self, seconds: float) -> list[Step]:
        """Everything offered in that time."""
        return [step for _ in range(round(seconds * self.rate_hz)) for step in self.feed()]

    def rest(self, seconds: float) -> None:
        """Time in which nothing must be offered."""
        assert self.run(seconds) == []

    def last(self, seconds: float, stretch: int = 0) -> Step:
        """What is offered for this stretch at the end of that time."""
        return [step for step in self.run(seconds) if step.stretch == self.names[stretch]][-1]

    def ramp(self, cell: int, by_g: float, seconds: float) -> list[Step]:
        """The load of one cell changes evenly."""
        samples = round(seconds * self.rate_hz)
        found: list[Step] = []
        for _ in range(samples):
            self.load[cell] += by_g / samples
            found += self.feed()
        return found

    def level(self, stretch: int = 0) -> float:
        """The base of this stretch, in grams since the empty scale."""
        return self.weigher.level_g(self.names[stretch])

    def moving(self, stretch: int = 0) -> bool:
        return self.weigher.moving(self.names[stretch])

    def accept(self, stretch: int = 0) -> None:
        self.weigher.accept(self.names[stretch])

    def settle(self, seconds: float) -> None:
        """Time passes as in the core: a level that is the old one again ends the motion."""
        for _ in range(round(seconds * self.rate_hz)):
            for step in self.feed():
                if self.weigher.insignificant(step) and step.flat_s >= 0.2:
                    self.weigher.dismiss(step.stretch)
