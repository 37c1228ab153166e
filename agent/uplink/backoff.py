"""How long to wait before the next try to connect: longer each time, never the same for two devices.

After a power cut in a store a hundred shelves start at the same second; chance spreads them.
"""

from __future__ import annotations

import random

FIRST_S = 1.0
MOST_S = 60.0


class Backoff:
    """Doubles from `first_s` to `most_s`; the second half of each pause is drawn."""

    def __init__(self, rng: random.Random, first_s: float = FIRST_S, most_s: float = MOST_S) -> None:
        self._rng = rng
        self._first_s = first_s
        self._most_s = most_s
        self._tries = 0

    def next_s(self) -> float:
        """Between `first_s` and `most_s`."""
        whole_s = min(self._most_s, self._first_s * 2.0 ** min(self._tries, 32))
        self._tries += 1
        return max(self._first_s, self._rng.uniform(whole_s / 2, whole_s))

    def reset(self) -> None:
        """After a connection that was of use."""
        self._tries = 0
