"""Which of several contents: linear Thompson sampling, with the chance of each computed and not sampled.

Of each content the sums A (of x x^T) and b (of x where it ended in a pick) are known; its worth at x is normal with
mean x^T (A + I)^-1 b and deviation spread * sqrt(x^T (A + I)^-1 x). A content's chance is how likely it is the best
of all; a floor keeps every candidate possible. One draw out of that table chooses, so the chance that is logged is
the chance it had. Not here: the sums (learned.py), who draws (answers.py).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from agent.triggers.features import SIZE, Features
from agent.triggers.normal import best_of

PARTS = 1_000_000  # a table of chances is whole numbers that add up to this: nothing is lost in writing it down
LEAST_TOGETHER = 0.5  # of all choices, at most, are given to the floor: with 64 candidates 0.02 each would be all


@dataclass(frozen=True, slots=True)
class Posterior:
    """A + I = L L^T: `rows` of L, and `solved` = L^-1 b, from which any x is answered in one pass."""

    rows: tuple[tuple[float, ...], ...]
    solved: tuple[float, ...]

    @classmethod
    def of(cls, a: Sequence[int], b: Sequence[int]) -> Posterior:
        """From the sums, by Cholesky. Sums that no showings can give (no positive matrix) count as unknown."""
        rows: list[tuple[float, ...]] = []
        solved: list[float] = []
        for i in range(SIZE):
            row: list[float] = []
            for j in range(i):
                done = math.fsum(row[k] * rows[j][k] for k in range(j))
                row.append((a[i * (i + 1) // 2 + j] - done) / rows[j][j])
            left = a[i * (i + 1) // 2 + i] + 1.0 - math.fsum(value * value for value in row)
            if left < 0.5:  # of sums of x x^T it is never below 1
                return NOTHING
            row.append(math.sqrt(left))
            solved.append((b[i] - math.fsum(row[k] * solved[k] for k in range(i))) / row[i])
            rows.append(tuple(row))
        return cls(tuple(rows), tuple(solved))

    def worth(self, x: Features) -> tuple[float, float]:
        """Mean, and deviation for a spread of 1."""
        true, mean, square = set(x), 0.0, 0.0
        y: list[float] = []
        for i, row in enumerate(self.rows):
            value = 1.0 if i in true else 0.0
            for known, factor in zip(y, row, strict=False):
                value -= known * factor
            value /= row[i]
            y.append(value)
            mean += value * self.solved[i]
            square += value * value
        return mean, math.sqrt(square)


NOTHING = Posterior(
    tuple(tuple(1.0 if i == j else 0.0 for j in range(i + 1)) for i in range(SIZE)), tuple(0.0 for _ in range(SIZE))
)


def table(known: Sequence[tuple[Posterior, Features]], spread: float, least: float) -> list[int]:
    """Chance of each candidate in millionths, together PARTS; none below `least` (or what is left of it)."""
    worths = [posterior.worth(x) for posterior, x in known]
    best = best_of([mean for mean, _ in worths], [spread * deviation for _, deviation in worths])
    floor = min(least, LEAST_TOGETHER / len(known))
    return millionths([floor + (1.0 - floor * len(known)) * chance for chance in best])


def millionths(chances: Sequence[float]) -> list[int]:
    """Rounded so that they add up: what is left goes to those that lost most by rounding down, the first among
    equals. The chances are rounded before: the last bits of a library's erf must not decide about equals."""
    whole = [int(round(chance * PARTS, 3)) for chance in chances]
    lost = [round(chance * PARTS, 3) - parts for chance, parts in zip(chances, whole, strict=True)]
    order = sorted(range(len(whole)), key=lambda i: (-lost[i], i))
    for i in order[: PARTS - sum(whole)]:
        whole[i] += 1
    return whole


def drawn(parts: Sequence[int], number: int) -> int:
    """The index that a whole number, evenly spread and far larger than PARTS, chooses."""
    left = number % PARTS
    for index, share in enumerate(parts):
        if left < share:
            return index
        left -= share
    raise ValueError(f"a table of chances adds up to {sum(parts)}, not {PARTS}")
