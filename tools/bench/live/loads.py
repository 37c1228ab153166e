"""The load on every cell at one moment after the other, while curves are still added.

The same sums as `tools/bench/loads.render`, which knows the whole play beforehand. Not here: who causes a load.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.bench.loads import Curve, Floats, level


class Loads:
    """For moments that only grow. A curve that has run out becomes part of what simply lies there."""

    def __init__(self, n: int) -> None:
        self._lies_g: Floats = np.zeros(n)
        self._moving: list[Curve] = []

    def add(self, curves: Sequence[Curve]) -> None:
        """None of them may begin before the last moment that was asked for: that load was felt without it."""
        self._moving += curves

    def at(self, t_s: float) -> Floats:
        """`(n,)` grams."""
        over = [curve for curve in self._moving if t_s >= curve.times_s[-1]]
        for curve in over:
            self._lies_g[list(curve.cells)] += curve.levels[-1] * np.asarray(curve.grams)
            self._moving.remove(curve)
        load_g, moment = self._lies_g.copy(), np.array([t_s])
        for curve in self._moving:
            if t_s >= curve.times_s[0]:
                load_g[list(curve.cells)] += level(curve, moment)[0] * np.asarray(curve.grams)
        return load_g
