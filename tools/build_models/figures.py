"""Counts hits: detections against labelled boxes, each box used once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Boxes = NDArray[np.float64]  # (n, 4) left, top, right, bottom
OVERLAP = 0.5  # intersection over union that makes a hit


@dataclass(frozen=True, slots=True)
class Rate:
    """Adds up over pictures."""

    hits: int = 0
    wrong: int = 0
    missed: int = 0

    def __add__(self, other: Rate) -> Rate:
        return Rate(self.hits + other.hits, self.wrong + other.wrong, self.missed + other.missed)

    @property
    def precision(self) -> float:
        return self.hits / max(1, self.hits + self.wrong)

    @property
    def recall(self) -> float:
        return self.hits / max(1, self.hits + self.missed)

    def __str__(self) -> str:
        return f"P {self.precision:.3f} R {self.recall:.3f}"


def centre_hits(found: Boxes, truth: Boxes) -> Rate:
    """A hit: the centre of what was found (a palm) lies inside a labelled box (a hand)."""
    centres = (found[:, :2] + found[:, 2:]) / 2
    return _paired(centres, truth, lambda centre: _holding(truth, centre))


def overlap_hits(found: Boxes, truth: Boxes) -> Rate:
    """A hit: both boxes share at least OVERLAP of what they cover together; of several the one that shares most."""
    return _paired(found, truth, lambda box: np.where(_shares(truth, box) >= OVERLAP, _shares(truth, box), 0.0))


def _paired(found: Boxes, truth: Boxes, fit: Callable[[Boxes], Boxes]) -> Rate:
    """`fit`: how well each box of the truth suits; 0 is no hit. Best detection first."""
    free, hits = np.ones(len(truth), bool), 0
    for one in found:
        fits = fit(one) * free
        if len(fits) and fits.max() > 0:
            free[int(fits.argmax())] = False
            hits += 1
    return Rate(hits, len(found) - hits, len(truth) - hits)


def _holding(truth: Boxes, centre: Boxes) -> Boxes:
    inside: Boxes = ((truth[:, :2] <= centre) & (centre <= truth[:, 2:])).all(axis=1).astype(float)
    return inside


def _shares(truth: Boxes, box: Boxes) -> Boxes:
    corner = np.minimum(truth[:, 2:], box[2:]) - np.maximum(truth[:, :2], box[:2])
    common = np.clip(corner, 0, None).prod(axis=1)
    together = (truth[:, 2:] - truth[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod() - common
    shares: Boxes = common / np.maximum(together, 1e-9)
    return shares
