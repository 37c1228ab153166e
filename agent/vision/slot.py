"""Where the newest picture waits for the detectors: one place, and a newer picture takes it from an older one.

`put` never blocks, so a slow model costs pictures and never their age: measured at 30 pictures a second against 90 ms
of inference, a result is 108 ms old; behind an unbounded queue 2.5 s after four seconds, and growing.
Not here: who takes the pictures (sensors/camera/), who looks at them (loop.py).
"""

from __future__ import annotations

import threading

from agent.vision.frame import Frame


class Slot:
    """One producer or several, one taker. After `close` nothing goes in, and a waiting `take` returns at once."""

    def __init__(self) -> None:
        self.put_count = 0
        self.replaced_count = 0  # pictures that a newer one took the place of
        self._frame: Frame | None = None
        self._closed = False
        self._changed = threading.Condition()

    def put(self, frame: Frame) -> None:
        """Any thread; replaces the picture that waits, if one does."""
        with self._changed:
            if self._closed:
                return
            self.put_count += 1
            self.replaced_count += self._frame is not None
            self._frame = frame
            self._changed.notify()

    def take(self, timeout_s: float) -> Frame | None:
        """The newest picture not yet taken; None when none came in time, or the slot is closed."""
        with self._changed:
            if self._frame is None and not self._closed:
                self._changed.wait(timeout_s)
            frame, self._frame = self._frame, None
            return frame

    @property
    def closed(self) -> bool:
        return self._closed

    def close(self) -> None:
        """Wakes `take`, drops what waits; may be called twice and from any thread."""
        with self._changed:
            self._closed, self._frame = True, None
            self._changed.notify_all()
