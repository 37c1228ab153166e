"""Pictures of goods that nobody sells, folders full of them, and a detector small enough to be cut in a test."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tests.tiny_model import CONV_2D, CONV_2D_OPTIONS, Packed, Table, Vector, _Writer
from tools.train.backbone import LAYERS

COLOURS = {"cola": (200, 30, 30), "lime": (40, 180, 60), "water": (40, 80, 200)}
GTINS = {"cola": "6901234567892", "lime": "6901234567908", "water": "6901234567915"}


def goods(name: str, number: int, side: int = 96) -> Image.Image:
    """A can of that colour before a background that is another one each time; the same numbers, the same picture."""
    chance = np.random.default_rng(1000 * sorted(COLOURS).index(name) + number)
    coarse = chance.integers(60, 200, (12, 12, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((side, side), Image.Resampling.NEAREST)
    left, top = (int(n) for n in chance.integers(side // 8, side // 4, 2))
    right, bottom = (int(n) for n in chance.integers(side * 3 // 4, side * 7 // 8, 2))
    shade = tuple(int(np.clip(c + chance.integers(-25, 25), 0, 255)) for c in COLOURS[name])
    ImageDraw.Draw(picture).rounded_rectangle((left, top, right, bottom), side // 12, fill=shade)
    return picture


def folder_of_goods(root: Path, each: int = 12, names: tuple[str, ...] = ("cola", "lime")) -> Path:
    """One folder a product, its GTIN in front."""
    for name in names:
        place = root / f"{GTINS[name]} {name}"
        place.mkdir(parents=True)
        for number in range(each):
            goods(name, number).save(place / f"{number:03}.png")
    return root


def boxes_folder(root: Path, each: int = 4) -> Path:
    """The same as YOLO text boxes, in train/ and valid/."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "data.yaml").write_text("nc: 2\nnames: ['cola', 'lime']\n")
    for part, first in (("train", 0), ("valid", each)):
        for kind in ("images", "labels"):
            (root / part / kind).mkdir(parents=True)
        for label, name in enumerate(("cola", "lime")):
            for number in range(first, first + each):
                goods(name, number).save(root / part / "images" / f"{name}{number}.png")
                (root / part / "labels" / f"{name}{number}.txt").write_text(f"{label} 0.5 0.5 0.6 0.6\n")
    return root


def tiny_detector() -> bytes:
    """float32 (1, 304, 304, 3) through three convolutions that carry the names of the real detector's layers."""
    chance = np.random.default_rng(7)
    shapes = [(8, 8, 8, 3), (12, 1, 1, 8), (12, 1, 1, 12)]
    sides, strides = [38, 19, 19], [8, 2, 1]
    data = [b""]
    tensors = [_floats("picture", [1, 304, 304, 3], 0)]
    operators, previous = [], 0
    for layer, shape, side, stride in zip(LAYERS, shapes, sides, strides, strict=True):
        weights = chance.normal(0, 1 / np.sqrt(np.prod(shape[1:])), shape).astype("<f4")
        data += [weights.tobytes(), struct.pack(f"<{shape[0]}f", *[0.1] * shape[0])]
        first = len(tensors)
        tensors += [
            _floats(f"{layer}/weights", list(shape), len(data) - 2),
            _floats(f"{layer}/bias", [shape[0]], len(data) - 1),
            _floats(f"FeatureExtractor/MobilenetV2/{layer}", [1, side, side, shape[0]], 0),
        ]
        options = Table({0: 0, 1: stride, 2: stride, 3: 1})  # padding SAME, RELU
        inputs = Vector([previous, first, first + 1])
        operators.append(Table({0: 0, 1: inputs, 2: Vector([first + 2]), 3: CONV_2D_OPTIONS, 4: options}))
        previous = first + 2
    graph = Table({0: Vector(tensors), 1: Vector([0]), 2: Vector([previous]), 3: Vector(operators), 4: "tiny"})
    code = Table({0: CONV_2D, 2: 1, 3: CONV_2D})
    buffers = [Table({0: Packed(len(d), d, 16)} if d else {}) for d in data]
    return _Writer().write(Table({0: 3, 1: Vector([code]), 2: Vector([graph]), 3: "tiny", 4: Vector(buffers)}), b"TFL3")


def _floats(name: str, shape: list[int], buffer: int) -> Table:
    return Table({0: Vector(shape), 1: 0, 2: buffer, 3: name})
