"""Says which product a container is, with the store's own model (tools/train): a piece of the picture in, a GTIN out.

The model is optional and lies beside the others with a manifest of its own, local.toml, so that building the others
anew never touches it. Not here: where containers are (tflite.py), when it is worth asking (loop.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from agent.messages import Detection
from agent.vision.frame import Frame
from agent.vision.letterbox import shrunk, stored_values
from agent.vision.manifest import Input, Model, read_manifest, read_model
from agent.vision.protocol import VisionError
from agent.vision.runtime import ModelError, RuntimeMissingError, open_interpreter
from agent.vision.tflite import input_of, outputs_of

DECODER: Final = "crop-classes"
LOCAL = "local.toml"  # beside manifest.toml
MARGIN = 0.05  # of the box on each side: 0.1 in all read best on labelled bottles and cans, and forgives a tight box
SMALLEST_PX = 16  # a shorter side shows a colour, no product
READ_MOST = 4  # crops a picture; each costs 0.9 ms of an x86-64 core (measured), more on a smaller board

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the picture


@dataclass(frozen=True, slots=True)
class Reading:
    """What one container is taken for: `gtin` None for a class of the model that carries none."""

    gtin: str | None
    title: str
    score: float


class ProductReader:
    """`data`: the file's bytes, already held to the manifest. One thread. VisionError (`runtime_missing`,
    `model_refused`) where this model cannot be used. `exact`: the same bits on each processor, slower."""

    def __init__(self, model: Model, data: bytes, threads: int = 1, *, exact: bool = False) -> None:
        try:
            opened = open_interpreter(data, threads, exact=exact)
        except RuntimeMissingError as error:
            raise VisionError("runtime_missing", str(error)) from error
        except ModelError as error:
            raise VisionError("model_refused", f"{model.file}: {error}") from error
        self.model = model
        self._interpreter = opened.interpreter
        self._entry = input_of(model, opened.interpreter)
        outputs = outputs_of(model, opened.interpreter)
        if model.decoder != DECODER or len(outputs) != 1 or outputs[0].shape != (1, len(model.classes)):
            raise VisionError(
                "model_refused", f"{model.file} does not give one score for each of {len(model.classes)} classes"
            )
        if sorted(c.index for c in model.classes) != list(range(len(model.classes))):
            raise VisionError("model_refused", f"{model.file}: its classes are not numbered from 0 without holes")
        self._classes = sorted(model.classes, key=lambda c: c.index)
        self._exit, self._output = int(opened.interpreter.get_output_details()[0]["index"]), outputs[0]
        self._table = stored_values(model.input)

    def read(self, frame: Frame, boxes: Sequence[Box], most: int = READ_MOST) -> list[Reading | None]:
        """One answer a box, in their order: None where it is none of the products for sure, is too small to tell, or
        comes after the first `most` that could be read. VisionError (`inference_failed`)."""
        answers: list[Reading | None] = []
        asked = 0
        for box in boxes:
            crop = cut(frame, box) if asked < most else None
            asked += crop is not None
            answers.append(None if crop is None else self._believed(self.scores(crop)))
        return answers

    def named(self, frame: Frame, found: Sequence[Detection], most: int = READ_MOST) -> tuple[Detection, ...]:
        """The same detections; the best containers among them carry their gtin where it could be read."""
        places = [place for place, d in enumerate(found) if d.kind == "container"]
        boxes = [(found[p].left_px, found[p].top_px, found[p].right_px, found[p].bottom_px) for p in places]
        told = list(found)
        for place, reading in zip(places, self.read(frame, boxes, most), strict=True):
            if reading is not None and reading.gtin is not None:
                told[place] = replace(told[place], gtin=reading.gtin)
        return tuple(told)

    def scores(self, crop: Frame) -> np.ndarray:
        """(n classes,) float64, 0..1. VisionError (`inference_failed`)."""
        entry = self._table[pixels(crop, self.model.input)][None]
        try:
            self._interpreter.set_tensor(self._entry, entry)
            self._interpreter.invoke()
            raw: np.ndarray = self._interpreter.get_tensor(self._exit)[0].astype(np.float64)
        except (RuntimeError, ValueError) as error:
            raise VisionError("inference_failed", f"{self.model.file} could not look: {error}") from error
        if self._output.dtype == "float32":
            return raw
        scores: np.ndarray = (raw - self._output.zero_point) * self._output.scale
        return scores

    def _believed(self, scores: np.ndarray) -> Reading | None:
        """The best class, if it reaches its threshold; garbage reaches none."""
        best = int(np.argmax(scores))
        known, score = self._classes[best], float(scores[best])
        return Reading(known.gtin, known.title, round(score, 3)) if score >= known.threshold else None


def cut(frame: Frame, box: Box) -> Frame | None:
    """The part of the picture that the box covers, with MARGIN around it, on even pixels (NV12 has colour for two);
    None where too little is left."""
    if not np.isfinite(box).all():
        return None
    left, top, right, bottom = box
    wide, high = (right - left) * MARGIN, (bottom - top) * MARGIN
    first_x, first_y = max(0, int(left - wide)) // 2 * 2, max(0, int(top - high)) // 2 * 2
    last_x = min(frame.width, int(min(right + wide, 1e6))) // 2 * 2
    last_y = min(frame.height, int(min(bottom + high, 1e6))) // 2 * 2
    if last_x - first_x < SMALLEST_PX or last_y - first_y < SMALLEST_PX:
        return None
    part = frame.pixels[first_y:last_y, first_x:last_x]
    if frame.form == "nv12":
        rows = frame.height
        chroma = frame.pixels[rows + first_y // 2 : rows + last_y // 2, first_x:last_x]
        part = np.concatenate((part, chroma))
    return Frame(frame.t, part, frame.form)


def pixels(crop: Frame, entry: Input) -> np.ndarray:
    """(height, width, 3) uint8: the crop at the model's size, its aspect not kept: that read better than black bars."""
    size = (entry.width, entry.height)
    picture: Image.Image = shrunk(crop, size)
    return np.frombuffer(picture.tobytes(), np.uint8).reshape(entry.height, entry.width, 3)


def open_reader(manifest: Path, threads: int = 1, *, exact: bool = False) -> ProductReader | None:
    """The store's own model beside the manifest of the others; None where there is none. VisionError where it cannot
    be used."""
    local = manifest.parent / LOCAL
    if not local.exists():
        return None
    for model in read_manifest(local).models:
        if model.decoder == DECODER:
            return ProductReader(model, read_model(model, local.parent), threads, exact=exact)
    return None
