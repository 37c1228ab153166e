"""Pictures, models and manifests for the tests of the eyes: the hand-built finder of red squares, described as a real
model is."""

from __future__ import annotations

import hashlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tiny_model import SQUARES_SIDE, squares_model

from agent.vision.frame import Frame
from agent.vision.manifest import Model

RUNTIME = bool(find_spec("ai_edge_litert") or find_spec("tflite_runtime"))
needs_runtime = pytest.mark.skipif(not RUNTIME, reason="no TFLite runtime here: pip install shelfd[litert]")
SQUARES = squares_model()


def model(
    decoder: str = "centers", *, classes: tuple[tuple[int, str, float], ...] = ((0, "hand", 0.5),), **given: Any
) -> Model:
    """A manifest's entry; `classes`: index, kind, threshold of each. What is not given fits the finder of squares."""
    entry = {"width": SQUARES_SIDE, "height": SQUARES_SIDE, "dtype": "int8", "scale": 1 / 255, "zero_point": -128}
    described = {
        "file": "squares.tflite",
        "title": "red squares",
        "decoder": decoder,
        "sha256": hashlib.sha256(SQUARES).hexdigest(),
        "bytes": len(SQUARES),
        "licence": "Apache-2.0",
        "input": entry | given.pop("input", {}),
        "class": [{"index": i, "title": kind, "kind": kind, "threshold": t} for i, kind, t in classes],
    }
    return msgspec.convert(described | given, Model)


def write_models(folder: Path, data: bytes = SQUARES, **given: Any) -> Path:
    """Model and manifest in `folder`; the manifest's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "squares.tflite").write_bytes(data)
    path = folder / "manifest.toml"
    path.write_bytes(toml_of(model(**given)))
    return path


def toml_of(entry: Model) -> bytes:
    """As tools/build_models writes it: inline tables for what is nested."""

    def value(of: object) -> str:
        if isinstance(of, dict):
            return "{ " + ", ".join(f"{k} = {value(v)}" for k, v in of.items()) + " }"
        return f'"{of}"' if isinstance(of, str) else repr(of)

    plain = msgspec.to_builtins(entry)
    classes = plain.pop("class")
    lines = ["[[model]]", *(f"{k} = {value(v)}" for k, v in plain.items())]
    for c in classes:
        lines += ["[[model.class]]", *(f"{k} = {value(v)}" for k, v in c.items() if v is not None)]
    return "\n".join(lines).encode()


def picture(*squares: tuple[int, int, int], size: tuple[int, int] = (640, 360), t: float = 0.0) -> Frame:
    """Grey with red squares: left, top, side."""
    pixels = np.full((size[1], size[0], 3), 90, np.uint8)
    for left, top, side in squares:
        pixels[top : top + side, left : left + side] = (250, 10, 10)
    return Frame(t, pixels)
