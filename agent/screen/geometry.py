"""The measures of a panel, checked before anything is made of them, and how a panel that is mounted turned is reached.

Numbers come from a driver or a file and may be anything; what passes `demanded` fits into MOST_BYTES.
Not here: where they are read (fbinfo.py, drm.py), pixels (pixels.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from agent.screen.protocol import ScreenError

BITS = (16, 32)  # RGB565, XRGB8888
MOST_SIDE_PX = 8192
MOST_BYTES = 64 * 1024 * 1024  # of a buffer; 5120x2160 in 32 bits has 44 MB


@dataclass(frozen=True, slots=True)
class Rect:
    """A part of a panel, in pixels from its upper left corner."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column beyond it."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """First row beyond it."""
        return self.top + self.height

    def holds(self, other: Rect) -> bool:
        """No pixel of the other is outside, and it has some."""
        inside = self.left <= other.left and other.right <= self.right
        return inside and self.top <= other.top and other.bottom <= self.bottom and min(other.width, other.height) > 0

    def around(self, other: Rect) -> Rect:
        """The smallest that holds both."""
        left, top = min(self.left, other.left), min(self.top, other.top)
        return Rect(left, top, max(self.right, other.right) - left, max(self.bottom, other.bottom) - top)


@dataclass(frozen=True, slots=True)
class Geometry:
    """A panel as its driver has it, before rotation."""

    width: int  # px
    height: int  # px
    bits_per_pixel: int
    stride: int  # bytes from one row to the next; may exceed the width's
    start: int = 0  # bytes before the first visible row

    @property
    def pixel_bytes(self) -> int:
        """Bytes of one pixel."""
        return self.bits_per_pixel // 8

    @property
    def end(self) -> int:
        """Bytes from the buffer's beginning to behind its last row."""
        return self.start + self.stride * self.height

    @property
    def whole(self) -> Rect:
        """All of it."""
        return Rect(0, 0, self.width, self.height)


def demanded(geometry: Geometry, source: str) -> Geometry:
    """The same, if it can be. ScreenError `wrong_format` or `wrong_size`; `source` names who said so."""
    if geometry.bits_per_pixel not in BITS:
        raise ScreenError(
            "wrong_format",
            f"{source} has {geometry.bits_per_pixel} bits a pixel, only 16 (RGB565) and 32 (XRGB8888) are understood: "
            "set one of them, e.g. with `fbset -depth 16`",
        )
    sides = (geometry.width, geometry.height)
    if not all(0 < side <= MOST_SIDE_PX for side in sides):
        raise ScreenError(
            "wrong_size", f"{source} says {sides[0]}x{sides[1]}: 1 to {MOST_SIDE_PX} pixels a side can be"
        )
    if geometry.stride < geometry.width * geometry.pixel_bytes:
        raise ScreenError(
            "wrong_size", f"{source}: a row of {geometry.width} pixels does not fit into {geometry.stride} bytes"
        )
    if geometry.start < 0 or geometry.end > MOST_BYTES:
        raise ScreenError(
            "wrong_size", f"{source} wants {geometry.end:,} bytes: no more than {MOST_BYTES:,} are mapped"
        )
    return geometry


@dataclass(frozen=True, slots=True)
class Turn:
    """How the panel is mounted: turned clockwise by so many quarters, so pictures are turned the other way."""

    quarters: int  # 0 to 3

    def viewed(self, panel: Rect) -> Rect:
        """The whole panel as the viewer sees it."""
        return Rect(0, 0, panel.height, panel.width) if self.quarters % 2 else panel

    def on_panel(self, area: Rect, panel: Rect) -> Rect:
        """Where a part that the viewer sees lies on the panel."""
        viewed = self.viewed(panel)
        match self.quarters:
            case 1:
                return Rect(area.top, viewed.width - area.right, area.height, area.width)
            case 2:
                return Rect(viewed.width - area.right, viewed.height - area.bottom, area.width, area.height)
            case 3:
                return Rect(viewed.height - area.bottom, area.left, area.height, area.width)
        return area


def turn_of(rotate: str) -> Turn:
    """Of `screen.rotate`: "0", "90", "180" or "270" degrees."""
    return Turn(int(rotate) // 90 % 4)
