"""A USB camera through V4L2 and FFmpeg, in the thread aside: its calls have no time-out.

The device is opened without blocking, so that a camera that stalls is let go of and opened again; only a kernel call
that never returns holds the thread. Asks for the configured size and rate; what comes instead is seen by watch.py.
Raises CameraError as pyav.py explains them, and `settings_refused`. Never tried with a real camera here.
Not here: the thread (aside.py), FFmpeg's errors (pyav.py).
"""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from agent.config import schema
from agent.sensors.camera.aside import PLACE, AsideCamera, Place
from agent.sensors.camera.pace import Pace, sensor_time
from agent.sensors.camera.protocol import CameraError
from agent.sensors.camera.pyav import Painter, explained, load, video_of
from agent.vision.frame import Frame

if TYPE_CHECKING:
    from av.container import InputContainer

OPEN_S = 4.0  # FFmpeg looks at the first pictures; an MJPEG camera starts within 2 s
NAP_S = 0.004  # between two looks for a picture: a quarter of the period at 60 Hz
NONBLOCK = "+4"  # AVFMT_FLAG_NONBLOCK, which has no name among the options; V4L2 then opens with O_NONBLOCK (traced)


def open_v4l2(config: schema.Camera, clock: Callable[[], float] = time.monotonic, place: Place = PLACE) -> AsideCamera:
    """See AsideCamera; what is wrong with the device is said by the first read."""
    load()
    return AsideCamera(config.device, lambda: V4l2Source(config, clock), place)


class V4l2Source:
    """A `Source` of one /dev/video device."""

    def __init__(self, config: schema.Camera, clock: Callable[[], float]) -> None:
        self._config, self._clock = config, clock
        self._pace, self._painter = Pace(config.rate_hz), Painter()
        self._container = _open(config)
        try:
            self._stream = video_of(self._container, config.device)
        except CameraError:
            self._container.close()
            raise

    def grab(self, stopping: threading.Event) -> Frame | None:
        """See Source."""
        picture = None
        with explained(self._config.device):
            try:
                for picture in self._container.decode(self._stream):  # noqa: B007 (the first that is there)
                    break
                else:
                    raise CameraError("unplugged", f"{self._config.device} ended: unplug it, plug it in again")
            except BlockingIOError:  # none yet
                stopping.wait(NAP_S)
                return None
        now = self._clock()
        t = sensor_time(picture.time, now)
        if not self._pace.passes(t):
            return None
        with explained(self._config.device):  # in the camera's own size: watch.py compares it with what was asked
            return Frame(t, self._painter.rgb(picture, picture.width, picture.height))

    def release(self) -> None:
        """See Source."""
        self._container.close()


def _open(config: schema.Camera) -> InputContainer:
    av = load()
    options = {
        "video_size": f"{config.width}x{config.height}",
        "framerate": f"{config.rate_hz:g}",
        "fflags": NONBLOCK,
    }
    with explained(config.device):
        try:
            container: InputContainer = av.open(config.device, format="v4l2", options=options, timeout=OPEN_S)
        except av.error.FFmpegError as error:
            if error.errno != errno.EINVAL:
                raise
            wanted = f"{config.width}x{config.height} at {config.rate_hz:g} Hz"
            listed = f"v4l2-ctl --list-formats-ext -d {config.device}"
            sentence = f"{config.device} does not do {wanted}: `{listed}` tells what it does"
            raise CameraError("settings_refused", sentence) from error
    return container
