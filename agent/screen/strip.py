"""The strip's pixels as they are to be seen: labels and content in one array, and the part that changed to the panel.

While the strip shows itself to somebody who looks for it (`identify`) all is shown inverted, so that a price can be
read even then. Not here: what is drawn (face.py, programme.py), a panel that is lost (panelist.py).
"""

from __future__ import annotations

import math

import numpy as np

from agent.screen.geometry import Rect
from agent.screen.panelist import Panelist
from agent.screen.protocol import Picture

FLASH_S = 0.25  # 2 flashes a second: below the 3 that may harm somebody (WCAG 2.3.1)


class Strip:
    """Used by one thread. What draws returns whether the pixels are in the buffer."""

    def __init__(self, panelist: Panelist, width: int, height: int, content: Rect | None) -> None:
        self.width, self.height, self.area = width, height, content
        self._panelist, self._has_content = panelist, False
        self._pixels: Picture = np.zeros((height, width, 3), np.uint8)
        self._inverted = False
        self._flash_until_s = -math.inf
        self.flash_due_s = math.inf

    def labels(self, picture: Picture) -> bool:
        """All labels anew; the content stays as it is."""
        area = self._part()
        kept = area.copy() if area is not None and self._has_content else None
        self._pixels[...] = picture
        if area is not None and kept is not None:
            area[...] = kept
        return self.show()

    def content(self, picture: Picture) -> bool:
        """The content area alone."""
        return self.keep(picture) and self.show(self.area)

    def keep(self, picture: Picture) -> bool:
        """What stands in the content area from here on, to be shown with the labels."""
        area = self._part()
        if area is not None:
            area[...], self._has_content = picture, True
        return area is not None

    def identify(self, seconds: float, now_s: float) -> None:
        """Flashes for so long from now on."""
        self._flash_until_s, self.flash_due_s = now_s + seconds, now_s

    @property
    def flashes(self) -> bool:
        return self.flash_due_s < math.inf

    def flash(self, now_s: float) -> bool:
        """The next flash, where it is due; behind the last the strip is as it was."""
        if now_s < self.flash_due_s:
            return True
        over = now_s >= self._flash_until_s
        self._inverted = not self._inverted and not over
        self.flash_due_s = math.inf if over else now_s + FLASH_S
        return self.show()

    def _part(self) -> Picture | None:
        if self.area is None:
            return None
        return self._pixels[self.area.top : self.area.bottom, self.area.left : self.area.right]

    def show(self, part: Rect | None = None) -> bool:
        """The whole strip, or a part of it."""
        left, top = (0, 0) if part is None else (part.left, part.top)
        pixels = self._pixels if part is None else self._pixels[part.top : part.bottom, part.left : part.right]
        return self._panelist.show(255 - pixels if self._inverted else pixels, left, top)
