"""Finds where a channel has come to rest, and for how long.

A plateau is a run of block means that agree within noise; one block that does not agree starts the next. The tail of
a hand letting go is a slope, so it keeps restarting until it is flat.
Not here: what a plateau means (weigher.py, fusion/).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from agent.messages import Floats, Snapshot
from agent.weighing.arrays import put_back, take

AGREE_SIGMAS = 3.0
AGREE_FRACTION = 0.006  # of the step: a hand that lets go of 600 g is at rest within 4 g
TREND_SIGMAS = 2.5  # a plateau whose blocks keep coming to lie on one side of it is a slope
LONGEST = 5  # blocks a mean remembers, 0.25 s: the tail of a hand letting go is soon forgotten


class Plateaus:
    """The present plateau of `n` channels: mean, number of blocks, start."""

    def __init__(self, n: int) -> None:
        self.mean = np.full(n, np.nan)
        self.blocks = np.zeros(n)
        self.since = np.full(n, np.nan)  # monotonic seconds
        self._leaning = np.zeros(n)  # sum of the blocks' signed distances from the mean before them
        self.rough = np.zeros(n)  # mean distance of a block from the plateau, grams: a hand trembles, goods do not

    def update(self, means: Floats, began: float, sigma: Floats, base: Floats) -> None:
        """One block: its `means` (n,), the time it `began`, `sigma` of a block mean, and the `base` before the step."""
        away = means - self.mean
        step = np.abs(np.where(np.isnan(base), 0.0, self.mean - base))
        tolerance = AGREE_SIGMAS * sigma * np.sqrt(1.0 + 1.0 / np.maximum(self.blocks, 1.0)) + AGREE_FRACTION * step
        leaning = self._leaning + away
        straight = np.abs(leaning) <= TREND_SIGMAS * sigma * np.sqrt(self.blocks + 1.0) + AGREE_FRACTION * step
        agrees = (np.abs(away) <= tolerance) & (straight | (self.blocks >= LONGEST))  # False for NaN
        self._leaning = np.where(agrees, leaning, 0.0)
        count = np.minimum(self.blocks, LONGEST - 1) + 1.0
        self.rough = np.where(agrees, self.rough + (np.abs(away) - self.rough) / (count - 1.0).clip(1.0), 0.0)
        self.mean = np.where(agrees, self.mean + away / count, means)
        self.since = np.where(agrees, self.since, began)
        self.blocks = np.where(agrees, self.blocks + 1.0, 1.0)

    def restart(self, channels: Sequence[int] | None = None) -> None:
        """After a hole in the stream nothing is known to be at rest; `channels`: of these only."""
        at: Any = slice(None) if channels is None else list(channels)
        self.mean[at], self.blocks[at], self.since[at] = np.nan, 0.0, np.nan

    _STATE = ("mean", "blocks", "since", "rough", "_leaning")

    def snapshot(self) -> Snapshot:
        """Arrays by name."""
        return take(self, self._STATE)

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        put_back(self, self._STATE, state)
