"""Hears from the scales whether a lane is in motion, so that the eyes open before anything is decided.

Coarse on purpose: a change of some grams against a second ago, on any cell. Not here: what a change means (weighing/).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from agent.config.schema import Scale
from agent.messages import Counts, Observation

STEP_G = 10.0  # above any noise and drift within a second, below any product that is sold by the piece
FOLLOW_S = 1.0  # how fast the comparison follows
LASTS_S = 2.0  # attention after the last change


class Stir:
    """`hear` in the threads of the scales, `until_s` in any: one float, replaced whole."""

    def __init__(self, scales: Iterable[Scale]) -> None:
        self.until_s = -math.inf  # until when some lane counts as in motion, on the scales' clock
        self._counts_per_g = {s.name: np.array([c.counts_per_gram for c in s.cells]) for s in scales}
        self._before: dict[str, tuple[float, NDArray[np.float64]]] = {}

    def hear(self, observation: Observation) -> None:
        """All but weights is passed over."""
        if not isinstance(observation, Counts) or observation.scale not in self._counts_per_g:
            return
        factor, t = self._counts_per_g[observation.scale], observation.t
        if len(observation.values) != len(factor):
            return
        grams = observation.values / factor
        before_t, before = self._before.get(observation.scale, (t, grams))
        before = np.where(np.isfinite(before), before, grams)
        if (np.abs(grams - before) >= STEP_G).any():  # NaN is no change
            self.until_s = t + LASTS_S
        follows = before + min(1.0, max(0.0, (t - before_t) / FOLLOW_S)) * (grams - before)
        self._before[observation.scale] = (t, np.where(np.isfinite(follows), follows, before))
