"""What the light shows, as a pattern in time: a slow one for each mode, a quick one for "here I am".

`Light` is how other threads speak to it; the buttons' thread asks when it is to be on. Not here: pins (driver.py), when
which pattern is due (agent/buttons.py).
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from agent.messages import Lamp

# Seconds on, off, on, off ...; again from the start. A person tells them apart from across the aisle.
PATTERNS: dict[str, tuple[float, ...]] = {
    "on": (math.inf,),
    "staff": (1.0, 1.0),
    "maintenance": (0.1, 0.2, 0.1, 1.6),
    "fault": (0.25, 0.25),
    "flash": (0.0625, 0.0625),
    "dark": (0.0, math.inf),
}
SIGNALS: dict[str, tuple[float, ...]] = {  # once, beginning with darkness
    "done": (0.0, 0.3, 0.8, 0.3, 0.8, 0.3),
    "refused": (0.0, 0.3, *(0.1, 0.1) * 5, 0.0, 0.2),
}

log = logging.getLogger(__name__)


def lit(pattern: tuple[float, ...], since_s: float) -> tuple[bool, float]:
    """Is a pattern that began `since_s` ago on, and for how many seconds more?"""
    period_s = sum(pattern)
    at_s = since_s % period_s if math.isfinite(period_s) else since_s
    for i, length_s in enumerate(pattern):
        if at_s < length_s:
            return i % 2 == 0, length_s - at_s
        at_s -= length_s
    return len(pattern) % 2 == 1, 0.0  # rounded to the very end


@dataclass(frozen=True, slots=True)
class _Show:
    """One pattern from `since_s` until `until_s`."""

    pattern: tuple[float, ...]
    since_s: float
    until_s: float = math.inf


class Light:
    """Told from any thread; `at` is asked by the buttons' thread, which `wake` wakes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._name = "dark"
        self._lasting = _Show(PATTERNS["dark"], clock())
        self._passing: _Show | None = None  # over the lasting one
        self.wake: Callable[[], None] = lambda: None

    def show(self, lamp: Lamp) -> None:
        """From here on this pattern; after a press first how it went."""
        if lamp.says:
            log.info("%s", lamp.says)
        now_s = self._clock()
        with self._lock:
            if lamp.pattern != self._name:
                self._name, self._lasting = lamp.pattern, _Show(PATTERNS[lamp.pattern], now_s)
            if lamp.signal:
                signal = SIGNALS[lamp.signal]
                self._passing = _Show(signal, now_s, now_s + sum(signal))
        self.wake()

    def flash(self, seconds: float) -> None:
        """Here I am; over everything else."""
        now_s = self._clock()
        with self._lock:
            self._passing = _Show(PATTERNS["flash"], now_s, now_s + seconds)
        self.wake()

    def at(self, t: float) -> tuple[bool, float]:
        """Is it on at `t`, and when does that change at the earliest? inf: not before somebody says so."""
        with self._lock:
            if self._passing is not None and t >= self._passing.until_s:
                self._passing = None
            show = self._passing or self._lasting
        on, left_s = lit(show.pattern, max(0.0, t - show.since_s))
        return on, min(t + left_s, show.until_s)
