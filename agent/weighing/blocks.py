"""From samples to means of 50 ms, a cell: what everything behind this module reckons with.

Learned factors and the median of three are applied on the way. Not here: stretches and what a mean says of them
(weigher.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.messages import Floats, Snapshot
from agent.weighing.arrays import put_back, take
from agent.weighing.glitch import GlitchFilter
from agent.weighing.trim import Trim

BLOCK_S = 0.05  # mean of 3 samples at 60 Hz; a slower scale gives one block a sample
SLACK_S = 0.005  # jitter of the sample times around the end of a block
HOLE_S = 1.0  # a longer pause of the whole stream is a hole, not jitter


class Blocks:
    """The block of `n` cells that is being filled, and when the last sample came."""

    def __init__(self, n: int, trim: Trim, glitch: GlitchFilter) -> None:
        self._n, self._trim, self._glitch = n, trim, glitch
        self._sum, self._samples = np.zeros(n), 0
        self._closed = np.nan
        self._last = np.nan

    @property
    def last(self) -> float:
        """When the last sample came; NaN: none did."""
        return self._last

    def resume(self, last: float) -> None:
        """What went before ended then, in the time of this process."""
        self._last = last

    def paused(self, t: float) -> bool:
        """Would a sample at `t` be the first behind a hole?"""
        return t - self._last > HOLE_S

    def add(self, t: float, counts: Floats) -> list[tuple[int, float]]:
        """One sample `(n,)`; the cells that answer again after a long silence, each with when that began."""
        self._last = t
        missing = self._glitch.missing_since.copy()
        self._sum += self._glitch.filter(t, self._trim.grams(counts))
        self._samples += 1
        if np.isnan(missing).all():
            return []
        again = np.flatnonzero(np.isnan(self._glitch.missing_since) & (t - missing > HOLE_S))
        return [(int(cell), float(missing[cell])) for cell in again]

    def close(self, t: float) -> tuple[float, Floats] | None:
        """When the block began and the cells' means, where the sample at `t` was its last; None: it goes on."""
        if np.isnan(self._closed):
            self._closed = t - BLOCK_S
        if t - self._closed < BLOCK_S - SLACK_S:
            return None
        cells = self._sum / self._samples
        self._sum, self._samples = np.zeros(self._n), 0
        began, self._closed = self._closed, t
        return began, cells

    def restart(self) -> None:
        """After a hole: the next sample begins a block and has no past."""
        self._glitch.forget()
        self._sum, self._samples = np.zeros(self._n), 0
        self._closed = np.nan

    def scale(self, cells: Sequence[int], factor: float) -> None:
        """These cells weigh `factor` times what they did, also in the block that is being filled."""
        self._trim.scale(cells, factor)
        self._glitch.scale(cells, factor)
        self._sum[list(cells)] *= factor

    _STATE = ("_sum", "_samples", "_closed", "_last")

    def snapshot(self) -> Snapshot:
        """The block and its times; trim and filter keep their own."""
        return take(self, self._STATE)

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        put_back(self, self._STATE, state)
