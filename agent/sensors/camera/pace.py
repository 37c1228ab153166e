"""When the next picture is due, and what a camera's time-stamp is on the agent's clock. Pure."""

from __future__ import annotations

OLDEST_S = 5.0  # a stamp older than this, or from the future, was made with another clock
FUTURE_S = 0.1
EARLY = 0.25  # of a period: a camera that is a little quick loses no picture


class Pace:
    """Lets pictures pass at `rate_hz` at most, evenly, however fast they come."""

    def __init__(self, rate_hz: float) -> None:
        self.period_s = 1.0 / rate_hz
        self._due_s: float | None = None

    def wait_s(self, now_s: float) -> float:
        """How long until a picture may pass; 0: now."""
        if self._due_s is None:
            return 0.0
        return max(0.0, self._due_s - EARLY * self.period_s - now_s)

    def passes(self, t: float) -> bool:
        """Whether the picture taken at `t` may pass; if so, the next is due a period later."""
        if self.wait_s(t) > 0:
            return False
        due_s = t if self._due_s is None else self._due_s
        self._due_s = max(due_s, t - self.period_s) + self.period_s  # after a pause nothing is made up for
        return True


def sensor_time(stamp_s: float | None, now_s: float) -> float:
    """The stamp where it can be meant, both monotonic seconds; else the moment of reading. Some drivers stamp with the
    wall clock, some with nothing."""
    if stamp_s is None or not now_s - OLDEST_S <= stamp_s <= now_s + FUTURE_S:
        return now_s
    return min(stamp_s, now_s)
