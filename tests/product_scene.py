"""A store's own model by hand: how red, how green and how blue a crop is; and the manifest beside it."""

from __future__ import annotations

import hashlib
import struct
from pathlib import Path

import numpy as np

from agent.vision.frame import Frame
from agent.vision.product import LOCAL
from tests.tiny_model import INT8, INT32, Packed, Table, Vector, _ints, _tensor, _Writer

SIDE = 16
RED, GREEN = "06901234567892", "06901234567908"
FULLY_CONNECTED, FULLY_CONNECTED_OPTIONS = 9, 8


def colours_model() -> bytes:
    """int8 (1, 16, 16, 3), 0..1 -> int8 (1, 3), 0..1: the mean of red, of green, of blue."""
    cells = SIDE * SIDE
    weight = 1 / cells / 127
    rows = b"".join(struct.pack("3b", *(127 if c == n else 0 for c in range(3))) * cells for n in range(3))
    data = [b"", rows, _ints([0, 0, 0])]
    tensors = [
        _tensor("crop", [1, SIDE, SIDE, 3], INT8, 0, 1 / 255, -128),
        _tensor("weights", [3, cells * 3], INT8, 1, weight),
        _tensor("bias", [3], INT32, 2, weight / 255),
        _tensor("scores", [1, 3], INT8, 0, 1 / 256, -128),
    ]
    operator = Table(
        {0: 0, 1: Vector([0, 1, 2]), 2: Vector([3]), 3: FULLY_CONNECTED_OPTIONS, 4: Table({})}
    )  # no activation
    graph = Table({0: Vector(tensors), 1: Vector([0]), 2: Vector([3]), 3: Vector([operator]), 4: "colours"})
    code = Table({0: FULLY_CONNECTED, 2: 4, 3: FULLY_CONNECTED})
    buffers = [Table({0: Packed(len(d), d, 16)} if d else {}) for d in data]
    return _Writer().write(
        Table({0: 3, 1: Vector([code]), 2: Vector([graph]), 3: "colours", 4: Vector(buffers)}), b"TFL3"
    )


def install_colours(models: Path, threshold: float = 0.6, titles: tuple[str, ...] = ("red", "green", "other")) -> Path:
    """As tools/train would; the path that `open_reader` takes."""
    data = colours_model()
    models.mkdir(parents=True, exist_ok=True)
    (models / "product-0.tflite").write_bytes(data)
    gtins = (RED, GREEN, None)
    classes = "".join(
        f'[[model.class]]\nindex = {n}\ntitle = "{title}"\nkind = "container"\nthreshold = {threshold}\n'
        + (f'gtin = "{gtin}"\n' if gtin else "")
        for n, (title, gtin) in enumerate(zip(titles, gtins, strict=False))
    )
    (models / LOCAL).write_text(
        f"""[[model]]
file = "product-0.tflite"
title = "colours"
decoder = "crop-classes"
sha256 = "{hashlib.sha256(data).hexdigest()}"
bytes = {len(data)}
licence = "ours"
input = {{ width = {SIDE}, height = {SIDE}, dtype = "int8", scale = {1 / 255}, zero_point = -128 }}
{classes}"""
    )
    return models / "manifest.toml"


def shelf_picture() -> Frame:
    """120 x 60: a red thing at the left, a green one in the middle, black at the right."""
    pixels = np.zeros((60, 120, 3), np.uint8)
    pixels[:, :40, 0] = 255
    pixels[:, 40:80, 1] = 255
    return Frame(1.0, pixels)


def as_nv12(frame: Frame) -> Frame:
    """The same picture as a camera gives it."""
    from PIL import Image

    y, u, v = (np.asarray(plane) for plane in Image.fromarray(frame.pixels).convert("YCbCr").split())
    chroma = np.stack([u[::2, ::2], v[::2, ::2]], axis=-1).reshape(frame.height // 2, frame.width)
    return Frame(frame.t, np.concatenate([y, chroma]), "nv12")
