"""A detector that is a TFLite model: letterbox, invoke, decode, the best of each kind, in pixels of the picture.

Nothing about the model is assumed: its input is held to the manifest, its outputs to the decoder, and it is invoked
once before it is believed. Not here: which runtime (runtime.py), the file's hash (manifest.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from agent.messages import Detection
from agent.vision.candidates import Candidates, Decode, Output
from agent.vision.centers import CentersDecode
from agent.vision.frame import Frame
from agent.vision.letterbox import Fit, Letterbox
from agent.vision.manifest import Input, Model
from agent.vision.nms import nms
from agent.vision.palm import PalmDecode
from agent.vision.protocol import VisionError
from agent.vision.runtime import Interpreter, ModelError, RuntimeMissingError, open_interpreter
from agent.vision.ssd import PostprocessDecode, SsdDecode

FOUND_MOST = 64  # of one picture; forty shoppers have no more hands near one shelf
FAR = 16.0  # a box corner this many inputs away is garbage, and its area would lose all digits
SCALE_SLACK = 1e-5  # of a scale between manifest and model: one is written in decimal

DECODERS: dict[str, type[PalmDecode] | type[SsdDecode] | type[PostprocessDecode] | type[CentersDecode]] = {
    "palm": PalmDecode,
    "ssd": SsdDecode,
    "ssd-postprocess": PostprocessDecode,
    "centers": CentersDecode,
}


class TfliteDetector:
    """`data`: the file's bytes, already held to the manifest. `exact`: the reference kernels (runtime.py), for
    comparing processors. VisionError (`runtime_missing`, `model_refused`) where this model cannot be used."""

    def __init__(self, model: Model, data: bytes, threads: int = 1, *, exact: bool = False) -> None:
        self.model, self.kinds = model, model.kinds
        try:
            opened = open_interpreter(data, threads, exact=exact)
        except RuntimeMissingError as error:
            raise VisionError("runtime_missing", str(error)) from error
        except ModelError as error:
            raise VisionError("model_refused", f"{model.file}: {error}") from error
        self.runtime = opened.runtime
        self.interpreter = opened.interpreter
        self._entry = input_of(model, opened.interpreter)
        outputs = outputs_of(model, opened.interpreter)
        self._exits = [int(detail["index"]) for detail in opened.interpreter.get_output_details()]
        if model.decoder not in DECODERS:
            raise VisionError(
                "model_refused", f'{model.file}: decoder "{model.decoder}" finds nothing in whole pictures'
            )
        self._decode: Decode = DECODERS[model.decoder](model, outputs)
        self._letterbox = Letterbox(model.input)
        self._groups = np.array([model.kinds.index(c.kind) for c in model.classes], np.intp)
        self._look(np.zeros_like(self._letterbox.buffer))  # the first one plans and allocates

    def detect(self, frame: Frame) -> tuple[Detection, ...]:
        """VisionError (`inference_failed`) when the runtime gives up."""
        place = self._letterbox.fill(frame)
        return self.detections(self._look(self._letterbox.buffer), place)

    def _look(self, entry: np.ndarray) -> Candidates:
        try:
            self.interpreter.set_tensor(self._entry, entry)
            self.interpreter.invoke()
            raw = [self.interpreter.get_tensor(place) for place in self._exits]
        except (RuntimeError, ValueError) as error:
            raise VisionError("inference_failed", f"{self.model.file} could not look: {error}") from error
        with np.errstate(all="ignore"):  # garbage overflows; what does is dropped below
            return self._decode(raw)

    def detections(self, found: Candidates, place: Fit) -> tuple[Detection, ...]:
        """Candidates -> what is told: best first, clipped to the picture, 0.1 px, scores of three digits."""
        if not len(found.scores):
            return ()
        sane = (np.abs(found.boxes) <= FAR).all(axis=1) & np.isfinite(found.scores)
        boxes, scores, classes = place.to_frame(found.boxes[sane]), found.scores[sane], found.classes[sane]
        stays = nms(boxes, scores, self._groups[classes], self._decode.overlap)[:FOUND_MOST]
        width, height = place.frame_px
        clipped = np.round(np.clip(boxes[stays], 0, [width, height, width, height]), 1).tolist()
        told = zip(clipped, np.round(scores[stays], 3).tolist(), classes[stays].tolist(), strict=True)
        return tuple(
            Detection(self.model.classes[c].kind, score, left, top, right, bottom, self.model.classes[c].gtin)
            for (left, top, right, bottom), score, c in told
            if right > left and bottom > top
        )


def input_of(model: Model, interpreter: Interpreter) -> int:
    """The index of the input tensor; VisionError where it is another than the manifest says."""
    details = interpreter.get_input_details()
    says, is_ = describe(model.input), " and ".join(_described(detail) for detail in details)
    same = len(details) == 1 and same_input(model.input, details[0])
    if not same:
        raise VisionError(
            "model_refused", f"{model.file} takes {is_}, the manifest says {says}: build models and manifest together"
        )
    return int(details[0]["index"])


def same_input(entry: Input, detail: dict[str, Any]) -> bool:
    """Whether the tensor is what the manifest says, and can hold a picture at all."""
    scale, zero_point = detail["quantization"]
    if list(detail["shape"]) != [1, entry.height, entry.width, 3] or np.dtype(detail["dtype"]) != np.dtype(entry.dtype):
        return False
    if entry.dtype == "float32":
        return True
    return bool(scale > 0 and abs(entry.scale / scale - 1) <= SCALE_SLACK and entry.zero_point == zero_point)


def outputs_of(model: Model, interpreter: Interpreter) -> Sequence[Output]:
    """All outputs; VisionError where one has a type that no decoder reads."""
    outputs = []
    for place, detail in enumerate(interpreter.get_output_details()):
        dtype, (scale, zero_point) = np.dtype(detail["dtype"]).name, detail["quantization"]
        if dtype != "float32" and (dtype not in ("int8", "uint8") or not scale > 0):
            raise VisionError(
                "model_refused", f"{model.file} gives {dtype} without a scale, which no decoder reads: {model.title}"
            )
        shape = tuple(int(n) for n in detail["shape"])
        outputs.append(Output(place, shape, dtype, float(scale), int(zero_point)))
    return outputs


def describe(entry: Input) -> str:
    return _sentence([1, entry.height, entry.width, 3], entry.dtype, entry.scale, entry.zero_point)


def _described(detail: dict[str, Any]) -> str:
    scale, zero_point = detail["quantization"]
    return _sentence([int(n) for n in detail["shape"]], np.dtype(detail["dtype"]).name, scale, zero_point)


def _sentence(shape: Sequence[int], dtype: str, scale: float, zero_point: int) -> str:
    size = " x ".join(map(str, shape))
    return f"{dtype} {size}" + ("" if dtype == "float32" else f", scale {scale:.7g}, zero point {zero_point}")
