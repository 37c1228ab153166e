"""Learns the last layer: from a description of each crop (some 200 numbers) to a score for each product.

Linear discriminant analysis with a shrunk covariance: one closed form, no steps, no chance, a second on a CPU, and
steady with ten crops a product. How sure the scores are, and from where on each is believed, is found on crops that
were left out in turn (folds). Not here: where the descriptions come from (backbone.py), what is held out (split.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

SHRINK = 0.5  # of the covariance toward a sphere: 0.4..0.6 read best on bottles, cans and four brands, 0.1 worst
PRIOR = 0.5  # power of a class's share: between "as often as pictured" (1) and "all alike" (0)
FLAT = 0.01  # of a branch's spread: no number is blown up by more than a hundred
SHARPNESS = (0.25, 0.35, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0)  # tried factors on the logits
SURE = 0.9  # precision that a threshold has to reach on the folds, where any does
LOWEST, HIGHEST = 0.5, 0.95  # below: likelier something else; above: a threshold on a handful of crops
DECIMALS = 6  # of weights: what a processor's way of adding changes lies below


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Brings each number of a description to mean 0 and spread 1: (x - mean) / spread."""

    mean: Floats
    spread: Floats

    def __call__(self, x: Floats) -> Floats:
        scaled: Floats = (x - self.mean) / self.spread
        return scaled


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """`weights` (numbers, classes) and `bias` (classes,) on scaled descriptions; `thresholds` (classes,)."""

    scale: Scale
    weights: Floats
    bias: Floats
    thresholds: Floats

    def scores(self, descriptions: Floats) -> Floats:
        """(n, numbers) -> (n, classes), each row adding up to 1."""
        return softmax(self.scale(descriptions) @ self.weights + self.bias)


def learn(descriptions: Floats, labels: Labels, folds: Labels, branches: Sequence[int], classes: int) -> Head:
    """`branches`: how many numbers each part of a description has; parts differ in unit."""
    logits = np.zeros((len(labels), classes))
    for fold in np.unique(folds):
        out = folds == fold
        if len(np.unique(labels[~out])) == classes:
            scale = scale_of(descriptions[~out], branches)
            weights, bias = discriminant(scale(descriptions[~out]), labels[~out], classes)
            logits[out] = scale(descriptions[out]) @ weights + bias
    sharpness = sharpest(logits, labels)
    thresholds = thresholds_of(softmax(logits * sharpness), labels, classes)
    scale = scale_of(descriptions, branches)
    weights, bias = discriminant(scale(descriptions), labels, classes)
    return Head(scale, np.round(weights * sharpness, DECIMALS), np.round(bias * sharpness, DECIMALS), thresholds)


def scale_of(descriptions: Floats, branches: Sequence[int]) -> Scale:
    """Mean and spread of each number; a number that hardly changes is held to FLAT of its branch."""
    mean, spread = descriptions.mean(axis=0), descriptions.std(axis=0)
    least = np.repeat([FLAT * float(part.std()) + 1e-9 for part in _parts(descriptions, branches)], branches)
    return Scale(np.round(mean, DECIMALS), np.round(np.maximum(spread, least), DECIMALS + 2) + 10.0**-DECIMALS)


def _parts(descriptions: Floats, branches: Sequence[int]) -> list[Floats]:
    return np.split(descriptions, np.cumsum(branches)[:-1], axis=1)


def discriminant(x: Floats, labels: Labels, classes: int) -> tuple[Floats, Floats]:
    """Weights (numbers, classes) and bias (classes,) of the shrunk linear discriminant; each class has a sample."""
    means = np.array([x[labels == n].mean(axis=0) for n in range(classes)])
    rest = x - means[labels]
    covariance = rest.T @ rest / len(x)
    size = covariance.shape[0]
    sphere = np.trace(covariance) / size + 1e-9
    shrunk = (1 - SHRINK) * covariance + SHRINK * sphere * np.eye(size)
    weights = np.linalg.solve(shrunk, means.T)
    prior = np.bincount(labels, minlength=classes).astype(float) ** PRIOR
    bias = -0.5 * (means * weights.T).sum(axis=1) + np.log(prior / prior.sum())
    return weights, bias


def sharpest(logits: Floats, labels: Labels) -> float:
    """The factor under which what happened was likeliest."""
    picked = np.arange(len(labels)), labels
    losses = [-np.log(softmax(logits * factor)[picked] + 1e-12).mean() for factor in SHARPNESS]
    return SHARPNESS[int(np.argmin(losses))]


def thresholds_of(scores: Floats, labels: Labels, classes: int) -> Floats:
    """For each class the lowest score from which on SURE of what is taken for it is it; where none reaches that, the
    one with the best F1."""
    best = scores.argmax(axis=1)
    found = []
    for n in range(classes):
        mine = scores[:, n][best == n]
        right = labels[best == n] == n
        found.append(_threshold(mine, right, int((labels == n).sum())))
    return np.round(np.array(found), 3)


def _threshold(scores: Floats, right: NDArray[np.bool_], there: int) -> float:
    options = [(LOWEST, *_measured(scores, right, LOWEST, there))]
    for option in np.unique(np.round(scores[(scores > LOWEST) & (scores < HIGHEST)], 3)).tolist():
        options.append((option, *_measured(scores, right, option, there)))
    sure = [option for option in options if option[1] >= SURE]
    if sure:
        return min(sure)[0]
    return max(options, key=lambda option: (option[2], -option[0]))[0]


def _measured(scores: Floats, right: NDArray[np.bool_], threshold: float, there: int) -> tuple[float, float]:
    """Precision, F1."""
    told = scores >= threshold
    hits = float((told & right).sum())
    return hits / max(1, int(told.sum())), 2 * hits / max(1, int(told.sum()) + there)


def softmax(logits: Floats) -> Floats:
    """Rows that add up to 1."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores: Floats = shifted / shifted.sum(axis=1, keepdims=True)
    return scores
