"""Says whether something moves in the picture, for a hundredth of what a model costs.

Every eighth pixel against a background that follows within seconds. Light that changes everywhere is taken out first,
and a pixel that is restless by itself (noise, a screen, leaves) must differ by more. Pure: same pictures, same answers.
Not here: what follows from it (schedule.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent.vision.frame import Pixels

GRID_PX = 8  # a hand of 30 px still covers 14 points
FOLLOW_S = 2.0  # a thing put down is background after some 3 s; a hand drifting at 10 px/s is not
RESTLESS_S = 60.0  # how long a pixel's own unrest is remembered
LEAST_LEVELS = 12.0  # of 255: below the step of any hand on any shelf, above the mean of two noisy pixels
RESTLESS_TIMES = 6.0  # of its mean deviation: 4.8 sigma of noise, some 3600 points a picture
RESTLESS_MOST = 8.0  # levels; so that no pixel becomes blind to a strong change
GAIN_MOST = 2.0  # of exposure between picture and background; beyond, the light has changed and all is new
POINTS_LEAST = 4  # that differ: a thing of 16 x 16 px

Floats = NDArray[np.float32]


class Motion:
    """Shown each picture in turn."""

    def __init__(self) -> None:
        self._background: Floats | None = None
        self._restless: Floats = np.zeros((0, 0), np.float32)
        self._since_s = 0.0  # how long this background is known
        self._t = 0.0

    def seen(self, t: float, luma: Pixels) -> bool:
        """Whether something moves in the picture (h, w) of time `t`. The first one, one of another size, and one
        older than the last count as motion: nothing is known about them."""
        points, passed_s = sampled(luma), t - self._t
        self._t = t
        if self._background is None or self._background.shape != points.shape or passed_s < 0:
            self._background, self._restless, self._since_s = points, np.zeros_like(points), 0.0
            return True
        differs = np.abs(evened(points, self._background))
        least = np.maximum(LEAST_LEVELS, RESTLESS_TIMES * np.minimum(self._restless, RESTLESS_MOST))
        moves = int(np.count_nonzero(differs > least)) >= POINTS_LEAST
        self._follow(points, differs, passed_s)
        return moves

    def _follow(self, points: Floats, differs: Floats, passed_s: float) -> None:
        assert self._background is not None
        self._since_s += passed_s
        self._background += np.float32(min(1.0, passed_s / FOLLOW_S)) * (points - self._background)
        share = passed_s / min(RESTLESS_S, max(self._since_s, FOLLOW_S))  # a plain mean while little is known
        self._restless += np.float32(min(1.0, share)) * (differs - self._restless)


def sampled(luma: Pixels) -> Floats:
    """(h / 8, w / 8) levels, each the mean of two pixels: half the noise, hardly any cost."""
    half = min(GRID_PX // 2, *(side - 1 for side in luma.shape))
    first, second = luma[::GRID_PX, ::GRID_PX], luma[half::GRID_PX, half::GRID_PX]
    rows, columns = second.shape
    points: Floats = (first[:rows, :columns].astype(np.float32) + second) * np.float32(0.5)
    return points


def evened(points: Floats, background: Floats) -> Floats:
    """What differs once exposure (a factor) and ambient light (a term) are taken out."""
    gain = (float(points.mean()) + 1) / (float(background.mean()) + 1)
    gain = min(max(gain, 1 / GAIN_MOST), GAIN_MOST)
    rest = points - np.float32(gain) * background
    middle = rest.size // 2
    term = np.partition(rest, middle, axis=None)[middle]
    differs: Floats = rest - term
    return differs
