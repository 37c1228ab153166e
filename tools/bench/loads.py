"""What lies and presses on each cell over a whole play, as one array: the load before the cells' physics.

Every change of load is a `Curve`: levels at given moments, smooth between them, the last level held for ever.
Not here: who causes them (stage.py), noise, drift and crosstalk (agent/sensors/scale/physics.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """`grams` on `cells`, times a level that runs smoothly through `levels` at `times_s` (ascending)."""

    times_s: tuple[float, ...]
    levels: tuple[float, ...]
    cells: tuple[int, ...]
    grams: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Shake:
    """A row of plates swings: somebody knocks against it or leans on it."""

    t_s: float
    row: int
    grams: float
    lasts_s: float


def render(curves: Sequence[Curve], t_s: Floats, n: int) -> Floats:
    """`(len(t_s), n)` grams. Cost grows with the length of the curves, not of the play."""
    load_g, held_g = np.zeros((len(t_s), n)), np.zeros((len(t_s) + 1, n))
    for curve in curves:
        begin, end = np.searchsorted(t_s, (curve.times_s[0], curve.times_s[-1]))
        grams, cells = np.asarray(curve.grams), list(curve.cells)
        load_g[begin:end, cells] += np.outer(level(curve, t_s[begin:end]), grams)
        held_g[end, cells] += curve.levels[-1] * grams
    return load_g + np.cumsum(held_g[:-1], axis=0)


def level(curve: Curve, t_s: Floats) -> Floats:
    """The curve's level at `t_s`: smoothstep between its points, its first and last level outside."""
    times, levels = np.asarray(curve.times_s), np.asarray(curve.levels)
    after = np.clip(np.searchsorted(times, t_s, side="right"), 1, len(times) - 1)
    x = np.clip((t_s - times[after - 1]) / (times[after] - times[after - 1]), 0.0, 1.0)
    return np.asarray(levels[after - 1] + (levels[after] - levels[after - 1]) * x * x * (3 - 2 * x), dtype=np.float64)
