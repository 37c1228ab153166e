"""Takes single wild samples out of each cell, before anything is summed.

HX711 boards send one-sample, one-channel jumps of up to full scale in 0.6-1.6 % of samples (measured on a real
platform), and readings go missing. Each output is the median of a cell's last three readings; what is missing is
bridged with the last median and counted as age, so that a dead cell is never mistaken for an empty one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.messages import Floats, Snapshot
from agent.weighing.arrays import put_back, take


class GlitchFilter:
    """State of `n` cells. One sample late by design: a level is believed when two of three samples say it."""

    def __init__(self, n: int) -> None:
        self._one_ago = np.full(n, np.nan)
        self._two_ago = np.full(n, np.nan)
        self._filtered = np.full(n, np.nan)
        self.missing_since = np.full(n, np.nan)  # (n,) monotonic seconds; NaN: the cell answers

    def filter(self, t: float, grams: Floats) -> Floats:
        """`(n,)` grams with NaN for missing -> `(n,)` medians; NaN only for cells that never answered."""
        missing = np.isnan(grams)
        if missing.any():
            self.missing_since = np.where(missing, np.fmin(self.missing_since, t), np.nan)
            grams = np.where(missing, self._filtered, grams)
        else:
            self.missing_since.fill(np.nan)
        a, b, c = grams, self._one_ago, self._two_ago
        median = np.maximum(np.minimum(a, b), np.minimum(np.maximum(a, b), c))
        self._filtered = np.where(np.isnan(median), grams, median)
        self._two_ago, self._one_ago = b, grams
        return self._filtered

    def forget(self) -> None:
        """After a hole in the stream: the next sample has no past."""
        self._one_ago.fill(np.nan)
        self._two_ago.fill(np.nan)

    def scale(self, cells: Sequence[int], factor: float) -> None:
        """These cells are calibrated anew: their past weighs `factor` times what it did."""
        for past in (self._one_ago, self._two_ago, self._filtered):
            past[list(cells)] *= factor

    _STATE = ("_one_ago", "_two_ago", "_filtered", "missing_since")

    def snapshot(self) -> Snapshot:
        """Arrays by name."""
        return take(self, self._STATE)

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        put_back(self, self._STATE, state)
