"""A kernel with one graphics card, as far as a panel asks of it: refuses what Linux refuses, shows what would be shown.

It writes through the pointers it is given, like the real one, and notices when somebody draws into what is shown.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
from collections import Counter, deque
from ctypes import Structure, c_uint32, sizeof
from dataclasses import dataclass, field

import numpy as np

from agent.screen import drm_uapi as uapi
from agent.screen.drm_card import Kernel
from agent.screen.pixels import unpack
from agent.screen.protocol import Picture
from agent.sensors.scale.fake import SimulatedTime

NAMES = {value: name for name, value in vars(uapi).items() if name.isupper() and isinstance(value, int) and value > 999}


def mode(width: int = 48, height: int = 16, kind: int = 0, name: bytes = b"") -> uapi.Mode:
    return uapi.Mode(hdisplay=width, vdisplay=height, type=kind, vrefresh=60, name=name or b"%dx%d" % (width, height))


@dataclass
class Connector:
    number: int
    connection: int = uapi.CONNECTED
    modes: list[uapi.Mode] = field(default_factory=lambda: [mode(kind=uapi.PREFERRED)])
    encoder: int = 0  # that drives it now
    encoders: tuple[int, ...] = (50,)


@dataclass
class Dumb:
    width: int
    height: int
    bpp: int
    pitch: int
    file: int
    memory: mmap.mmap


class FakeKernel(Kernel):
    """One card. `clock` is simulated: waiting for an event that does not come takes its time."""

    def __init__(self, *connectors: Connector, padding: int = 0) -> None:
        self.connectors = {one.number: one for one in connectors or (Connector(30),)}
        self.crtcs = [40, 41]
        self.encoders = {50: (0, 0b01), 51: (41, 0b10)}  # the crtc it has, those it may have
        self.capabilities = {uapi.DUMB_BUFFER: 1, uapi.PREFERRED_DEPTH: 24}
        self.padding, self.clock = padding, SimulatedTime()
        self.present, self.mute = True, False
        self.errors: dict[int, int] = {}  # request -> errno
        self.fail_at, self.interrupts = -1, 0
        self.calls: Counter[str] = Counter()
        self.asked = 0
        self.open_handles: set[int] = set()
        self.master: int | None = None
        self.dumbs: dict[int, Dumb] = {}
        self.fbs: dict[int, uapi.AddFb] = {}
        self.scanning: int | None = None  # fb that the panel shows
        self.events: deque[bytes] = deque()
        self.torn, self._frozen = 0, b""
        self._numbers = iter(range(100, 10**6))

    # -- the Kernel --------------------------------------------------------------------------------------------------

    def open(self, device: str) -> int:
        self._fail("open", errno.ENOENT if not self.present else 0)
        handle = next(self._numbers)
        self.open_handles.add(handle)
        if self.master is None:
            self.master = handle
        return handle

    def ioctl(self, handle: int, request: int, argument: Structure | None) -> None:
        assert handle in self.open_handles
        self._look()
        name = NAMES[request]
        self._fail(name, self.errors.get(request, 0) or (0 if self.present else errno.ENODEV))
        if self.interrupts:
            self.interrupts -= 1
            raise InterruptedError(errno.EINTR, "Interrupted system call")
        if name in ("SET_MASTER", "SET_CRTC", "PAGE_FLIP") and handle != self.master:
            raise OSError(errno.EBUSY if name == "SET_MASTER" else errno.EACCES, "not the master")
        getattr(self, "_" + name.lower())(argument)

    def map(self, handle: int, length: int, offset: int) -> mmap.mmap:
        self._fail("map", 0)
        return mmap.mmap(self.dumbs[offset >> 12].file, length)

    def read(self, handle: int, timeout_s: float) -> bytes:
        self._look()
        self._fail("read", 0 if self.present else errno.ENODEV)
        if self.events:
            return self.events.popleft()
        self.clock.wait(timeout_s)
        return b""

    def close(self, handle: int) -> None:
        self.open_handles.remove(handle)
        if self.master == handle:
            self.master = None

    # -- what somebody before the panel sees ---------------------------------------------------------------------------

    def seen(self) -> Picture:
        """The panel's picture."""
        assert self.scanning is not None, "the panel is dark"
        known = self.fbs[self.scanning]
        dumb = self.dumbs[known.handle]
        shape, strides = (dumb.height, dumb.width), (dumb.pitch, dumb.bpp // 8)
        raw = dumb.memory[: dumb.pitch * dumb.height]
        return unpack(np.ndarray(shape, f"<u{dumb.bpp // 8}", raw, 0, strides), dumb.bpp)

    def nothing_is_left(self) -> bool:
        return not (self.open_handles or self.dumbs or self.fbs)

    def _look(self) -> None:
        """The panel reads its buffer all the time: it must be as it was when it was flipped to."""
        if self.scanning is not None and self._frozen != self.seen().tobytes():
            self.torn += 1
            self._frozen = self.seen().tobytes()

    def _scan(self, fb_id: int) -> None:
        if fb_id not in self.fbs:
            raise OSError(errno.ENOENT, "no such buffer")
        self.scanning = fb_id
        self._frozen = self.seen().tobytes()

    def _fail(self, name: str, number: int) -> None:
        if self.fail_at == self.asked:
            number = errno.EIO
        self.asked += 1
        self.calls[name] += 1
        if number:
            raise OSError(number, os.strerror(number))

    # -- calls -------------------------------------------------------------------------------------------------------

    def _set_master(self, _: None) -> None:
        pass

    def _get_cap(self, asked: uapi.GetCap) -> None:
        asked.value = self.capabilities[asked.capability]

    def _get_resources(self, asked: uapi.Resources) -> None:
        asked.count_crtcs = _copy(asked.crtcs, asked.count_crtcs, self.crtcs)
        asked.count_connectors = _copy(asked.connectors, asked.count_connectors, list(self.connectors))

    def _get_connector(self, asked: uapi.Connector) -> None:
        there = self.connectors[asked.connector_id]
        self.calls["probe"] += asked.count_modes == 0
        if asked.count_modes >= len(there.modes):
            for index, one in enumerate(there.modes):
                ctypes.memmove(asked.modes + index * sizeof(uapi.Mode), ctypes.addressof(one), sizeof(uapi.Mode))
        asked.count_modes = len(there.modes)
        asked.count_encoders = _copy(asked.encoders, asked.count_encoders, list(there.encoders))
        asked.encoder_id, asked.connection = there.encoder, there.connection

    def _get_encoder(self, asked: uapi.Encoder) -> None:
        asked.crtc_id, asked.possible_crtcs = self.encoders[asked.encoder_id]

    def _create_dumb(self, asked: uapi.CreateDumb) -> None:
        asked.handle = next(self._numbers)
        asked.pitch = asked.width * asked.bpp // 8 + self.padding
        asked.size = asked.pitch * asked.height
        file = os.memfd_create("dumb")
        os.truncate(file, asked.size)
        memory = mmap.mmap(file, asked.size)
        memory.write(b"\x5a" * min(asked.size, 65536))  # what somebody else left there
        self.dumbs[asked.handle] = Dumb(asked.width, asked.height, asked.bpp, asked.pitch, file, memory)

    def _map_dumb(self, asked: uapi.MapDumb) -> None:
        asked.offset = asked.handle << 12

    def _destroy_dumb(self, asked: uapi.Number) -> None:
        os.close(self.dumbs.pop(asked.number).file)

    def _add_fb(self, asked: uapi.AddFb) -> None:
        dumb = self.dumbs[asked.handle]
        if (asked.bpp, asked.depth) not in ((16, 16), (32, 24)) or asked.pitch * asked.height > len(dumb.memory):
            raise OSError(errno.EINVAL, "Invalid argument")
        asked.fb_id = next(self._numbers)
        self.fbs[asked.fb_id] = uapi.AddFb.from_buffer_copy(asked)

    def _remove_fb(self, asked: uapi.Number) -> None:
        del self.fbs[asked.number]
        if self.scanning == asked.number:
            self.scanning = None

    def _set_crtc(self, asked: uapi.Crtc) -> None:
        numbers = list((c_uint32 * asked.count_connectors).from_address(asked.connectors))
        modes = [bytes(one) for number in numbers for one in self.connectors[number].modes]
        if asked.crtc_id not in self.crtcs or not asked.mode_valid or bytes(asked.mode) not in modes:
            raise OSError(errno.EINVAL, "Invalid argument")
        self._scan(asked.fb_id)

    def _page_flip(self, asked: uapi.PageFlip) -> None:
        if self.scanning is None:
            raise OSError(errno.EINVAL, "Invalid argument")
        if self.events:
            raise OSError(errno.EBUSY, "a flip is under way")
        self._scan(asked.fb_id)
        if not self.mute:
            self.events.append(flipped(asked.user_data))


def flipped(user_data: int, kind: int = uapi.FLIP_COMPLETE) -> bytes:
    return bytes(uapi.Event(kind, sizeof(uapi.Event), user_data))


def _copy(pointer: int, room: int, numbers: list[int]) -> int:
    """As many as there is room for; says how many there are."""
    fitting = numbers[:room]
    ctypes.memmove(pointer, (c_uint32 * len(fitting))(*fitting), 4 * len(fitting))
    return len(numbers)
