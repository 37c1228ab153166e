"""Reads the geometry of a framebuffer: from sysfs and the kernel for /dev/fbN, from FILE.json for a plain file.

Whatever these say is held to bounds before anybody maps a byte. Not here: mapping and writing (framebuffer.py).
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agent.screen.geometry import Geometry, demanded
from agent.screen.protocol import ScreenError, explained

SYSFS = Path("/sys/class/graphics")
MOST_TEXT = 4096  # bytes of a geometry in text
VSCREENINFO, VSCREENINFO_BYTES = 0x4600, 160  # FBIOGET_VSCREENINFO, struct fb_var_screeninfo (linux/fb.h)
ORDER = {16: ((11, 5), (5, 6), (0, 5)), 32: ((16, 8), (8, 8), (0, 8))}  # offset and length of red, green, blue
Ioctl = Callable[..., Any]  # fcntl.ioctl


def geometry_of(device: Path, handle: int, sysfs: Path = SYSFS, ioctl: Ioctl = fcntl.ioctl) -> Geometry:
    """Of the opened device. ScreenError where nobody knows it, or where it cannot be."""
    beside = beside_of(device)
    if beside.exists():
        return _from_json(beside)
    folder = sysfs / Path(os.path.realpath(device)).name
    if not folder.is_dir():
        raise ScreenError(
            "not_found", f"{device} is no framebuffer that the kernel knows, nor is its geometry in {beside}: write it"
        )
    return _visible(_from_sysfs(folder), handle, str(device), ioctl)


def beside_of(device: Path) -> Path:
    """Where the geometry of a plain file stands."""
    return device.with_name(device.name + ".json")


def _from_json(path: Path) -> Geometry:
    try:
        told = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise ScreenError("wrong_size", f"{path} is no JSON: write width, height, bits_per_pixel, stride") from error
    numbers = []
    for name in ("width", "height", "bits_per_pixel", "stride"):
        number = told.get(name) if isinstance(told, dict) else None
        if not isinstance(number, int) or isinstance(number, bool):
            raise ScreenError("wrong_size", f"{path}: {name} is not there or no whole number: write it")
        numbers.append(number)
    return demanded(Geometry(*numbers), str(path))


def _from_sysfs(folder: Path) -> Geometry:
    numbers = []
    for name, pattern in (
        ("virtual_size", r"(\d{1,9}),(\d{1,9})"),
        ("bits_per_pixel", r"(\d{1,9})"),
        ("stride", r"(\d{1,9})"),
    ):
        found = re.fullmatch(pattern, _text(folder / name).strip(), re.ASCII)
        if found is None:
            raise ScreenError("wrong_size", f"{folder / name} is not understood: is this the framebuffer of a panel?")
        numbers += [int(number) for number in found.groups()]
    return demanded(Geometry(*numbers), str(folder))


def _visible(geometry: Geometry, handle: int, name: str, ioctl: Ioctl) -> Geometry:
    """The part that the panel shows, where the buffer is larger; ScreenError when its colours are in another order."""
    told = bytearray(VSCREENINFO_BYTES)
    try:
        ioctl(handle, VSCREENINFO, told, True)
    except OSError:
        return geometry  # a device that has no such call: sysfs says all there is
    width, height, _, _, left, top, bits, grey, *fields = struct.unpack_from("=8I9I", told)
    order = tuple((fields[i], fields[i + 1]) for i in (0, 3, 6))
    if bits != geometry.bits_per_pixel or grey or order != ORDER[bits]:
        raise ScreenError("wrong_format", f"{name} has its colours in another order than RGB565 or XRGB8888: use drm")
    start = top * geometry.stride + left * geometry.pixel_bytes
    return demanded(Geometry(width, height, bits, geometry.stride, start), name)


def _text(path: Path) -> str:
    """The beginning of a file; a pipe in its place is not waited for."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise ScreenError("wrong_size", f"{path} is no file: write the geometry into one")
            return os.read(handle, MOST_TEXT).decode("ascii", "replace")
        finally:
            os.close(handle)
    except OSError as error:
        raise explained(error, str(path)) from error
