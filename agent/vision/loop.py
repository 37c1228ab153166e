"""The thread that looks: takes the newest picture, decides what to look for, tells what was found, drops the picture.

A detector that cannot look is told as SensorLost("vision") once and tried again later; the others go on. Pictures that
come meanwhile are taken and dropped, so that the camera's thread never notices.
Not here: taking pictures (sensors/camera/), what Detections mean (tracking/).
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable

from agent.messages import Detection, Detections, Observation, SensorBack, SensorLost
from agent.vision.eyes import Eyes
from agent.vision.frame import Frame
from agent.vision.motion import Motion
from agent.vision.protocol import Detector, VisionError
from agent.vision.schedule import Schedule
from agent.vision.slot import Slot

STREAM = "vision"
CAMERA = "camera"  # there is one; its name in Detections
TAKE_S = 0.5  # longest wait for a picture, and so between two beats
TOLD_S = 1.0  # between two Detections while nothing is looked for: proof that pictures come
AGAIN_S = 5.0  # before a detector that failed is tried again
LOAD_AGAIN_S = 30.0  # before refused models are read again: hashing and building costs a slow device a second

log = logging.getLogger(__name__)


class VisionLoop:
    """`run` is the body of the thread; `stop` may come from any other and wakes it. `lanes_until_s`: until when a lane
    counts as in motion (stir.py). `reload` may come from any thread too: the models are read again."""

    def __init__(
        self,
        slot: Slot,
        eyes: Eyes,
        put: Callable[[Observation], None],
        *,
        lanes_until_s: Callable[[], float] = lambda: -math.inf,
        beat: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._slot, self._eyes, self._put = slot, eyes, put
        self._lanes_until_s, self._beat, self._clock = lanes_until_s, beat, clock
        self._motion, self._schedule = Motion(), Schedule()
        self._told_t = -math.inf
        self._load_s = -math.inf  # when to read the models next
        self._rests: dict[Detector, float] = {}  # detectors that failed, and when each is tried again
        self._trouble: str | None = None  # code under which the stream was reported lost
        self._wanted = threading.Event()
        self._wanted.set()

    def run(self) -> None:
        """Looks until `stop`."""
        while not self._slot.closed:
            self._beat()
            self._load()
            frame = self._slot.take(TAKE_S)
            if frame is not None:
                self.see(frame)
                del frame  # nothing holds a picture while the next one is waited for

    def stop(self) -> None:
        """Ends `run`, also when it waits for a picture."""
        self._slot.close()

    def reload(self) -> None:
        """Reads the manifest again before the next picture; models that are refused change nothing."""
        self._wanted.set()

    def see(self, frame: Frame) -> None:
        """One picture, from motion to Detections."""
        detectors = [d for d in self._eyes.detectors if self._clock() >= self._rests.get(d, -math.inf)]
        kinds = tuple(dict.fromkeys(kind for d in detectors for kind in d.kinds))
        moves = self._motion.seen(frame.t, frame.luma)
        wanted = self._schedule.look(frame.t, kinds, moves, self._lanes_until_s())
        looked, found = self._look(frame, [d for d in detectors if set(d.kinds) & set(wanted)])
        if looked:
            self._schedule.found(frame.t, looked, [d.kind for d in found])
        if looked or not 0 <= frame.t - self._told_t < TOLD_S:
            self._told_t = frame.t
            self._put(Detections(frame.t, CAMERA, looked, found))

    def _look(self, frame: Frame, detectors: list[Detector]) -> tuple[tuple[str, ...], tuple[Detection, ...]]:
        """The kinds that were looked for, and all that was found, best first."""
        looked: dict[str, None] = {}
        found: list[Detection] = []
        for detector in detectors:
            try:
                found.extend(detector.detect(frame))
            except VisionError as error:
                self._rests[detector] = self._clock() + AGAIN_S
                self._lose(error)
                continue
            looked.update(dict.fromkeys(detector.kinds))
            self._rests.pop(detector, None)
            self._recover()
        return tuple(looked), tuple(sorted(found, key=lambda d: -d.score))

    def _load(self) -> None:
        """The models, where they are wanted and it is time to try."""
        if not self._wanted.is_set() or self._clock() < self._load_s:
            return
        self._wanted.clear()
        try:
            self._eyes.load()
        except VisionError as error:
            if self._eyes.detectors:
                log.warning("the models in use stay: %s", error)
                return
            self._wanted.set()
            self._load_s = self._clock() + LOAD_AGAIN_S
            self._lose(error)
        else:
            self._rests.clear()
            self._recover()

    def _recover(self) -> None:
        """Back once nobody rests and no models are missing."""
        if self._trouble is not None and not self._rests and not self._wanted.is_set():
            self._trouble = None
            self._put(SensorBack(self._clock(), STREAM))

    def _lose(self, error: VisionError) -> None:
        """Says it once for each reason, not at each attempt."""
        if error.code != self._trouble and not self._slot.closed:
            self._trouble = error.code
            self._put(SensorLost(self._clock(), STREAM, error.code, str(error)))
