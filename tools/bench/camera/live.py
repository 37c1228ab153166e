"""The painted shop live: pictures of a play at the pace of its clock, the one file of a folder that is watched.

Each picture replaces the last at one stroke, so that nobody reads half of one. Not here: what is painted (painter.py).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from tools.bench.camera.painter import RATE_HZ, Painter
from tools.bench.world import Play

JOIN_S = 5.0
QUALITY = 92  # of JPEG: a model sees no difference


class Easel:
    """Paints from the moment it is made until `close`; `folder` is made and holds a picture at once."""

    def __init__(
        self,
        play: Play,
        folder: Path,
        now_s: Callable[[], float],
        lock: contextlib.AbstractContextManager[object] | None = None,
    ) -> None:
        """`now_s`: the play's clock. `lock`: held while painting, for a play that grows meanwhile."""
        folder.mkdir()
        self._painter, self._folder, self._now_s = Painter(play), folder, now_s
        self._lock = lock or contextlib.nullcontext()
        self._stop, self.covered = threading.Event(), threading.Event()  # covered: the camera is gone
        self._paint()
        self._thread = threading.Thread(target=self._run, name="easel")
        self._thread.start()

    def close(self) -> None:
        """May be called twice."""
        self._stop.set()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        for _ in self._painter.prepare():  # before the play's clock runs; a picture that comes late is a hand unseen
            if self._stop.is_set():
                return
        while not self._stop.wait(1 / RATE_HZ - self._now_s() % (1 / RATE_HZ)):
            if self.covered.is_set():
                (self._folder / "picture.jpg").unlink(missing_ok=True)
            else:
                self._paint()

    def expect(self, number: int) -> None:
        """Draws the hand of a visitor of a growing play, before any picture has to wait for it."""
        self._painter.expect(number)

    def _paint(self) -> None:
        fresh = self._folder / "fresh.part"
        with self._lock:
            picture = self._painter.picture(self._now_s())
        Image.fromarray(picture).save(fresh, "JPEG", quality=QUALITY)
        fresh.replace(self._folder / "picture.jpg")
