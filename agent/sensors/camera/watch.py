"""Whether a picture can be believed: of the size that was asked for, not black, not the same one for ever. Pure.

A sensor always has noise, so equal pictures mean a frozen driver; a recording or a painted scene may stand still, so
only live cameras are held to it. Looks at every fourth pixel of every fourth row: 40 us at 640x360 (x86-64).
Not here: what is done about it (reader.py), pictures that do not come.
"""

from __future__ import annotations

import numpy as np

from agent.config import schema
from agent.sensors.camera.protocol import LIVE, CameraError
from agent.vision.frame import Frame, Pixels

STRIDE = 4
BLACK = 24  # of 255; the darkest 8 % of the scale, where limited-range black (16) and its noise lie
BLACK_SHARE, LIT_SHARE = 0.005, 0.02  # of the pixels above it: fewer is black, more is lit; between: as before
BLACK_S = 3.0  # an exposure that hunts is darker for less
FROZEN_S = 10.0  # a light that blinks in a still, over-exposed picture comes round in less
FROZEN_FRAMES = 10


class Watch:
    """Remembers a little over pictures and over reopenings: a camera that comes back frozen is not back."""

    def __init__(self, config: schema.Camera) -> None:
        self._config, self._live = config, config.driver in LIVE
        self._black_since_s: float | None = None
        self._sample: Pixels | None = None
        self._same_since_s = 0.0
        self._same = 0

    def judge(self, frame: Frame) -> CameraError | None:
        """What is wrong with the picture: `wrong_size`, `black`, `frozen`; None: nothing."""
        config = self._config
        if (frame.width, frame.height) != (config.width, config.height):
            return CameraError(
                "wrong_size",
                f"the camera gives {frame.width}x{frame.height} instead of {config.width}x{config.height}: write a "
                "size that it has into camera.width and camera.height, and find the marks again",
            )
        sample = frame.luma[::STRIDE, ::STRIDE]
        if self._black(sample, frame.t):
            return CameraError("black", "the picture is black: take the cap off the lens, or switch the light on")
        if self._live and self._frozen(sample, frame.t):
            return CameraError(
                "frozen", f"the same picture for {FROZEN_S:.0f} s: replug the camera if it does not come back"
            )
        return None

    def _black(self, sample: Pixels, t: float) -> bool:
        share = int(np.count_nonzero(sample > BLACK)) / sample.size
        if share >= LIT_SHARE or (self._black_since_s is None and share >= BLACK_SHARE):
            self._black_since_s = None
            return False
        if self._black_since_s is None:
            self._black_since_s = t
        return t - self._black_since_s >= BLACK_S

    def _frozen(self, sample: Pixels, t: float) -> bool:
        if self._sample is None or not np.array_equal(sample, self._sample):
            self._sample, self._same_since_s, self._same = sample.copy(), t, 0
            return False
        self._same += 1
        return self._same >= FROZEN_FRAMES and t - self._same_since_s >= FROZEN_S
