"""The grids of boxes that the models' numbers are relative to, as their makers laid them out.

All in fractions of the input. Sources: MediaPipe's palm_detection graph (SsdAnchorsCalculator) and TensorFlow's
ssd_anchor_generator, with the options in the models' pipelines. Not here: what is done with them (palm.py, ssd.py).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PALM_GRIDS = ((24, 2), (12, 6))  # cells a side of a 192 px input, boxes a cell
SSD_GRIDS = (19, 10, 5, 3, 2, 1)  # of a 300 px input
SSD_SMALLEST, SSD_LARGEST = 0.2, 0.95  # of the picture's side, from the finest grid to the coarsest
SSD_RATIOS = (1.0, 2.0, 0.5, 3.0, 0.3333)  # width / height, in the pipeline's own digits


def palm_anchors() -> Floats:
    """Centres x, y (2016, 2): by grid, row, column, box; sizes are not used by this model."""
    grids = []
    for cells, boxes in PALM_GRIDS:
        y, x = np.mgrid[0:cells, 0:cells]
        centres = np.stack([x.ravel() + 0.5, y.ravel() + 0.5], axis=1) / cells
        grids.append(centres.repeat(boxes, axis=0))
    return np.concatenate(grids)


def ssd_anchors() -> Floats:
    """x, y, width, height (1917, 4): by grid, row, column, box; the finest grid has three boxes a cell, others six."""
    steps = len(SSD_GRIDS) - 1
    scales = [SSD_SMALLEST + (SSD_LARGEST - SSD_SMALLEST) * i / steps for i in range(steps + 1)] + [1.0]
    return np.concatenate([_grid(cells, _boxes(i, scales)) for i, cells in enumerate(SSD_GRIDS)])


def _boxes(layer: int, scales: list[float]) -> Floats:
    """Width and height (n, 2) of the boxes of one cell."""
    if layer == 0:
        shapes = [(0.1, 1.0), (scales[0], 2.0), (scales[0], 0.5)]
    else:
        between = (scales[layer] * scales[layer + 1]) ** 0.5
        shapes = [*((scales[layer], ratio) for ratio in SSD_RATIOS), (between, 1.0)]
    return np.array([(scale * ratio**0.5, scale / ratio**0.5) for scale, ratio in shapes])


def _grid(cells: int, boxes: Floats) -> Floats:
    y, x = np.mgrid[0:cells, 0:cells]
    centres = np.stack([x.ravel() + 0.5, y.ravel() + 0.5], axis=1) / cells
    return np.hstack([centres.repeat(len(boxes), axis=0), np.tile(boxes, (cells * cells, 1))])
