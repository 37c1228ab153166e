"""The thread that reads one scale: Counts while it is there, SensorLost and SensorBack when it goes and comes.

Knows nothing of ports and bytes: any `Scale` will do. Opens again with back-off, so that a scale that is back is heard
within 5 s; a missing reading stays missing. Anything but a ScaleError is a bug and ends the thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from agent.config import schema
from agent.messages import Counts, Gap, Observation, SensorBack, SensorLost
from agent.sensors.scale.driver import open_scale
from agent.sensors.scale.protocol import Scale, ScaleError, patience_s

FIRST_BACKOFF_S = 0.2
LONGEST_BACKOFF_S = 2.0  # leaves 3 of the 5 s to a box that must start first
SILENCE_MARGIN_S = 0.5  # so that a driver that knows more (garbage) speaks first


class ScaleReader:
    """`run` is the body of the thread; `stop` may come from any other and wakes it."""

    def __init__(
        self,
        config: schema.Scale,
        put: Callable[[Observation], None],
        *,
        open_scale: Callable[[schema.Scale, Callable[[], float]], Scale] = open_scale,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.stream = f"scale/{config.name}"
        self._config, self._put, self._open, self._clock = config, put, open_scale, clock
        self._stopping = threading.Event()
        self._scale: Scale | None = None
        self._trouble: str | None = None  # code under which the stream was reported lost
        self._backoff_s = FIRST_BACKOFF_S

    def run(self) -> None:
        """Reads until `stop`."""
        while not self._stopping.is_set():
            try:
                self._scale = self._open(self._config, self._clock)
                self._follow(self._scale)
            except ScaleError as error:
                self._lose(error)
            finally:
                self._let_go()
            self._stopping.wait(self._backoff_s)
            self._backoff_s = min(2 * self._backoff_s, LONGEST_BACKOFF_S)

    def stop(self) -> None:
        """Ends `run`, also when it waits for a reading."""
        self._stopping.set()
        self._let_go()

    def _follow(self, scale: Scale) -> None:
        """Hands on what the scale says; ScaleError when it has gone or has said nothing for too long."""
        patience = patience_s(self._config.rate_hz) + SILENCE_MARGIN_S
        heard_at, lost = self._clock(), scale.lost
        while not self._stopping.is_set():
            counts = scale.read()
            if counts is not None:
                heard_at = counts.t
                self._hear(counts, scale.lost - lost)
                lost = scale.lost
            elif self._clock() - heard_at >= patience:
                raise ScaleError("silent", self._silence(patience))

    def _hear(self, counts: Counts, lost: int) -> None:
        if self._trouble is not None:
            if not np.isfinite(counts.values).any():
                return  # a box that only complains is not back
            self._put(SensorBack(counts.t, self.stream))
            self._trouble = None
        if lost:
            self._put(Gap(counts.t, self.stream, lost, "lost on the line"))
        self._backoff_s = FIRST_BACKOFF_S
        self._put(counts)

    def _lose(self, error: ScaleError) -> None:
        """Says it once for each reason, not at each attempt; an unplugged port that is then not found is one loss."""
        again = error.code == self._trouble or (error.code, self._trouble) == ("not_found", "unplugged")
        if not again and not self._stopping.is_set():
            self._trouble = error.code
            self._put(SensorLost(self._clock(), self.stream, error.code, str(error)))

    def _silence(self, seconds: float) -> str:
        return (
            f'scale "{self._config.name}": nothing for {seconds:.1f} s: check its power, the cable at both ends, '
            "and whether it must be asked (`poll_s`)"
        )

    def _let_go(self) -> None:
        scale = self._scale
        if scale is not None:
            scale.close()
