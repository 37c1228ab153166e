"""The thread that reads the camera: frames into the slot while it is there, SensorLost and SensorBack to the core.

Opens again with back-off, so that a camera that is back is seen within 5 s; the weights go on alone meanwhile. A black
picture is told and waited out: opening again would not light it. Where the library hangs (`stuck`), a new process is
the only cure: it is asked for once, and only if this one has had pictures, so that a broken camera never takes the
weighing down again and again. Anything but a CameraError is a bug and ends the thread.
Not here: whether a picture can be believed (watch.py), the rate (health.py), who looks at the frames (vision/).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable

from agent.config import schema
from agent.messages import Observation, SensorBack, SensorLost
from agent.sensors.camera.driver import open_camera
from agent.sensors.camera.protocol import Camera, CameraError
from agent.sensors.camera.watch import Watch
from agent.vision.frame import Frame
from agent.vision.slot import Slot

STREAM = "camera"
FIRST_BACKOFF_S = 0.5
LONGEST_BACKOFF_S = 2.0  # leaves 3 of the 5 s to the camera's start
SILENCE_S = 2.0  # without a picture
START_S = 5.0  # until the first one; libcamera takes 1-2 s on a Pi (reported), a webcam as long
STUCK_S = 30.0  # the library may still come back
GONE = ("unplugged", "silent", "not_found", "busy")  # one loss, as seen by one attempt after the other


class CameraHangsError(Exception):
    """Nobody but a new process can have the camera again; the supervisor makes one."""


class CameraReader:
    """`run` is the body of the thread; `stop` may come from any other and wakes it."""

    def __init__(
        self,
        config: schema.Camera,
        slot: Slot,
        put: Callable[[Observation], object],
        *,
        open_camera: Callable[[schema.Camera, Callable[[], float]], Camera] = open_camera,
        clock: Callable[[], float] = time.monotonic,
        beat: Callable[[], None] = lambda: None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self._config, self._slot, self._put = config, slot, put
        self._open, self._clock, self._beat = open_camera, clock, beat
        self._stopping = threading.Event()
        self._wait = wait or self._stopping.wait
        self._camera: Camera | None = None
        self._watch = Watch(config)
        self._trouble: str | None = None  # code under which the stream was reported lost
        self._newest_s = -math.inf
        self._had_pictures = False
        self._stuck_since_s: float | None = None
        self._backoff_s = FIRST_BACKOFF_S

    def run(self) -> None:
        """Reads until `stop`. CameraHangsError where the process has to start anew."""
        while not self._stopping.is_set():
            self._beat()
            try:
                self._camera = self._open(self._config, self._clock)
                self._stuck_since_s = None
                self._follow(self._camera)
            except CameraError as error:
                self._lose(error)
                self._judge_stuck(error)
            finally:
                self._let_go()
            self._wait(self._backoff_s)
            self._backoff_s = min(2 * self._backoff_s, LONGEST_BACKOFF_S)

    def stop(self) -> None:
        """Ends `run`, also when it waits for a picture."""
        self._stopping.set()
        self._let_go()

    def _follow(self, camera: Camera) -> None:
        """Hands on frames; CameraError when the camera has gone, is silent, or shows what cannot be."""
        heard_s, patience_s = self._clock(), START_S
        while not self._stopping.is_set():
            self._beat()
            frame = camera.read()
            if frame is not None:
                heard_s, patience_s = self._clock(), max(SILENCE_S, 2.5 / self._config.rate_hz)
                self._hear(frame)
            elif self._clock() - heard_s >= patience_s:
                raise CameraError("silent", self._silence(patience_s))

    def _hear(self, frame: Frame) -> None:
        """One picture: judged, and handed on where it is good and new."""
        wrong = self._watch.judge(frame)
        if wrong is not None:
            if wrong.code != "black":
                raise wrong
            self._lose(wrong)
            return
        self._backoff_s = FIRST_BACKOFF_S
        if frame.t <= self._newest_s:
            return
        if self._trouble is not None:
            self._put(SensorBack(frame.t, STREAM))
            self._trouble = None
        self._newest_s, self._had_pictures = frame.t, True
        self._slot.put(frame)

    def _lose(self, error: CameraError) -> None:
        """Says it once for each reason, not at each attempt; a camera that was unplugged and is not found is one."""
        again = error.code == self._trouble or (error.code in GONE and self._trouble in GONE)
        if not again and not self._stopping.is_set():
            self._trouble = error.code
            self._put(SensorLost(self._clock(), STREAM, error.code, str(error)))

    def _judge_stuck(self, error: CameraError) -> None:
        if error.code != "stuck":
            return
        now = self._clock()
        self._stuck_since_s = now if self._stuck_since_s is None else self._stuck_since_s
        if self._had_pictures and now - self._stuck_since_s >= STUCK_S:
            raise CameraHangsError(f"{error} (the process starts anew by itself, once)") from error

    def _silence(self, seconds: float) -> str:
        return (
            f"the camera has sent no picture for {seconds:.1f} s: check its cable at both ends and its power; "
            "it is opened again by itself"
        )

    def _let_go(self) -> None:
        camera = self._camera
        if camera is not None:
            camera.close()
