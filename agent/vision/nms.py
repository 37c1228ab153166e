"""Of boxes that mean the same thing, the best one stays: non-maximum suppression, within each group.

Not here: which boxes there are (candidates.py bounds how many).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


def nms(boxes: Floats, scores: Floats, groups: Places, overlap: float) -> Places:
    """`boxes` (n, 4) left, top, right, bottom, all finite; `groups` (n,): boxes of different groups do not compete.
    Places of those that stay, best first; equal scores by their place. O(n^2) memory: bound n before."""
    order = np.argsort(-scores, kind="stable")
    boxes, groups = boxes[order], groups[order]
    rivals = (overlaps(boxes) > overlap) & (groups[:, None] == groups[None, :])
    stays = np.ones(len(order), np.bool_)
    for i in np.flatnonzero(np.triu(rivals, 1).any(axis=1)):  # only those that could suppress somebody
        if stays[i]:
            stays[i + 1 :] &= ~rivals[i, i + 1 :]
    return order[stays]


def overlaps(boxes: Floats) -> Floats:
    """Intersection over union of each with each (n, n); 0 where both are empty."""
    left, top, right, bottom = boxes.T
    width = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    height = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    common = np.maximum(width, 0) * np.maximum(height, 0)
    area = np.maximum(right - left, 0) * np.maximum(bottom - top, 0)
    union = area[:, None] + area - common
    ratio: Floats = common / np.where(union > 0, union, 1)
    return ratio
