"""Brings a picture into a model's input: aspect kept, centred, black around, in the numbers that the model stores.

One buffer a model, written in place; only what the picture covers is written anew. Pillow shrinks in C without the
GIL; NV12 becomes RGB at the model's size, not at the picture's. Not here: what the numbers mean (manifest.Input).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from agent.vision.frame import Frame, Pixels
from agent.vision.manifest import Input

FILTER = Image.Resampling.BILINEAR  # an area-weighted triangle when shrinking: a filter that aliases loses small hands
GAP = 1.0  # first by whole blocks of pixels, as far as it goes: half the time, the same hands (docs/vision.md)
Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a picture of `frame_px` (width, height) lies in the input: `inside_px` large, from `left_px`, `top_px`."""

    frame_px: Size
    input_px: Size
    inside_px: Size
    left_px: int
    top_px: int

    def to_frame(self, boxes: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n, 4) left, top, right, bottom in fractions of the input -> pixels of the picture, not clipped."""
        scale_x, scale_y = self.frame_px[0] / self.inside_px[0], self.frame_px[1] / self.inside_px[1]
        width, height = self.input_px
        times = np.array([width * scale_x, height * scale_y] * 2)
        minus = np.array([self.left_px * scale_x, self.top_px * scale_y] * 2)
        placed: NDArray[np.float64] = boxes * times - minus
        return placed


def fit(frame_px: Size, input_px: Size) -> Fit:
    """As large as it goes; what is left over is shared between both sides."""
    scale = min(input_px[0] / frame_px[0], input_px[1] / frame_px[1])
    width, height = (min(most, max(1, round(length * scale))) for length, most in zip(frame_px, input_px, strict=True))
    return Fit(frame_px, input_px, (width, height), (input_px[0] - width) // 2, (input_px[1] - height) // 2)


class Letterbox:
    """`buffer` (1, height, width, 3) is the model's input after `fill`, until the next `fill`."""

    def __init__(self, entry: Input) -> None:
        self._entry = entry
        self._table = stored_values(entry)
        self.buffer: NDArray[Any] = np.empty((1, entry.height, entry.width, 3), self._table.dtype)
        self._fit: Fit | None = None
        self._translation = None if entry.dtype == "float32" else self._table.tobytes()
        self._identity = self._translation == bytes(range(256))

    def fill(self, frame: Frame) -> Fit:
        """Where the picture lies now."""
        size = (frame.width, frame.height)
        if self._fit is None or self._fit.frame_px != size:
            self._fit = fit(size, (self._entry.width, self._entry.height))
            self.buffer[:] = self._table[0]
        place = self._fit
        (width, height), left, top = place.inside_px, place.left_px, place.top_px
        self._store(shrunk(frame, place.inside_px), self.buffer[0, top : top + height, left : left + width])
        return place

    def _store(self, picture: Image.Image, inside: NDArray[Any]) -> None:
        data = picture.tobytes()
        if self._translation is None:
            pixels = np.frombuffer(data, np.uint8).reshape(inside.shape)
            np.multiply(pixels, self._table[1] - self._table[0], out=inside, casting="unsafe")
            inside += self._table[0]
            return
        if not self._identity:
            data = data.translate(self._translation)
        inside[:] = np.frombuffer(data, inside.dtype).reshape(inside.shape)


def stored_values(entry: Input) -> NDArray[Any]:
    """(256,): what the model's input holds for each pixel value, in its own type."""
    real: NDArray[Any] = entry.low + np.arange(256) * ((entry.high - entry.low) / 255)
    if entry.dtype == "float32":
        return real.astype(np.float32)
    kind = np.dtype(entry.dtype)
    stored = np.floor(real / entry.scale + 0.5) + entry.zero_point
    clipped: NDArray[Any] = np.clip(stored, np.iinfo(kind).min, np.iinfo(kind).max).astype(kind)
    return clipped


def shrunk(frame: Frame, size: Size) -> Image.Image:
    """RGB of `size`, from either form."""
    if frame.form == "rgb":
        return _plane(frame.pixels, "RGB", size)
    rows = frame.height
    chroma = frame.pixels[rows:].reshape(rows // 2, frame.width // 2, 2)
    planes = (
        _plane(frame.pixels[:rows], "L", size),
        _plane(chroma[..., 0], "L", size),
        _plane(chroma[..., 1], "L", size),
    )
    return Image.merge("YCbCr", planes).convert("RGB")


def _plane(pixels: Pixels, mode: str, size: Size) -> Image.Image:
    pixels = np.ascontiguousarray(pixels)  # no copy unless rows are padded or interleaved
    height, width = pixels.shape[:2]
    image = Image.frombuffer(mode, (width, height), pixels, "raw", mode, 0, 1)
    return image.resize(size, FILTER, reducing_gap=GAP)
