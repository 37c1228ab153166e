"""Weighs one scale: samples of all its cells in, settled steps out.

Everything is vectorised over channels: the cells and, behind them, one sum a stretch. The base of an idle stretch
follows drift; one that has left it is offered each time it rests, until someone has said what that means.
Not here: samples to blocks (blocks.py), what a stretch is asked and told (levels.py), what was taken (fusion/).
"""

from __future__ import annotations

import numpy as np

from agent.messages import Floats
from agent.weighing.blocks import SLACK_S
from agent.weighing.levels import Levels
from agent.weighing.step import Step

DRIFT_TIME_S = 2.0  # the idle base follows with this time constant
DRIFT_LIMIT_G_PER_S = 0.5  # faster is no drift (store plates: 1.6 g in 17 s at the 95th percentile)
FIRST_REST_S = 0.3  # a level must hold this long to become the first base
SILENT_S = 0.25  # a cell without reading for longer leaves its stretch unjudged
TREND = 1.5  # blocks ahead, times the error of a slope through three blocks
OFFERED_AFTER_S = 0.1  # flat for less is not worth a look


class Weigher(Levels):
    """What one scale's samples do to its levels."""

    # -- samples in -------------------------------------------------------------------------------------------------

    def feed(self, t: float, counts: Floats) -> list[Step]:
        """One sample `(n,)`; gives the stretches that are in motion and at rest again, at most once a block."""
        if self._blocks.paused(t):
            self.hole(t)
        for cell, since in self._blocks.add(t, counts):
            self._answer_again(cell, since)
        closed = self._blocks.close(t)
        if closed is None:
            return []
        began, cells = closed
        return self._block(began, t, np.concatenate([cells, self._stretches.sums(cells)]))

    def _answer_again(self, cell: int, since: float) -> None:
        """A cell that has been silent for long: what is found now happened somewhere in between."""
        i = int(self._stretches.owner[cell])
        if i == len(self._stretches) or np.isnan(self.base[self._n + i]):
            return
        self._motions.begin_silent(i, since)
        self._plateaus.restart(self._stretches.channels(i))

    # -- blocks -----------------------------------------------------------------------------------------------------

    def _block(self, began: float, t: float, means: Floats) -> list[Step]:
        slow = self._noise.slow()
        sigma = np.maximum(slow, self._noise.local(means))
        self._plateaus.update(means, began, sigma, self.base)
        self._find_first_base(t)
        deviation = means - self.base
        self._notice_motion(began, deviation, slow)
        if self._motions.moving.any():
            self._motions.mark_slopes(0.5 * (began + t), (means - self._before)[self._n :])
        self._motions.stand((self._plateaus.mean - self.base)[self._n :])
        self._follow_drift(t - began, deviation)
        self._before = means
        return self._settled(t, slow, sigma)

    def _find_first_base(self, t: float) -> None:
        """A stretch's cells and their sum get their first level together, when the sum has come to rest."""
        n = self._n
        rested = np.isnan(self.base[n:]) & (t - self._plateaus.since[n:] >= FIRST_REST_S)
        if rested.any():
            self.base = np.where(self._stretches.spread(rested, others=False), self._plateaus.mean, self.base)

    def _notice_motion(self, began: float, deviation: Floats, slow: Floats) -> None:
        away = np.abs(deviation) > self._thresholds(slow)
        stretch = away[self._n :].copy()
        stretch[self._stretches.gathered(away[: self._n])] = True
        fresh = stretch & ~self._motions.moving & ~np.isnan(self.base[self._n :])
        if fresh.any():
            self._motions.begin(fresh, began)

    def _follow_drift(self, elapsed: float, deviation: Floats) -> None:
        idle = self._stretches.spread(~self._motions.moving, others=True)
        limit = DRIFT_LIMIT_G_PER_S * elapsed
        follow = np.minimum(np.maximum(deviation * min(elapsed / DRIFT_TIME_S, 1.0), -limit), limit)
        self.base = np.where(idle & ~np.isnan(follow), self.base + follow, self.base)
        self._noise.learn(deviation, idle)

    # -- steps out --------------------------------------------------------------------------------------------------

    def _settled(self, t: float, slow: Floats, sigma: Floats) -> list[Step]:
        moving = self._motions.moving
        if not moving.any():
            return []
        flat = t - self._plateaus.since[self._n :]
        candidates = np.flatnonzero(moving & (flat >= OFFERED_AFTER_S - SLACK_S))
        return [s for i in candidates if (s := self._offer(int(i), t, slow, sigma)) is not None]

    def _offer(self, i: int, t: float, slow: Floats, sigma: Floats) -> Step | None:
        cells, motion = self._stretches.cells_of[i], self._motions.of(i)
        silent = self._glitch.missing_since[cells]
        if (t - silent > SILENT_S).any():
            return None
        at = self._n + i
        delta = self._plateaus.mean - self.base
        blocks = float(self._plateaus.blocks[at])
        hum, shaking = 0.5 * slow[at] ** 2, sigma[at] ** 2 / blocks  # hum does not average out in time
        slope = TREND * sigma[at] * (3.0 / blocks) ** 1.5  # what a slope hidden in the shaking may still bring
        mean_sigma = float(np.sqrt(hum + shaking + slope**2))
        return Step(
            stretch=self._stretches.names[i],
            delta_g=float(delta[at]),
            sigma_g=mean_sigma,
            cells_g=tuple(float(delta[c]) for c in cells),
            cell_sigma_g=float(max(sigma[c] for c in cells)),
            rough_g=float(self._plateaus.rough[at]),
            rest_g=float(slow[at]),
            blocks=int(blocks),
            began=motion.began,
            fell=motion.fell,
            rose=motion.rose,
            settled=float(self._plateaus.since[at]),
            now=t,
            across_gap=self._motions.across_gap(i),
        )
