"""A camera that is not there: the scene of paint.py behind a sensor and a cable that can fail.

For tests, demonstrations and training: `fake.hand(x, y)` reaches in, each fault is one call. On a simulated clock it is
as fast as the processor; on the real one it keeps its rate.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

import numpy as np

from agent.config import schema
from agent.sensors.camera.paint import Hand, noise, noisy, shelf, with_hand
from agent.sensors.camera.protocol import READ_TIMEOUT_S, CameraError
from agent.vision.frame import Frame, Pixels


class FakeCamera:
    """A `Camera` that paints. `wait` passes the time of `clock`; left out, it is real and `close` wakes it."""

    def __init__(
        self,
        config: schema.Camera,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
        *,
        seed: int = 0,
    ) -> None:
        self._config, self._clock, self._seed = config, clock, seed
        self._closed, self._lock = threading.Event(), threading.Lock()
        self._wait = wait or self._closed.wait
        self._due_s: float | None = None
        self._number = 0  # pictures so far
        self._hand: Hand | None = None
        self._present, self._black, self._stalled_until_s = True, False, -math.inf
        self._still: Pixels | None = None
        self.resize(config.width, config.height)

    # -- the Camera ---------------------------------------------------------------------------------------------------

    def read(self) -> Frame | None:
        """See Camera. Pictures are due at the configured rate; such as nobody fetched are gone."""
        with self._lock:
            self._check("unplugged")
            now = self._clock()
            due_s = max(now if self._due_s is None else self._due_s, self._stalled_until_s)
        if due_s > now:
            self._wait(min(due_s - now, READ_TIMEOUT_S))
        with self._lock:
            self._check("unplugged")
            now = self._clock()
            if self._closed.is_set() or now < max(due_s, self._stalled_until_s):
                return None
            self._due_s = max(due_s, now - 1 / self._config.rate_hz) + 1 / self._config.rate_hz
            return Frame(now, self._paint())

    def close(self) -> None:
        """See Camera."""
        self._closed.set()

    def open(self, config: schema.Camera, clock: Callable[[], float]) -> FakeCamera:
        """Stands in for `open_camera`: the same scene, opened again. CameraError while it is away."""
        with self._lock:
            self._check("not_found")
            self._closed.clear()
            self._due_s = None
        return self

    # -- what a person does -------------------------------------------------------------------------------------------

    def hand(self, x_px: float, y_px: float) -> None:
        """A hand is at this place from now on."""
        with self._lock:
            self._hand = Hand(x_px, y_px, self._config.width / 22)

    def hand_away(self) -> None:
        """Nobody reaches in."""
        with self._lock:
            self._hand = None

    # -- faults -------------------------------------------------------------------------------------------------------

    def stall(self, seconds: float = math.inf) -> None:
        """No picture comes for so long; 0: it goes on."""
        with self._lock:
            self._stalled_until_s = self._clock() + seconds

    def vanish(self) -> None:
        """The cable is pulled."""
        with self._lock:
            self._present = False

    def come_back(self) -> None:
        """The cable is in again."""
        with self._lock:
            self._present = True

    def go_black(self, black: bool = True) -> None:
        """A cap on the lens: noise and nothing else."""
        with self._lock:
            self._black = black

    def freeze(self, frozen: bool = True) -> None:
        """The driver gives the last picture for ever."""
        with self._lock:
            self._still = self._picture() if frozen else None

    def resize(self, width: int, height: int) -> None:
        """Another program has set another size."""
        with self._lock:
            self._background, self._grain = shelf(width, height), noise(width, height, self._seed)

    def _check(self, code: str) -> None:
        if not self._present:
            raise CameraError(code, "the fake camera's cable is pulled: put it in again with come_back()")

    def _paint(self) -> Pixels:
        self._number += 1
        return self._picture() if self._still is None else self._still

    def _picture(self) -> Pixels:
        scene = self._background if self._hand is None else with_hand(self._background, self._hand)
        return noisy(np.zeros_like(scene) if self._black else scene, self._grain, self._number)
