"""What was learned of the cells' factors while they run, over the configured calibration.

A reference mass tells the sum of a lane's cells, so all of them are scaled alike. It goes with the configured numbers:
where those change, it is dropped (levels.py). Not here: when a mass may be believed (agent/upkeep.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.messages import Floats, Snapshot
from agent.weighing.arrays import put_back, take
from agent.weighing.calibration import Calibration


class Trim:
    """A factor a cell, 1 until something is learned."""

    def __init__(self, calibration: Calibration) -> None:
        self.calibration = calibration
        self._factor = np.ones(len(calibration.tare_counts))

    def grams(self, counts: Floats) -> Floats:
        """As Calibration.grams, with what was learned."""
        return self.calibration.grams(counts) * self._factor

    def scale(self, cells: Sequence[int], factor: float) -> None:
        """These cells weigh `factor` times what they did."""
        self._factor[list(cells)] *= factor

    def change(self, cells: Sequence[int], factor: float = 1.0) -> float:
        """How far the cells would be from their configured factor after `scale`: 0.03 is 3 %, up or down."""
        return max(abs(float(self._factor[c]) * factor - 1.0) for c in cells)

    def counts_per_gram(self, cells: Sequence[int]) -> list[float]:
        """As they are to be configured to weigh like this."""
        return [1.0 / (float(self.calibration.gram_per_count[c]) * float(self._factor[c])) for c in cells]

    def snapshot(self) -> Snapshot:
        """The factors."""
        return take(self, ("_factor",))

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave of cells with the same configured numbers."""
        put_back(self, ("_factor",), state)
