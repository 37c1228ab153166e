"""What the agent asks of a camera, and the errors every driver speaks.

Not here: the picture (vision/frame.py), drivers (one file a kind), whether pictures make sense (watch.py), the thread
that reads (reader.py).
"""

from __future__ import annotations

from typing import Protocol

from agent.vision.frame import Frame

READ_TIMEOUT_S = 0.2  # a read that gets no picture returns after this
LIVE = ("picamera2", "v4l2")  # drivers behind which a sensor is, with a sensor's noise; the others play what was kept


class CameraError(Exception):
    """No pictures can be had. `code` is one word for machines, the message a sentence that says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Camera(Protocol):
    """A source of pictures. Stateful, used by one thread, except `close`, which wakes a blocked `read`."""

    def read(self) -> Frame | None:
        """The newest picture not yet read, stamped with the sensor's time on the monotonic clock; None when none came
        within the driver's time-out, so that the caller can look at its stop flag. CameraError when it is lost."""
        ...

    def close(self) -> None:
        """Let go of the camera; may be called twice and from another thread."""
        ...
