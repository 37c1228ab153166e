"""How often something may happen: many times at once after a quiet while, seldom for ever.

Not here: what waits meanwhile (keeper.py).
"""

from __future__ import annotations

import logging
from collections.abc import Callable

ALMOST = 1e-9  # of one: sums of times are never quite whole
LINES, LINE_S = 10, 5.0  # in the journal: so many at once, then one in this time


class Bucket:
    """Holds `most`, and gets one more each `every_s`; used by one thread."""

    def __init__(self, most: int, every_s: float, clock: Callable[[], float]) -> None:
        self._most, self._every_s, self._clock = most, every_s, clock
        self._holds, self._at_s = float(most), clock()

    def wait_s(self) -> float:
        """How long until the next may happen; 0: now."""
        now_s = self._clock()
        self._holds = min(self._most, self._holds + (now_s - self._at_s) / self._every_s)
        self._at_s = now_s
        return 0.0 if self._holds >= 1.0 - ALMOST else (1.0 - self._holds) * self._every_s

    def take(self) -> bool:
        """Takes one, where there is one."""
        if self.wait_s() > 0.0:
            return False
        self._holds -= 1.0
        return True


class Lines:
    """Warnings in the journal. What is left out is counted, and the next line says so."""

    def __init__(self, log: logging.Logger, clock: Callable[[], float]) -> None:
        self._log, self._bucket, self._left_out = log, Bucket(LINES, LINE_S, clock), 0

    def warn(self, line: str) -> None:
        if not self._bucket.take():
            self._left_out += 1
            return
        more = f" ({self._left_out} lines like this one were left out before it)" if self._left_out else ""
        self._left_out = 0
        self._log.warning("documents: %s%s", line, more)
