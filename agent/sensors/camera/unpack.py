"""What libcamera lays into memory -> the forms of a Frame. Pure.

Names are libcamera's, little-endian words: "RGB888" lies in memory as B, G, R and "BGR888" as R, G, B. Views where a
view will do. Arrays are as picamera2's `make_array` gives them; rows may end in padding.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from agent.vision.frame import Form, Pixels

Unpacked = tuple[Pixels, Form]


def rgb(array: Pixels, width: int, height: int) -> Unpacked:
    """R, G, B in memory: (h, w, 3 or 4)."""
    return array[:height, :width, :3], "rgb"


def bgr(array: Pixels, width: int, height: int) -> Unpacked:
    """B, G, R in memory: (h, w, 3 or 4)."""
    return array[:height, :width, 2::-1], "rgb"


def nv12(array: Pixels, width: int, height: int) -> Unpacked:
    """(h * 3 / 2, stride): rows of Y, then rows of U, V pairs."""
    return array[: height * 3 // 2, :width], "nv12"


def yuv420(array: Pixels, width: int, height: int) -> Unpacked:
    """(h * 3 / 2, stride): rows of Y, then all of U, then all of V in rows of half the stride."""
    half = array[height : height * 3 // 2].reshape(2, height // 2, array.shape[1] // 2)
    made = np.empty((height * 3 // 2, width), np.uint8)
    made[:height] = array[:height, :width]
    pairs = made[height:].reshape(height // 2, width // 2, 2)
    pairs[:, :, 0], pairs[:, :, 1] = half[0, :, : width // 2], half[1, :, : width // 2]
    return made, "nv12"


UNPACK: dict[str, Callable[[Pixels, int, int], Unpacked]] = {
    "BGR888": rgb,
    "RGB888": bgr,
    "XBGR8888": rgb,
    "XRGB8888": bgr,
    "NV12": nv12,
    "YUV420": yuv420,
}
