"""What stands on a panel, in its own pixels: takes pictures as the viewer sees them and says which part changed.

A copy in ordinary memory, because a panel's buffer is slow to read, or lies behind the one that is shown.
Not here: the buffer of the panel itself (framebuffer.py, drm.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from agent.screen.geometry import Geometry, Rect, Turn
from agent.screen.pixels import Packed, pack
from agent.screen.protocol import Picture

DTYPES: dict[int, np.dtype[Any]] = {16: np.dtype("<u2"), 32: np.dtype("<u4")}  # of a pixel, by its bits


class Surface:
    """The panel's pixels as they ought to be. At first nobody knows what stands there, so the first picture changes
    all of it; where that picture leaves something out, it is black."""

    def __init__(self, geometry: Geometry, turn: Turn) -> None:
        self._geometry, self._turn = geometry, turn
        self._known = False
        self.pixels: Packed = np.zeros((geometry.height, geometry.width), DTYPES[geometry.bits_per_pixel])
        self.viewed = turn.viewed(geometry.whole)

    def draw(self, picture: Picture, left: int, top: int) -> Rect | None:
        """The part of the panel that is different now; None: the very same stood there. ValueError outside of it."""
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ValueError(f"a picture is (height, width, 3) of uint8, this is {picture.shape} of {picture.dtype}")
        area = Rect(left, top, picture.shape[1], picture.shape[0])
        if not self.viewed.holds(area):
            raise ValueError(f"{area} is not inside the panel of {self.viewed.width}x{self.viewed.height}")
        place = self._turn.on_panel(area, self._geometry.whole)
        packed = pack(picture, self._geometry.bits_per_pixel)
        fresh = np.rot90(packed, self._turn.quarters)  # only now: one number a pixel turns ten times faster than three
        old = part(self.pixels, place)
        if self._known and np.array_equal(old, fresh):
            return None
        old[...] = fresh
        changed = place if self._known else self._geometry.whole
        self._known = True
        return changed


def part(pixels: Packed, place: Rect) -> Packed:
    """A view of these rows and columns."""
    return pixels[place.top : place.bottom, place.left : place.right]
