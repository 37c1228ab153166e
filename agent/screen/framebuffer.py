"""A panel behind /dev/fbN, or a plain file in its place: pixels are written into the mapped buffer.

Shown while it is written, so a picture may tear; drm.py does not. The kernel's text console must be kept off the same
panel, or its cursor blinks in the prices (docs/screens.md).
Not here: geometry (fbinfo.py), what changed (surface.py).
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import mmap
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from agent.screen.fbinfo import SYSFS, Ioctl, beside_of, geometry_of
from agent.screen.geometry import Geometry, Rect, demanded, turn_of
from agent.screen.pixels import Packed, unpack
from agent.screen.protocol import Picture, ScreenError, explained
from agent.screen.surface import DTYPES, Surface, part

BLANK = 0x4611  # FBIOBLANK (linux/fb.h); 0 switches a blanked panel on
AGAIN_S = 10.0  # so often the whole is written again, in case somebody else wrote there


class Framebuffer:
    """A `Panel`."""

    def __init__(
        self,
        device: Path,
        rotate: str = "0",
        *,
        clock: Callable[[], float] = time.monotonic,
        sysfs: Path = SYSFS,
        ioctl: Ioctl = fcntl.ioctl,
    ) -> None:
        """ScreenError when there is no such panel, or it cannot be written."""
        self._device, self._clock, self._sysfs, self._ioctl = device, clock, sysfs, ioctl
        self._handle = opened(device, os.O_RDWR)
        self._map: mmap.mmap | None = None
        try:
            self._was = os.fstat(self._handle)
            self.geometry = geometry_of(device, self._handle, sysfs, ioctl)
            demand_length(device, self._was, self.geometry)
            self._map = mapped(device, self._handle, self.geometry, mmap.ACCESS_WRITE)
        except ScreenError:
            self.close()
            raise
        self._pixels: Packed | None = view(self._map, self.geometry)
        self._surface = Surface(self.geometry, turn_of(rotate))
        self._whole_s = clock()
        self._switch_on()

    @property
    def width(self) -> int:
        """See Panel."""
        return self._surface.viewed.width

    @property
    def height(self) -> int:
        """See Panel."""
        return self._surface.viewed.height

    def show(self, picture: Picture, left: int = 0, top: int = 0) -> None:
        """See Panel."""
        changed = self._surface.draw(picture, left, top)
        self._demand_panel()
        now = self._clock()
        if now - self._whole_s >= AGAIN_S:
            self._whole_s = now
            self._demand_geometry()
            changed = self.geometry.whole
        if changed is not None:
            self._write(changed)

    def close(self) -> None:
        """See Panel. What stands on the panel stays there."""
        self._pixels = None  # the map cannot go while somebody looks at it
        if self._map is not None:
            self._map.close()
            self._map = None
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _write(self, changed: Rect) -> None:
        if self._pixels is None:
            raise ScreenError("unplugged", f"{self._device} was closed: open it anew")
        part(self._pixels, changed)[...] = part(self._surface.pixels, changed)

    def _demand_panel(self) -> None:
        """The name still leads to the device that is mapped; a driver that has gone takes its name along."""
        try:
            now = self._device.stat()
        except OSError as error:
            raise ScreenError("unplugged", f"{self._device} has gone: plug the panel in again") from error
        if (now.st_dev, now.st_ino, now.st_rdev) != (self._was.st_dev, self._was.st_ino, self._was.st_rdev):
            raise ScreenError("unplugged", f"{self._device} is another device now: it is opened anew")
        demand_length(self._device, now, self.geometry)  # to write behind a file's end would end the process

    def _demand_geometry(self) -> None:
        if geometry_of(self._device, self._handle, self._sysfs, self._ioctl) != self.geometry:
            raise ScreenError("unplugged", f"{self._device} has another size now: it is opened anew")

    def _switch_on(self) -> None:
        """A console that was left alone has blanked the panel; a driver without that call is always on."""
        if stat.S_ISCHR(self._was.st_mode):
            with contextlib.suppress(OSError):
                self._ioctl(self._handle, BLANK, 0)


def opened(device: Path, flags: int) -> int:
    """A handle. ScreenError; a pipe is not waited for."""
    try:
        return os.open(device, flags | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError as error:
        raise explained(error, str(device)) from error


def demand_length(device: Path, status: os.stat_result, geometry: Geometry) -> None:
    """ScreenError when a plain file is too short for its geometry, or when it is neither file nor device."""
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISCHR(status.st_mode):
        raise ScreenError("not_found", f"{device} is neither a device nor a file: correct screen.device")
    if stat.S_ISREG(status.st_mode) and status.st_size < geometry.end:
        raise ScreenError(
            "too_short", f"{device} has {status.st_size:,} bytes, its geometry needs {geometry.end:,}: make it longer"
        )


def mapped(device: Path, handle: int, geometry: Geometry, access: int) -> mmap.mmap:
    """The buffer up to its last row."""
    try:
        return mmap.mmap(handle, geometry.end, access=access)
    except OSError as error:
        raise explained(error, str(device)) from error
    except ValueError as error:
        raise ScreenError("too_short", f"{device} is shorter than {geometry.end:,} bytes: make it longer") from error


def view(buffer: mmap.mmap | bytes, geometry: Geometry) -> Packed:
    """The visible pixels of a buffer."""
    shape, strides = (geometry.height, geometry.width), (geometry.stride, geometry.pixel_bytes)
    return np.ndarray(shape, DTYPES[geometry.bits_per_pixel], buffer, geometry.start, strides)


def make_file(path: Path, width: int, height: int, bits_per_pixel: int = 32, stride: int | None = None) -> Path:
    """A plain file that is a black panel, with its geometry beside it; for tests and demonstrations."""
    row = stride if stride is not None else width * bits_per_pixel // 8
    geometry = demanded(Geometry(width, height, bits_per_pixel, row), str(path))
    told = {"width": width, "height": height, "bits_per_pixel": bits_per_pixel, "stride": row}
    beside_of(path).write_text(json.dumps(told))
    path.write_bytes(bytes(geometry.end))
    return path


def read_picture(path: Path, rotate: str = "0") -> Picture:
    """What the viewer sees on a framebuffer, mostly a plain file. `rotate` as the panel's. ScreenError."""
    handle = opened(path, os.O_RDONLY)
    try:
        geometry = geometry_of(path, handle)
        demand_length(path, os.fstat(handle), geometry)
        with mapped(path, handle, geometry, mmap.ACCESS_READ) as buffer:
            kept = view(buffer, geometry).copy()
    finally:
        os.close(handle)
    return np.ascontiguousarray(np.rot90(unpack(kept, geometry.bits_per_pixel), -turn_of(rotate).quarters))
