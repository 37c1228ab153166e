"""The strip's pixels as the agent wrote them into its framebuffer, as PNG whenever they have changed.

The framebuffer is a plain file here. Not here: what is on the strip (agent/screen/).
"""

from __future__ import annotations

import io
import threading
import zlib
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from agent.screen.framebuffer import read_picture
from agent.screen.protocol import ScreenError

LOOKS_HZ = 12.5  # a fade is seen as one; at rest a look costs a checksum of the file
JOIN_S = 5.0


class StripWatch:
    """Looks from the moment it is made until `close`. `changed(number, width, height)` for each new picture."""

    def __init__(self, framebuffer: Path, changed: Callable[[int, int, int], None]) -> None:
        self._framebuffer, self._changed = framebuffer, changed
        self._checksum: int | None = None
        self._number, self._png = 0, b""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="strip watch")
        self._thread.start()

    def png(self) -> bytes | None:
        """The newest picture; None: there is none yet."""
        return self._png or None

    def close(self) -> None:
        """May be called twice."""
        self._stop.set()
        self._thread.join(JOIN_S)

    def _run(self) -> None:
        while not self._stop.wait(1 / LOOKS_HZ):
            self._look()

    def _look(self) -> None:
        try:
            checksum = zlib.crc32(self._framebuffer.read_bytes())
            if checksum == self._checksum:
                return
            picture = read_picture(self._framebuffer)
        except (OSError, ScreenError):  # not there yet
            return
        self._checksum = checksum
        file = io.BytesIO()
        Image.fromarray(picture).save(file, "PNG", compress_level=1)
        self._png, self._number = file.getvalue(), self._number + 1
        self._changed(self._number, picture.shape[1], picture.shape[0])
