"""A picture inside a model's input: where it lies, in which numbers, and the way back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from agent.vision.frame import Frame
from agent.vision.letterbox import Letterbox, fit, stored_values
from agent.vision.manifest import Input

HAND = Input(width=192, height=192, dtype="int8", scale=1 / 255, zero_point=-128)
OBJECTS = Input(width=300, height=300, dtype="int8", scale=0.0077, zero_point=0, low=-1.0, high=1.0)
PLAIN = Input(width=64, height=64, dtype="uint8", scale=1 / 255)
FLOAT = Input(width=64, height=64, dtype="float32", low=-1.0, high=1.0)

sides = st.integers(1, 4096)


def grey(width: int, height: int, level: int = 200) -> Frame:
    return Frame(0.0, np.full((height, width, 3), level, np.uint8))


def gradient(width: int = 640, height: int = 360) -> np.ndarray:
    y, x = np.mgrid[0:height, 0:width]
    planes = x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)
    return np.stack(planes, axis=2).astype(np.uint8)


def nv12(pixels: np.ndarray) -> np.ndarray:
    """As a camera makes it of RGB."""
    y, u, v = (np.asarray(plane) for plane in Image.fromarray(pixels).convert("YCbCr").split())
    chroma = np.stack([u[::2, ::2], v[::2, ::2]], axis=2).reshape(len(y) // 2, -1)
    return np.vstack([y, chroma])


@pytest.mark.parametrize(
    ("frame_px", "inside_px", "left_px", "top_px"),
    [
        ((640, 360), (192, 108), 0, 42),
        ((360, 640), (108, 192), 42, 0),
        ((192, 192), (192, 192), 0, 0),
        ((96, 48), (192, 96), 0, 48),  # smaller pictures are enlarged
        ((4096, 1), (192, 1), 0, 95),
    ],
)
def test_a_picture_is_centred_as_large_as_it_goes(
    frame_px: tuple[int, int], inside_px: tuple[int, int], left_px: int, top_px: int
) -> None:
    place = fit(frame_px, (192, 192))
    assert (place.inside_px, place.left_px, place.top_px) == (inside_px, left_px, top_px)


@given(st.tuples(sides, sides), st.tuples(st.integers(16, 512), st.integers(16, 512)))
def test_the_way_back_is_the_way_there(frame_px: tuple[int, int], input_px: tuple[int, int]) -> None:
    place = fit(frame_px, input_px)
    (width, height), left, top = place.inside_px, place.left_px, place.top_px
    assert left >= 0 and top >= 0 and left + width <= input_px[0] and top + height <= input_px[1]
    inside = np.array([[left, top, left + width, top + height]]) / [*input_px, *input_px]
    assert place.to_frame(inside)[0] == pytest.approx([0, 0, *frame_px], abs=1e-6)


def test_around_the_picture_it_is_black_also_after_another_picture() -> None:
    box = Letterbox(HAND)
    box.fill(grey(192, 192))
    assert (box.buffer == 200 - 128).all()
    box.fill(grey(640, 360, level=50))
    assert (box.buffer[0, :42] == -128).all() and (box.buffer[0, 150:] == -128).all()
    assert (box.buffer[0, 42:150] == 50 - 128).all()


def test_the_same_buffer_serves_all_pictures() -> None:
    box = Letterbox(HAND)
    before = box.buffer
    for _ in range(3):
        box.fill(grey(640, 360))
    assert box.buffer is before


def test_each_type_of_input_holds_what_the_pixel_means() -> None:
    pixels = np.arange(256).repeat(48).reshape(64, 64, 3).astype(np.uint8)
    for entry, tolerance in ((PLAIN, 0.5 / 255), (FLOAT, 1e-6)):
        box = Letterbox(entry)
        box.fill(Frame(0.0, pixels))
        stored = box.buffer[0].astype(np.float64)
        real = stored if entry.dtype == "float32" else (stored - entry.zero_point) * entry.scale
        assert np.abs(real - (entry.low + pixels * ((entry.high - entry.low) / 255))).max() <= tolerance


def test_quantised_values_are_rounded_and_stay_in_their_type() -> None:
    assert stored_values(HAND).tolist() == list(range(-128, 128))
    assert stored_values(OBJECTS)[[0, 126, 128, 255]].tolist() == [-128, -2, 1, 127]
    narrow = Input(width=64, height=64, dtype="uint8", scale=1 / 510, zero_point=3)
    assert stored_values(narrow)[[0, 1, 200]].tolist() == [3, 5, 255]


def test_nv12_looks_like_the_rgb_it_was_made_of() -> None:
    pixels = gradient()
    one, other = Letterbox(HAND), Letterbox(HAND)
    assert one.fill(Frame(0.0, pixels)) == other.fill(Frame(0.0, nv12(pixels), "nv12"))
    difference = np.abs(one.buffer.astype(int) - other.buffer)
    assert difference.mean() < 1 and difference.max() <= 6


@pytest.mark.parametrize("form", ["rgb", "nv12"])
def test_padded_rows_change_nothing(form: str) -> None:
    pixels = gradient() if form == "rgb" else nv12(gradient())
    padded = np.concatenate([pixels, np.full_like(pixels[:, :64], 255)], axis=1)[:, :640]
    one, other = Letterbox(HAND), Letterbox(HAND)
    one.fill(Frame(0.0, pixels, form))  # type: ignore[arg-type]
    other.fill(Frame(0.0, padded, form))  # type: ignore[arg-type]
    assert (one.buffer == other.buffer).all()


def test_shrinking_takes_in_every_pixel() -> None:
    """A pattern finer than the model's pixels becomes grey; a filter that picks single ones would see stripes."""
    stripes = np.zeros((360, 640, 3), np.uint8)
    stripes[:, ::2] = 255
    box = Letterbox(HAND)
    box.fill(Frame(0.0, stripes))
    inside = box.buffer[0, 42:150].astype(int) + 128
    assert inside.min() > 90 and inside.max() < 165
