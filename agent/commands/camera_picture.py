"""The one picture that this project ever writes: what the camera sees, with a grid and numbered marks, on request.

Nothing but `shelfd calibrate camera --picture FILE` calls it; a person reads pixels off it and deletes it.
Not here: the conversation (calibrate_camera.py), taking the picture.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from agent.config.schema import Mark
from agent.vision.frame import Frame, Pixels

GRID_PX = 40
LABEL_PX = 80
ENLARGED_PX = 1200  # a small picture is shown twice as large, so that numbers can be read
GRID, LABEL, MARK = (0, 255, 255, 90), (0, 255, 255, 255), (255, 0, 160, 255)


def as_rgb(frame: Frame) -> Pixels:
    """(h, w, 3); NV12 through full-range BT.601."""
    if frame.form == "rgb":
        return np.ascontiguousarray(frame.pixels)
    height, width = frame.height, frame.width
    pairs = frame.pixels[height:].reshape(height // 2, width // 2, 2)
    colours = pairs.repeat(2, axis=0).repeat(2, axis=1)
    made = np.dstack([frame.luma, colours])
    return np.asarray(Image.fromarray(made, mode="YCbCr").convert("RGB"), dtype=np.uint8)


def overlay(frame: Frame, marks: tuple[Mark, ...]) -> Image.Image:
    """The picture with a line every 40 pixels, every other one named, and the marks with their numbers."""
    times = max(1, ENLARGED_PX // frame.width)
    picture = Image.fromarray(as_rgb(frame)).resize((frame.width * times, frame.height * times))
    draw = ImageDraw.Draw(picture, "RGBA")
    for x in range(0, frame.width, GRID_PX):
        draw.line((x * times, 0, x * times, picture.height), GRID)
    for y in range(0, frame.height, GRID_PX):
        draw.line((0, y * times, picture.width, y * times), GRID)
    for x in range(0, frame.width, LABEL_PX):
        draw.text((x * times + 2, 1), f"x {x}", LABEL)
    for y in range(LABEL_PX, frame.height, LABEL_PX):
        draw.text((2, y * times + 1), f"y {y}", LABEL)
    for number, mark in enumerate(marks, 1):
        _cross(draw, mark.x_px * times, mark.y_px * times, f"{number}: {mark.u_m:g} m, {mark.v_m:g} m")
    return picture


def write_picture(path: Path, frame: Frame, marks: tuple[Mark, ...]) -> None:
    """A PNG that only its owner may read. FileExistsError where something stands in its place; OSError otherwise."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        overlay(frame, marks).save(file, format="PNG")


def _cross(draw: ImageDraw.ImageDraw, x: float, y: float, label: str) -> None:
    draw.line((x - 10, y, x + 10, y), MARK, 2)
    draw.line((x, y - 10, x, y + 10), MARK, 2)
    draw.text((x + 6, y + 4), label, MARK)
