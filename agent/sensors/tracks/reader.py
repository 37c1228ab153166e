"""The thread that reads the tracker: Tracks while it is there, SensorLost and SensorBack when it goes and comes.

Knows nothing of sockets and lines: any `Tracker` will do. Not here: whether the rate is right (health.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from agent.messages import Gap, Observation, SensorBack, SensorLost, Tracks
from agent.sensors.tracks.driver import open_tracker
from agent.sensors.tracks.protocol import Tracker, TracksError

STREAM = "tracks"
AGAIN_S = 1.0  # pause before the next try; a tracker that is back is heard within 5 s
PATIENCE_S = 3.0  # without a usable frame


class TracksReader:
    """`run` is the body of the thread; `stop` may come from any other and wakes it."""

    def __init__(
        self,
        path: str,
        put: Callable[[Observation], None],
        *,
        open_tracker: Callable[[str, Callable[[], float]], Tracker] = open_tracker,
        clock: Callable[[], float] = time.monotonic,
        beat: Callable[[], None] = lambda: None,
        again_s: float = AGAIN_S,
    ) -> None:
        self._path, self._put, self._open, self._clock = path, put, open_tracker, clock
        self._beat, self._again_s = beat, again_s
        self._stopping = threading.Event()
        self._tracker: Tracker | None = None
        self._trouble: str | None = None  # code under which the stream was reported lost

    def run(self) -> None:
        """Reads until `stop`."""
        while not self._stopping.is_set():
            self._beat()
            try:
                self._tracker = self._open(self._path, self._clock)
                self._follow(self._tracker)
            except TracksError as error:
                self._lose(error)
            finally:
                self._let_go()
            self._stopping.wait(self._again_s)

    def stop(self) -> None:
        """Ends `run`, also when it waits for a frame."""
        self._stopping.set()
        self._let_go()

    def _follow(self, tracker: Tracker) -> None:
        """Hands on frames; TracksError when the tracker has gone or has said nothing of use for too long."""
        heard_s, lost = self._clock(), 0
        while not self._stopping.is_set():
            self._beat()
            frame = tracker.read()
            if frame is not None:
                heard_s = self._clock()
                self._hear(frame, tracker.lost - lost)
                lost = tracker.lost
            elif self._clock() - heard_s >= PATIENCE_S:
                raise self._silence(tracker.lost > lost)

    def _hear(self, frame: Tracks, lost: int) -> None:
        if self._trouble is not None:
            self._put(SensorBack(frame.t, STREAM))
            self._trouble = None
        if lost:
            self._put(Gap(frame.t, STREAM, lost, "lines of the tracker that were no frames or out of order"))
        self._put(frame)

    def _lose(self, error: TracksError) -> None:
        """Says it once for each reason, not at each attempt; a tracker that hung up and is then away is one loss."""
        again = error.code == self._trouble or (self._trouble == "closed" and error.code in ("not_found", "refused"))
        if not again and not self._stopping.is_set():
            self._trouble = error.code
            self._put(SensorLost(self._clock(), STREAM, error.code, str(error)))

    def _silence(self, garbage: bool) -> TracksError:
        if garbage:
            return TracksError("garbage", f"{self._path} sends lines that are no frames: see docs/tracks.md")
        return TracksError("silent", f"{self._path} has sent nothing for {PATIENCE_S:.0f} s: look at the tracker")

    def _let_go(self) -> None:
        tracker = self._tracker
        if tracker is not None:
            tracker.close()
