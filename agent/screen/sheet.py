"""A sheet of pixels to draw a label or card on: rounded fields with smooth corners, text, pictures.

Not here: which text and where (label.py, card.py).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from agent.screen.colours import RGB
from agent.screen.geometry import Rect
from agent.screen.protocol import Picture
from agent.screen.text import Pen

SMOOTH = 4  # corners are drawn so many times larger, then reduced


class Sheet:
    """One picture in the making. `pen` writes on it."""

    def __init__(self, width: int, height: int, ground: RGB, pen: Pen) -> None:
        self.width, self.height, self.pen = width, height, pen
        self._image = Image.new("RGB", (width, height), ground)
        self._draw = ImageDraw.Draw(self._image)

    def field(self, area: Rect, radius: int, colour: RGB) -> None:
        """A filled rectangle with round corners."""
        if area.width > 0 and area.height > 0:
            self._image.paste(colour, (area.left, area.top), _rounded(area.width, area.height, radius))

    def write(self, left: float, baseline: float, text: str, px: int, ink: RGB, bold: bool = False) -> float:
        """One line; returns where it ends."""
        return self.pen.write(self._draw, left, baseline, text, px, ink, bold)

    def stroke(self, left: float, right: float, middle: float, thick: int, ink: RGB) -> None:
        """A level line, through a price that is no longer asked."""
        top = round(middle - thick / 2)
        self._draw.rectangle((round(left), top, round(right), top + thick - 1), fill=ink)

    def paste(self, picture: Picture, left: int, top: int) -> None:
        """A picture as it is."""
        self._image.paste(Image.fromarray(picture), (left, top))

    def picture(self) -> Picture:
        """The pixels (height, width, 3)."""
        return np.array(self._image, np.uint8)


@lru_cache(maxsize=128)
def _rounded(width: int, height: int, radius: int) -> Image.Image:
    radius = min(radius, width // 2, height // 2)
    mask = Image.new("L", (width, height), 255)
    if radius > 0:
        corner = Image.new("L", (radius * 2 * SMOOTH,) * 2, 0)
        ImageDraw.Draw(corner).ellipse((0, 0, corner.width - 1, corner.height - 1), fill=255)
        corner = corner.resize((radius * 2, radius * 2), Image.Resampling.BOX)
        for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
            quarter = corner.crop((x * radius, y * radius, (x + 1) * radius, (y + 1) * radius))
            mask.paste(quarter, (x * (width - radius), y * (height - radius)))
    return mask
