"""A panel that is not there: keeps the last pictures, and can be unplugged, busy or slow.

For tests and demonstrations; each fault is one call. `fake.open` stands in for `open_panel`.
Not here: a panel's own pixels; a plain-file framebuffer has those (framebuffer.py).
"""

from __future__ import annotations

import io
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from agent.config import schema
from agent.screen.geometry import Rect
from agent.screen.protocol import Picture, ScreenError

KEPT = 64  # pictures; 900 KB each at 1920x158


@dataclass(frozen=True, slots=True)
class Kept:
    """The whole panel after one `show`."""

    t: float  # of the fake's clock
    picture: Picture


class FakePanel:
    """A `Panel`. `wait` passes the time of a slow panel; left out, it is real, and `close` wakes it."""

    def __init__(
        self,
        width: int = 1920,
        height: int = 158,
        *,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] | None = None,
        kept: int = KEPT,
    ) -> None:
        self.width, self.height = width, height
        self._clock, self._closed = clock, threading.Event()
        self._wait = wait or self._closed.wait
        self._lock = threading.Lock()
        self._present, self._busy, self._delay_s = True, False, 0.0
        self._picture = np.zeros((height, width, 3), np.uint8)
        self.frames: deque[Kept] = deque(maxlen=kept)
        self.shows = 0  # calls, those without a change too
        self.openings = 0

    # -- the Panel ----------------------------------------------------------------------------------------------------

    def show(self, picture: Picture, left: int = 0, top: int = 0) -> None:
        """See Panel."""
        area = Rect(left, top, picture.shape[1], picture.shape[0])
        if picture.shape[2:] != (3,) or not Rect(0, 0, self.width, self.height).holds(area):
            raise ValueError(f"{area} is not inside the panel of {self.width}x{self.height}")
        if self._delay_s:
            self._wait(self._delay_s)
        with self._lock:
            self._demand("unplugged")
            self.shows += 1
            place = self._picture[area.top : area.bottom, area.left : area.right]
            if self.frames and np.array_equal(place, picture):
                return
            place[...] = picture
            self.frames.append(Kept(self._clock(), self._picture.copy()))

    def close(self) -> None:
        """See Panel."""
        self._closed.set()

    def open(self, screen: schema.Screen) -> FakePanel:
        """Stands in for `open_panel`: the same panel, opened again. ScreenError while it is away or busy."""
        with self._lock:
            self._demand("not_found")
            self._closed.clear()
            self.openings += 1
        return self

    # -- what is seen -------------------------------------------------------------------------------------------------

    @property
    def picture(self) -> Picture:
        """What stands there now."""
        with self._lock:
            return self._picture.copy()

    def png(self, index: int = -1) -> bytes:
        """One of the kept pictures, the last if nothing else is said. IndexError where there is none."""
        with self._lock:
            kept = self.frames[index]
        return png(kept.picture)

    # -- faults -------------------------------------------------------------------------------------------------------

    def unplug(self) -> None:
        """The cable is pulled."""
        with self._lock:
            self._present = False

    def plug_in(self) -> None:
        """The cable is in again."""
        with self._lock:
            self._present = True

    def busy(self, busy: bool = True) -> None:
        """Another program holds it."""
        with self._lock:
            self._busy = busy

    def slow(self, delay_s: float) -> None:
        """Every picture takes so long from now on."""
        self._delay_s = delay_s

    def _demand(self, code: str) -> None:
        if not self._present:
            raise ScreenError(code, "the fake panel's cable is pulled: put it in again with plug_in()")
        if self._busy:
            raise ScreenError("busy", "another program holds the fake panel: end it with busy(False)")


def png(picture: Picture) -> bytes:
    """A picture as a PNG file."""
    target = io.BytesIO()
    Image.fromarray(picture).save(target, "png")
    return target.getvalue()
