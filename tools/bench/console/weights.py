"""What each lane weighs, as a faultless reader hears it over the cable: grams, 15 times a second, for a curve.

Plates are never zeroed, so each lane begins at what its goods weigh by the catalogue. Where nothing of a lane was heard
there is a hole. Not here: what the agent makes of it.
"""

from __future__ import annotations

import numpy as np

from agent.config.schema import Config
from tools.bench.loads import Floats

ROWS_HZ = 15.0
Row = list[float | None]  # seconds of the play, then grams of each lane


class LaneWeights:
    """Counts in, rows out, a few at a time."""

    def __init__(self, config: Config) -> None:
        scale = config.scales[0]
        cells = [cell.name for cell in scale.cells]
        self.lanes = list(dict.fromkeys(lane.name for lane in config.lanes))
        self._cells = [
            [cells.index(cell) for cell in next(lane.cells for lane in config.lanes if lane.name == name)]
            for name in self.lanes
        ]
        self._tare = np.array([cell.tare_counts for cell in scale.cells])
        self._gain = np.array([cell.counts_per_gram for cell in scale.cells])
        self._begins = [
            sum((lane.units or 0) * (lane.unit_g or 0.0) for lane in config.lanes if lane.name == name)
            for name in self.lanes
        ]
        self._off: list[float | None] = [None] * len(self.lanes)
        self._each = max(1, round(scale.rate_hz / ROWS_HZ))
        self._waiting: list[list[float]] = []

    def hear(self, t_s: float, counts: Floats | None) -> Row | None:
        """One sample; None for counts: nothing came. Gives back a row now and then: the mean since the last."""
        grams = [np.nan] * len(self.lanes) if counts is None else self._grams(counts)
        self._waiting.append(grams)
        if len(self._waiting) < self._each:
            return None
        columns = [[g for g in lane if not np.isnan(g)] for lane in zip(*self._waiting, strict=True)]
        self._waiting.clear()
        return [round(t_s, 3), *(round(sum(lane) / len(lane), 1) if lane else None for lane in columns)]

    def _grams(self, counts: Floats) -> list[float]:
        cells = (counts - self._tare) / self._gain
        found = []
        for lane, indices in enumerate(self._cells):
            grams = float(np.sum(cells[indices]))
            if self._off[lane] is None and not np.isnan(grams):
                self._off[lane] = self._begins[lane] - grams
            found.append(grams + (self._off[lane] or 0.0))
        return found
