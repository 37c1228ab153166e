"""One picture on its way from a camera to the detectors; it lives for that moment and is never kept, written or sent.

Not here: where pictures come from (sensors/camera/), the place where they wait (slot.py), scaling (letterbox.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Form = Literal["rgb", "nv12"]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """`t`: monotonic seconds, the sensor's time. `pixels`, uint8: `rgb` (h, w, 3), or `nv12` as the camera gives it,
    (h * 3 / 2, w): h rows of brightness, then h / 2 rows of U, V pairs; full range, BT.601. A view is welcome: rows
    with padding at their ends are `padded[:, :w]`. Whoever puts a frame into the slot does not write to it again.

    ValueError where the array is none of these."""

    t: float
    pixels: Pixels = field(repr=False)  # a frame in a traceback or a log line shows nothing of itself
    form: Form = "rgb"

    def __post_init__(self) -> None:
        shape, fits = self.pixels.shape, self.pixels.dtype == np.uint8 and self.pixels.size > 0
        if self.form == "rgb":
            fits &= len(shape) == 3 and shape[2] == 3
        else:
            fits &= self.form == "nv12" and len(shape) == 2 and shape[0] % 3 == 0 and shape[1] % 2 == 0
        if not fits:
            raise ValueError(
                f"no {self.form} picture: {self.pixels.dtype} {shape}; give uint8 (h, w, 3) or (h * 3 / 2, w)"
            )

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        rows = int(self.pixels.shape[0])
        return rows if self.form == "rgb" else rows * 2 // 3

    @property
    def luma(self) -> Pixels:
        """Brightness, a view (h, w), nothing copied: Y of NV12, green of RGB (six tenths of Y, enough for motion)."""
        return self.pixels[:, :, 1] if self.form == "rgb" else self.pixels[: self.height]
