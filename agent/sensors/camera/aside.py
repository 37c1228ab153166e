"""Runs a camera library that may hang in a daemon thread of its own, so that nobody else ever waits for it.

libcamera and V4L2 calls have no time-out: a cable that moves blocks `stop` for ever, a lost interrupt blocks the read
(picamera2 issues 962, 1264, 1275). The thread cannot be killed, and one more for each new attempt would pile up. So
there is one place in the process for such a thread: as long as the last one has not come back, opening says `stuck`.
Not here: what is done about it (reader.py ends the process where a new one may help).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Protocol

from agent.sensors.camera.protocol import READ_TIMEOUT_S, CameraError
from agent.vision.frame import Frame

LEAVE_S = 1.0  # how long `close` waits for the thread; libcamera's stop takes 0.1-0.3 s where it works


class Source(Protocol):
    """A camera as its library has it. All of it is called by the thread aside alone, and all of it may hang."""

    def grab(self, stopping: threading.Event) -> Frame | None:
        """The next picture; None where there is none to hand on. CameraError when the camera is lost."""
        ...

    def release(self) -> None:
        """Gives the camera back to the system."""
        ...


class Place:
    """Where the one thread is; the process has one, tests have their own."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def enter(self, thread: threading.Thread, name: str) -> None:
        """CameraError `stuck` while somebody is still in there."""
        with self.lock:
            if self.thread is not None and self.thread.is_alive():
                raise CameraError(
                    "stuck",
                    f"the library of camera {name} hangs in its last call and holds the camera: restart the agent; "
                    "where that does not help, switch the device off and on",
                )
            self.thread = thread
            thread.start()


PLACE = Place()


class AsideCamera:
    """A `Camera` whose `opening` (to the `Source`) and grabbing happen in the thread aside; only the newest picture is
    kept. Errors of opening come out of the first `read`."""

    def __init__(self, name: str, opening: Callable[[], Source], place: Place = PLACE) -> None:
        self._opening = opening
        self._changed = threading.Condition()
        self._stopping = threading.Event()
        self._frame: Frame | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="camera library", daemon=True)
        place.enter(self._thread, name)

    def read(self) -> Frame | None:
        """See Camera."""
        with self._changed:
            if self._frame is None and self._error is None and not self._stopping.is_set():
                self._changed.wait(READ_TIMEOUT_S)
            frame, self._frame = self._frame, None
            if frame is None and self._error is not None:
                raise self._error
            return frame

    def close(self) -> None:
        """See Camera. Waits a moment for the library to let go, never longer."""
        self._stopping.set()
        with self._changed:
            self._changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(LEAVE_S)

    def _run(self) -> None:
        try:
            source = self._opening()
            try:
                while not self._stopping.is_set():
                    self._hand_on(source.grab(self._stopping))
            finally:
                source.release()
        except CameraError as error:
            self._fail(error)
        except BaseException as error:  # a mistake of ours ends the reader's thread, not this one alone
            self._fail(error)
            raise

    def _hand_on(self, frame: Frame | None) -> None:
        if frame is not None:
            with self._changed:
                self._frame = frame
                self._changed.notify_all()

    def _fail(self, error: BaseException) -> None:
        with self._changed:
            self._error = error
            self._changed.notify_all()
