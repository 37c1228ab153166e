"""A video file as a camera: played at its own pace and begun again at its end; or picture by picture for measuring.

A picture's time is the moment at which it is played. Raises CameraError `not_found`, `permission_denied`, `garbage`
(no video, cut short, damaged), `wrong_size`. Not here: FFmpeg and its bounds (pyav.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from agent.config import schema
from agent.sensors.camera.pace import Pace
from agent.sensors.camera.protocol import READ_TIMEOUT_S, CameraError
from agent.sensors.camera.pyav import Painter, explained, open_file, video_of
from agent.sensors.camera.size import demand_shape
from agent.vision.frame import Frame

if TYPE_CHECKING:
    from av.video.frame import VideoFrame

Pictures: TypeAlias = "Generator[tuple[float, VideoFrame], None, None]"
JUMP_S = 10.0  # a larger step between two pictures of one file is no time but damage
USUAL_S = 1 / 25


def frames(path: Path, width: int | None = None, height: int | None = None) -> Iterator[tuple[float, Frame]]:
    """Every picture of a file, as fast as it can be decoded: (seconds since its first, Frame with the same `t`).
    In its own size where none is given. CameraError as above."""
    painter = Painter()
    for t, picture in decoded(str(path)):
        with explained(str(path)):
            pixels = painter.rgb(picture, width or picture.width, height or picture.height)
        yield t, Frame(t, pixels)


def decoded(path: str, closed: threading.Event | None = None) -> Pictures:
    """(seconds since the first, av.VideoFrame) in order; time never goes back, nor on by more than JUMP_S at once."""
    with explained(path), open_file(path) as container:
        stream = video_of(container, path)
        step_s = 1 / float(stream.average_rate) if stream.average_rate else USUAL_S
        t, before = 0.0, None
        for picture in container.decode(stream):
            if closed is not None and closed.is_set():
                return
            if before is not None:
                passed = picture.time - before if picture.time is not None else step_s
                t += passed if 0 < passed <= JUMP_S else min(step_s, JUMP_S)
            before = picture.time if picture.time is not None else (before or 0.0) + step_s
            yield t, picture


class MovieCamera:
    """A `Camera` that plays `config.device`."""

    def __init__(
        self,
        config: schema.Camera,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        """CameraError where the file does not begin with a picture of the right shape."""
        self._config, self._clock = config, clock
        self._closed, self._lock = threading.Event(), threading.Lock()
        self._wait = wait or self._closed.wait
        self._painter, self._pace = Painter(), Pace(config.rate_hz)
        self._began_s = clock()
        self._pictures = self._passing()
        self._next = next(self._pictures)

    def read(self) -> Frame | None:
        """See Camera."""
        with self._lock:
            if self._closed.is_set():
                return None
            due_s = self._began_s + self._next[0]
            early_s = due_s - self._clock()
            if early_s > 0:
                self._wait(min(early_s, READ_TIMEOUT_S))
            now = self._clock()
            if self._closed.is_set() or now < due_s:
                return None
            if now - due_s > self._pace.period_s:  # nobody has asked for a while: it goes on from here
                self._began_s += now - due_s
            frame = self._frame(now)
            self._next = next(self._pictures)
            return frame

    def close(self) -> None:
        """See Camera."""
        self._closed.set()
        with self._lock:
            self._pictures.close()

    def _frame(self, t: float) -> Frame:
        picture, config = self._next[1], self._config
        demand_shape(picture.width, picture.height, config, config.device)
        with explained(config.device):
            return Frame(t, self._painter.rgb(picture, config.width, config.height))

    def _passing(self) -> Pictures:
        """The pictures at rate_hz at most, the file again and again, seconds since the first round's first."""
        path, round_s = self._config.device, 0.0
        while True:
            last_s, count = 0.0, 0
            for t, picture in decoded(path, self._closed):
                last_s, count = t, count + 1
                if self._pace.passes(round_s + t):
                    yield round_s + t, picture
            if not count and not self._closed.is_set():
                raise CameraError("garbage", f"{path} holds no picture that can be decoded: give a whole video")
            if self._closed.is_set():
                return
            round_s += last_s + self._pace.period_s
