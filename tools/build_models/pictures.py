"""The labelled pictures and videos beside the checkout ($SHELFD_SHARED), to calibrate and measure; none come along.

Boxes are in pixels: left, top, right, bottom. Not here: what is done with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from agent.sensors.camera import movie
from agent.vision.frame import Frame
from tools.build_models.errors import BuildError

Boxes = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A picture and where the things of its set are in it."""

    frame: Frame
    boxes: Boxes  # (n, 4)


@dataclass(frozen=True, slots=True)
class Shared:
    """The folder that SHELFD_SHARED names."""

    root: Path

    def labelled(self, name: str, split: str) -> Iterator[Shot]:
        """In the order of their names. BuildError where there are none."""
        folder = self.root / "data/images" / name / split
        files = sorted((folder / "images").glob("*"))
        if not files:
            raise BuildError(f"there are no pictures in {folder}: name their folder with SHELFD_SHARED")
        for file in files:
            with Image.open(file) as picture:
                pixels = np.array(picture.convert("RGB"))
            yield Shot(Frame(0.0, pixels), _boxes(folder / "labels" / f"{file.stem}.txt", pixels))

    def video(self, name: str, every: int = 1) -> Iterator[Frame]:
        return self.frames(self.root / "data/video" / f"{name}.mp4", every)

    def frames(self, file: Path, every: int = 1) -> Iterator[Frame]:
        """Each `every`-th picture of a video."""
        if not file.is_file():
            raise BuildError(f"{file} does not exist: name the folder of the recordings with SHELFD_SHARED")
        return (frame for number, (_, frame) in enumerate(movie.frames(file)) if number % every == 0)


def _boxes(file: Path, pixels: NDArray[np.uint8]) -> Boxes:
    """YOLO text, relative: class cx cy w h; or class x y x y ..., the corners of an outline."""
    rows = [np.array(line.split()[1:], float) for line in file.read_text("utf-8").splitlines() if line.strip()]
    boxes = [_box(row) for row in rows]
    height, width = pixels.shape[:2]
    return np.array(boxes, float).reshape(-1, 4) * [width, height, width, height]


def _box(row: Boxes) -> list[float]:
    if len(row) == 4:
        x, y, width, height = row.tolist()
        return [x - width / 2, y - height / 2, x + width / 2, y + height / 2]
    return [min(row[0::2]), min(row[1::2]), max(row[0::2]), max(row[1::2])]
