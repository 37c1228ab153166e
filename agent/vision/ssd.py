"""Decodes SSD models of TensorFlow's Object Detection API: raw ones (boxes and logits of 1917 anchors), and those whose
file ends in the operator TFLite_Detection_PostProcess, which has chosen already.

Source: TensorFlow's faster_rcnn_box_coder with the scale factors 10, 10, 5, 5 of the models' pipelines.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from agent.vision.anchors import ssd_anchors
from agent.vision.candidates import (
    Candidates,
    Floats,
    Output,
    Raw,
    columns_of,
    logit,
    output_of,
    sigmoid,
    strongest,
)
from agent.vision.manifest import Model
from agent.vision.protocol import VisionError

PLACE_SCALE = 10.0
SIZE_SCALE = 5.0
SIZE_MOST = 20.0  # of an exponent; more is garbage, and exp of it would be infinite


class SsdDecode:
    """Boxes [ty, tx, th, tw] and a logit for each class; y before x. A thing found as two classes gives two
    candidates with nearly the same box: the better one stays (nms.py)."""

    overlap = 0.5

    def __init__(self, model: Model, outputs: Sequence[Output]) -> None:
        self._anchors = ssd_anchors()
        self._numbers = output_of(model, outputs, (1, len(self._anchors), 4))
        others = [output for output in outputs if output is not self._numbers]
        self._logits = output_of(model, others, (1, len(self._anchors), None))
        self._columns = columns_of(model, self._logits.shape[2])
        self._least = self._logits.leasts([logit(c.threshold) for c in model.classes])

    def __call__(self, raw: Raw) -> Candidates:
        logits = raw[self._logits.place][0].take(self._columns, axis=1)
        strength = logits.reshape(-1)
        passed = strongest(strength, np.flatnonzero(logits >= self._least))
        anchors, classes = np.divmod(passed, len(self._columns))
        numbers = self._numbers.real(raw[self._numbers.place][0, anchors])
        scores = sigmoid(self._logits.real(strength[passed]))
        return Candidates(ssd_boxes(numbers, self._anchors[anchors]), scores, classes)


def ssd_boxes(numbers: Floats, anchors: Floats) -> Floats:
    """(n, 4) ty, tx, th, tw and (n, 4) anchors -> left, top, right, bottom."""
    ty, tx, th, tw = numbers.T
    x = tx / PLACE_SCALE * anchors[:, 2] + anchors[:, 0]
    y = ty / PLACE_SCALE * anchors[:, 3] + anchors[:, 1]
    half_w = np.exp(np.minimum(tw / SIZE_SCALE, SIZE_MOST)) * anchors[:, 2] / 2
    half_h = np.exp(np.minimum(th / SIZE_SCALE, SIZE_MOST)) * anchors[:, 3] / 2
    return np.stack([x - half_w, y - half_h, x + half_w, y + half_h], axis=1)


class PostprocessDecode:
    """The operator's four outputs in its own order: boxes (1, n, 4) top, left, bottom, right; classes (1, n); scores
    (1, n); how many of them count (1,). All float32."""

    overlap = 0.5  # the operator has suppressed within a class; this is among the classes of a kind

    def __init__(self, model: Model, outputs: Sequence[Output]) -> None:
        wrong = len(outputs) != 4 or any(output.dtype != "float32" for output in outputs)
        if wrong or len(outputs[0].shape) != 3 or outputs[0].shape[2] != 4:
            raise VisionError(
                "model_refused", f"{model.file} does not end in TFLite_Detection_PostProcess: correct the manifest"
            )
        count = outputs[0].shape[1]
        for output in outputs[1:3]:
            output_of(model, [output], (1, count))
        self._place_of = {c.index: place for place, c in enumerate(model.classes)}
        self._least = np.array([c.threshold for c in model.classes])

    def __call__(self, raw: Raw) -> Candidates:
        boxes, classes, scores = (np.asarray(values[0], np.float64) for values in raw[:3])
        places = self._places(classes)
        enough = (places >= 0) & (scores >= self._least[places])
        enough[_count(raw[3], len(scores)) :] = False
        passed = strongest(scores, np.flatnonzero(enough))
        return Candidates(boxes[passed][:, [1, 0, 3, 2]], np.minimum(scores[passed], 1.0), places[passed])

    def _places(self, classes: Floats) -> NDArray[np.intp]:
        """Of each class number among the manifest's classes; -1: none that is asked for."""
        places = np.full(len(classes), -1, np.intp)
        for index, place in self._place_of.items():
            places[classes == index] = place
        return places


def _count(raw: NDArray[np.float32], most: int) -> int:
    """How many rows count; all where the number is none."""
    told = float(raw.reshape(-1)[0]) if raw.size else float("nan")
    return int(told) if 0 <= told <= most else most
