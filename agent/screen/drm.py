"""A panel behind /dev/dri/cardN: two buffers, of which one is shown while the other is drawn, so nothing ever tears.

The kernel's text console is off the panel for as long as it is open.
Not here: the kernel's calls (drm_uapi.py, drm_card.py), which output (drm_output.py), what changed (surface.py).
"""

from __future__ import annotations

import contextlib
import mmap
import time
from collections.abc import Callable
from ctypes import addressof, c_uint32, sizeof
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from agent.screen import drm_uapi as uapi
from agent.screen.drm_card import LINUX, Card, Kernel
from agent.screen.drm_output import find_output, is_connected
from agent.screen.geometry import Geometry, Rect, demanded, turn_of
from agent.screen.pixels import Packed
from agent.screen.protocol import Picture, ScreenError
from agent.screen.surface import DTYPES, Surface, part

FLIP_S = 0.5  # a flip comes with the next picture of the panel, 1/24 s at the slowest
LOOK_S = 1.0  # between two looks at whether the panel is still connected
DEPTHS = {16: 16, 32: 24}  # bits of colour in a pixel of so many bits
CARDS = Path("/dev/dri")


@dataclass(slots=True)
class Buffer:
    """Memory of the card that can be shown."""

    handle: int
    fb_id: int
    geometry: Geometry
    memory: mmap.mmap
    pixels: Packed | None
    stale: Rect | None = None  # what has been drawn since and is not in it


class DrmPanel:
    """A `Panel`."""

    def __init__(
        self, device: str, rotate: str = "0", *, clock: Callable[[], float] = time.monotonic, kernel: Kernel = LINUX
    ) -> None:
        """ScreenError when there is no such card, no panel on it, or another program shows something there."""
        self._clock, self._card = clock, Card(device, kernel)
        self._buffers: list[Buffer] = []
        self._made: list[tuple[int, int]] = []  # request and number of what has to be given back
        try:
            self._card.become_master()
            self._output = find_output(self._card)
            self._demand_dumb()
            for _ in range(2):
                self._buffers.append(self._buffer())
        except ScreenError:
            self.close()
            raise
        self._surface = Surface(self._buffers[0].geometry, turn_of(rotate))
        self._shown: Buffer | None = None
        self._flips, self._looked_s = 0, clock()

    @property
    def width(self) -> int:
        """See Panel."""
        return self._surface.viewed.width

    @property
    def height(self) -> int:
        """See Panel."""
        return self._surface.viewed.height

    def show(self, picture: Picture, left: int = 0, top: int = 0) -> None:
        """See Panel. Returns when the panel has begun to show it: waits for at most FLIP_S."""
        changed = self._surface.draw(picture, left, top)
        self._demand_panel()
        if changed is None:
            return
        for buffer in self._buffers:
            buffer.stale = changed if buffer.stale is None else buffer.stale.around(changed)
        back = self._buffers[0] if self._shown is not self._buffers[0] else self._buffers[1]
        self._fill(back)
        if self._shown is None:
            self._begin(back)
        else:
            self._flip(back)
        self._shown = back

    def close(self) -> None:
        """See Panel. The kernel's console has the panel again, or it is dark."""
        for buffer in self._buffers:
            buffer.pixels = None  # its memory cannot go while somebody looks at it
            buffer.memory.close()
        self._buffers = []
        for request, number in reversed(self._made):
            with contextlib.suppress(ScreenError):  # a card that was pulled has taken it all along
                self._card.call(request, uapi.Number(number))
        self._made = []
        self._card.close()

    def _demand_dumb(self) -> None:
        if not self._card.capability(uapi.DUMB_BUFFER):
            raise ScreenError("refused", f"{self._card.device} has no plain buffers: use the framebuffer driver")

    def _buffer(self) -> Buffer:
        mode = self._output.mode
        bits = 16 if self._card.capability(uapi.PREFERRED_DEPTH) == 16 else 32
        wanted = Geometry(mode.hdisplay, mode.vdisplay, bits, mode.hdisplay * bits // 8)
        demanded(wanted, self._card.device)
        made = self._card.call(uapi.CREATE_DUMB, uapi.CreateDumb(wanted.height, wanted.width, bits))
        self._made.append((uapi.DESTROY_DUMB, made.handle))
        geometry = demanded(Geometry(wanted.width, wanted.height, bits, made.pitch), self._card.device)
        known = uapi.AddFb(0, wanted.width, wanted.height, made.pitch, bits, DEPTHS[bits], made.handle)
        fb_id = self._card.call(uapi.ADD_FB, known).fb_id
        self._made.append((uapi.REMOVE_FB, fb_id))
        offset = self._card.call(uapi.MAP_DUMB, uapi.MapDumb(made.handle)).offset
        memory = self._card.map(geometry.end, offset)
        pixels: Packed = np.ndarray(
            (geometry.height, geometry.width), DTYPES[bits], memory, 0, (geometry.stride, geometry.pixel_bytes)
        )
        return Buffer(made.handle, fb_id, geometry, memory, pixels)

    def _fill(self, buffer: Buffer) -> None:
        if buffer.stale is not None and buffer.pixels is not None:
            part(buffer.pixels, buffer.stale)[...] = part(self._surface.pixels, buffer.stale)
            buffer.stale = None

    def _begin(self, buffer: Buffer) -> None:
        """Switches the panel on, in its mode, with this buffer."""
        connectors = (c_uint32 * 1)(self._output.connector_id)
        self._card.call(
            uapi.SET_CRTC,
            uapi.Crtc(
                connectors=addressof(connectors),
                count_connectors=1,
                crtc_id=self._output.crtc_id,
                fb_id=buffer.fb_id,
                mode_valid=1,
                mode=self._output.mode,
            ),
        )

    def _flip(self, buffer: Buffer) -> None:
        """From the panel's next picture on it shows this buffer; only then the other one may be drawn into."""
        self._flips += 1
        asked = uapi.PageFlip(self._output.crtc_id, buffer.fb_id, uapi.FLIP_EVENT, 0, self._flips)
        self._card.call(uapi.PAGE_FLIP, asked)
        end_s = self._clock() + FLIP_S
        while not self._flipped(self._card.read(max(end_s - self._clock(), 0.0))):
            if self._clock() >= end_s:
                raise ScreenError(
                    "silent", f"{self._card.device} has not shown a picture for {FLIP_S} s: look at the panel's cable"
                )

    def _flipped(self, events: bytes) -> bool:
        """The flip asked for last is among these."""
        while len(events) >= sizeof(uapi.Event):
            event = uapi.Event.from_buffer_copy(events)
            if event.type == uapi.FLIP_COMPLETE and event.user_data == self._flips:
                return True
            events = events[max(event.length, 8) :]
        return False

    def _demand_panel(self) -> None:
        if not self._buffers:
            raise ScreenError("unplugged", f"{self._card.device} was closed: open it anew")
        now = self._clock()
        if now - self._looked_s >= LOOK_S:
            self._looked_s = now
            if not is_connected(self._card, self._output):
                raise ScreenError("unplugged", f"{self._card.device} has lost its panel: plug it in again")


def open_drm(device: str, rotate: str = "0", *, kernel: Kernel = LINUX, cards: Path = CARDS) -> DrmPanel:
    """The panel of this card; without a name, of the first card that has one. ScreenError."""
    if device:
        return DrmPanel(device, rotate, kernel=kernel)
    lost = ScreenError("not_found", f"there is no card in {cards}: enable the display driver, or name screen.device")
    for path in sorted(cards.glob("card*")):
        try:
            return DrmPanel(str(path), rotate, kernel=kernel)
        except ScreenError as error:
            lost = error if lost.code == "not_found" else lost
    raise lost
