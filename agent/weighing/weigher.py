"""Weighs one scale: samples of all its cells in, settled steps out.

Everything is vectorised over channels: the cells and, behind them, one sum a stretch. A stretch is idle (its base
follows drift), or in motion until someone says what the new level means (`accept`) or that it means nothing
(`dismiss`).
Not here: what was taken (fusion/), calibration's numbers (calibration.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.messages import Floats, Snapshot
from agent.weighing.arrays import put_back, take
from agent.weighing.calibration import Calibration
from agent.weighing.glitch import GlitchFilter
from agent.weighing.noise import Noise
from agent.weighing.plateau import Plateaus
from agent.weighing.step import Motion, Step
from agent.weighing.trim import Trim

BLOCK_S = 0.05  # mean of 3 samples at 60 Hz; a slower scale gives one block a sample
SLACK_S = 0.005  # jitter of the sample times around the end of a block
DRIFT_TIME_S = 2.0  # the idle base follows with this time constant
DRIFT_LIMIT_G_PER_S = 0.5  # faster is no drift (store plates: 1.6 g in 17 s at the 95th percentile)
MOTION_SIGMAS = 3.0
MOTION_FLOOR_G = 3.0
CELL_SIGMAS = 5.0  # of single cells, of which there are many: goods moved or swapped at equal weight
CELL_FLOOR_G = 6.0
FIRST_REST_S = 0.3  # a level must hold this long to become the first base
SILENT_S = 0.25  # a cell without reading for longer leaves its stretch unjudged
HOLE_S = 1.0  # a longer pause of the whole stream is a hole, not jitter
TREND = 1.5  # blocks ahead, times the error of a slope through three blocks
OFFERED_AFTER_S = 0.1  # flat for less is not worth a look


class Weigher:
    """State of one scale. Stretches are given as the cell indices they sum; a cell is in at most one of them."""

    def __init__(self, calibration: Calibration, stretches: Sequence[Sequence[int]], names: Sequence[int]) -> None:
        """`names`: each stretch's index in the planogram, by which it is called outside."""
        n, m = len(calibration.tare_counts), len(stretches)
        self._trim, self._n = Trim(calibration), n
        self._names, self._at = list(names), {name: i for i, name in enumerate(names)}
        self._stretches = [list(s) for s in stretches]
        self._glitch, self._noise, self._plateaus = GlitchFilter(n), Noise(n + m), Plateaus(n + m)
        width = max((len(s) for s in stretches), default=0)
        # summed column by column: a fixed order gives the same bits everywhere
        self._columns = [np.array([s[k] if k < len(s) else n for s in stretches], dtype=np.intp) for k in range(width)]
        self._owner = np.full(n, m, dtype=np.intp)  # stretch of each cell; m: none
        for i, s in enumerate(stretches):
            self._owner[list(s)] = i
        self._sum, self._samples = np.zeros(n), 0
        self._closed = np.nan
        self._last = np.nan
        self.base = np.full(n + m, np.nan)
        self._zero = np.zeros(n + m)
        self._before = np.full(n + m, np.nan)  # the last block
        self._moving = np.zeros(m, dtype=bool)
        self._gap = np.zeros(m, dtype=bool)
        self._began, self._fell, self._rose = (np.full(m, np.nan) for _ in range(3))
        self._steepest_fall, self._steepest_rise = np.zeros(m), np.zeros(m)
        self._away = np.zeros(m)  # grams between level and base, of stretches in motion

    # -- samples in -------------------------------------------------------------------------------------------------

    def feed(self, t: float, counts: Floats) -> list[Step]:
        """One sample `(n,)`; gives the stretches that are in motion and at rest again, at most once a block."""
        if t - self._last > HOLE_S:
            self.hole(t)
        self._last = t
        missing = self._glitch.missing_since.copy()
        self._sum += self._glitch.filter(t, self._trim.grams(counts))
        if not np.isnan(missing).all():
            self._answer_again(t, missing)
        self._samples += 1
        if np.isnan(self._closed):
            self._closed = t - BLOCK_S
        if t - self._closed < BLOCK_S - SLACK_S:
            return []
        cells = self._sum / self._samples
        self._sum, self._samples = np.zeros(self._n), 0
        began, self._closed = self._closed, t
        return self._block(began, t, np.concatenate([cells, self._sums(cells)]))

    def hole(self, t: float) -> None:
        """The stream stood still: what is found behind the hole happened somewhere in it."""
        self._glitch.forget()
        self._plateaus.restart()
        self._sum, self._samples = np.zeros(self._n), 0
        self._closed = np.nan
        since = self._last if not np.isnan(self._last) else t
        known = ~np.isnan(self.base[self._n :])
        self._began = np.where(known & ~self._moving, since, self._began)
        self._fell = np.where(known & ~self._moving, since, self._fell)
        self._rose = np.where(known & ~self._moving, since, self._rose)
        self._steepest_fall = np.where(self._moving, self._steepest_fall, 0.0)
        self._steepest_rise = np.where(self._moving, self._steepest_rise, 0.0)
        self._gap |= known
        self._moving |= known

    def _answer_again(self, t: float, missing_since: Floats) -> None:
        """Cells that have been silent for long, by since when: what is found now happened somewhere in between."""
        for cell in np.flatnonzero(np.isnan(self._glitch.missing_since) & (t - missing_since > HOLE_S)):
            i = int(self._owner[cell])
            if i == len(self._stretches) or np.isnan(self.base[self._n + i]):
                continue
            if not self._moving[i]:
                self._began[i] = self._fell[i] = self._rose[i] = missing_since[cell]
                self._steepest_fall[i] = self._steepest_rise[i] = 0.0
            self._moving[i] = self._gap[i] = True
            self._plateaus.restart((*self._stretches[i], self._n + i))

    def _sums(self, cells: Floats) -> Floats:
        padded = np.append(cells, 0.0)
        total = np.zeros(len(self._stretches))
        for column in self._columns:
            total = total + padded[column]
        return total

    # -- blocks -----------------------------------------------------------------------------------------------------

    def _block(self, began: float, t: float, means: Floats) -> list[Step]:
        slow = self._noise.slow()
        sigma = np.maximum(slow, self._noise.local(means))
        self._plateaus.update(means, began, sigma, self.base)
        self._find_first_base(t)
        deviation = means - self.base
        self._notice_motion(began, deviation, slow)
        self._mark_slopes(began, t, means)
        away = (self._plateaus.mean - self.base)[self._n :]
        self._away = np.where(self._moving & ~np.isnan(away), away, 0.0)
        self._follow_drift(t - began, deviation)
        self._before = means
        return self._settled(t, slow, sigma)

    def _find_first_base(self, t: float) -> None:
        """A stretch's cells and their sum get their first level together, when the sum has come to rest."""
        n = self._n
        rested = np.isnan(self.base[n:]) & (t - self._plateaus.since[n:] >= FIRST_REST_S)
        if rested.any():
            fresh = np.append(rested, False)[np.append(self._owner, np.arange(len(rested)))]
            self.base = np.where(fresh, self._plateaus.mean, self.base)

    def _notice_motion(self, began: float, deviation: Floats, slow: Floats) -> None:
        away = np.abs(deviation) > self._thresholds(slow)
        stretch = away[self._n :].copy()
        cells = self._owner[away[: self._n]]
        stretch[cells[cells < len(stretch)]] = True
        fresh = stretch & ~self._moving & ~np.isnan(self.base[self._n :])
        if fresh.any():
            self._began = np.where(fresh, began, self._began)
            self._fell = np.where(fresh, began, self._fell)
            self._rose = np.where(fresh, began, self._rose)
            self._steepest_fall = np.where(fresh, 0.0, self._steepest_fall)
            self._steepest_rise = np.where(fresh, 0.0, self._steepest_rise)
            self._moving |= fresh

    def _thresholds(self, slow: Floats) -> Floats:
        limit = np.maximum(MOTION_SIGMAS * slow, MOTION_FLOOR_G)
        limit[: self._n] = np.maximum(CELL_SIGMAS * slow[: self._n], CELL_FLOOR_G)
        return limit

    def _mark_slopes(self, began: float, t: float, means: Floats) -> None:
        if not self._moving.any():
            return
        change = (means - self._before)[self._n :]
        middle = 0.5 * (began + t)
        falls, rises = change < self._steepest_fall, change > self._steepest_rise
        self._fell = np.where(falls & self._moving, middle, self._fell)
        self._rose = np.where(rises & self._moving, middle, self._rose)
        self._steepest_fall = np.where(falls, change, self._steepest_fall)
        self._steepest_rise = np.where(rises, change, self._steepest_rise)

    def _follow_drift(self, elapsed: float, deviation: Floats) -> None:
        idle = np.append(~self._moving, True)[np.append(self._owner, np.arange(len(self._stretches)))]
        limit = DRIFT_LIMIT_G_PER_S * elapsed
        follow = np.minimum(np.maximum(deviation * min(elapsed / DRIFT_TIME_S, 1.0), -limit), limit)
        self.base = np.where(idle & ~np.isnan(follow), self.base + follow, self.base)
        self._noise.learn(deviation, idle)

    # -- steps out --------------------------------------------------------------------------------------------------

    def _settled(self, t: float, slow: Floats, sigma: Floats) -> list[Step]:
        if not self._moving.any():
            return []
        flat = t - self._plateaus.since[self._n :]
        candidates = np.flatnonzero(self._moving & (flat >= OFFERED_AFTER_S - SLACK_S))
        return [s for i in candidates if (s := self._offer(int(i), t, slow, sigma)) is not None]

    def _offer(self, i: int, t: float, slow: Floats, sigma: Floats) -> Step | None:
        cells = self._stretches[i]
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
            stretch=self._names[i],
            delta_g=float(delta[at]),
            sigma_g=mean_sigma,
            cells_g=tuple(float(delta[c]) for c in cells),
            cell_sigma_g=float(max(sigma[c] for c in cells)),
            rough_g=float(self._plateaus.rough[at]),
            rest_g=float(slow[at]),
            blocks=int(blocks),
            began=float(self._began[i]),
            fell=float(self._fell[i]),
            rose=float(self._rose[i]),
            settled=float(self._plateaus.since[at]),
            now=t,
            across_gap=bool(self._gap[i]),
        )

    def insignificant(self, step: Step) -> bool:
        """Is this level the old one, as far as noise can tell?"""
        i = self._at[step.stretch]
        limit = self._thresholds(self._noise.slow())
        sums = abs(step.delta_g) <= limit[self._n + i]
        return bool(sums and all(abs(d) <= limit[c] for d, c in zip(step.cells_g, self._stretches[i], strict=True)))

    def accept(self, stretch: int, load_g: float = 0.0) -> None:
        """The present plateau is the stretch's new level, but for `load_g` that lies on it for the moment."""
        i = self._at[stretch]
        cells = self._stretches[i]
        for at in (*cells, self._n + i):
            if not np.isnan(self._plateaus.mean[at]):
                self.base[at] = self._plateaus.mean[at] - (load_g if at >= self._n else load_g / len(cells))
        self.dismiss(stretch)

    def dismiss(self, stretch: int) -> None:
        """Nothing happened: the stretch is idle again on its old level."""
        i = self._at[stretch]
        self._moving[i] = self._gap[i] = False

    def silent(self, stretch: int, t: float) -> bool:
        """Does a cell of the stretch give no reading, for long enough to mean it?"""
        i = self._at[stretch]
        if not t - self._last <= HOLE_S or np.isnan(self.base[self._n + i]):
            return True
        return bool((t - self._glitch.missing_since[self._stretches[i]] > HOLE_S).any())

    def expect(self, stretch: int, delta_g: float) -> None:
        """Somebody saw this much come or go while the stretch was silent: when it speaks again, that is its level."""
        i = self._at[stretch]
        cells = self._stretches[i]
        for at in (*cells, self._n + i):
            self.base[at] += delta_g if at >= self._n else delta_g / len(cells)

    def level_g(self, stretch: int) -> float:
        """Grams on the stretch when it was last at rest, since its last tare; NaN before that."""
        at = self._n + self._at[stretch]
        return float(self.base[at] - self._zero[at])

    def tare(self, stretch: int) -> None:
        """The present level is zero."""
        i = self._at[stretch]
        for at in (*self._stretches[i], self._n + i):
            self._zero[at] = self.base[at]

    def rescale(self, stretch: int, factor: float) -> None:
        """What lies there weighs `factor` times what was thought, and so does everything from here on."""
        i = self._at[stretch]
        cells = self._stretches[i]
        channels = [*cells, self._n + i]
        self._trim.scale(cells, factor)
        self._glitch.scale(cells, factor)
        self._sum[cells] *= factor
        for grams in (self.base, self._zero, self._before):
            grams[channels] *= factor
        self._plateaus.restart(channels)

    def trimmed(self, stretch: int, factor: float = 1.0) -> float:
        """How far its cells are from their configured factor, and would be after `rescale`: 0.03 is 3 %."""
        return self._trim.change(self._stretches[self._at[stretch]], factor)

    def counts_per_gram(self, stretch: int) -> list[float]:
        """Of its cells, as learned."""
        return self._trim.counts_per_gram(self._stretches[self._at[stretch]])

    def noise_g(self, stretch: int) -> float:
        """Sigma of a block's mean of the untouched stretch."""
        return float(self._noise.slow()[self._n + self._at[stretch]])

    def take_levels(self) -> None:
        """Whatever is in motion means nothing: the next rest of these stretches is their base."""
        for name in self._names:
            if self.moving(name):
                for at in (*self._stretches[self._at[name]], self._n + self._at[name]):
                    self.base[at] = np.nan
                self.dismiss(name)

    def resume(self, t: float) -> None:
        """A new process at `t`: levels are from before, times start anew, every stretch is to be weighed again."""
        self._last = t
        self.hole(t)

    def motion(self, stretch: int) -> Motion:
        """How far the stretch is off its level now, and since when."""
        i = self._at[stretch]
        return Motion(float(self._away[i]), float(self._began[i]), float(self._fell[i]), float(self._rose[i]))

    def moving(self, stretch: int) -> bool:
        """Has the stretch left its level?"""
        return bool(self._moving[self._at[stretch]])

    # -- restart ----------------------------------------------------------------------------------------------------

    _STATE = (
        *("_sum", "_samples", "_closed", "_last", "base", "_zero", "_before", "_moving", "_gap", "_began"),
        *("_fell", "_rose", "_steepest_fall", "_steepest_rise", "_away"),
    )

    def snapshot(self) -> Snapshot:
        """Everything that is not configuration."""
        parts = {
            "glitch": self._glitch.snapshot(),
            "noise": self._noise.snapshot(),
            "plateaus": self._plateaus.snapshot(),
            "trim": self._trim.snapshot(),
            "calibration": self._trim.calibration.plain(),
            "stretches": self._stretches,
        }
        return take(self, self._STATE) | parts

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave. Of the same cells in other stretches the levels are kept, and all are weighed again; of
        other cells, or cells calibrated anew, nothing holds any more. ValueError where the state is none."""
        if state["calibration"] != self._trim.calibration.plain():
            return
        self._trim.restore(state["trim"])
        if state["stretches"] != self._stretches:
            self._regroup(state)
            return
        put_back(self, self._STATE, state)
        self._glitch.restore(state["glitch"])
        self._noise.restore(state["noise"])
        self._plateaus.restore(state["plateaus"])

    def _regroup(self, state: Snapshot) -> None:
        """Levels and tares of the cells, summed up as they stand together now."""
        for name in ("base", "_zero"):
            cells = np.array(state[name][: self._n], dtype=np.float64)
            setattr(self, name, np.concatenate([cells, self._sums(cells)]))
        self._last = np.nan if state["_last"] is None else float(state["_last"])
        if not np.isnan(self._last):
            self.hole(self._last)
