"""What a picture file says of itself before anything is decoded: format, size, frames, seconds.

Walks the chunks of PNG and APNG, the blocks of GIF, the chunks of WebP, by their lengths alone, so that the bounds of
pictures.py hold before a decoder has reserved any memory. Pure: bytes in, `Shape` out.
Not here: what is too much, and decoding (pictures.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

DEFAULT_FRAME_S = 0.1  # where a file gives none or 0.01 s: what browsers do
SHORTEST_FRAME_S = 0.02


class PictureError(Exception):
    """A file that is no picture, or one that this device does not show; a sentence."""


@dataclass(frozen=True, slots=True)
class Shape:
    """`frames` 1: a still. `seconds` of one run of the animation, 0 for a still."""

    format: str  # as Pillow names it
    width_px: int
    height_px: int
    frames: int
    seconds: float


def shape_of(data: bytes) -> Shape:
    """PictureError where it is none of the formats, ends too early or contradicts itself."""
    for begins, walk in _WALKS.items():
        if data.startswith(begins):
            try:
                shape = walk(data)
            except IndexError:
                raise PictureError("the picture ends in the middle: the file is not whole") from None
            if shape.width_px < 1 or shape.height_px < 1 or shape.frames < 1:
                raise PictureError("the picture has no pixels")
            return shape
    raise PictureError("this is no PNG, APNG, GIF or WebP: export it as one of these")


def frame_s(told_s: float) -> float:
    """How long a frame stays, whatever the file says."""
    return DEFAULT_FRAME_S if told_s < 0.011 else max(SHORTEST_FRAME_S, told_s)


def _png(data: bytes) -> Shape:
    """Chunks: length, type, data, checksum. An APNG has one fcTL for each frame of its animation."""
    width_px, height_px = _big(data, 16, 4), _big(data, 20, 4)
    frames, told, seconds = 0, 0, 0.0
    at, ended = 8, False
    while not ended:
        length, kind = _big(data, at, 4), _part(data, at + 4, 4)
        body = at + 8
        if at == 8 and kind != b"IHDR":
            raise PictureError("the PNG does not begin with its size")
        if kind == b"acTL":
            told = _big(data, body, 4)
        elif kind == b"fcTL":
            box = [_big(data, body + 4 * n, 4) for n in (3, 4, 1, 2)]
            _inside(box, width_px, height_px)
            numerator, denominator = _big(data, body + 20, 2), _big(data, body + 22, 2)
            frames, seconds = frames + 1, seconds + frame_s(numerator / (denominator or 100))
        ended = kind == b"IEND"
        at = body + length + 4
        _part(data, at - 1, 1)
    count = max(frames, told, 1)
    return Shape("PNG", width_px, height_px, count, seconds if count > 1 else 0.0)


def _gif(data: bytes) -> Shape:
    """A screen, then blocks: extensions (one of them a frame's time) and images, each of sub-blocks."""
    width_px, height_px = _little(data, 6, 2), _little(data, 8, 2)
    at = 13 + _palette_bytes(data[10:11])
    frames, seconds, told_s = 0, 0.0, 0.0
    while (kind := _part(data, at, 1)) != b"\x3b":
        if kind == b"\x21":
            if _part(data, at + 1, 1) == b"\xf9":
                told_s = _little(data, at + 4, 2) / 100
            at = _behind_subblocks(data, at + 2)
        elif kind == b"\x2c":
            _inside([_little(data, at + n, 2) for n in (1, 3, 5, 7)], width_px, height_px)
            frames, seconds, told_s = frames + 1, seconds + frame_s(told_s), 0.0
            at = _behind_subblocks(data, at + 11 + _palette_bytes(_part(data, at + 9, 1)))
        else:
            raise PictureError("the GIF holds a block that no GIF has")
    return Shape("GIF", width_px, height_px, frames, seconds if frames > 1 else 0.0)


def _webp(data: bytes) -> Shape:
    """RIFF chunks: VP8X tells the canvas, ANMF a frame; without it VP8 or VP8L is the one picture."""
    if _part(data, 8, 4) != b"WEBP":
        raise PictureError("this is no PNG, APNG, GIF or WebP: export it as one of these")
    end = 8 + _little(data, 4, 4)
    if end > len(data):
        raise PictureError("the picture ends in the middle: the file is not whole")
    canvas: tuple[int, int] | None = None
    frames, seconds, animated, at = 0, 0.0, False, 12
    while at + 8 <= end:
        kind, length, body = _part(data, at, 4), _little(data, at + 4, 4), at + 8
        if kind == b"VP8X":
            if at != 12:
                raise PictureError("the WebP tells two sizes of itself")
            canvas = 1 + _little(data, body + 4, 3), 1 + _little(data, body + 7, 3)
            animated = bool(data[body] & 2)
        elif kind == b"ANMF" and canvas is not None:
            left, top = 2 * _little(data, body, 3), 2 * _little(data, body + 3, 3)
            _inside([left, top, 1 + _little(data, body + 6, 3), 1 + _little(data, body + 9, 3)], *canvas)
            frames, seconds = frames + 1, seconds + frame_s(_little(data, body + 12, 3) / 1000)
        elif kind in (b"VP8 ", b"VP8L"):
            size = _vp8_size(data, body) if kind == b"VP8 " else _vp8l_size(data, body)
            if canvas is not None and canvas != size:
                raise PictureError("the WebP tells two sizes of itself")
            canvas = size
        at = body + length + (length & 1)
    if canvas is None:
        raise PictureError("the WebP holds no picture")
    count = frames if animated else 1
    return Shape("WEBP", *canvas, count, seconds if count > 1 else 0.0)


_WALKS: dict[bytes, Callable[[bytes], Shape]] = {
    b"\x89PNG\r\n\x1a\n": _png,
    b"GIF87a": _gif,
    b"GIF89a": _gif,
    b"RIFF": _webp,
}


def _vp8_size(data: bytes, body: int) -> tuple[int, int]:
    if _part(data, body + 3, 3) != b"\x9d\x01\x2a":
        raise PictureError("the WebP holds no picture")
    return _little(data, body + 6, 2) & 0x3FFF, _little(data, body + 8, 2) & 0x3FFF


def _vp8l_size(data: bytes, body: int) -> tuple[int, int]:
    bits = _little(data, body + 1, 4)
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


def _inside(box: list[int], width_px: int, height_px: int) -> None:
    """A frame (left, top, width, height) that reaches beyond its canvas would make the decoder's canvas grow."""
    left, top, width, height = box
    if left + width > width_px or top + height > height_px:
        raise PictureError("a frame of the animation reaches beyond its own picture")


def _palette_bytes(flags: bytes) -> int:
    return 3 << (flags[0] & 7) + 1 if flags[0] & 0x80 else 0


def _behind_subblocks(data: bytes, at: int) -> int:
    for length in _subblocks(data, at):
        at += 1 + length
    return at + 1


def _subblocks(data: bytes, at: int) -> Iterator[int]:
    while length := data[at]:
        yield length
        at += 1 + length


def _part(data: bytes, at: int, count: int) -> bytes:
    """IndexError where the file ends before."""
    if at + count > len(data):
        raise IndexError(at)
    return data[at : at + count]


def _big(data: bytes, at: int, count: int) -> int:
    return int.from_bytes(_part(data, at, count), "big")


def _little(data: bytes, at: int, count: int) -> int:
    return int.from_bytes(_part(data, at, count), "little")
