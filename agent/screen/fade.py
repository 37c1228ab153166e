"""From one picture to the next: a cross-fade in whole numbers.

Steps follow the clock, not each other: where the panel is slow there are fewer, and the fade takes no longer.
Not here: when one begins, and drawing (programme.py, loop.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from agent.screen.protocol import Picture

STEP_S = 1 / 30  # more than the 25 a second that an eye takes for smooth
LEVELS = 128  # 255 * 128 fits into 16 bits with its sign
FEWEST_STEPS = 2  # a fade of fewer is a flicker: then at once
LEARN = 0.25  # how much the newest step counts in what a step is known to cost


class Fade:
    """One cross-fade over `seconds` from `began_s`."""

    def __init__(self, before: Picture, after: Picture, began_s: float, seconds: float) -> None:
        self.after, self.ends_s = after, began_s + seconds
        self._before = before.astype(np.int16)
        self._difference = after.astype(np.int16) - self._before
        self._began_s, self._seconds = began_s, seconds
        self._mixed: NDArray[np.int16] = np.empty_like(self._before)

    def at(self, t: float) -> Picture:
        """The mixture that belongs to this moment; behind the end the picture itself."""
        level = int(LEVELS * (t - self._began_s) / self._seconds)
        if level >= LEVELS:
            return self.after
        np.multiply(self._difference, max(0, level), out=self._mixed)
        np.right_shift(self._mixed, 7, out=self._mixed)
        np.add(self._mixed, self._before, out=self._mixed)
        return self._mixed.astype(np.uint8)


class Pace:
    """How long a step of a fade takes on this panel, as measured, and what follows."""

    def __init__(self) -> None:
        self.step_cost_s = 0.0

    def took(self, seconds: float) -> None:
        """A step was mixed and written."""
        self.step_cost_s += LEARN * (seconds - self.step_cost_s) if self.step_cost_s else seconds

    @property
    def step_s(self) -> float:
        """From one step to the next: the rest of the device needs time too."""
        return max(STEP_S, 2 * self.step_cost_s)

    def worth_it(self, seconds: float) -> bool:
        """A fade so long has enough steps to be one."""
        return seconds >= FEWEST_STEPS * self.step_s
