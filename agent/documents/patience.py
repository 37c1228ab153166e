"""When to try again what a disk did not take: soon at first, then seldom, and a line in the journal for the first only.

Not here: what is written (store.py), by whom (trials.py).
"""

from __future__ import annotations

from collections.abc import Callable

FIRST_S = 2.0
MOST_S = 60.0  # a disk that is full for a day costs 1,440 tries


class Patience:
    """Of one kind of write. `clock` is monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._pause_s = 0.0  # 0: the last try worked
        self._again_s = 0.0

    @property
    def due(self) -> bool:
        """It may be tried now."""
        return not self._pause_s or self._clock() >= self._again_s

    def worked(self) -> None:
        self._pause_s = 0.0

    def failed(self) -> bool:
        """True: for the first time since it worked, so it is worth a line."""
        first = not self._pause_s
        self._pause_s = FIRST_S if first else min(2 * self._pause_s, MOST_S)
        self._again_s = self._clock() + self._pause_s
        return first
