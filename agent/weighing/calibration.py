"""Turns the counts of load cells into grams.

A cell answers in ADC counts; everything after this module speaks grams.
Not here: the bytes on the wire (sensors/scale/), finding the two numbers (commands/calibrate.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from agent.config.schema import Cell
from agent.messages import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Two numbers per cell, found once with a reference mass (`shelfd calibrate`), and its full scale."""

    tare_counts: Floats  # (n,) reading of the empty cell
    gram_per_count: Floats  # (n,) negative when the cell is mounted upside down
    saturation_counts: Floats  # (n,) inf where the scale has no full scale

    @classmethod
    def of(cls, cells: Sequence[Cell]) -> Calibration:
        """From the configured cells; `shelfd check` has refused counts_per_gram 0."""
        return cls(
            tare_counts=np.array([c.tare_counts for c in cells], dtype=np.float64),
            gram_per_count=np.array([1.0 / c.counts_per_gram for c in cells], dtype=np.float64),
            saturation_counts=np.array([c.saturation_counts or np.inf for c in cells], dtype=np.float64),
        )

    def plain(self) -> list[list[float]]:
        """The two numbers of each cell, to be told apart by."""
        return [self.tare_counts.tolist(), self.gram_per_count.tolist()]

    def grams(self, counts: Floats) -> Floats:
        """Counts `(n,)` -> grams `(n,)`; NaN where the cell is pinned or silent: full scale is not a weight, and later
        stages must see that. Source: HX711 datasheet."""
        grams = (counts - self.tare_counts) * self.gram_per_count
        grams[~(np.abs(counts) < self.saturation_counts)] = np.nan
        return grams
