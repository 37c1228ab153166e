"""Decodes small nets with a heat map a class, whose peaks are things, and a map of their boxes.

Two outputs on one grid, row by row: heat (1, rows, columns, classes), logits; boxes (1, rows, columns, 4): the centre's
x and y inside its cell 0..1, width and height as fractions of the input. Where there are four classes the heat map
comes first. Source: CenterNet (Zhou 2019) without its offset head's regression range.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from agent.vision.candidates import Candidates, Output, Raw, columns_of, logit, output_of, sigmoid, strongest
from agent.vision.manifest import Model


class CentersDecode:
    """A peak is a cell at or above its threshold that no neighbour of the eight exceeds."""

    overlap = 0.3

    def __init__(self, model: Model, outputs: Sequence[Output]) -> None:
        self._boxes = output_of(model, outputs[::-1], (1, None, None, 4))
        _, self._rows, self._across, _ = self._boxes.shape
        others = [output for output in outputs if output is not self._boxes]
        self._heat = output_of(model, others, (1, self._rows, self._across, None))
        self._columns = columns_of(model, self._heat.shape[3])
        self._least = self._heat.leasts([logit(c.threshold) for c in model.classes])

    def __call__(self, raw: Raw) -> Candidates:
        heat = raw[self._heat.place][0].take(self._columns, axis=2)
        strength = heat.reshape(-1)
        passed = strongest(strength, np.flatnonzero((heat >= self._least) & (heat >= highest_nearby(heat))))
        cells, classes = np.divmod(passed, len(self._columns))
        row, column = np.divmod(cells, self._across)
        dx, dy, width, height = self._boxes.real(raw[self._boxes.place][0, row, column]).T
        x, y = (column + dx) / self._across, (row + dy) / self._rows
        boxes = np.stack([x - width / 2, y - height / 2, x + width / 2, y + height / 2], axis=1)
        return Candidates(boxes, sigmoid(self._heat.real(strength[passed])), classes)


def highest_nearby(heat: NDArray[Any]) -> NDArray[Any]:
    """(rows, columns, classes) -> the same: the largest of each cell and its eight neighbours, NaN left aside."""
    across = heat.copy()
    np.fmax(across[:, 1:], heat[:, :-1], out=across[:, 1:])
    np.fmax(across[:, :-1], heat[:, 1:], out=across[:, :-1])
    both = across.copy()
    np.fmax(both[1:], across[:-1], out=both[1:])
    np.fmax(both[:-1], across[1:], out=both[:-1])
    return both
