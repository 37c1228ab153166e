"""Which stretches have left their level, since when, and when they fell and rose most steeply.

Not here: how far a level may stray before it is motion, and what a motion meant (weigher.py, fusion/).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent.messages import Floats, Snapshot
from agent.weighing.arrays import put_back, take
from agent.weighing.step import Motion


class Motions:
    """Of `m` stretches."""

    def __init__(self, m: int) -> None:
        self._moving = np.zeros(m, dtype=bool)
        self._gap = np.zeros(m, dtype=bool)
        self._began, self._fell, self._rose = (np.full(m, np.nan) for _ in range(3))
        self._steepest_fall, self._steepest_rise = np.zeros(m), np.zeros(m)
        self._away = np.zeros(m)  # grams between level and base, of stretches in motion

    @property
    def moving(self) -> NDArray[np.bool_]:
        """`(m,)`; to be read only."""
        return self._moving

    def across_gap(self, i: int) -> bool:
        """Were readings missing while it was in motion?"""
        return bool(self._gap[i])

    def of(self, i: int) -> Motion:
        """How far it is off its level now, and since when."""
        return Motion(float(self._away[i]), float(self._began[i]), float(self._fell[i]), float(self._rose[i]))

    def begin(self, fresh: NDArray[np.bool_], t: float) -> None:
        """The `fresh` ones left their level at `t`."""
        self._date(fresh, t)
        self._steepest_fall = np.where(fresh, 0.0, self._steepest_fall)
        self._steepest_rise = np.where(fresh, 0.0, self._steepest_rise)
        self._moving |= fresh

    def begin_unseen(self, known: NDArray[np.bool_], since: float) -> None:
        """Nothing was read for a while: the `known` ones may have moved, at the earliest when that began."""
        self._date(known & ~self._moving, since)
        self._steepest_fall = np.where(self._moving, self._steepest_fall, 0.0)
        self._steepest_rise = np.where(self._moving, self._steepest_rise, 0.0)
        self._gap |= known
        self._moving |= known

    def begin_silent(self, i: int, since: float) -> None:
        """The same of one stretch, a cell of which was silent."""
        if not self._moving[i]:
            self._began[i] = self._fell[i] = self._rose[i] = since
            self._steepest_fall[i] = self._steepest_rise[i] = 0.0
        self._moving[i] = self._gap[i] = True

    def _date(self, fresh: NDArray[np.bool_], t: float) -> None:
        self._began = np.where(fresh, t, self._began)
        self._fell = np.where(fresh, t, self._fell)
        self._rose = np.where(fresh, t, self._rose)

    def mark_slopes(self, t: float, change: Floats) -> None:
        """By how many grams each sum changed from the block before to the one around `t`."""
        falls, rises = change < self._steepest_fall, change > self._steepest_rise
        self._fell = np.where(falls & self._moving, t, self._fell)
        self._rose = np.where(rises & self._moving, t, self._rose)
        self._steepest_fall = np.where(falls, change, self._steepest_fall)
        self._steepest_rise = np.where(rises, change, self._steepest_rise)

    def stand(self, away: Floats) -> None:
        """How far each is off its level now; NaN: nobody knows."""
        self._away = np.where(self._moving & ~np.isnan(away), away, 0.0)

    def end(self, i: int) -> None:
        """It is idle again."""
        self._moving[i] = self._gap[i] = False

    _STATE = ("_moving", "_gap", "_began", "_fell", "_rose", "_steepest_fall", "_steepest_rise", "_away")

    def snapshot(self) -> Snapshot:
        """Arrays by name."""
        return take(self, self._STATE)

    def restore(self, state: Snapshot) -> None:
        """What `snapshot` gave."""
        put_back(self, self._STATE, state)
