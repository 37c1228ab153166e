"""The levels of one scale's stretches: what whoever judges asks of them and tells them.

A stretch is idle, or in motion until someone says what the new level means (`accept`) or that it means nothing
(`dismiss`); it is called by its index in the planogram. Here is all that a weigher remembers, so a restart is here too.
Not here: how samples move the levels (weigher.py), when a mass may be believed (agent/upkeep.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.messages import Floats, Snapshot
from agent.weighing.arrays import put_back, take
from agent.weighing.blocks import HOLE_S, Blocks
from agent.weighing.calibration import Calibration
from agent.weighing.glitch import GlitchFilter
from agent.weighing.motions import Motions
from agent.weighing.noise import Noise
from agent.weighing.plateau import Plateaus
from agent.weighing.step import Motion, Step
from agent.weighing.stretches import Stretches
from agent.weighing.trim import Trim

MOTION_SIGMAS = 3.0
MOTION_FLOOR_G = 3.0
CELL_SIGMAS = 5.0  # of single cells, of which there are many: goods moved or swapped at equal weight
CELL_FLOOR_G = 6.0


class Levels:
    """State of one scale. Stretches are given as the cell indices they sum; a cell is in at most one of them."""

    def __init__(self, calibration: Calibration, stretches: Sequence[Sequence[int]], names: Sequence[int]) -> None:
        """`names`: each stretch's index in the planogram, by which it is called outside."""
        n, m = len(calibration.tare_counts), len(stretches)
        self._n, self._stretches = n, Stretches(n, stretches, names)
        self._trim, self._glitch = Trim(calibration), GlitchFilter(n)
        self._blocks, self._motions = Blocks(n, self._trim, self._glitch), Motions(m)
        self._noise, self._plateaus = Noise(n + m), Plateaus(n + m)
        self.base = np.full(n + m, np.nan)
        self._zero = np.zeros(n + m)
        self._before = np.full(n + m, np.nan)  # the last block

    # -- asked ------------------------------------------------------------------------------------------------------

    def level_g(self, stretch: int) -> float:
        """Grams on the stretch when it was last at rest, since its last tare; NaN before that."""
        at = self._n + self._stretches.at[stretch]
        return float(self.base[at] - self._zero[at])

    def moving(self, stretch: int) -> bool:
        """Has the stretch left its level?"""
        return bool(self._motions.moving[self._stretches.at[stretch]])

    def motion(self, stretch: int) -> Motion:
        """How far the stretch is off its level now, and since when."""
        return self._motions.of(self._stretches.at[stretch])

    def insignificant(self, step: Step) -> bool:
        """Is this level the old one, as far as noise can tell?"""
        i = self._stretches.at[step.stretch]
        limit = self._thresholds(self._noise.slow())
        sums = abs(step.delta_g) <= limit[self._n + i]
        return bool(
            sums and all(abs(d) <= limit[c] for d, c in zip(step.cells_g, self._stretches.cells_of[i], strict=True))
        )

    def silent(self, stretch: int, t: float) -> bool:
        """Does a cell of the stretch give no reading, for long enough to mean it?"""
        i = self._stretches.at[stretch]
        if not t - self._blocks.last <= HOLE_S or np.isnan(self.base[self._n + i]):
            return True
        return bool((t - self._glitch.missing_since[self._stretches.cells_of[i]] > HOLE_S).any())

    def noise_g(self, stretch: int) -> float:
        """Sigma of a block's mean of the untouched stretch."""
        return float(self._noise.slow()[self._n + self._stretches.at[stretch]])

    def trimmed(self, stretch: int, factor: float = 1.0) -> float:
        """How far its cells are from their configured factor, and would be after `rescale`: 0.03 is 3 %."""
        return self._trim.change(self._stretches.cells_of[self._stretches.at[stretch]], factor)

    def counts_per_gram(self, stretch: int) -> list[float]:
        """Of its cells, as learned."""
        return self._trim.counts_per_gram(self._stretches.cells_of[self._stretches.at[stretch]])

    def _thresholds(self, slow: Floats) -> Floats:
        limit = np.maximum(MOTION_SIGMAS * slow, MOTION_FLOOR_G)
        limit[: self._n] = np.maximum(CELL_SIGMAS * slow[: self._n], CELL_FLOOR_G)
        return limit

    # -- told -------------------------------------------------------------------------------------------------------

    def accept(self, stretch: int, load_g: float = 0.0) -> None:
        """The present plateau is the stretch's new level, but for `load_g` that lies on it for the moment."""
        i = self._stretches.at[stretch]
        cells = self._stretches.cells_of[i]
        for at in self._stretches.channels(i):
            if not np.isnan(self._plateaus.mean[at]):
                self.base[at] = self._plateaus.mean[at] - (load_g if at >= self._n else load_g / len(cells))
        self.dismiss(stretch)

    def dismiss(self, stretch: int) -> None:
        """Nothing happened: the stretch is idle again on its old level."""
        self._motions.end(self._stretches.at[stretch])

    def expect(self, stretch: int, delta_g: float) -> None:
        """Somebody saw this much come or go while the stretch was silent: when it speaks again, that is its level."""
        i = self._stretches.at[stretch]
        cells = self._stretches.cells_of[i]
        for at in self._stretches.channels(i):
            self.base[at] += delta_g if at >= self._n else delta_g / len(cells)

    def tare(self, stretch: int) -> None:
        """The present level is zero."""
        for at in self._stretches.channels(self._stretches.at[stretch]):
            self._zero[at] = self.base[at]

    def rescale(self, stretch: int, factor: float) -> None:
        """What lies there weighs `factor` times what was thought, and so does everything from here on."""
        i = self._stretches.at[stretch]
        channels = self._stretches.channels(i)
        self._blocks.scale(self._stretches.cells_of[i], factor)
        for grams in (self.base, self._zero, self._before):
            grams[channels] *= factor
        self._plateaus.restart(channels)

    def take_levels(self) -> None:
        """Whatever is in motion means nothing: the next rest of these stretches is their base."""
        for name in self._stretches.names:
            if self.moving(name):
                self.base[self._stretches.channels(self._stretches.at[name])] = np.nan
                self.dismiss(name)

    def hole(self, t: float) -> None:
        """The stream stood still: what is found behind the hole happened somewhere in it."""
        self._blocks.restart()
        self._plateaus.restart()
        last = self._blocks.last
        self._motions.begin_unseen(~np.isnan(self.base[self._n :]), t if np.isnan(last) else last)

    def resume(self, t: float) -> None:
        """A new process at `t`: levels are from before, times start anew, every stretch is to be weighed again."""
        self._blocks.resume(t)
        self.hole(t)

    # -- restart ----------------------------------------------------------------------------------------------------

    _STATE = ("base", "_zero", "_before")

    def snapshot(self) -> Snapshot:
        """Everything that is not configuration."""
        parts = {
            "glitch": self._glitch.snapshot(),
            "noise": self._noise.snapshot(),
            "plateaus": self._plateaus.snapshot(),
            "trim": self._trim.snapshot(),
            "calibration": self._trim.calibration.plain(),
            "stretches": self._stretches.cells_of,
        }
        return self._blocks.snapshot() | take(self, self._STATE) | self._motions.snapshot() | parts

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave. Of the same cells in other stretches the levels are kept, and all are weighed again; of
        other cells, or cells calibrated anew, nothing holds any more. ValueError where the state is none."""
        if state["calibration"] != self._trim.calibration.plain():
            return
        self._trim.restore(state["trim"])
        if state["stretches"] != self._stretches.cells_of:
            self._regroup(state)
            return
        self._blocks.restore(state)
        put_back(self, self._STATE, state)
        self._motions.restore(state)
        self._glitch.restore(state["glitch"])
        self._noise.restore(state["noise"])
        self._plateaus.restore(state["plateaus"])

    def _regroup(self, state: Snapshot) -> None:
        """Levels and tares of the cells, summed up as they stand together now."""
        for name in ("base", "_zero"):
            cells = np.array(state[name][: self._n], dtype=np.float64)
            setattr(self, name, np.concatenate([cells, self._stretches.sums(cells)]))
        last = np.nan if state["_last"] is None else float(state["_last"])
        self._blocks.resume(last)
        if not np.isnan(last):
            self.hole(last)
