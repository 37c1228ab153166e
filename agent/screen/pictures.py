"""Still pictures and short animations, decoded within bounds and scaled into the content area.

What a file says of its size is held against the bounds before Pillow sees it (containers.py), only the decoders of
three formats are ever asked, and what they raise becomes a PictureError with a sentence. Sizes are fit, never
distorted; what is transparent or left over shows the background.
Not here: how long frames are kept (clip.py), whether the bytes are those of the hub (agent/documents/assets.py).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.GifImagePlugin import GifImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from agent.screen.containers import PictureError, Shape, frame_s, shape_of
from agent.screen.protocol import Picture
from wire.limits import MAX_ASSET_BYTES

DECODERS: dict[str, Callable[[io.BytesIO], Image.Image]] = {  # no other is ever loaded, let alone asked
    "PNG": PngImageFile,
    "GIF": GifImageFile,
    "WEBP": WebPImageFile,
}
MOST_SIDE_PX = 8192
MOST_PIXELS = 2_100_000  # of a still: 1920 x 1080; 8 MB as the decoder holds it, and it holds up to four such
MOST_FRAME_PIXELS = 1_050_000  # of an animation: 1920 x 360 has 0.7 million
MOST_FRAMES = 750  # 30 s at 25 frames a second
MOST_ALL_PIXELS = 250_000_000  # of all frames; 30 s of 1920 x 158 at 25 a second have 228 million
MOST_SECONDS = 120.0  # as Item.seconds
REFUSED = (  # what Pillow's decoders raise at damaged files
    *(OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, OverflowError, AttributeError),
    *(struct.error, zlib.error, Image.DecompressionBombError),
)


@dataclass(frozen=True, slots=True)
class Look:
    """The area that pictures are made for."""

    width_px: int
    height_px: int
    background: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture in the area's size, and how long it stays; a still stays (None)."""

    picture: Picture
    hold_s: float | None


def check_picture(path: Path, beat: Callable[[], None] = lambda: None) -> str | None:
    """Why this file cannot be shown, as a sentence; None: it can. Decodes every frame once, which takes a slow device
    some ten seconds for the longest animation: `beat` is called after each."""
    try:
        shape, data = _read(path)
        with _opened(shape, data) as image:
            for index in range(_count(shape, image)):
                _load(image, index, shape)
                beat()
    except PictureError as error:
        return str(error)
    return None


def frames(path: Path, look: Look) -> Iterator[Frame]:
    """The frames in their order, once, decoded one at a time as they are asked for. PictureError."""
    shape, data = _read(path)
    with _opened(shape, data) as image:
        count = _count(shape, image)
        for index in range(count):
            _load(image, index, shape)
            hold_s = frame_s(_duration_s(image)) if count > 1 else None
            yield Frame(fitted(image, look), hold_s)


def fitted(image: Image.Image, look: Look) -> Picture:
    """Scaled to fit the area, in its middle."""
    scale = min(look.width_px / image.width, look.height_px / image.height)
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    try:
        scaled = _rgba(image).resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
        area = Image.new("RGBA", (look.width_px, look.height_px), (*look.background, 255))
        area.alpha_composite(scaled, ((look.width_px - size[0]) // 2, (look.height_px - size[1]) // 2))
        return np.array(area.convert("RGB"), dtype=np.uint8)
    except REFUSED as error:
        raise _damaged(error) from error


def _rgba(image: Image.Image) -> Image.Image:
    """16-bit greys keep their upper eight bits; Pillow would cut them at 255."""
    if image.mode.startswith("I"):
        grey = (np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGBA")
    return image.convert("RGBA")


def _read(path: Path) -> tuple[Shape, bytes]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_ASSET_BYTES + 1)
    except OSError as error:
        raise PictureError(f"the file of the picture cannot be read ({error.strerror})") from error
    if len(data) > MAX_ASSET_BYTES:
        raise PictureError(f"the picture has more than {MAX_ASSET_BYTES:,} bytes: make it smaller")
    shape = shape_of(data)
    _bound(shape)
    return shape, data


def _bound(shape: Shape) -> None:
    """PictureError where decoding it would cost too much."""
    pixels = shape.width_px * shape.height_px
    most = MOST_PIXELS if shape.frames == 1 else MOST_FRAME_PIXELS
    size = f"{shape.width_px} x {shape.height_px}"
    if max(shape.width_px, shape.height_px) > MOST_SIDE_PX:
        raise PictureError(f"the picture is {size} pixels large; a side has at most {MOST_SIDE_PX:,}")
    if pixels > most:
        kind = "a picture" if shape.frames == 1 else "an animation"
        raise PictureError(
            f"the picture is {size} pixels large; {kind} has at most {most:,}: export it in the strip's size"
        )
    if shape.frames > MOST_FRAMES:
        raise PictureError(f"the animation has {shape.frames:,} frames; at most {MOST_FRAMES} are shown")
    if shape.seconds > MOST_SECONDS:
        raise PictureError(f"the animation takes {shape.seconds:.0f} s; at most {MOST_SECONDS:.0f} s are shown")
    if pixels * shape.frames > MOST_ALL_PIXELS:
        raise PictureError(
            f"{shape.frames} frames of {size} are {pixels * shape.frames:,} pixels; an animation has at most "
            f"{MOST_ALL_PIXELS:,} in all: make it smaller or shorter"
        )


def _opened(shape: Shape, data: bytes) -> Image.Image:
    try:
        image = DECODERS[shape.format](io.BytesIO(data))
    except REFUSED as error:
        raise _damaged(error) from error
    _same_size(image, shape)
    return image


def _count(shape: Shape, image: Image.Image) -> int:
    """Frames that there are. PictureError where the decoder finds more than the file said."""
    try:
        count = int(getattr(image, "n_frames", 1))
    except REFUSED as error:
        raise _damaged(error) from error
    if count > shape.frames + 1:  # + 1: an APNG may have a still beside its animation
        raise PictureError(f"the picture says it has {shape.frames} frames and has {count}")
    return max(1, count)


def _load(image: Image.Image, index: int, shape: Shape) -> None:
    try:
        image.seek(index)
        _same_size(image, shape)
        image.load()
    except REFUSED as error:
        raise _damaged(error) from error


def _same_size(image: Image.Image, shape: Shape) -> None:
    if image.size != (shape.width_px, shape.height_px):
        raise PictureError("the picture tells two sizes of itself")


def _duration_s(image: Image.Image) -> float:
    told = image.info.get("duration", 0)
    return float(told) / 1000 if isinstance(told, int | float) else 0.0


def _damaged(error: BaseException) -> PictureError:
    return PictureError(f"the picture cannot be decoded ({error}): the file is damaged, or not what its name says")
