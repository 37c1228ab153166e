"""Decodes MediaPipe's palm detection: 2016 anchors, 18 numbers each (a box, seven points) and the logit of a score.

The box is the palm, smaller than the hand; the points are not used. Source: MediaPipe, TensorsToDetectionsCalculator
with the options of its palm_detection graph.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from agent.vision.anchors import palm_anchors
from agent.vision.candidates import Candidates, Output, Raw, columns_of, logit, output_of, sigmoid, strongest
from agent.vision.manifest import Model

SIDE_PX = 192.0  # of the input, in which the model counts


class PalmDecode:
    """x before y, lengths in input pixels, centres relative to the anchor's."""

    overlap = 0.3  # as in MediaPipe's graph: hands seldom cover each other by more

    def __init__(self, model: Model, outputs: Sequence[Output]) -> None:
        self._anchors = palm_anchors()
        self._numbers = output_of(model, outputs, (1, len(self._anchors), 18))
        self._logits = output_of(model, outputs, (1, len(self._anchors), 1))
        columns_of(model, 1)
        self._least = self._logits.least(logit(model.classes[0].threshold))

    def __call__(self, raw: Raw) -> Candidates:
        strength = raw[self._logits.place].reshape(-1)
        passed = strongest(strength, np.flatnonzero(strength >= self._least))
        x, y, width, height = self._numbers.real(raw[self._numbers.place][0, passed, :4]).T / SIDE_PX
        x, y = x + self._anchors[passed, 0], y + self._anchors[passed, 1]
        boxes = np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], axis=1)
        scores = sigmoid(self._logits.real(strength[passed]))
        return Candidates(boxes, scores, np.zeros(len(passed), np.intp))
