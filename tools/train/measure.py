"""What a model is worth on pictures that it never saw: told rightly, told wrongly, not told.

Not here: running a model (course.py), writing figures down (card.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """Of one class: `shown` crops of it, `told` as it, `right` of those. Precision None where it was never told."""

    shown: int
    told: int
    right: int

    @property
    def precision(self) -> float | None:
        return round(self.right / self.told, 4) if self.told else None

    @property
    def recall(self) -> float | None:
        return round(self.right / self.shown, 4) if self.shown else None

    @property
    def f1(self) -> float:
        return 2 * self.right / (self.told + self.shown) if self.told + self.shown else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """`best_right`: share whose best class is the right one, thresholds aside; `told_right`: share told, and rightly;
    `told_wrong`: share told as something else. `confusion` (classes, classes + 1): shown x told, the last column is
    "not told"."""

    classes: tuple[ClassFigures, ...]
    best_right: float
    told_right: float
    told_wrong: float
    confusion: Labels

    @property
    def f1(self) -> float:
        """Mean over the classes that were shown: a rare product counts as much as a common one."""
        shown = [c.f1 for c in self.classes if c.shown]
        return round(sum(shown) / len(shown), 4) if shown else 0.0


def figures(scores: Floats, labels: Labels, thresholds: Floats) -> Figures:
    """`scores` (n, classes); what reaches no threshold is not told."""
    best = scores.argmax(axis=1)
    told = scores[np.arange(len(best)), best] >= thresholds[best]
    return of_answers(np.where(told, best, -1), labels, len(thresholds), float((best == labels).mean()))


def of_answers(answers: Labels, labels: Labels, classes: int, best_right: float = float("nan")) -> Figures:
    """`answers` (n,): a class, -1 for "not told", -2 for something that is none of the classes."""
    confusion = np.zeros((classes, classes + 1), dtype=np.int64)
    for label, answer in zip(labels.tolist(), answers.tolist(), strict=True):
        confusion[label, answer if answer >= 0 else classes] += 1
    each = tuple(
        ClassFigures(int(confusion[n].sum()), int(confusion[:, n].sum()), int(confusion[n, n])) for n in range(classes)
    )
    among = max(1, len(labels))
    right = int((answers == labels).sum()) / among
    wrong = int(((answers != labels) & (answers != -1)).sum()) / among
    return Figures(each, round(best_right, 4), round(right, 4), round(wrong, 4), confusion)
